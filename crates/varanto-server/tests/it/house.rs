//! An archive with open doors, a small synthetic county in its registers, and callers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use varanto_domain::ids::Oid;
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_formats::persons::{PersonAnswer, write};
use varanto_kit::county::{County, CountySize, Event, Made};
use varanto_kit::http::{Answer, Client, Multipart};
use varanto_kit::oidc::{Position, Provider, User};
use varanto_server::certificates::{Authority, ClientOrder, Issued};
use varanto_server::clock::MachineClock;
use varanto_server::config::{
    Config, Level, Limits, OldData, Pages, PdfA, Retention, Signatures, Transfer,
};
use varanto_server::doors::Doors;
use varanto_server::opening::Opening;
use varanto_server::server::Server;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// An open archive. Everything in it goes with it.
pub(crate) struct House {
    pub(crate) doors: Doors,
    pub(crate) authority: Authority,
    pub(crate) county: County,
    pub(crate) provider: Provider,
    pub(crate) address: SocketAddr,
    /// Where operators look, in a house that has such a place.
    pub(crate) operators: Option<SocketAddr>,
    pub(crate) ca: String,
    _server: Server,
    home: tempfile::TempDir,
}

impl House {
    /// A house with the usual limits.
    pub(crate) fn open() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::with(Config { limits, ..Config::default() }, axum::Router::new())
    }

    /// A house with routes of a test's own beside the doors.
    pub(crate) fn beside(router: axum::Router) -> Self {
        Self::with(Config::default(), router)
    }

    /// A house whose landing page tells how much is inside.
    pub(crate) fn showing_counts() -> Self {
        let pages = Pages { show_counts: true };
        Self::with(Config { pages, ..Config::default() }, axum::Router::new())
    }

    /// A house in which archivists complete the batches of this folder.
    pub(crate) fn with_batches(batches: std::path::PathBuf) -> Self {
        let old_data = OldData { batches };
        Self::with(Config { old_data, ..Config::default() }, axum::Router::new())
    }

    /// A house with a place for operators.
    pub(crate) fn with_operators() -> Self {
        let mut config = Config::default();
        config.listen.operators = vec![([127, 0, 0, 1], 0).into()];
        Self::with(config, axum::Router::new())
    }

    /// A house that judges PDF files so.
    pub(crate) fn judging(pdfa: PdfA) -> Self {
        Self::with(Config { pdfa, ..Config::default() }, axum::Router::new())
    }

    /// A house that asks for no signatures, where every client document is kept for three years as a voucher is.
    pub(crate) fn keeping_for_three_years() -> Self {
        let county = County::new(
            7,
            CountySize { clients: 6, documents: 90 },
            FinnishDay::of(MachineClock.now()),
        );
        let kinds = county.events_of(0..6).filter_map(|event| {
            let Event::Archive(made) = event else { return None };
            let told: serde_json::Value = serde_json::from_str(&made.metadata_json).ok()?;
            told["specific_type"].as_str().map(str::to_owned)
        });
        let retention = Retention { vouchers: kinds.collect(), ..Retention::default() };
        let signatures = Signatures { level: Level::Off, ..Signatures::default() };
        let home = tempfile::tempdir().unwrap();
        let transfer = Transfer { folder: home.path().join("transfers") };
        let config = Config { retention, signatures, transfer, ..Config::default() };
        Self::of_config(home, config, axum::Router::new())
    }

    /// The folder into which registers are taken out, in a house that keeps for three years.
    pub(crate) fn transfers(&self) -> std::path::PathBuf {
        self.home.path().join("transfers")
    }

    /// A house that asks for no signatures.
    pub(crate) fn without_signatures() -> Self {
        Self::asking_signatures(Signatures { level: Level::Off, ..Signatures::default() })
    }

    /// A house that asks for signatures.
    pub(crate) fn asking_signatures(signatures: Signatures) -> Self {
        Self::with(Config { signatures, ..Config::default() }, axum::Router::new())
    }

    /// A house that signs for its organisations what is written in it, and trusts those signatures.
    pub(crate) fn signing() -> Self {
        let home = tempfile::tempdir().unwrap();
        let signatures = varanto_server::demo::signatures(home.path(), &county()).unwrap();
        Self::of_config(home, Config { signatures, ..Config::default() }, axum::Router::new())
    }

    fn with(config: Config, beside: axum::Router) -> Self {
        Self::of_config(tempfile::tempdir().unwrap(), config, beside)
    }

    fn of_config(home: tempfile::TempDir, mut config: Config, beside: axum::Router) -> Self {
        varanto_server::tls::install_cryptography();
        config.data = home.path().join("archive");
        config.listen.addresses = vec![([127, 0, 0, 1], 0).into()];
        let county = county();
        let mut provider = None;
        let opening =
            Opening::prepare(config, Arc::new(MachineClock), |config, authority, base| {
                let made = login(&county, base);
                made.issuer().clone_into(&mut config.tokens.issuer);
                config.login.authorization_address = format!("{}/authorize", made.issuer());
                config.login.token_address = format!("{}/token", made.issuer());
                config.login.end_address = format!("{}/end", made.issuer());
                config.login.authority = Some(authority.authority_file());
                let keys = serde_json::from_str(&made.keys_json()).ok();
                provider = Some(made);
                keys
            })
            .unwrap();
        let app = &opening.doors.app;
        app.load_registers("county", county.registers_json().into_bytes()).unwrap();
        app.load_registers("systems", county.systems_json().into_bytes()).unwrap();
        let doors = opening.doors.clone();
        let authority = opening.authority.clone();
        let ca = std::fs::read_to_string(authority.authority_file()).unwrap();
        let provider = provider.unwrap();
        let server = opening.open(beside.nest("/oidc", provider.router())).unwrap();
        let address = server.addresses()[0];
        let operators = server.addresses().get(1).copied();
        Self { doors, authority, county, provider, address, operators, ca, _server: server, home }
    }

    /// The card of one who logs in: certificate and key, PEM.
    pub(crate) fn card(&self, login: &str) -> (Vec<u8>, Vec<u8>) {
        let file = |ending: &str| {
            let cards = self.home.path().join("signing/cards");
            std::fs::read(cards.join(format!("{login}.{ending}"))).unwrap()
        };
        (file("pem"), file("key"))
    }

    /// What the county's population register says of the clients of whom something is archived.
    pub(crate) fn tell_of_persons(&self) {
        let persons = self.county.population().collect();
        let told = PersonAnswer { told_at: MachineClock.now(), persons };
        self.doors.app.load_persons(write(&told).as_bytes(), false).unwrap();
    }

    /// The county's own organisation.
    pub(crate) fn organisation(&self) -> Oid {
        self.county.organisations()[0].id.clone()
    }

    /// A private producer.
    pub(crate) fn producer(&self) -> Oid {
        self.county.organisations()[1].id.clone()
    }

    /// One without certificate or token.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(self.address, "localhost", &self.ca).unwrap()
    }

    /// The county's system.
    pub(crate) fn system(&self) -> Client {
        self.system_of(&self.organisation())
    }

    /// A system with a good certificate for an organisation.
    pub(crate) fn system_of(&self, organisation: &Oid) -> Client {
        self.showing(&self.issue(organisation, -1, 30))
    }

    /// A certificate for an organisation, good from and until so many days from now.
    pub(crate) fn issue(&self, organisation: &Oid, from: i64, until: i64) -> Issued {
        let now = MachineClock.now().millis();
        let order = ClientOrder {
            system: "demo".into(),
            organisation: organisation.clone(),
            organisation_name: "Organisaatio".into(),
            from: Instant::from_millis(now + from * DAY_MILLIS),
            until: Instant::from_millis(now + until * DAY_MILLIS),
        };
        self.authority.issue(&order).unwrap()
    }

    /// A client that shows a certificate.
    pub(crate) fn showing(&self, issued: &Issued) -> Client {
        let identity = Some((issued.certificate_pem.as_str(), issued.key_pem.as_str()));
        Client::with_identity(self.address, "localhost", &self.ca, identity).unwrap()
    }

    /// A person with a good token; the role is `worker`, `archivist` …
    pub(crate) fn person(&self, role: &str) -> Client {
        let user = self.provider.users().iter().find(|user| user.role == role).unwrap();
        let token = self.provider.token_for(&user.id, Duration::from_mins(10)).unwrap();
        self.stranger().bearer(&token)
    }

    /// The first documents that the county's own system archives about one client.
    pub(crate) fn made(&self) -> Vec<Made> {
        self.made_of(0)
    }

    /// What the county's own system archives about a client.
    pub(crate) fn made_of(&self, client: u32) -> Vec<Made> {
        let own = self.organisation();
        let made = self.county.events_of(client..client + 1).filter_map(|event| match event {
            Event::Archive(made) if made.sender == own => Some(made),
            _ => None,
        });
        made.collect()
    }

    /// How many lines the use log has.
    pub(crate) fn log_lines(&self) -> u64 {
        self.doors.app.contents().unwrap().log_lines
    }

    /// How many versions are archived.
    pub(crate) fn versions(&self) -> u64 {
        self.doors.app.contents().unwrap().versions
    }
}

/// The small county that every house has.
fn county() -> County {
    let size = CountySize { clients: 6, documents: 90 };
    County::new(7, size, FinnishDay::of(MachineClock.now()))
}

/// A submission as a form.
pub(crate) fn form(made: &Made) -> Multipart {
    let start =
        Multipart::new().part("metadata", "application/json", made.metadata_json.as_bytes());
    made.parts
        .iter()
        .fold(start, |form, (part, bytes)| form.part(part.name(), part.media_type(), bytes))
}

/// The codes and elements of the faults in an answer.
pub(crate) fn faults(answer: &Answer) -> Vec<(String, String)> {
    let json = answer.json();
    let all = json["faults"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|fault| (text(&fault["code"]), text(&fault["element"]))).collect()
}

/// The code of the problem in an answer.
pub(crate) fn code(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text());
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}

fn login(county: &County, base: &str) -> Provider {
    let back = vec![varanto_server::login::way_back(base), varanto_server::login::way_out(base)];
    provider(county, &format!("{base}/oidc"), back)
}

/// A login provider of a county's people.
pub(crate) fn provider(county: &County, issuer: &str, back: Vec<String>) -> Provider {
    let users = county.users().into_iter().map(|user| User {
        id: user.login,
        name: format!("{} {}", user.given_names, user.family_name),
        role: user.role.code().to_owned(),
        title: user.title.to_owned(),
        organisation: user.organisation.to_string(),
        organisation_name: String::new(),
        unit: user.units[0].to_string(),
        unit_name: String::new(),
        registration_number: user.registration_number,
        strong: true,
        identity_code: None,
        further: Vec::new(),
    });
    let citizens = county.citizens().into_iter().map(|citizen| User {
        id: citizen.login,
        name: format!("{} {}", citizen.given_names, citizen.family_name),
        role: String::new(),
        title: String::new(),
        organisation: String::new(),
        organisation_name: String::new(),
        unit: String::new(),
        unit_name: String::new(),
        registration_number: None,
        strong: true,
        identity_code: Some(citizen.code.reveal().to_owned()),
        further: Vec::new(),
    });
    let mut users: Vec<User> = users.chain(citizens).collect();
    users.extend(in_two_positions(&users));
    Provider::new(issuer, "varanto", back, users, Arc::new(MachineClock))
}

/// The login of one who works in two positions, in those of the first two workers.
pub(crate) const IN_TWO_POSITIONS: &str = "kahdessa";

fn in_two_positions(users: &[User]) -> Option<User> {
    let mut workers = users.iter().filter(|user| user.role == "worker");
    let (first, second) = (workers.next()?, workers.next()?);
    let further = Position {
        role: second.role.clone(),
        organisation: second.organisation.clone(),
        unit: second.unit.clone(),
    };
    let id = IN_TWO_POSITIONS.to_owned();
    Some(User { id, further: vec![further], ..first.clone() })
}
