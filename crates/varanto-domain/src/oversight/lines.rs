//! Which lines of the use log are a controller's business, and what of them.

use super::own_view::touched_statements;
use crate::access::LogPermit;
use crate::access::log::{Event, KeptLine};
use crate::ids::{ClientKey, Oid, VersionKey};

/// What has to be known of a line's documents and client, to say whose business it is.
#[derive(Debug, Clone, Copy)]
pub struct LineFacts<'a> {
    /// The line.
    pub line: &'a KeptLine,
    /// The controller of each version that the line tells of.
    pub controllers: &'a [(VersionKey, Oid)],
    /// Whether the line's client has documents in a register that the reviewer may see.
    pub client_is_known: bool,
    /// Whether what tells where the line's client is must be masked.
    pub hides_whereabouts: bool,
}

/// What a reviewer sees of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLine {
    /// Whose data it was, where that is the reviewer's to know.
    pub client: Option<ClientKey>,
    /// The versions in the reviewer's registers.
    pub versions: Vec<VersionKey>,
    /// Whether the look was at documents of other registers alone: of it the reviewer sees who looked
    /// and when, and neither at what nor at whom.
    pub elsewhere: bool,
    /// Whether what tells where the client is is masked: the units and producers of those who looked.
    pub masked: bool,
}

/// A line without what tells where its client is: the unit for which a person looked, and who looked for
/// an organisation that the reviewer does not answer for.
///
/// Source: ARC-10, LOG-2.
#[must_use]
pub fn without_whereabouts(permit: &LogPermit, mut line: KeptLine) -> KeptLine {
    let unit = line.unit();
    let actor = &mut line.actor;
    if !actor.organisation.as_deref().is_some_and(|one| permit.answers_for(one)) {
        actor.organisation = None;
        if !actor.name.starts_with("citizen:") {
            MASKED.clone_into(&mut actor.name);
        }
        actor.detail = None;
    } else if let (Some(unit), Some(detail)) = (unit, &mut actor.detail) {
        *detail = detail.replace(unit.as_str(), "-");
    }
    let tells = |word: &&str| !word.starts_with("to=") && !word.starts_with("from=");
    line.detail = line.detail.split(' ').filter(tells).collect::<Vec<_>>().join(" ");
    line
}

/// Who looked, where that is masked.
pub const MASKED: &str = "masked";

/// What of a line a reviewer sees; `None` when it is not the reviewer's business.
///
/// A controller answers for its registers, whoever looks there, and for its own people and systems,
/// wherever they look. Who lets users of its own in, or into its register, is its business, too. Of a look
/// elsewhere it learns neither client nor documents: they are another controller's to tell of. That nothing was found of somebody is told without the name where the
/// registers hold nothing of that client: it would tell that the archive knows the client at all.
/// That identifiers were joined or parted changes what every register with something under one of them shows.
///
/// Source: LOG-1, LOG-2, ACC-2, JOI-3.
#[must_use]
pub fn seen(permit: &LogPermit, facts: LineFacts<'_>) -> Option<SeenLine> {
    let own: Vec<VersionKey> = facts
        .controllers
        .iter()
        .filter(|(_, controller)| permit.covers(controller))
        .map(|(version, _)| *version)
        .collect();
    let actor = facts.line.actor.organisation.as_deref();
    let answers = |organisation: &str| permit.answers_for(organisation);
    let joined = facts.line.event == Event::Identity && &*facts.line.outcome == "permitted";
    // What the client tells hangs on no document, and who touched it is the client's to know.
    let told = permit.client().is_some() && touched_statements(facts.line).is_some();
    let theirs = !own.is_empty() || (joined || told) && facts.client_is_known;
    if !theirs && !actor.is_some_and(answers) && !of_users(facts.line).any(answers) {
        return None;
    }
    let elsewhere = own.is_empty() && !facts.controllers.is_empty();
    let client = facts.line.client.filter(|_| !elsewhere && facts.client_is_known);
    // Where none of the versions is the reviewer's, that something is masked would tell of a client elsewhere.
    let masked = permit.masks_whereabouts()
        && facts.line.client.is_some()
        && facts.hides_whereabouts
        && (facts.client_is_known || !own.is_empty());
    Some(SeenLine { client, versions: own, elsewhere, masked })
}

/// Whose users a line tells of, and in whose register they are.
///
/// Source: JOI-3.
fn of_users(line: &KeptLine) -> impl Iterator<Item = &str> {
    let words = line.detail.split(' ').filter(|_| line.event == Event::Users);
    words.filter_map(|word| {
        word.strip_prefix("organisation=").or_else(|| word.strip_prefix("organiser="))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::Actor;
    use crate::access::table::a_code;
    use crate::access::{Caller, Role, Sector, Strength, Who, may_review_log};
    use crate::time::Instant;

    const COUNTY: &str = "1.2.246.10.1";
    const NEIGHBOUR: &str = "1.2.246.10.2";

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn person(role: Role, strength: Strength) -> Caller {
        Caller {
            who: Who::Person {
                subject: "olli".into(),
                registration_number: None,
                role,
                unit: None,
                duty: None,
                strength,
            },
            organisation: oid(COUNTY),
            registers: vec![oid(COUNTY)],
            units: [].into(),
            functions: Vec::new(),
            sector: Sector::SocialWelfare,
            by_register: None,
        }
    }

    /// A look by somebody of an organisation at versions of controllers; what the county's officer sees:
    /// client, versions, `elsewhere`.
    fn check(actor: &str, at: &[&str], known: bool, expected: Option<(bool, usize, bool)>) {
        let permit =
            may_review_log(&person(Role::DataProtectionOfficer, Strength::Strong)).unwrap();
        let line = KeptLine {
            number: 1,
            at: Instant::from_millis(0),
            event: Event::Search,
            outcome: "permitted".into(),
            reason: "case-context".into(),
            actor: Actor {
                name: "person:a".into(),
                organisation: Some(actor.into()),
                detail: None,
            },
            client: Some(ClientKey(7)),
            version: None,
            detail: String::new(),
        };
        let controllers: Vec<_> =
            (1..).zip(at).map(|(key, controller)| (VersionKey(key), oid(controller))).collect();
        let facts = LineFacts {
            line: &line,
            controllers: &controllers,
            client_is_known: known,
            hides_whereabouts: false,
        };
        let told = seen(&permit, facts)
            .map(|seen| (seen.client.is_some(), seen.versions.len(), seen.elsewhere));
        assert_eq!(told, expected, "{actor} at {at:?}, known {known}");
    }

    /// LOG-2: a controller sees the lines about its registers and about its own people, and of these
    /// nothing that is another controller's to tell.
    #[test]
    fn a_line_is_the_business_of_the_register_and_of_the_actors_organisation() {
        check(COUNTY, &[COUNTY], true, Some((true, 1, false)));
        check(NEIGHBOUR, &[COUNTY], true, Some((true, 1, false)));
        check(NEIGHBOUR, &[COUNTY, NEIGHBOUR], true, Some((true, 1, false)));
        check(COUNTY, &[COUNTY, NEIGHBOUR], true, Some((true, 1, false)));
        check(COUNTY, &[NEIGHBOUR], true, Some((false, 0, true)));
        check(COUNTY, &[], true, Some((true, 0, false)));
        check(COUNTY, &[], false, Some((false, 0, false)));
        check(NEIGHBOUR, &[NEIGHBOUR], true, None);
        check(NEIGHBOUR, &[], true, None);
    }

    /// JOI-3, LOG-2: an organiser sees who lets users into its register, and an organisation who lets in its people;
    /// of other acts the same words make nothing their business.
    #[test]
    fn whose_register_is_opened_and_whose_people_come_in_sees_by_whom() {
        let permit =
            may_review_log(&person(Role::DataProtectionOfficer, Strength::Strong)).unwrap();
        let told = |event: Event, detail: String| {
            let line = KeptLine {
                number: 1,
                at: Instant::from_millis(0),
                event,
                outcome: "denied".into(),
                reason: "another-keepers-users".into(),
                actor: Actor {
                    name: "person:boss".into(),
                    organisation: Some(NEIGHBOUR.into()),
                    detail: None,
                },
                client: None,
                version: None,
                detail,
            };
            let facts = LineFacts {
                line: &line,
                controllers: &[],
                client_is_known: false,
                hides_whereabouts: false,
            };
            seen(&permit, facts).is_some()
        };
        let of = |organisation: &str, organiser: &str| {
            format!("granted person:aino organisation={organisation} organiser={organiser}")
        };
        assert!(told(Event::Users, of(NEIGHBOUR, COUNTY)));
        assert!(told(Event::Users, of(COUNTY, NEIGHBOUR)));
        assert!(!told(Event::Users, of(NEIGHBOUR, NEIGHBOUR)));
        assert!(!told(Event::Users, of(&format!("{COUNTY}0"), NEIGHBOUR)));
        assert!(!told(Event::Search, of(NEIGHBOUR, COUNTY)));
    }

    /// ARC-10: of a look at a client under an order an officer sees neither the unit nor a producer's people
    /// and systems; the keeper of the archive sees both.
    #[test]
    fn who_serves_a_client_under_an_order_is_masked_from_officers() {
        let check = |role: Role, organisation: &str, expected: (&str, Option<&str>, &str)| {
            let permit = may_review_log(&person(role, Strength::Strong)).unwrap();
            let line = KeptLine {
                number: 1,
                at: Instant::from_millis(0),
                event: Event::Disclose,
                outcome: "permitted".into(),
                reason: "case-context".into(),
                actor: Actor {
                    name: "person:a".into(),
                    organisation: Some(organisation.into()),
                    detail: Some("number - role worker unit 1.2.246.10.1.10.7".into()),
                },
                client: Some(ClientKey(7)),
                version: None,
                detail: "content to=1.2.246.10.2 masked".into(),
            };
            let controllers = [(VersionKey(1), oid(COUNTY))];
            let facts = LineFacts {
                line: &line,
                controllers: &controllers,
                client_is_known: true,
                hides_whereabouts: true,
            };
            let seen = seen(&permit, facts).unwrap();
            let line = if seen.masked { without_whereabouts(&permit, line) } else { line };
            let unit = line.unit().map(|unit| unit.to_string());
            assert_eq!((&*line.actor.name, unit.as_deref(), &*line.detail), expected, "{role:?}");
        };
        let unit = Some("1.2.246.10.1.10.7");
        let officer = Role::DataProtectionOfficer;
        check(officer, COUNTY, ("person:a", None, "content masked"));
        check(officer, NEIGHBOUR, (MASKED, None, "content masked"));
        for organisation in [COUNTY, NEIGHBOUR] {
            let whole = ("person:a", unit, "content to=1.2.246.10.2 masked");
            check(Role::Archivist, organisation, whole);
        }
    }

    /// ARC-10, LOG-2: that something is masked is told of a client whom the reviewer's registers know; of one elsewhere it
    /// would tell that the archive knows the client.
    #[test]
    fn what_is_masked_tells_of_no_client_elsewhere() {
        let permit =
            may_review_log(&person(Role::DataProtectionOfficer, Strength::Strong)).unwrap();
        let line = KeptLine {
            number: 1,
            at: Instant::from_millis(0),
            event: Event::Search,
            outcome: "permitted".into(),
            reason: "case-context".into(),
            actor: Actor {
                name: "person:a".into(),
                organisation: Some(COUNTY.into()),
                detail: None,
            },
            client: Some(ClientKey(7)),
            version: None,
            detail: String::new(),
        };
        let check = |at: &[&str], client_is_known, expected| {
            let controllers: Vec<_> =
                (1..).zip(at).map(|(key, controller)| (VersionKey(key), oid(controller))).collect();
            let (line, controllers) = (&line, controllers.as_slice());
            let facts = LineFacts { line, controllers, client_is_known, hides_whereabouts: true };
            assert_eq!(seen(&permit, facts).unwrap().masked, expected, "{at:?}");
        };
        check(&[], true, true);
        check(&[], false, false);
        check(&[NEIGHBOUR], false, false);
        check(&[COUNTY], false, true);
        check(&[COUNTY], true, true);
    }

    /// LOG-2, ARC-11: that identifiers were joined or parted is the business of every register that holds something under
    /// one of them; a try of another controller's and a refusal are not.
    #[test]
    fn a_join_is_the_business_of_the_registers_that_know_the_client() {
        let permit =
            may_review_log(&person(Role::DataProtectionOfficer, Strength::Strong)).unwrap();
        let check = |event, outcome: &str, client_is_known, expected: bool| {
            let line = KeptLine {
                number: 1,
                at: Instant::from_millis(0),
                event,
                outcome: outcome.into(),
                reason: "archivist".into(),
                actor: Actor {
                    name: "person:a".into(),
                    organisation: Some(NEIGHBOUR.into()),
                    detail: None,
                },
                client: Some(ClientKey(7)),
                version: None,
                detail: "join because=identified".into(),
            };
            let (line, controllers) = (&line, [].as_slice());
            let facts = LineFacts { line, controllers, client_is_known, hides_whereabouts: false };
            let told = seen(&permit, facts);
            assert_eq!(told.is_some(), expected, "{event:?} {outcome} {client_is_known}");
            assert!(told.is_none_or(|told| told.client.is_some()));
        };
        check(Event::Identity, "permitted", true, true);
        check(Event::Identity, "permitted", false, false);
        check(Event::Identity, "done", true, false);
        check(Event::Identity, "refused", true, false);
        check(Event::Search, "permitted", true, false);
    }

    /// LOG-2, ACC-2, ACC-5: officers and archivists review, strongly authenticated; nobody else does.
    #[test]
    fn the_log_is_reviewed_by_officers_and_archivists() {
        let check = |caller: &Caller, expected: Result<(), &str>| {
            let told = may_review_log(caller).map(drop).map_err(crate::access::Denial::code);
            assert_eq!(told, expected, "{caller:?}");
        };
        for role in Role::ALL {
            let reviews = matches!(role, Role::DataProtectionOfficer | Role::Archivist);
            let strong = if reviews { Ok(()) } else { Err("role-does-not-fit") };
            let weak = if reviews { Err("weak-login") } else { Err("role-does-not-fit") };
            check(&person(role, Strength::Strong), strong);
            check(&person(role, Strength::Weak), weak);
        }
        let other = |who| Caller { who, ..person(Role::Worker, Strength::Strong) };
        check(&other(Who::Operator), Err("operator-sees-nothing"));
        let system = Who::System { id: "s".into(), certificate: String::new() };
        check(&other(system), Err("role-does-not-fit"));
        let citizen =
            Who::Citizen { client: ClientKey(1), code: a_code(), strength: Strength::Strong };
        check(&other(citizen), Err("role-does-not-fit"));
    }

    /// LOG-1: what a line shows is told once, and its keys are no part of what else it tells.
    #[test]
    fn a_lines_versions_are_read_out_of_it() {
        let check = |detail: &str, versions: &[i64], plain: &str| {
            let line = KeptLine {
                number: 1,
                at: Instant::from_millis(0),
                event: Event::Open,
                outcome: "permitted".into(),
                reason: "".into(),
                actor: Actor::of(&person(Role::Worker, Strength::Weak)),
                client: None,
                version: Some(VersionKey(5)),
                detail: detail.into(),
            };
            let expected: Vec<VersionKey> = versions.iter().copied().map(VersionKey).collect();
            assert_eq!(line.versions(), expected, "{detail}");
            assert_eq!(line.plain_detail(), plain, "{detail}");
            assert_eq!((line.role(), line.unit()), (Some(Role::Worker), None));
        };
        check("metadata 7 8", &[5, 7, 8], "metadata");
        check("versions 5 7", &[5, 7], "versions");
        check("by=client hits=2 versions=8,9 reason=urgent", &[5, 8, 9], "by=client reason=urgent");
        check("by=client hits=0 versions= from= to=1.2.3", &[5], "by=client to=1.2.3");
        check("print fi", &[5], "print fi");
        check("", &[5], "");
    }
}
