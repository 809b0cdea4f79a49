//! Who is calling: from a certificate or a login to a caller with functions and registers (ACC-1).

use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::users::{NotAUser, left_of};
use varanto_domain::access::{ByRegister, Caller, Function, Role, Sector, Strength, Who};
use varanto_domain::ids::Oid;
use varanto_domain::joining::{Certificate, Registers, System};
use varanto_domain::time::FinnishDay;

use crate::{App, AppError, Registry};

/// Why a genuine certificate or login makes no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// No system of the register is bound to the certificate.
    System,
    /// The system is not in force today.
    SystemNotInForce,
    /// The certificate names an organisation that the system may not act for.
    CertificateOfAnother,
    /// The organisation is not in the register, or not in force today.
    Organisation,
    /// The role is not one that the archive knows.
    Role,
    /// The organisation keeps a register of its users, and the person is not in it today in this role.
    User,
    /// The organisation's register of users wants a strong login of the person.
    WeakUser,
}

impl Unknown {
    /// Every kind, for the tables of texts.
    pub const ALL: [Self; 7] = [
        Self::System,
        Self::SystemNotInForce,
        Self::CertificateOfAnother,
        Self::Organisation,
        Self::Role,
        Self::User,
        Self::WeakUser,
    ];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system-unknown",
            Self::SystemNotInForce => "system-not-in-force",
            Self::CertificateOfAnother => "certificate-of-another-organisation",
            Self::Organisation => "organisation-unknown",
            Self::Role => "role-unknown",
            Self::User => "user-unknown",
            Self::WeakUser => "user-login-too-weak",
        }
    }
}

/// What a login tells of a person.
#[derive(Debug, Clone)]
pub struct PersonFacts {
    /// The subject of the token.
    pub subject: String,
    /// The registration number.
    pub registration_number: Option<String>,
    /// The role.
    pub role: String,
    /// The organisation that the person works for.
    pub organisation: Oid,
    /// The unit where the person works.
    pub unit: Option<Oid>,
    /// The service tasks of the person's duty, as codes; `None`: those of the unit.
    pub duty: Option<Vec<String>>,
    /// Whether the login was a strong one, by card or the like.
    pub strong: bool,
}

/// Somebody who was turned away before anything was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedAway {
    /// Why, by its code.
    pub code: &'static str,
    /// The fingerprint of the certificate that was shown, if one was.
    pub certificate: Option<String>,
    /// Of how many tries this tells.
    pub times: u64,
}

impl App {
    /// The caller that a genuine certificate speaks for. The organisation is the one named in the
    /// certificate's subject, or the system's only one.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// Source: JOI-1, JOI-4, ACC-1, REG-4.
    pub fn caller_of_certificate(&self, certificate: &Certificate<'_>) -> Result<Caller, Unknown> {
        let registry = self.registry();
        let registers = registry.registers();
        let today = FinnishDay::of(self.clock.now());
        let system = registers.system_of(certificate).ok_or(Unknown::System)?;
        if !system.validity.contains(today) {
            return Err(Unknown::SystemNotInForce);
        }
        let named = certificate.subject_serial.and_then(|serial| Oid::parse(serial).ok());
        let organisation = match (named, system.organisations.as_slice()) {
            (Some(named), _) if system.acts_for(&named) => named,
            (None, [only]) => only.clone(),
            _ => return Err(Unknown::CertificateOfAnother),
        };
        if !registers.is_valid_on(&organisation, today) {
            return Err(Unknown::Organisation);
        }
        Ok(caller_of_system(&registry, system, &organisation, certificate.fingerprint, today))
    }

    /// The caller that a person's login makes: what the role allows, for the unit where the person works; held
    /// against the register of users where the organisation keeps one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn caller_of_person(&self, person: PersonFacts) -> Result<Caller, Unknown> {
        let registry = self.registry();
        let registers = registry.registers();
        let today = FinnishDay::of(self.clock.now());
        if !registers.is_valid_on(&person.organisation, today) {
            return Err(Unknown::Organisation);
        }
        let role = Role::of_code(&person.role).ok_or(Unknown::Role)?;
        let who = Who::Person {
            subject: person.subject,
            registration_number: person.registration_number,
            role,
            unit: person.unit,
            duty: person.duty.map(|tasks| tasks.into_iter().map(Arc::from).collect()),
            strength: if person.strong { Strength::Strong } else { Strength::Weak },
        };
        caller_by_registers(&registry, &person.organisation, &who, today)
    }

    /// Logs that somebody was turned away before anything was asked: one line, by code, with the
    /// fingerprint of the certificate that was shown, and how many tries it tells of.
    pub fn log_turned_away(&self, turned: &TurnedAway) -> Result<(), AppError> {
        let certificate = turned.certificate.as_deref().unwrap_or("-");
        let line = LogLine {
            at: self.clock.now(),
            event: Event::TurnedAway,
            outcome: Outcome::Refused(vec![turned.code]),
            actor: Actor::nobody(),
            client: None,
            version: None,
            // Not the actor's: those are kept as terms, and strangers make up any number.
            detail: format!("certificate={certificate} times={}", turned.times),
        };
        self.write_line(line).map(drop)
    }

    /// Logs that a caller's request could not be read: one line, by code.
    pub fn log_unreadable(&self, caller: &Caller, code: &'static str) -> Result<(), AppError> {
        let now = self.clock.now();
        self.log(caller, Event::TurnedAway, Outcome::Refused(vec![code]), now).map(drop)
    }
}

/// The caller that a system is for one of its organisations.
pub(crate) fn caller_of_system(
    registry: &Registry,
    system: &System,
    organisation: &Oid,
    fingerprint: &[u8],
    today: FinnishDay,
) -> Caller {
    let acted_for = |controller: &&Oid| *controller == organisation || system.acts_for(controller);
    let own = registry.own_registers(organisation).iter();
    let may = |function: &Function| system.may(*function, today);
    Caller {
        who: Who::System { id: system.id.clone(), certificate: hexadecimal(fingerprint) },
        organisation: organisation.clone(),
        registers: own.filter(acted_for).cloned().collect(),
        units: registry.units_of(organisation),
        sector: sector(registry.registers(), organisation),
        by_register: None,
        functions: Function::ALL.into_iter().filter(may).collect(),
    }
}

/// What the registers of users leave of a person's login.
fn caller_by_registers(
    registry: &Registry,
    organisation: &Oid,
    who: &Who,
    today: FinnishDay,
) -> Result<Caller, Unknown> {
    let held = registry.rights_held(organisation, who, today);
    let left = left_of(who, &held, today).map_err(|why| match why {
        NotAUser::NoRight => Unknown::User,
        NotAUser::LoginTooWeak => Unknown::WeakUser,
    })?;
    let caller = |who: Who| caller_of_person(registry, organisation, who);
    let somewhere = caller(left.somewhere);
    if left.kept.is_empty() {
        return Ok(somewhere);
    }
    // Organisers keep users of private producers outside their hierarchy: never of registers of the caller's own.
    let registers = if left.elsewhere.is_some() { somewhere.registers } else { Vec::new() };
    let kept = left.kept.into_iter().map(|(organiser, who)| (organiser, who.map(caller)));
    let by_register = ByRegister { kept: kept.collect(), elsewhere: left.elsewhere.map(caller) };
    Ok(Caller { registers, by_register: Some(Arc::new(by_register)), ..somewhere })
}

/// The caller that a person is in an organisation. A unit of another organisation gives nothing.
pub(crate) fn caller_of_person(registry: &Registry, organisation: &Oid, who: Who) -> Caller {
    let theirs = registry.units_of(organisation);
    let (unit, functions) = match &who {
        Who::Person { unit, role, .. } => (unit.as_ref(), role.functions()),
        _ => (None, Vec::new()),
    };
    Caller {
        registers: registry.own_registers(organisation).to_vec(),
        units: unit.into_iter().filter(|unit| theirs.contains(unit)).cloned().collect(),
        sector: sector(registry.registers(), organisation),
        by_register: None,
        organisation: organisation.clone(),
        functions,
        who,
    }
}

/// The sector in which an organisation of the register works.
fn sector(registers: &Registers, organisation: &Oid) -> Sector {
    registers.organisation(organisation).map_or(Sector::SocialWelfare, |one| one.sector)
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
