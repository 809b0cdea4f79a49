//! The mandate register (Suomi.fi-valtuudet), asked over HTTPS: one question for each decision that turns on a
//! mandate, posted as JSON of our own. Source: DIS-5; national-specs 6.7.

use std::sync::Arc;

use varanto_app::App;
use varanto_app::mandates::MandateRegister;
use varanto_domain::mandates::Mandate;
use varanto_formats::mandates::{self, MandateQuestion};

use crate::config;
use crate::outbound::{ConnectionError, Outbound, Place, first_fault};

/// The connection of a configuration.
#[derive(Debug)]
pub struct Connection(Outbound);

impl Connection {
    /// The connection of a configuration; `None` where it names no address. Called on the runtime that the
    /// questions are sent on.
    ///
    /// # Errors
    /// As [`Outbound::to`].
    pub fn of(config: &config::MandateRegister) -> Result<Option<Self>, ConnectionError> {
        let register = Outbound::to(&Place {
            name: "mandate_register",
            address: &config.address,
            authority: config.authority.as_deref(),
            certificate: config.certificate.as_deref(),
            key: config.key.as_deref(),
            token_file: config.token_file.as_deref(),
            seconds: config.seconds,
        })?;
        Ok(register.map(Self))
    }

    /// Connects an archive.
    pub fn connect(self, app: &App) {
        app.connect_mandate_register(Arc::new(self));
    }
}

impl MandateRegister for Connection {
    fn ask(&self, question: &MandateQuestion) -> Result<Vec<Mandate>, String> {
        let answer = self.0.ask(mandates::write_question(question))?;
        mandates::read(&answer).map_err(|faults| first_fault(&faults))
    }
}

#[cfg(test)]
mod tests {
    use varanto_domain::ids::PersonalIdentityCode;
    use varanto_domain::mandates::Matter;
    use varanto_domain::time::{FinnishDay, Validity};
    use varanto_kit::mandate_register::StandIn;
    use varanto_kit::outside::Identities;

    use super::*;

    fn question() -> MandateQuestion {
        let code = |text| PersonalIdentityCode::parse(text).unwrap();
        MandateQuestion { holder: code("180418A903L"), principal: code("010190-900P") }
    }

    async fn ask(config: &config::MandateRegister) -> Result<Vec<Mandate>, String> {
        let connection = Connection::of(config).unwrap().unwrap();
        tokio::task::spawn_blocking(move || connection.ask(&question())).await.unwrap()
    }

    /// DIS-5: the register is asked over TLS with certificate and token; what it does not answer in time or in
    /// form is told without client data.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_mandate_register_is_asked_with_certificate_and_token() {
        crate::tls::install_cryptography();
        let home = tempfile::tempdir().unwrap();
        let identities = Identities::make().unwrap();
        let stand_in = StandIn::new(Some("salainen"));
        let address = stand_in.open(&identities).await.unwrap();
        let file = |name: &str, text: &str| {
            let path = home.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let config = config::MandateRegister {
            address: format!("https://localhost:{}/mandates", address.port()),
            authority: file("authority.pem", &identities.authority),
            certificate: file("certificate.pem", &identities.certificate),
            key: file("key.pem", &identities.key),
            token_file: file("token", "salainen\n"),
            seconds: 1,
        };
        assert_eq!(ask(&config).await, Ok(Vec::new()));
        let days = Validity { first: FinnishDay::parse("2026-01-01").unwrap(), last: None };
        let mandate = Mandate { matters: vec![Matter::SayWill], days };
        stand_in.say(question(), vec![mandate.clone()]);
        assert_eq!(ask(&config).await, Ok(vec![mandate]));
        let other_way =
            MandateQuestion { holder: question().principal, principal: question().holder };
        stand_in.say(question(), Vec::new());
        stand_in.say(other_way, vec![Mandate { matters: Matter::ALL.to_vec(), days }]);
        assert_eq!(ask(&config).await, Ok(Vec::new()), "a mandate goes one way");

        stand_in.fall_silent(true);
        assert_eq!(ask(&config).await, Err("not within 1 s".to_owned()));
        stand_in.fall_silent(false);
        stand_in.garble(true);
        let told = ask(&config).await.unwrap_err();
        assert!(told.starts_with("its answer does not read: not-json"), "{told}");
        let stranger = config::MandateRegister { certificate: None, key: None, ..config.clone() };
        assert!(ask(&stranger).await.is_err());
        file("token", "väärä");
        assert!(ask(&config).await.unwrap_err().contains("401"));
        assert!(Connection::of(&config::MandateRegister::default()).unwrap().is_none());
    }
}
