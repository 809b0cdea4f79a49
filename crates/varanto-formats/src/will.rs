//! What clients permit and refuse: requests to record it, and the national documents that say it.
//!
//! ```json
//! {"client": {"identity_code": "…", "given_names": "…", "family_name": "…"}, "act": "refuse",
//!  "refused": {"controller": "…"}, "unit": "…", "language": "fi", "explanation": "…",
//!  "professional": {"given_names": "…", "family_name": "…", "title": "…"},
//!  "representative": {"given_names": "…", "family_name": "…", "identity_code": "…", "role": "31"}}
//! ```
//!
//! One who acts by mandate (role 34) may have `"mandate_shown": true`: a mandate in writing, shown at the unit.
//!
//! Source: DIS-2; national-specs annexes A.3 and A.4.

use std::borrow::Cow;

use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::disclosure::{MANDATED, REPRESENTATIVES, Refused};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::structures::{Content, FieldKind, Structure};
use varanto_domain::time::FinnishDay;

use crate::content;
use crate::members::{Faults, Object, Place};
use crate::view::ViewLanguage;

/// What becomes of the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionAct {
    /// The client was informed, and nothing is permitted yet.
    Inform,
    /// The client, informed, gives the permission.
    Give,
    /// The permission is withdrawn.
    Withdraw,
}

/// What becomes of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalAct {
    /// It is made.
    Refuse(Refused),
    /// It is withdrawn.
    Withdraw(Refused),
}

/// A person as a document names one. `Debug` is masked.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct Named {
    pub given_names: String,
    pub family_name: String,
}

/// The client, or who acts for the client. `Debug` is masked.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct Identified {
    pub code: PersonalIdentityCode,
    pub name: Named,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl std::fmt::Debug for Identified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a unit records of a client's will, or a citizen says at the citizens' door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WillRequest<A> {
    /// The client.
    pub client: Identified,
    /// What is to become of it.
    pub act: A,
    /// The unit that records; `None`: the caller's only one, and of a citizen none.
    pub unit: Option<Oid>,
    /// The language in which the document is shown; `None`: Finnish.
    pub language: Option<ViewLanguage>,
    /// The professional who records; `None`: a citizen says it.
    pub professional: Option<Named>,
    /// The professional's title.
    pub title: Option<String>,
    /// The legal representative who acts for the client, and the code of the role.
    pub representative: Option<(Identified, &'static str)>,
    /// Whether the representative showed a mandate in writing at the unit.
    pub mandate_shown: bool,
    /// What else there is to say.
    pub explanation: Option<String>,
}

/// Reads a request to record a permission.
///
/// # Errors
/// What makes it no JSON, or else every fault, each at its path.
pub fn read_permission(bytes: &[u8]) -> Result<WillRequest<PermissionAct>, Vec<Fault>> {
    const ACTS: [(&str, PermissionAct); 3] = [
        ("inform", PermissionAct::Inform),
        ("give", PermissionAct::Give),
        ("withdraw", PermissionAct::Withdraw),
    ];
    read(bytes, &[], |request| request.required("act").and_then(|place| place.word(&ACTS)))
}

/// Reads a request to record a refusal.
///
/// # Errors
/// As [`read_permission`].
pub fn read_refusal(bytes: &[u8]) -> Result<WillRequest<RefusalAct>, Vec<Fault>> {
    type Make = fn(Refused) -> RefusalAct;
    const ACTS: [(&str, Make); 2] =
        [("refuse", RefusalAct::Refuse), ("withdraw", RefusalAct::Withdraw)];
    read(bytes, &["refused"], |request| {
        let act = request.required("act").and_then(|place| place.word(&ACTS));
        let refused = request.required("refused").and_then(refused_of);
        Some(act?(refused?))
    })
}

/// Reads whose will is asked for: `{"client": {"identity_code": "…"}}`.
///
/// # Errors
/// As [`read_permission`].
pub fn read_whose(bytes: &[u8]) -> Result<PersonalIdentityCode, Vec<Fault>> {
    let content = content::read(bytes, "body").map_err(|fault| vec![fault])?;
    let faults = Faults::of("DIS-2");
    let code = Place::root(&content, &faults).object(&["client"]).and_then(|body| {
        let client = body.required("client")?.object(&["identity_code"])?;
        client.required("identity_code").and_then(|place| identity_code(&place))
    });
    faults.or(code)
}

const MEMBERS: [&str; 8] = [
    "client",
    "act",
    "unit",
    "language",
    "professional",
    "representative",
    "explanation",
    "refused",
];

fn read<A>(
    bytes: &[u8],
    own: &[&str],
    act: impl FnOnce(&Object<'_>) -> Option<A>,
) -> Result<WillRequest<A>, Vec<Fault>> {
    let content = content::read(bytes, "body").map_err(|fault| vec![fault])?;
    let faults = Faults::of("DIS-2");
    let known: Vec<&str> =
        MEMBERS.into_iter().filter(|name| *name != "refused" || own.contains(name)).collect();
    let request = Place::root(&content, &faults).object(&known).and_then(|request| {
        let client = request.required("client").and_then(|place| identified(place, &[]));
        let act = act(&request);
        let unit = request.optional("unit", |place| place.oid());
        let languages = [("fi", ViewLanguage::Finnish), ("sv", ViewLanguage::Swedish)];
        let language = request.optional("language", |place| place.word(&languages));
        let professional = request.required("professional").and_then(professional_of);
        let representative = request.optional("representative", representative_of);
        let explanation = request.optional("explanation", |place| text(&place, 2000));
        let (professional, title) = professional?;
        let representative = representative?;
        Some(WillRequest {
            client: client?.0,
            act: act?,
            unit: unit?,
            language: language?,
            professional: Some(professional),
            title,
            mandate_shown: representative.as_ref().is_some_and(|(_, shown)| *shown),
            representative: representative.map(|(one, _)| one),
            explanation: explanation?,
        })
    });
    faults.or(request)
}

/// A text of so many characters at most; its value is never told.
fn text(place: &Place<'_>, most: usize) -> Option<String> {
    let text = place.text()?;
    if text.chars().count() > most {
        place.fault(FaultKind::TooLarge, |fault| fault.arg("limit", most));
        return None;
    }
    Some(text.to_owned())
}

fn named(person: &Object<'_>) -> Option<Named> {
    let given_names = person.required("given_names").and_then(|place| text(&place, 200));
    let family_name = person.required("family_name").and_then(|place| text(&place, 200));
    Some(Named { given_names: given_names?, family_name: family_name? })
}

/// A person with an identity code, and what else the object has.
fn identified<'c>(place: Place<'c>, more: &[&str]) -> Option<(Identified, Object<'c>)> {
    let known = [&["identity_code", "given_names", "family_name"], more].concat();
    let person = place.object(&known)?;
    let code = person.required("identity_code").and_then(|place| identity_code(&place));
    let name = named(&person);
    Some((Identified { code: code?, name: name? }, person))
}

fn identity_code(place: &Place<'_>) -> Option<PersonalIdentityCode> {
    match PersonalIdentityCode::parse(place.text()?) {
        Ok(code) => Some(code),
        Err(error) => {
            place.fault(identity_code_fault("", error).kind, |fault| fault);
            None
        }
    }
}

fn professional_of(place: Place<'_>) -> Option<(Named, Option<String>)> {
    let person = place.object(&["given_names", "family_name", "title"])?;
    let name = named(&person);
    let title = person.optional("title", |place| text(&place, 200));
    Some((name?, title?))
}

/// A representative with the role, and whether a mandate was shown.
fn representative_of(place: Place<'_>) -> Option<((Identified, &'static str), bool)> {
    let (person, more) = identified(place, &["role", "mandate_shown"])?;
    let roles = REPRESENTATIVES.map(|role| (role, role));
    let role = more.required("role").and_then(|place| place.word(&roles))?;
    let shown = more.optional("mandate_shown", |place| {
        let shown = place.switch()?;
        if role != MANDATED {
            place.fault(FaultKind::WrongValue, |fault| fault.arg("expected", "role 34"));
            return None;
        }
        Some(shown)
    });
    Some(((person, role), shown?.unwrap_or_default()))
}

fn refused_of(place: Place<'_>) -> Option<Refused> {
    let one = place.object(&["controller", "service_task", "document"])?;
    let controller = one.optional("controller", |place| place.oid())?.map(Refused::Controller);
    let task = one
        .optional("service_task", |place| text(&place, 10))?
        .map(|task| Refused::ServiceTask(task.into()));
    let document = one.optional("document", |place| place.oid())?.map(Refused::Document);
    let mut given = [controller, task, document].into_iter().flatten();
    if let (Some(refused), None) = (given.next(), given.next()) {
        return Some(refused);
    }
    one.place().fault(FaultKind::WrongValue, |fault| {
        fault.arg("expected", "controller | service_task | document")
    });
    None
}

/// What both documents say beside the will itself.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// The structure they stand on; its text of informing is theirs.
    pub structure: &'a Structure,
    /// The client.
    pub client: &'a Identified,
    /// Who records it in a client-information system; `None`: a citizen says it, and nobody records.
    pub recorder: Option<Recorder<'a>>,
    /// Who acts for the client, and in which role.
    pub representative: Option<(&'a Identified, &'a str)>,
    /// The day.
    pub on: FinnishDay,
    /// What else there is to say.
    pub explanation: Option<&'a str>,
}

/// The professional who records, with the title, and the unit with its name.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each field is what its name says")]
pub struct Recorder<'a> {
    pub professional: &'a Named,
    pub title: Option<&'a str>,
    pub unit: (&'a Oid, &'a str),
}

const OIDS: &str = "urn:oid:1.2.246.1";
const ORGANISATIONS: &str = "urn:oid:1.2.246.537.6.202.2008";
const TASKS: &str = "urn:oid:1.2.246.537.6.1221.201601";
const ROLES: &str = "urn:oid:1.2.246.537.6.1284.201601";
const IDENTITY_CODES: &str = "urn:oid:1.2.246.21";

type Members<'a> = Vec<(Cow<'a, str>, Content<'a>)>;

/// The content of a permission document: whether disclosure is permitted, and since when; `None`: the
/// client was informed alone.
#[must_use]
pub fn permission(beside: &Beside<'_>, permitted: Option<(bool, FinnishDay)>) -> String {
    let mut members = beginning(beside);
    let represented = beside.representative.is_some();
    add(&mut members, "luovutusluvan_antaja_on_laillinen_edustaja", Content::Switch(represented));
    if let Some(representative) = beside.representative {
        let people = Content::List(vec![person_acting(representative)]);
        add(&mut members, "luovutusluvan_antaja", people);
    }
    if let Some((granted, since)) = permitted {
        let heading = object([
            ("luovutuslupa", Content::Switch(granted)),
            ("luovutusluvan_antamisen_ajankohta", day(since)),
        ]);
        add(&mut members, "voimassa_oleva_luovutuslupa", heading);
    }
    ending(
        beside,
        &mut members,
        "perustelut_tai_muut_lisatiedot_luovutusluvan_antamisesta_tai_perumisesta",
    );
    content::write(&object([("luovutuslupa_asiakirja", Content::Object(members))]))
}

/// The content of a refusal document: what the one before says, with one refusal more or less. `name` is
/// the refused controller's or service task's.
#[must_use]
pub fn refusals(
    beside: &Beside<'_>,
    before: Option<&Content<'_>>,
    act: &RefusalAct,
    name: &str,
) -> String {
    let mut members = beginning(beside);
    let before = before.and_then(|before| before.member("kieltoasiakirja"));
    for list in LISTS {
        let kept = before.and_then(|before| before.member(list.heading)?.member(list.entry));
        let mut entries: Vec<Content<'_>> = kept.map(Content::entries).unwrap_or_default().to_vec();
        match act {
            RefusalAct::Withdraw(refused) => {
                entries.retain_mut(|entry| !list.emptied(entry, refused));
            }
            RefusalAct::Refuse(refused) if list.is_of(refused) => {
                entries.push(list.entry_for(beside, refused, name));
            }
            RefusalAct::Refuse(_) => {}
        }
        if !entries.is_empty() {
            add(&mut members, list.heading, object([(list.entry, Content::List(entries))]));
        }
    }
    ending(
        beside,
        &mut members,
        "perustelut_tai_muut_lisatiedot_kiellon_asettamisesta_tai_perumisesta",
    );
    content::write(&object([("kieltoasiakirja", Content::Object(members))]))
}

/// One of the three lists of a refusal document.
#[derive(Clone, Copy)]
struct RefusalList {
    heading: &'static str,
    entry: &'static str,
    refused: &'static str,
}

const LISTS: [RefusalList; 3] = [
    RefusalList {
        heading: "rekisterinpitajaa_koskevat_luovutuskiellot",
        entry: "rekisterinpitajaa_koskeva_luovutuskielto",
        refused: "rekisterinpitaja_jonka_tietojen_luovutus_kielletaan",
    },
    RefusalList {
        heading: "palvelutehtavaa_koskevat_luovutuskiellot",
        entry: "palvelutehtavaa_koskeva_luovutuskielto",
        refused: "palvelutehtava_jonka_tietojen_luovutus_kielletaan",
    },
    RefusalList {
        heading: "asiakirjoja_koskevat_luovutuskiellot",
        entry: "asiakirjaa_koskeva_luovutuskielto",
        refused: "asiakirja_jonka_luovutus_kielletaan",
    },
];

impl RefusalList {
    fn is_of(self, refused: &Refused) -> bool {
        let at = match refused {
            Refused::Controller(_) => 0,
            Refused::ServiceTask(_) => 1,
            Refused::Document(_) => 2,
        };
        LISTS[at].heading == self.heading
    }

    /// Takes a refusal out of an entry, which may refuse several things; true when nothing is left of it.
    fn emptied(self, entry: &mut Content<'_>, refused: &Refused) -> bool {
        if !self.is_of(refused) {
            return false;
        }
        let Content::Object(members) = entry else { return false };
        let Some((_, all)) = members.iter_mut().find(|(name, _)| name == self.refused) else {
            return false;
        };
        let mut kept = all.entries().to_vec();
        kept.retain(|one| !names(one, refused));
        let empty = kept.is_empty();
        *all = Content::List(kept);
        empty
    }

    fn entry_for<'a>(
        self,
        beside: &Beside<'a>,
        refused: &'a Refused,
        name: &'a str,
    ) -> Content<'a> {
        let one = match refused {
            Refused::Controller(controller) => code(ORGANISATIONS, controller.as_str(), name),
            Refused::ServiceTask(task) => code(TASKS, task, name),
            Refused::Document(document) => {
                object([("oid_tunnus", identifier(OIDS, document.as_str()))])
            }
        };
        let represented = beside.representative.is_some();
        let mut members = vec![
            (Cow::Borrowed(self.refused), Content::List(vec![one])),
            (Cow::Borrowed("kiellon_asettamisen_ajankohta"), day(beside.on)),
            (Cow::Borrowed("kieltaja_on_laillinen_edustaja"), Content::Switch(represented)),
        ];
        if let Some(representative) = beside.representative {
            let people = Content::List(vec![person_acting(representative)]);
            add(&mut members, "henkilo_joka_kieltaa_asiakastietojen_luovuttamisen", people);
        }
        Content::Object(members)
    }
}

/// Whether what an entry refuses is this.
fn names(one: &Content<'_>, refused: &Refused) -> bool {
    let code = || one.member("code").and_then(Content::text);
    let oid = |text: Option<&str>| text.and_then(|text| Oid::parse_either(text).ok());
    match refused {
        Refused::Controller(controller) => oid(code()).as_ref() == Some(controller),
        Refused::ServiceTask(task) => code() == Some(&**task),
        Refused::Document(document) => {
            let id = one.member("oid_tunnus").and_then(|id| id.member("value")?.text());
            oid(id).as_ref() == Some(document)
        }
    }
}

/// The client, and the published text of informing.
fn beginning<'a>(beside: &Beside<'a>) -> Members<'a> {
    let client = object([
        ("sukunimi", shown(&beside.client.name.family_name)),
        ("etunimet", shown(&beside.client.name.given_names)),
        ("henkilotunnus", identifier(IDENTITY_CODES, beside.client.code.reveal())),
    ]);
    let mut members = Members::new();
    add(&mut members, "asiakas", client);
    let phrase = beside.structure.fields.iter().find_map(|field| match &field.kind {
        FieldKind::Phrase(phrases) => Some((field, phrases.first()?)),
        _ => None,
    });
    if let Some((field, phrase)) = phrase {
        members.push((Cow::Owned(field.key.to_string()), shown(phrase)));
    }
    members
}

/// The client as one of the two documents names them.
#[must_use]
pub fn named_client(content: &Content<'_>) -> Option<Named> {
    let root =
        content.member("luovutuslupa_asiakirja").or_else(|| content.member("kieltoasiakirja"));
    let client = root?.member("asiakas")?;
    let text = |name: &str| client.member(name)?.text().map(str::to_owned);
    Some(Named { given_names: text("etunimet")?, family_name: text("sukunimi")? })
}

/// Who recorded it, why, and on which day.
fn ending<'a>(beside: &Beside<'a>, members: &mut Members<'a>, explained: &'static str) {
    if let Some(recorder) = beside.recorder {
        let mut author = vec![
            (Cow::Borrowed("sukunimi"), shown(&recorder.professional.family_name)),
            (Cow::Borrowed("etunimet"), shown(&recorder.professional.given_names)),
        ];
        if let Some(title) = recorder.title {
            add(&mut author, "tehtavanimike", shown(title));
        }
        let (unit, name) = recorder.unit;
        add(&mut author, "palveluyksikko", code(ORGANISATIONS, unit.as_str(), name));
        let mut made = vec![(Cow::Borrowed("laatija"), Content::Object(author))];
        if let Some(explanation) = beside.explanation {
            add(&mut made, explained, shown(explanation));
        }
        add(members, "ammattihenkilon_laatima_asiakirja", Content::Object(made));
    }
    add(members, "laatimispaivamaara", day(beside.on));
}

fn person_acting<'a>((person, role): (&'a Identified, &'a str)) -> Content<'a> {
    let name = match role {
        "31" => "Huoltaja",
        "32" => "Edunvalvoja",
        "33" => "Edunvalvontavaltuutettu",
        _ => "Valtuutettu",
    };
    object([
        ("sukunimi", shown(&person.name.family_name)),
        ("etunimet", shown(&person.name.given_names)),
        ("henkilotunnus", identifier(IDENTITY_CODES, person.code.reveal())),
        ("rooli", code(ROLES, role, name)),
    ])
}

fn add<'a>(members: &mut Members<'a>, key: &'static str, value: Content<'a>) {
    members.push((Cow::Borrowed(key), value));
}

fn object<'a, const N: usize>(members: [(&'static str, Content<'a>); N]) -> Content<'a> {
    Content::Object(members.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect())
}

fn shown(text: &str) -> Content<'_> {
    Content::Text(Cow::Borrowed(text))
}

fn day(day: FinnishDay) -> Content<'static> {
    Content::Text(Cow::Owned(day.to_string()))
}

fn code<'a>(system: &'static str, code: &'a str, display: &'a str) -> Content<'a> {
    object([("system", shown(system)), ("code", shown(code)), ("display", shown(display))])
}

fn identifier<'a>(system: &'static str, value: &'a str) -> Content<'a> {
    object([("system", shown(system)), ("value", shown(value))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use varanto_domain::disclosure::{PermissionContent, RefusalContent};
    use varanto_domain::structures::{self, built_in};

    const WHO: &str = r#""client":{"identity_code":"180418A903L","given_names":"Aino",
        "family_name":"Esimerkki"},"professional":{"given_names":"Testi","family_name":"T"}"#;

    fn request(more: &str) -> Result<WillRequest<RefusalAct>, Vec<(&'static str, String)>> {
        let faults = |faults: Vec<Fault>| {
            faults.into_iter().map(|fault| (fault.code(), fault.element.clone())).collect()
        };
        read_refusal(format!("{{{WHO},{more}}}").as_bytes()).map_err(faults)
    }

    fn structure(arc: &str) -> &'static Structure {
        built_in().iter().find(|one| one.type_arc() == arc).unwrap()
    }

    fn beside<'a>(request: &'a WillRequest<RefusalAct>, arc: &str, unit: &'a Oid) -> Beside<'a> {
        Beside {
            structure: structure(arc),
            client: &request.client,
            recorder: request.professional.as_ref().map(|professional| Recorder {
                professional,
                title: request.title.as_deref(),
                unit: (unit, "Yksikkö"),
            }),
            representative: request.representative.as_ref().map(|(one, role)| (one, *role)),
            on: FinnishDay::new(2026, 11, 26).unwrap(),
            explanation: request.explanation.as_deref(),
        }
    }

    /// What the structure says of a content that was made.
    fn read_made(made: &str, arc: &str) -> Content<'static> {
        let made: &'static str = made.to_owned().leak();
        let content = content::read(made.as_bytes(), "structured").unwrap();
        assert_eq!(structures::check(structure(arc), &content), []);
        content
    }

    #[test]
    fn every_fault_of_a_request_is_told_at_once_and_no_value_of_a_person() {
        let found = request(
            r#""act":"forbid","refused":{"controller":"x","service_task":"24"},"unit":1,
               "representative":{"identity_code":"180418A903M","given_names":"","family_name":"E",
               "role":"12"},"language":"en","clients":[]"#,
        );
        let expected = [
            ("unknown-element", "clients"),
            ("wrong-form", "act"),
            ("not-an-oid", "refused/controller"),
            ("wrong-type", "unit"),
            ("wrong-form", "language"),
            ("identity-code-check", "representative/identity_code"),
            ("empty-text", "representative/given_names"),
        ];
        assert_eq!(found.unwrap_err(), expected.map(|(code, at)| (code, at.to_owned())));
        let two = request(r#""act":"refuse","refused":{"service_task":"24","document":"1.2.3"}"#);
        assert_eq!(two.unwrap_err(), [("wrong-value", "refused".to_owned())]);
        assert_eq!(request(r#""act":"refuse""#).unwrap_err().len(), 1);
    }

    /// DIS-2: what is refused is read back as it was meant; an entry of several things loses the withdrawn
    /// one alone, and an empty list is left out.
    #[test]
    fn refusals_that_are_made_are_read_back() {
        const ARC: &str = "1505.9";
        let unit = Oid::parse("1.2.246.10.90000001.10.1").unwrap();
        let act = |act: &str, refused: &str| {
            let act = request(&format!(
                r#""act":"{act}","refused":{refused},"representative":
                {{"identity_code":"180418A903L","given_names":"Eino","family_name":"E","role":"32"}},
                "explanation":"Pyynnöstä \"heti\"","language":"sv""#
            ));
            act.unwrap()
        };
        let controller = r#"{"controller":"1.2.246.10.90000002"}"#;
        let steps = [
            ("refuse", controller, 1),
            ("refuse", r#"{"service_task":"24"}"#, 2),
            ("refuse", r#"{"document":"1.2.246.10.90000001.95.7"}"#, 3),
            ("withdraw", r#"{"service_task":"24"}"#, 2),
            ("withdraw", r#"{"service_task":"25"}"#, 2),
            ("withdraw", controller, 1),
        ];
        let mut before: Option<Content<'_>> = None;
        for (what, refused, left) in steps {
            let request = act(what, refused);
            let beside = beside(&request, ARC, &unit);
            let made = refusals(&beside, before.as_ref(), &request.act, "Nimi");
            let content = read_made(&made, ARC);
            let said = RefusalContent::read(&content);
            assert_eq!(said.refused().len(), left, "{what} {refused}: {made}");
            let (RefusalAct::Refuse(one) | RefusalAct::Withdraw(one)) = &request.act;
            assert_eq!(said.refused().contains(one), what == "refuse");
            before = Some(content);
        }
        let several = r#"{"kieltoasiakirja":{"palvelutehtavaa_koskevat_luovutuskiellot":{
            "palvelutehtavaa_koskeva_luovutuskielto":[{"palvelutehtava_jonka_tietojen_luovutus_kielletaan":
            [{"code":"24"},{"code":"25"}],"kiellon_asettamisen_ajankohta":"2026-01-01"}]}}}"#;
        let several = content::read(several.as_bytes(), "structured").unwrap();
        let request = act("withdraw", r#"{"service_task":"24"}"#);
        let made = refusals(&beside(&request, ARC, &unit), Some(&several), &request.act, "");
        let content = content::read(made.as_bytes(), "structured").unwrap();
        assert_eq!(RefusalContent::read(&content).refused(), [Refused::ServiceTask("25".into())]);
    }

    /// DIS-1: a permission that is made says so; a client who was informed alone permits nothing.
    #[test]
    fn permissions_that_are_made_are_read_back() {
        const ARC: &str = "1505.8";
        let unit = Oid::parse("1.2.246.10.90000001.10.1").unwrap();
        let request = request(r#""act":"refuse","refused":{"service_task":"24"}"#).unwrap();
        let day = FinnishDay::new(2026, 11, 1).unwrap();
        for (permitted, granted) in
            [(None, false), (Some((true, day)), true), (Some((false, day)), false)]
        {
            let by_unit = beside(&request, ARC, &unit);
            let made = permission(&by_unit, permitted);
            let by_citizen = permission(&Beside { recorder: None, ..by_unit }, permitted);
            assert!(made.contains("laatija") && !by_citizen.contains("ammattihenkilo"));
            let said = PermissionContent::read(&read_made(&made, ARC));
            assert_eq!(PermissionContent::read(&read_made(&by_citizen, ARC)), said);
            assert_eq!(said.granted, granted);
            assert_eq!(said.given_on, permitted.map(|(_, day)| day));
            assert_eq!(said.informed_on, FinnishDay::new(2026, 11, 26));
        }
    }
}
