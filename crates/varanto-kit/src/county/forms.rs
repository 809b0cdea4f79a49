//! Fills the nationally published structures: what the story knows at the rows it belongs to, the
//! rest by chance.
//!
//! A structure is read once into a [`Form`], which knows for each row where its value comes from.

use std::borrow::Cow;

use varanto_domain::codes::{CodeSets, ServiceTask, sets};
use varanto_domain::ids::Oid;
use varanto_domain::structures::{Content, Field, FieldKind, FieldObligation, Structure};

use super::dice::Dice;
use super::organisations::{TOWNS, Unit, Worker};
use super::people::{Person, Relative};
use super::texts::{Scene, Topic, prose};

/// What the story knows when a document is written.
pub(super) struct Facts<'a> {
    pub(super) client: &'a Person,
    pub(super) temporary_root: &'a str,
    pub(super) worker: &'a Worker,
    pub(super) unit: &'a Unit,
    pub(super) task: ServiceTask,
    pub(super) scene: Scene<'a>,
    /// Whether the client is a child, and the client's age in years.
    pub(super) child: bool,
    pub(super) age: i16,
    /// The day, `2026-03-23`.
    pub(super) day: &'a str,
    /// When the meeting began and ended, RFC 3339 in UTC.
    pub(super) moments: (&'a str, &'a str),
    pub(super) born: &'a str,
    pub(super) case_id: &'a str,
    pub(super) relationship_id: &'a str,
    pub(super) document_id: &'a str,
}

/// A value of a code set, as it stands in content.
#[derive(Clone)]
pub(super) struct CodeValue {
    system: String,
    code: String,
    display: String,
}

impl CodeValue {
    pub(super) fn content(&self) -> Content<'_> {
        code(&self.system, &self.code, &self.display)
    }

    /// Whether it is the case state *Suljettu*.
    pub(super) fn is_closed_state(&self) -> bool {
        self.display == "Suljettu"
    }
}

/// A code as an object of three members.
pub(super) fn code<'a>(system: &'a str, code: &'a str, display: &'a str) -> Content<'a> {
    Content::Object(vec![
        (Cow::Borrowed("system"), text(system)),
        (Cow::Borrowed("code"), text(code)),
        (Cow::Borrowed("display"), text(display)),
    ])
}

/// The identifier system of OIDs, as real messages name it.
pub(super) const OIDS: &str = "urn:oid:1.2.246.1";

/// An identifier as an object of two members.
pub(super) fn identifier<'a>(system: impl Into<Cow<'a, str>>, value: &'a str) -> Content<'a> {
    Content::Object(vec![
        (Cow::Borrowed("system"), Content::Text(system.into())),
        (Cow::Borrowed("value"), text(value)),
    ])
}

/// A text.
pub(super) fn text(text: &str) -> Content<'_> {
    Content::Text(Cow::Borrowed(text))
}

/// A unit or organisation, as a code of the organisation register.
pub(super) fn organisation<'a>(id: &'a str, name: &'a str) -> Content<'a> {
    code("urn:oid:1.2.246.537.6.202.2008", id, name)
}

/// The values of a code set that the archive knows and that have a name.
pub(super) fn values_of(codes: &CodeSets, set: &str) -> Vec<CodeValue> {
    let Some(set) = codes.all().find(|known| known.oid.as_str() == set) else {
        return Vec::new();
    };
    let version = if set.version.is_empty() { String::new() } else { format!(".{}", set.version) };
    set.values
        .iter()
        .filter(|value| !value.names.fi.is_empty())
        .map(|value| CodeValue {
            system: format!("urn:oid:{}{version}", set.oid),
            code: value.code.clone(),
            display: value.names.fi.clone(),
        })
        .collect()
}

/// A structure made ready for filling.
pub(super) struct Form {
    pub(super) structure: &'static Structure,
    /// The general document type's code, such as `15`; empty for register-control documents.
    pub(super) general_type: &'static str,
    /// Whether it has no place for a client without an identity code.
    pub(super) needs_identity_code: bool,
    rows: Vec<Row>,
}

struct Row {
    key: &'static str,
    /// How often of a hundred times the row is filled.
    chance: usize,
    repeats: bool,
    /// The most entries of a repeating row.
    most: usize,
    fill: Fill,
}

enum Fill {
    Group(Vec<Row>),
    Known(Known),
    Prose {
        topic: Topic,
        with_task: bool,
        least: usize,
        most: usize,
    },
    Codes(Vec<CodeValue>),
    /// A social service that the service task gives, else any.
    Services(Vec<CodeValue>),
    Phrases(&'static [String]),
    Switch,
    Yes,
    No,
    Age,
    Months,
    Number(i32, i32),
    Quantity,
    Line(&'static str),
}

/// Something that the story knows.
#[derive(Clone, Copy)]
enum Known {
    FamilyName(Who),
    GivenNames(Who),
    IdentityCode(Who),
    Born(Who),
    TemporaryIdentifier,
    Title,
    Unit,
    UnitName,
    Task,
    Day,
    Begins,
    Ends,
    Street(Who),
    PostalCode(Who),
    Town(Who),
    Sex,
    Language,
    NonDisclosure(Who),
    Municipality,
    Telephone(Who),
    CaseId,
    RelationshipId,
    DocumentId,
}

/// Whom a row is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Client,
    Worker,
    Relative,
}

/// Parts of row names that speak of a worker.
const WORKERS: &[&str] = &[
    "laatija",
    "paatoksentekija",
    "valmistelija",
    "tyontekija",
    "ammattihenkilo",
    "lisatietojen_antaja",
    "vastuuhenkilo",
    "luovuttaja",
    "esittelija",
    "suorittaja",
    "vastaanottaja",
    "viranomainen",
    "vastausosoite",
    "palveluntuottaja",
];

/// What a text row speaks of, by a part of its name; the first that fits.
const TOPICS: &[(&str, &str)] = &[
    ("lakiperuste", "law"),
    ("lainkohd", "law"),
    ("lakiselostus", "notice"),
    ("ohjeteksti", "notice"),
    ("sovit", "agreed"),
    ("jatko", "next"),
    ("paattymisen", "next"),
    ("tavoit", "goal"),
    ("keino", "means"),
    ("toteut", "means"),
    ("asiasisal", "situation"),
    ("sisalto", "means"),
    ("toimenpi", "means"),
    ("seuranta", "means"),
    ("kuulem", "hearing"),
    ("mielipi", "hearing"),
    ("nakemyks", "hearing"),
    ("perust", "decision"),
    ("ratkaisu", "decision"),
    ("paatos", "decision"),
    ("arvio", "assessment"),
    ("johtopaat", "assessment"),
    ("paikka", "place"),
    ("osallistu", "people"),
    ("lasna", "people"),
    ("henkilot", "people"),
    ("lisatie", "short"),
    ("liite", "short"),
    ("jakelu", "short"),
    ("maaraaika", "short"),
    ("tilan", "situation"),
    ("vahvuu", "situation"),
];

impl Form {
    pub(super) fn of(structure: &'static Structure, codes: &CodeSets) -> Self {
        let mut path = vec![];
        let note = structure.document_type == "Asiakaskertomusmerkintä";
        let rows = rows_of(&structure.fields, &mut path, note, codes);
        Self {
            structure,
            general_type: general_type(&structure.document_type),
            needs_identity_code: needs_identity_code(structure),
            rows,
        }
    }

    /// The content of a document.
    pub(super) fn fill<'a>(&'a self, facts: &'a Facts<'a>, dice: &mut Dice) -> Content<'a> {
        let members = group(&self.rows, facts, dice);
        let root = Cow::Borrowed(&*self.structure.root);
        Content::Object(vec![(root, Content::Object(members))])
    }
}

fn needs_identity_code(structure: &Structure) -> bool {
    let client = structure.fields.iter().find(|field| &*field.key == "asiakas");
    let Some(FieldKind::Group(rows)) = client.map(|field| &field.kind) else { return false };
    let code = rows.iter().find(|row| &*row.key == "henkilotunnus");
    code.is_some_and(|row| row.obligation == FieldObligation::Obligatory)
}

/// The code of the general document type of a name. Source: national-specs 5.
fn general_type(name: &str) -> &'static str {
    const TYPES: &[(&str, &str)] = &[
        ("Arvio", "1"),
        ("Hakemus", "3"),
        ("Ilmoitus", "4"),
        ("Kuulemisasiakirja", "5"),
        ("Laskelma", "6"),
        ("Lausunto", "7"),
        ("Lähete", "8"),
        ("Maksusitoumus", "9"),
        ("Pyyntö", "10"),
        ("Päätös", "11"),
        ("Selvitys", "12"),
        ("Sopimus", "13"),
        ("Suostumus", "14"),
        ("Suunnitelma", "15"),
        ("Yhteenveto", "16"),
        ("Asiakaskertomusmerkintä", "19"),
    ];
    TYPES.iter().find(|(known, _)| *known == name).map_or("", |(_, code)| code)
}

fn rows_of(
    fields: &'static [Field],
    path: &mut Vec<&'static str>,
    note: bool,
    codes: &CodeSets,
) -> Vec<Row> {
    fields.iter().filter_map(|field| row_of(field, path, note, codes)).collect()
}

fn row_of(
    field: &'static Field,
    path: &mut Vec<&'static str>,
    note: bool,
    codes: &CodeSets,
) -> Option<Row> {
    let key = &*field.key;
    let fill = fill_of(field, path, note, codes)?;
    Some(Row {
        key,
        chance: chance_of(field, note),
        repeats: field.repeats,
        most: if matches!(fill, Fill::Codes(_) | Fill::Services(_)) || key.contains("tavoit") {
            3
        } else {
            1
        },
        fill,
    })
}

/// Rows that a worker fills in nearly always.
const USUAL: &[&str] = &[
    "tapahtuma",
    "ajanjakso",
    "kuvaus",
    "paivamaara",
    "laatija",
    "tehtavanimike",
    "palveluyksikko",
    "henkilotunnus",
    "suunnitelma",
];

fn chance_of(field: &Field, note: bool) -> usize {
    let key = &*field.key;
    if field.obligation != FieldObligation::Optional
        || USUAL.contains(&key)
        || has_conditions(field)
    {
        return 100;
    }
    match (&field.kind, note) {
        (_, true) | (FieldKind::Text, _) => 60,
        (FieldKind::Group(_), _) => 35,
        _ => 45,
    }
}

/// Whether a condition elsewhere may ask for a row of the group. Who a person is is asked for only
/// where the person is.
fn has_conditions(field: &Field) -> bool {
    let FieldKind::Group(fields) = &field.kind else { return false };
    fields.iter().any(|field| {
        let who = matches!(&*field.key, "henkilotunnus" | "tilapainen_yksilointitunnus");
        (field.obligation == FieldObligation::Conditional && !who) || has_conditions(field)
    })
}

/// Groups that belong to whoever they stand under.
const OF_A_PERSON: &[&str] = &[
    "yhteystiedot",
    "osoite",
    "postiosoite",
    "kayntiosoite",
    "yhteysosoite",
    "tilapainen_osoite",
    "kotikunta",
    "tulkkaustiedot",
];

fn who(path: &[&str]) -> Who {
    let persons = path.iter().rev().skip_while(|key| OF_A_PERSON.contains(key));
    for (at, key) in persons.enumerate() {
        if at == 0 && matches!(*key, "asiakas" | "lapsi") {
            return Who::Client;
        }
        if WORKERS.iter().any(|part| key.contains(part)) {
            return Who::Worker;
        }
    }
    Who::Relative
}

fn fill_of(
    field: &'static Field,
    path: &mut Vec<&'static str>,
    note: bool,
    codes: &CodeSets,
) -> Option<Fill> {
    let key = &*field.key;
    Some(match &field.kind {
        FieldKind::Group(fields) => {
            path.push(key);
            let rows = rows_of(fields, path, note, codes);
            path.pop();
            if rows.is_empty() {
                return None;
            }
            Fill::Group(rows)
        }
        // Why something was left undone is told only where it was left undone.
        FieldKind::Text if key.contains("matta_jattami") || key == "tulkkausmenetelma" => {
            return None;
        }
        FieldKind::Text | FieldKind::Name => text_fill(key, path, note),
        FieldKind::SignatureLine => Fill::Line("Sähköisesti allekirjoitettu"),
        FieldKind::Date => Fill::Known(date_known(key, path)),
        FieldKind::Moment => {
            Fill::Known(if key.contains("paatty") { Known::Ends } else { Known::Begins })
        }
        FieldKind::Switch => switch_fill(key, path),
        FieldKind::Number => Fill::Number(1, 24),
        FieldKind::Quantity => Fill::Quantity,
        FieldKind::Code { code_set, system, allowed } => {
            code_fill(field, code_set.as_ref().map(Oid::as_str), system.as_deref(), allowed, codes)?
        }
        FieldKind::Identifier { .. } => Fill::Known(identifier_known(key, path)),
        FieldKind::Phrase(phrases) => Fill::Phrases(phrases),
    })
}

/// What should be done was done; the rest by chance.
fn switch_fill(key: &str, path: &[&str]) -> Fill {
    match key {
        "turvakielto" => return Fill::Known(Known::NonDisclosure(who(path))),
        "salaiset_yhteystiedot" | "tulkkauksen_tarve" => return Fill::No,
        _ => {}
    }
    let done = ["suoritettu", "on_tehty", "on_tutkittu", "selvitetty"];
    if done.iter().any(|part| key.contains(part)) { Fill::Yes } else { Fill::Switch }
}

fn date_known(key: &str, path: &[&str]) -> Known {
    if key == "syntymaaika" { Known::Born(who(path)) } else { Known::Day }
}

fn identifier_known(key: &str, path: &[&str]) -> Known {
    match key {
        "henkilotunnus" => Known::IdentityCode(who(path)),
        "tilapainen_yksilointitunnus" => Known::TemporaryIdentifier,
        "asiatunnus" => Known::CaseId,
        "asiakkuuden_yksilointitunnus" => Known::RelationshipId,
        _ => Known::DocumentId,
    }
}

fn code_fill(
    field: &Field,
    code_set: Option<&str>,
    system: Option<&str>,
    allowed: &[String],
    codes: &CodeSets,
) -> Option<Fill> {
    let key = &*field.key;
    match code_set {
        Some("1.2.246.537.6.202") => return Some(Fill::Known(Known::Unit)),
        Some("1.2.246.537.6.1221") => return Some(Fill::Known(Known::Task)),
        Some("1.2.246.537.6.21") => return Some(Fill::Known(Known::Municipality)),
        Some(sets::SEX) => return Some(Fill::Known(Known::Sex)),
        Some("1.2.246.537.5.40175") if key.contains("tulkkaus") => return None,
        Some("1.2.246.537.5.40175") => return Some(Fill::Known(Known::Language)),
        _ => {}
    }
    let own = |code: &str| CodeValue {
        system: match (code_set, system) {
            (Some(set), _) => format!("urn:oid:{set}"),
            (None, Some(system)) => system.to_owned(),
            (None, None) => field.key.to_string(),
        },
        code: code.to_owned(),
        display: format!("{} {code}", field.names.fi),
    };
    let mut values = code_set.map_or_else(Vec::new, |set| values_of(codes, set));
    if !allowed.is_empty() {
        values.retain(|value| allowed.contains(&value.code));
    }
    if values.is_empty() {
        values = allowed.iter().map(|code| own(code)).collect();
    }
    if code_set == Some(sets::SOCIAL_SERVICE) {
        return Some(Fill::Services(values));
    }
    if code_set == Some("1.2.246.537.5.40161") {
        values.truncate(1);
    }
    if values.is_empty() && field.obligation != FieldObligation::Optional {
        values.push(own("1"));
    }
    (!values.is_empty()).then_some(Fill::Codes(values))
}

fn text_fill(key: &str, path: &[&str], note: bool) -> Fill {
    let who = who(path);
    match key {
        "sukunimi" => return Fill::Known(Known::FamilyName(who)),
        "etunimet" => return Fill::Known(Known::GivenNames(who)),
        "tehtavanimike" => return Fill::Known(Known::Title),
        "lahiosoite" => return Fill::Known(Known::Street(who)),
        "postinumero" => return Fill::Known(Known::PostalCode(who)),
        "postitoimipaikka" => return Fill::Known(Known::Town(who)),
        "puhelinnumero" => return Fill::Known(Known::Telephone(who)),
        "sahkopostiosoite" => return Fill::Line("kirjaamo@suvanto.example"),
        "organisaatio" | "organisaation_nimi" => return Fill::Known(Known::UnitName),
        "ika" => return Fill::Age,
        _ if key.contains("kesto") => return Fill::Months,
        _ => {}
    }
    let named = TOPICS.iter().find(|(part, _)| key.contains(part)).map(|(_, topic)| *topic);
    let (least, most, with_task) = match named {
        Some("law") => (1, 3, false),
        Some("notice") => (1, 4, false),
        Some("place" | "people" | "short") => (1, 1, false),
        Some(_) if note => (1, 4, false),
        Some(_) => (2, 8, true),
        None if note && key == "kuvaus" => (5, 19, true),
        None if note => (1, 3, true),
        None => (2, 9, true),
    };
    let topic = Topic::of(named.unwrap_or(if note { "meeting" } else { "situation" }));
    Fill::Prose { topic, with_task, least, most }
}

type Members<'a> = Vec<(Cow<'a, str>, Content<'a>)>;

fn group<'a>(rows: &'a [Row], facts: &'a Facts<'a>, dice: &mut Dice) -> Members<'a> {
    let mut members = Members::with_capacity(rows.len());
    for row in rows {
        if !dice.percent(row.chance) {
            continue;
        }
        let Some(first) = value(&row.fill, facts, dice) else { continue };
        let content = if row.repeats {
            let mut entries = vec![first];
            for _ in 1..=dice.below(row.most) {
                entries
                    .extend(value(&row.fill, facts, dice).filter(|next| !entries.contains(next)));
            }
            Content::List(entries)
        } else {
            first
        };
        members.push((Cow::Borrowed(row.key), content));
    }
    members
}

fn value<'a>(fill: &'a Fill, facts: &'a Facts<'a>, dice: &mut Dice) -> Option<Content<'a>> {
    Some(match fill {
        Fill::Group(rows) => {
            let members = group(rows, facts, dice);
            if members.is_empty() {
                return None;
            }
            Content::Object(members)
        }
        Fill::Known(known) => return fact(*known, facts),
        Fill::Prose { topic, with_task, least, most } => {
            let count = length(*least, *most, dice);
            let topics = [topic.fitting(facts.child), Topic::of_task(facts.task)];
            let topics = if *with_task { &topics } else { &topics[..1] };
            Content::Text(Cow::Owned(prose(topics, count, &facts.scene, dice)))
        }
        Fill::Services(values) => service(values, facts.task, dice).content(),
        Fill::Age => Content::Text(Cow::Owned(format!("{} vuotta", facts.age))),
        Fill::Months => {
            Content::Text(Cow::Owned(format!("Noin {} kuukautta", dice.between(2, 36))))
        }
        Fill::Yes => Content::Switch(true),
        Fill::No => Content::Switch(false),
        Fill::Codes(values) => dice.pick(values).content(),
        Fill::Phrases(phrases) => text(dice.pick::<String>(phrases)),
        Fill::Switch => Content::Switch(dice.percent(60)),
        Fill::Number(least, most) => number(dice.between(*least, *most)),
        Fill::Quantity => Content::Object(vec![
            (Cow::Borrowed("value"), number(dice.between(1, 900))),
            (Cow::Borrowed("code"), text("EUR")),
        ]),
        Fill::Line(line) => text(line),
    })
}

/// A service that clients of the service task get, by its code in the national set.
fn service<'a>(values: &'a [CodeValue], task: ServiceTask, dice: &mut Dice) -> &'a CodeValue {
    let usual: &[&str] = match task {
        ServiceTask::ChildProtection => &["46", "45", "15", "51", "31", "94"],
        ServiceTask::Families => &["45", "46", "15", "51"],
        ServiceTask::FamilyLaw => &["46", "15"],
        ServiceTask::OlderPeople => &["45", "85", "37", "31"],
        ServiceTask::Disability => &["55", "37", "93", "85", "45"],
        ServiceTask::SubstanceAbuse => &["24", "45", "46", "93"],
        ServiceTask::WorkingAge => &["46", "45", "99", "93"],
    };
    let wanted = *dice.pick::<&str>(usual);
    values.iter().find(|value| value.code == wanted).unwrap_or(&values[0])
}

/// Most texts are of middling length, a few are long.
fn length(least: usize, most: usize, dice: &mut Dice) -> usize {
    let span = most - least + 1;
    let middle = least + usize::midpoint(dice.below(span), dice.below(span));
    if most > 10 && dice.percent(6) { middle * dice.pick(&[3, 4, 6]) } else { middle }
}

fn number(number: i32) -> Content<'static> {
    Content::Number(Cow::Owned(number.to_string()))
}

fn fact<'a>(known: Known, facts: &'a Facts<'a>) -> Option<Content<'a>> {
    let client = facts.client;
    let relative = || &client.relatives[0];
    Some(match known {
        Known::FamilyName(Who::Client) => text(&client.family_name),
        Known::FamilyName(Who::Worker) => text(&facts.worker.family_name),
        Known::FamilyName(Who::Relative) => text(&relative().family_name),
        Known::GivenNames(Who::Client) => text(&client.given_names),
        Known::GivenNames(Who::Worker) => text(&facts.worker.given_names),
        Known::GivenNames(Who::Relative) => text(&relative().given_names),
        Known::IdentityCode(who) => return identity_code(who, client, relative()),
        Known::TemporaryIdentifier => return temporary_identifier(facts),
        Known::Born(Who::Client) => text(facts.born),
        Known::Born(_) => Content::Text(Cow::Owned(relative().born.to_string())),
        Known::Title => text(facts.worker.title),
        Known::Unit => organisation(facts.unit.id.as_str(), &facts.unit.name),
        Known::UnitName => text(&facts.unit.name),
        Known::Task => task(facts.task),
        Known::Day => text(facts.day),
        Known::Begins => text(facts.moments.0),
        Known::Ends => text(facts.moments.1),
        Known::Street(Who::Worker) => text(&facts.unit.street),
        Known::PostalCode(Who::Worker) => text(facts.unit.postal_code),
        Known::Town(Who::Worker) => text(facts.unit.town),
        // Where a client with a non-disclosure order lives is told nowhere.
        Known::Street(_) | Known::PostalCode(_) | Known::Town(_) if client.non_disclosure => {
            return None;
        }
        Known::Street(_) => text(&client.street),
        Known::PostalCode(_) => text(TOWNS[client.town].postal_code),
        Known::Town(_) => text(TOWNS[client.town].name),
        Known::Sex => sex(client),
        Known::Language => language(client),
        Known::NonDisclosure(who) => Content::Switch(who == Who::Client && client.non_disclosure),
        Known::Municipality if client.non_disclosure => return None,
        Known::Municipality => municipality(client),
        Known::Telephone(Who::Client) => text(&client.telephone),
        Known::Telephone(Who::Worker) => text(&facts.unit.telephone),
        Known::Telephone(Who::Relative) => text(&relative().telephone),
        Known::CaseId => identifier(OIDS, facts.case_id),
        Known::RelationshipId => identifier(OIDS, facts.relationship_id),
        Known::DocumentId => identifier(OIDS, facts.document_id),
    })
}

fn identity_code<'a>(who: Who, client: &'a Person, relative: &'a Relative) -> Option<Content<'a>> {
    const SYSTEM: &str = "urn:oid:1.2.246.21";
    match who {
        Who::Client if client.temporary => None,
        Who::Client => Some(identifier(SYSTEM, client.code.reveal())),
        Who::Relative => Some(identifier(SYSTEM, relative.code.reveal())),
        Who::Worker => None,
    }
}

/// The client's temporary identifier, where it has one and no identity code.
pub(super) fn temporary_identifier<'a>(facts: &'a Facts<'a>) -> Option<Content<'a>> {
    let system = format!("urn:oid:{}", facts.temporary_root);
    facts.client.temporary.then(|| identifier(system, facts.client.code.reveal()))
}

/// A service task as a code.
pub(super) fn task(task: ServiceTask) -> Content<'static> {
    code("urn:oid:1.2.246.537.6.1221.201601", task.code(), task.name_fi())
}

/// The client's sex as a code.
pub(super) fn sex(client: &Person) -> Content<'static> {
    let (value, name) = if client.female { ("2", "Nainen") } else { ("1", "Mies") };
    code("urn:oid:1.2.246.537.5.1.1997", value, name)
}

/// The language the client uses services in, as a code.
pub(super) fn language(client: &Person) -> Content<'static> {
    let (value, name) = if client.swedish { ("SV", "ruotsi") } else { ("FI", "suomi") };
    code("urn:oid:1.2.246.537.5.40175", value, name)
}

/// The client's home municipality as a code.
pub(super) fn municipality(client: &Person) -> Content<'static> {
    let town = &TOWNS[client.town];
    code("urn:oid:1.2.246.537.6.21.2003", town.code, town.name)
}
