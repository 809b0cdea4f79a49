//! What the demonstration tells scripts and people: `demo.json`, certificates, tokens, commands.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use varanto_domain::ids::Oid;
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_kit::county::County;
use varanto_kit::oidc::{Provider, User};

use super::DemoError;
use super::population::{self, PersonSample};
use crate::certificates::{Authority, ClientOrder, write_private};
use crate::clock::MachineClock;
use crate::doors::{DemoClient, DemoFacts};
use crate::opening::Opening;
use crate::{config, login};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// How long the scripts' tokens are good.
const TOKEN_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// `demo.json`: everything that a script needs.
#[derive(Debug, Clone, Serialize)]
pub struct DemoFile {
    /// The address to begin with.
    pub base: String,
    /// The socket address listened on.
    pub address: String,
    /// The certificate authority to trust.
    pub ca: PathBuf,
    /// The login provider's issuer.
    pub issuer: String,
    /// The organisations.
    pub organisations: Vec<OrganisationFacts>,
    /// Client certificates that open the door.
    pub systems: Vec<SystemFacts>,
    /// Client certificates that do not, each named after the reason.
    pub bad_certificates: Vec<SystemFacts>,
    /// People who can log in.
    pub users: Vec<UserFacts>,
    /// Clients to look for.
    pub samples: Vec<Sample>,
    /// Clients of whom the population register has something to tell.
    pub persons: Vec<PersonSample>,
    /// Command lines that work.
    pub commands: Vec<String>,
    /// How many documents there will be.
    pub documents: u64,
    /// Whether all of them are made.
    pub complete: bool,
    /// The process to end with SIGTERM.
    pub pid: u32,
}

/// An organisation of the demonstration.
#[derive(Debug, Clone, Serialize)]
pub struct OrganisationFacts {
    /// Its OID.
    pub oid: String,
    /// Its name.
    pub name: String,
    /// Its units: OID and name.
    pub units: Vec<(String, String)>,
}

/// A system's certificate.
#[derive(Debug, Clone, Serialize)]
pub struct SystemFacts {
    /// The system's identifier, or what is wrong with the certificate.
    pub system: String,
    /// The organisation it acts for.
    pub organisation: String,
    /// The certificate's file.
    pub certificate: PathBuf,
    /// Its key's file.
    pub key: PathBuf,
}

/// A person who can log in.
#[derive(Debug, Clone, Serialize)]
pub struct UserFacts {
    /// The name to log in with.
    #[serde(flatten)]
    pub user: User,
    /// A bearer token.
    pub token: String,
    /// A file with the whole header, for `curl -H @FILE`.
    pub header_file: PathBuf,
}

/// A client to look for, and documents of theirs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sample {
    /// The made-up identity code.
    pub identity_code: String,
    /// The organisation that archived for the client first.
    pub controller: Option<String>,
    /// Whether the newest relationship runs.
    pub active: bool,
    /// The identifier of the newest relationship.
    pub relationship_id: Option<String>,
    /// The identifier of the newest case.
    pub case_id: Option<String>,
    /// The service task of that case, a code.
    pub service_task: Option<String>,
    /// The unit that opened it.
    pub unit: Option<String>,
    /// Relationship documents, oldest first.
    pub relationships: Vec<String>,
    /// Case documents, oldest first.
    pub cases: Vec<String>,
    /// Structured client documents, oldest first.
    pub structured: Vec<String>,
    /// Documents that are an XHTML view alone.
    pub views: Vec<String>,
    /// Documents that are a PDF file alone.
    pub pdfs: Vec<String>,
    /// For a client whom the other county serves too: whether disclosure is permitted (`permits`,
    /// `refuses` the county's register, or `silent`).
    pub shared: Option<&'static str>,
}

/// The login provider of a county's people.
pub(super) fn provider(county: &County, base: &str) -> Provider {
    let organisations = county.organisations();
    let users = county.users().into_iter().map(|user| {
        let organisation = organisations.iter().find(|one| one.id == user.organisation);
        let unit = user.units.first().cloned().unwrap_or_else(|| user.organisation.clone());
        let unit_name = organisation.and_then(|one| {
            one.units.iter().find(|known| known.id == unit).map(|known| known.name.clone())
        });
        let organisation_name = organisation.map(|one| one.name.clone()).unwrap_or_default();
        User {
            id: user.login,
            name: format!("{} {}", user.given_names, user.family_name),
            role: user.role.code().to_owned(),
            title: user.title.to_owned(),
            organisation: user.organisation.to_string(),
            unit: unit.to_string(),
            unit_name: unit_name.unwrap_or_else(|| organisation_name.clone()),
            organisation_name,
            registration_number: user.registration_number,
            strong: true,
            identity_code: None,
            further: Vec::new(),
        }
    });
    let citizens = county.citizens().into_iter().map(|citizen| User {
        id: citizen.login,
        name: format!("{} {}", citizen.given_names, citizen.family_name),
        role: String::new(),
        title: if citizen.child.is_some() { "huoltaja" } else { "asiakas" }.to_owned(),
        organisation: String::new(),
        organisation_name: String::new(),
        unit: String::new(),
        unit_name: String::new(),
        registration_number: None,
        strong: true,
        identity_code: Some(citizen.code.reveal().to_owned()),
        further: Vec::new(),
    });
    let back = vec![login::way_back(base), login::way_out(base)];
    let issuer = format!("{base}/oidc");
    let users = users.chain(citizens).collect();
    Provider::new(&issuer, "varanto", back, users, Arc::new(MachineClock))
}

/// How people log in at the demonstration's provider, which is behind the archive's own door.
pub(super) fn login(provider: &Provider, authority: &Authority) -> config::Login {
    config::Login {
        authorization_address: format!("{}/authorize", provider.issuer()),
        token_address: format!("{}/token", provider.issuer()),
        end_address: format!("{}/end", provider.issuer()),
        authority: Some(authority.authority_file()),
        ..config::Login::default()
    }
}

/// The people who work: citizens come in by the pages alone.
fn professionals(provider: &Provider) -> impl Iterator<Item = &User> {
    provider.users().iter().filter(|user| user.identity_code.is_none())
}

/// Issues certificates and tokens, and gathers what there is to tell.
pub(super) fn gather(
    directory: &Path,
    opening: &Opening,
    county: &County,
    provider: &Provider,
    samples: Vec<Sample>,
    complete: bool,
) -> Result<DemoFile, DemoError> {
    let doors = &opening.doors;
    let address = doors.config.listen.addresses.first().map(ToString::to_string);
    let organisations = county.organisations().iter().map(|one| OrganisationFacts {
        oid: one.id.to_string(),
        name: one.name.clone(),
        units: one.units.iter().map(|unit| (unit.id.to_string(), unit.name.clone())).collect(),
    });
    let mut file = DemoFile {
        base: doors.base.clone(),
        address: address.unwrap_or_default(),
        ca: opening.authority.authority_file(),
        issuer: provider.issuer().to_owned(),
        organisations: organisations.collect(),
        systems: systems(directory, opening, county)?,
        bad_certificates: bad_certificates(directory, &opening.authority, county)?,
        users: users(directory, provider)?,
        samples,
        persons: population::samples(county, FinnishDay::of(MachineClock.now())),
        commands: Vec::new(),
        documents: county.size().documents,
        complete,
        pid: std::process::id(),
    };
    file.commands = commands(&file);
    Ok(file)
}

/// What the landing page shows of it.
pub(super) fn shown(
    file: &DemoFile,
    county: &County,
    provider: &Provider,
    cards: PathBuf,
) -> DemoFacts {
    let sample = file.samples.first().cloned().unwrap_or_default();
    let active = file.samples.iter().find(|sample| sample.active).cloned().unwrap_or_default();
    let producers_unit = file.organisations.get(1).and_then(|one| one.units.first());
    let token =
        |one: &UserFacts| (format!("{}, {}", one.user.name, one.user.title), one.token.clone());
    DemoFacts {
        users: professionals(provider).cloned().collect(),
        commands: file.commands.clone(),
        tokens: file.users.iter().map(token).collect(),
        identity_code: sample.identity_code,
        document: sample.structured.last().cloned().unwrap_or_default(),
        relationship: active.relationship_id.unwrap_or_default(),
        case: active.case_id.unwrap_or_default(),
        service_task: active.service_task.unwrap_or_default(),
        unit: active.unit.unwrap_or_default(),
        organisation: active.controller.unwrap_or_default(),
        producers_unit: producers_unit.map(|(unit, _)| unit.clone()).unwrap_or_default(),
        children: county
            .citizens()
            .into_iter()
            .filter_map(|one| one.child)
            .map(|code| code.reveal().to_owned())
            .collect(),
        clients: file.samples.iter().filter_map(|sample| client(file, sample)).collect(),
        cards,
    }
}

/// A client to look for at the desk, with the unit that serves there and whoever works in it.
fn client(file: &DemoFile, sample: &Sample) -> Option<DemoClient> {
    let units = file.organisations.iter().flat_map(|one| &one.units);
    let mut named = units.filter(|(unit, _)| Some(unit) == sample.unit.as_ref());
    let (unit, name) = named.next()?;
    let worker = file.users.iter().find(|one| one.user.unit == *unit);
    let place = worker.map_or_else(|| name.clone(), |one| format!("{name}: {}", one.user.name));
    Some(DemoClient { identity_code: sample.identity_code.clone(), unit: place })
}

fn systems(
    directory: &Path,
    opening: &Opening,
    county: &County,
) -> Result<Vec<SystemFacts>, DemoError> {
    let now = MachineClock.now();
    let registry = opening.doors.app.registry();
    let mut all = Vec::new();
    for system in registry.registers().systems() {
        for organisation in &system.organisations {
            let order = ClientOrder {
                system: system.id.clone(),
                organisation: organisation.clone(),
                organisation_name: name_of(county, organisation),
                from: Instant::from_millis(now.millis() - 60_000),
                until: Instant::from_millis(now.millis() + 365 * DAY_MILLIS),
            };
            all.push(issued(directory, &opening.authority, &order, &system.id)?.0);
        }
    }
    Ok(all)
}

/// Certificates that open nothing: expired, revoked, and of an organisation nobody knows.
fn bad_certificates(
    directory: &Path,
    authority: &Authority,
    county: &County,
) -> Result<Vec<SystemFacts>, DemoError> {
    let now = MachineClock.now();
    let days = |days: i64| Instant::from_millis(now.millis() + days * DAY_MILLIS);
    let organisation = county.organisations()[0].id.clone();
    let order = |organisation: Oid, from, until| ClientOrder {
        system: "demo-1".to_owned(),
        organisation_name: name_of(county, &organisation),
        organisation,
        from,
        until,
    };
    let stranger = Oid::parse("1.2.246.10.99999999").expect("a constant OID");
    let expired = order(organisation.clone(), days(-30), days(-1));
    let revoked = order(organisation, days(-30), days(30));
    let unknown = order(stranger, days(-30), days(30));
    let (expired, _) = issued(directory, authority, &expired, "expired")?;
    let (revoked, serial) = issued(directory, authority, &revoked, "revoked")?;
    authority.revoke(&serial, now)?;
    let (unknown, _) = issued(directory, authority, &unknown, "another-organisation")?;
    Ok(vec![expired, revoked, unknown])
}

fn name_of(county: &County, organisation: &Oid) -> String {
    let known = county.organisations().iter().find(|one| one.id == *organisation);
    known.map(|one| one.name.clone()).unwrap_or_default()
}

fn issued(
    directory: &Path,
    authority: &Authority,
    order: &ClientOrder,
    name: &str,
) -> Result<(SystemFacts, String), DemoError> {
    let folder = directory.join("certificates");
    std::fs::create_dir_all(&folder)?;
    let made = authority.issue(order)?;
    let facts = SystemFacts {
        system: name.to_owned(),
        organisation: order.organisation.to_string(),
        certificate: folder.join(format!("{name}.pem")),
        key: folder.join(format!("{name}.key")),
    };
    write_private(&facts.certificate, made.certificate_pem.as_bytes())?;
    write_private(&facts.key, made.key_pem.as_bytes())?;
    Ok((facts, made.serial))
}

fn users(directory: &Path, provider: &Provider) -> Result<Vec<UserFacts>, DemoError> {
    let folder = directory.join("tokens");
    std::fs::create_dir_all(&folder)?;
    let mut all = Vec::new();
    for user in professionals(provider) {
        let token = provider.token_for(&user.id, TOKEN_LIFETIME).unwrap_or_default();
        let header_file = folder.join(format!("{}.header", user.id));
        write_private(&header_file, format!("Authorization: Bearer {token}\n").as_bytes())?;
        all.push(UserFacts { user: user.clone(), token, header_file });
    }
    Ok(all)
}

/// Three command lines: the signed state of the log, a search as a system, a document as a person. The
/// person's own unit need not serve the client, so the person says why.
fn commands(file: &DemoFile) -> Vec<String> {
    let (base, ca) = (&file.base, file.ca.display());
    let mut all = vec![format!("curl --cacert {ca} {base}/api/v1/checkpoint")];
    let sample = file.samples.first();
    if let (Some(system), Some(sample)) = (file.systems.first(), sample) {
        all.push(format!(
            "curl --cacert {ca} --cert {} --key {} -H 'Content-Type: application/json' \
             -d '{{\"client\":{{\"identity_code\":\"{}\"}},\"limit\":3}}' \
             {base}/api/v1/documents/_search",
            system.certificate.display(),
            system.key.display(),
            sample.identity_code
        ));
    }
    let document = sample.and_then(|sample| sample.structured.last());
    if let (Some(user), Some(document)) = (file.users.first(), document) {
        all.push(format!(
            "curl --cacert {ca} -H @{} \
             '{base}/api/v1/documents/{document}/content?reason=information-request'",
            user.header_file.display()
        ));
    }
    all
}
