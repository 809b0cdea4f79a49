//! The population register, asked over HTTPS: the questions are posted as JSON of our own.
//! Source: REG-5; design D13.

use std::sync::Arc;
use std::time::Duration;

use varanto_app::App;
use varanto_app::persons::PopulationRegister;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_formats::persons::{self, PersonAnswer};

use crate::config;
use crate::outbound::{ConnectionError, Outbound, Place, first_fault};

/// How often it is looked who is due, and how soon again when the register did not answer.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_secs(30);

/// The connection of a configuration.
#[derive(Debug)]
pub struct Connection {
    register: Outbound,
    batch: usize,
    every: Duration,
}

impl Connection {
    /// The connection of a configuration; `None` where it names no address. Called on the runtime that the
    /// questions are sent on.
    ///
    /// # Errors
    /// As [`Outbound::to`].
    pub fn of(config: &config::PopulationRegister) -> Result<Option<Self>, ConnectionError> {
        let register = Outbound::to(&Place {
            name: "population_register",
            address: &config.address,
            authority: config.authority.as_deref(),
            certificate: config.certificate.as_deref(),
            key: config.key.as_deref(),
            token_file: config.token_file.as_deref(),
            seconds: config.seconds,
        })?;
        let (batch, every) = (config.batch, Duration::from_hours(config.hours));
        Ok(register.map(|register| Self { register, batch, every }))
    }

    /// Connects an archive, and answers how many clients are to be asked about at once.
    pub fn connect(self, app: &App) -> usize {
        let (batch, every) = (self.batch, self.every);
        app.connect_population_register(Arc::new(self), every);
        batch
    }
}

impl PopulationRegister for Connection {
    fn ask(&self, codes: &[PersonalIdentityCode]) -> Result<PersonAnswer, String> {
        let answer = self.register.ask(persons::write_question(codes))?;
        persons::read(&answer).map_err(|faults| first_fault(&faults))
    }

    fn ask_of_guardian(&self, guardian: PersonalIdentityCode) -> Result<PersonAnswer, String> {
        let answer = self.register.ask(persons::write_guardian_question(guardian))?;
        persons::read(&answer).map_err(|faults| first_fault(&faults))
    }
}

/// Asks about the clients that are due, again and again.
pub async fn go_on(app: App, batch: usize) {
    loop {
        let asking = app.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let asked = asking.ask_due_persons(batch)?;
            Ok::<_, varanto_app::persons::AskError>((asked, asking.count_due_persons()?))
        });
        let wait = match asked.await {
            Ok(Ok((asked, left))) => {
                metrics::gauge!("varanto_persons_due").set(f64::from(left));
                if asked == batch { Duration::ZERO } else { LOOK_EVERY }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "clients could not be asked about");
                AGAIN
            }
            Err(error) => {
                tracing::error!(%error, "asking about clients broke down");
                AGAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use varanto_app::AppOptions;
    use varanto_app::persons::AskError;
    use varanto_domain::persons::PersonFacts;
    use varanto_domain::time::{Clock, FinnishDay};
    use varanto_kit::outside::Identities;
    use varanto_kit::population_register::StandIn;

    use std::path::PathBuf;

    use super::*;
    use crate::clock::MachineClock;

    fn code() -> PersonalIdentityCode {
        PersonalIdentityCode::parse("180418A903L").unwrap()
    }

    struct Asking {
        stand_in: StandIn,
        home: tempfile::TempDir,
        config: config::PopulationRegister,
    }

    /// A register behind real TLS that asks for a certificate and a token.
    async fn asking() -> Asking {
        let home = tempfile::tempdir().unwrap();
        let identities = Identities::make().unwrap();
        let stand_in = StandIn::new(Arc::new(MachineClock), Some("salainen"));
        let address = stand_in.open(&identities).await.unwrap();
        let file = |name: &str, text: &str| {
            let path = home.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let config = config::PopulationRegister {
            address: format!("https://localhost:{}/persons", address.port()),
            authority: file("authority.pem", &identities.authority),
            certificate: file("certificate.pem", &identities.certificate),
            key: file("key.pem", &identities.key),
            token_file: file("token", "salainen\n"),
            ..config::PopulationRegister::default()
        };
        Asking { stand_in, home, config }
    }

    async fn ask(config: &config::PopulationRegister) -> Result<PersonAnswer, String> {
        let connection = Connection::of(config).unwrap().unwrap();
        tokio::task::spawn_blocking(move || connection.ask(&[code()])).await.unwrap()
    }

    /// REG-5: a question goes out over TLS with certificate and token, and the answer is read.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_register_is_asked_with_certificate_and_token() {
        crate::tls::install_cryptography();
        let Asking { stand_in, home, config } = asking().await;
        let died_on = FinnishDay::parse("2026-10-30");
        let facts = PersonFacts { died_on, ..PersonFacts::default() };
        assert_eq!(ask(&config).await.unwrap().persons, Vec::new());
        stand_in.say(code(), facts.clone());
        assert_eq!(ask(&config).await.unwrap().persons, vec![(code(), facts)]);

        std::fs::write(home.path().join("token"), "väärä").unwrap();
        assert!(ask(&config).await.unwrap_err().contains("401"));
        let stranger = config::PopulationRegister { certificate: None, ..config.clone() };
        assert!(ask(&stranger).await.is_err());
        let other = Identities::make().unwrap();
        std::fs::write(home.path().join("authority.pem"), other.authority).unwrap();
        let told = ask(&config).await.unwrap_err();
        assert!(told.contains("certificate") && !told.contains(code().reveal()), "{told}");
    }

    /// REG-5: what gives way asks as anybody does: its threads have a runtime of their own.
    #[tokio::test(flavor = "multi_thread")]
    async fn work_that_gives_way_asks_too() {
        crate::tls::install_cryptography();
        let Asking { stand_in: _stand_in, config, home: _home } = asking().await;
        let connection = Connection::of(&config).unwrap().unwrap();
        let background = crate::priority::Background::new().unwrap();
        let answer = background.spawn(move || connection.ask(&[code()])).await;
        assert_eq!(answer.unwrap().unwrap().persons, Vec::new());
    }

    /// REG-5: an answer that does not come, is too late or does not read is told without client data.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_does_not_answer_in_time_or_in_form_is_told() {
        crate::tls::install_cryptography();
        let Asking { stand_in, config, home: _home } = asking().await;
        let config = config::PopulationRegister { seconds: 1, ..config };
        stand_in.fall_silent(true);
        assert_eq!(ask(&config).await, Err("not within 1 s".to_owned()));
        stand_in.fall_silent(false);
        stand_in.garble(true);
        let told = ask(&config).await.unwrap_err();
        assert!(told.starts_with("its answer does not read: not-json"), "{told}");
        let nobody = config::PopulationRegister {
            address: "https://localhost:1/persons".to_owned(),
            ..config
        };
        assert!(ask(&nobody).await.is_err());
    }

    #[tokio::test]
    async fn a_wrong_connection_is_told_by_file_or_address() {
        crate::tls::install_cryptography();
        let Asking { home, config, stand_in: _ } = asking().await;
        for address in ["http://localhost/persons", "localhost", "https://"] {
            let wrong =
                config::PopulationRegister { address: address.to_owned(), ..config.clone() };
            assert_eq!(Connection::of(&wrong).unwrap_err().path, PathBuf::from(address));
        }
        let missing = home.path().join("missing");
        for wrong in [
            config::PopulationRegister { authority: Some(missing.clone()), ..config.clone() },
            config::PopulationRegister { key: Some(missing.clone()), ..config.clone() },
            config::PopulationRegister { token_file: Some(missing.clone()), ..config.clone() },
        ] {
            assert_eq!(Connection::of(&wrong).unwrap_err().path, missing);
        }
        assert!(Connection::of(&config::PopulationRegister::default()).unwrap().is_none());
    }

    /// REG-5: an archive with nobody in it has nobody to ask about, and one without a register says so.
    #[tokio::test(flavor = "multi_thread")]
    async fn an_archive_asks_about_those_who_are_due() {
        crate::tls::install_cryptography();
        let Asking { config, stand_in, home: _home } = asking().await;
        let home = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(MachineClock);
        let app = App::open(&AppOptions::in_folder(home.path()), clock).unwrap();
        assert!(matches!(app.ask_due_persons(1), Err(AskError::NotConnected)));
        let connection = Connection::of(&config).unwrap().unwrap();
        let batch = connection.connect(&app);
        let work = tokio::spawn(go_on(app.clone(), batch));
        tokio::time::sleep(Duration::from_millis(300)).await;
        work.abort();
        assert_eq!((app.ask_due_persons(1).unwrap(), stand_in.asked()), (0, 0));
    }
}
