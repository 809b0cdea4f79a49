//! The content of the four register-control documents.

use std::borrow::Cow;

use varanto_domain::codes::ServiceTask;
use varanto_domain::structures::{Content, FieldKind, Structure};
use varanto_domain::time::FinnishDay;

use super::forms::{
    CodeValue, Facts, OIDS, code, identifier, language, municipality, organisation, sex, task,
    temporary_identifier, text,
};
use super::organisations::{Organisation, TOWNS, Unit};
use super::people::{Person, Relative};

/// What a relationship document says at one time.
pub(super) struct Relationship<'a> {
    pub(super) id: &'a str,
    pub(super) old: bool,
    pub(super) first_day: FinnishDay,
    pub(super) last_day: Option<FinnishDay>,
    pub(super) organiser: &'a Organisation,
    /// Each service task with its unit, its first and its last day.
    pub(super) tasks: Vec<TaskInUnit<'a>>,
    pub(super) producer: Option<ProducerUnit<'a>>,
}

/// A service task of the relationship.
pub(super) struct TaskInUnit<'a> {
    pub(super) task: ServiceTask,
    pub(super) unit: &'a Unit,
    pub(super) first_day: FinnishDay,
    pub(super) last_day: Option<FinnishDay>,
}

/// A producer's unit that the first service task uses: its register-use right runs between the days.
#[derive(Clone, Copy)]
pub(super) struct ProducerUnit<'a> {
    pub(super) unit: &'a Unit,
    pub(super) service: &'a CodeValue,
    pub(super) first_day: FinnishDay,
    pub(super) last_day: Option<FinnishDay>,
}

/// What a case document says at one time.
pub(super) struct Case<'a> {
    pub(super) id: &'a str,
    pub(super) organiser: &'a Organisation,
    pub(super) task: ServiceTask,
    pub(super) opened_on: FinnishDay,
    pub(super) closed_on: Option<FinnishDay>,
    /// The codes of *Avoin* and *Suljettu*.
    pub(super) states: &'a [CodeValue],
}

type Members<'a> = Vec<(Cow<'a, str>, Content<'a>)>;

fn object<'a, const N: usize>(members: [(&'static str, Content<'a>); N]) -> Content<'a> {
    Content::Object(members.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect())
}

fn add<'a>(members: &mut Members<'a>, key: &'static str, value: Content<'a>) {
    members.push((Cow::Borrowed(key), value));
}

fn day(day: FinnishDay) -> Content<'static> {
    Content::Text(Cow::Owned(day.to_string()))
}

/// The content of a relationship document.
pub(super) fn relationship<'a>(says: &Relationship<'a>, facts: &'a Facts<'a>) -> Content<'a> {
    let mut members = Members::new();
    if !says.old {
        add(&mut members, "asiakkuuden_yksilointitunnus", identifier(OIDS, says.id));
    }
    add(&mut members, "asiakas", client(facts));
    let relatives: Vec<Content<'_>> = facts.client.relatives.iter().map(relative).collect();
    if !relatives.is_empty() && !says.old {
        add(&mut members, "asiakkaaseen_liittyvat_henkilot", Content::List(relatives));
    }
    add(&mut members, "sosiaalihuollon_asiakkuus", heading(says));
    let organiser = organisation(says.organiser.operating_unit.as_str(), &says.organiser.name);
    add(&mut members, "palvelunjarjestajan_toimintayksikko", organiser);
    if !says.old {
        let worker = object([
            ("sukunimi", text(&facts.worker.family_name)),
            ("etunimet", text(&facts.worker.given_names)),
            ("palveluyksikko", organisation(facts.unit.id.as_str(), &facts.unit.name)),
            ("yhteystiedot", object([("puhelinnumero", text(&facts.unit.telephone))])),
        ]);
        add(&mut members, "palveluista_vastaava_tyontekija", Content::List(vec![worker]));
    }
    let tasks = says.tasks.iter().enumerate();
    let tasks = tasks.map(|(at, task)| service_task(task, says.producer.filter(|_| at == 0)));
    add(&mut members, "sosiaalihuollon_palvelutehtava", Content::List(tasks.collect()));
    if let Some(protection) = says.tasks.iter().find(|t| t.task == ServiceTask::ChildProtection) {
        let first = ("lastensuojelun_asiakkuuden_alkamispvm", day(protection.first_day));
        add(&mut members, "lastensuojelun_asiakkuus", object([first]));
    }
    object([("asiakkuusasiakirja", Content::Object(members))])
}

fn client<'a>(facts: &'a Facts<'a>) -> Content<'a> {
    let person = facts.client;
    let mut members = Members::new();
    add(&mut members, "sukunimi", text(&person.family_name));
    add(&mut members, "etunimet", text(&person.given_names));
    add_identifier(&mut members, facts);
    add(&mut members, "syntymaaika", text(facts.born));
    add(&mut members, "sukupuoli", sex(person));
    add(&mut members, "asiointikieli", language(person));
    if !person.non_disclosure {
        add(&mut members, "kotikunta", object([("kunta", municipality(person))]));
    }
    add(&mut members, "turvakielto", Content::Switch(person.non_disclosure));
    add(&mut members, "yhteystiedot", contact(person));
    Content::Object(members)
}

fn add_identifier<'a>(members: &mut Members<'a>, facts: &'a Facts<'a>) {
    if let Some(temporary) = temporary_identifier(facts) {
        add(members, "tilapainen_yksilointitunnus", temporary);
    } else {
        let code = identifier("urn:oid:1.2.246.21", facts.client.code.reveal());
        add(members, "henkilotunnus", code);
    }
}

fn contact(person: &Person) -> Content<'_> {
    let mut members = Members::new();
    if !person.non_disclosure {
        let town = &TOWNS[person.town];
        let address = object([
            ("lahiosoite", text(&person.street)),
            ("postinumero", text(town.postal_code)),
            ("postitoimipaikka", text(town.name)),
        ]);
        add(&mut members, "osoite", Content::List(vec![address]));
    }
    add(&mut members, "puhelinnumero", text(&person.telephone));
    Content::Object(members)
}

fn relative(relative: &Relative) -> Content<'_> {
    const ROLES: &str = "urn:oid:1.2.246.537.6.1284";
    let mut members = Members::new();
    add(&mut members, "sukunimi", text(&relative.family_name));
    add(&mut members, "etunimet", text(&relative.given_names));
    let telephone = object([("puhelinnumero", text(&relative.telephone))]);
    add(&mut members, "yhteystiedot", telephone);
    let (role, name) = if relative.guardian { ("31", "Huoltaja") } else { ("99", "Muu henkilö") };
    let role = code(ROLES, role, name);
    add(&mut members, "rooli", Content::List(vec![role]));
    if relative.guardian {
        add(&mut members, "toimivalta", text("Lapsen huoltoon kuuluvat asiat"));
    } else {
        add(&mut members, "roolin_kuvaus", text("Läheinen"));
    }
    Content::Object(members)
}

fn heading(says: &Relationship<'_>) -> Content<'static> {
    let mut members = Members::new();
    if says.old {
        add(&mut members, "vanha_asiakkuus", Content::Switch(true));
    }
    add(&mut members, "asiakkuuden_alkamispvm", day(says.first_day));
    if let Some(last) = says.last_day {
        add(&mut members, "asiakkuuden_paattymispvm", day(last));
    }
    Content::Object(members)
}

fn service_task<'a>(says: &TaskInUnit<'a>, producer: Option<ProducerUnit<'a>>) -> Content<'a> {
    let mut members = Members::new();
    add(&mut members, "palvelutehtava", task(says.task));
    let own = unit(Members::new(), says.unit, says.first_day, says.last_day);
    add(&mut members, "palvelunjarjestajan_palveluyksikko", Content::List(vec![own]));
    if let Some(producer) = producer {
        let mut first = Members::new();
        let service = Content::List(vec![producer.service.content()]);
        add(&mut first, "sosiaalipalvelu", service);
        let whole = unit(first, producer.unit, producer.first_day, producer.last_day);
        add(&mut members, "palveluntuottaja", Content::List(vec![whole]));
    }
    Content::Object(members)
}

fn unit<'a>(
    mut members: Members<'a>,
    unit: &'a Unit,
    first_day: FinnishDay,
    last_day: Option<FinnishDay>,
) -> Content<'a> {
    add(&mut members, "palveluyksikon_nimi", organisation(unit.id.as_str(), &unit.name));
    add(&mut members, "asiakkuuden_alkamispvm", day(first_day));
    if let Some(last) = last_day {
        add(&mut members, "asiakkuuden_paattymispvm", day(last));
    }
    let address = object([
        ("lahiosoite", text(&unit.street)),
        ("postinumero", text(unit.postal_code)),
        ("postitoimipaikka", text(unit.town)),
    ]);
    let telephone = ("puhelinnumero", text(&unit.telephone));
    let contact = object([("osoite", Content::List(vec![address])), telephone]);
    add(&mut members, "yhteystiedot", contact);
    Content::Object(members)
}

/// The content of a case document.
pub(super) fn case<'a>(says: &Case<'a>, facts: &'a Facts<'a>) -> Content<'a> {
    let mut person = Members::new();
    add(&mut person, "sukunimi", text(&facts.client.family_name));
    add(&mut person, "etunimet", text(&facts.client.given_names));
    add_identifier(&mut person, facts);
    add(&mut person, "syntymaaika", text(facts.born));

    let mut about = Members::new();
    add(&mut about, "asiatunnus", identifier(OIDS, says.id));
    add(&mut about, "nimi", code("urn:oid:1.2.246.537.6.1265", "99", "Muu"));
    add(&mut about, "lisatieto_luokkaan_muu", text(subject(says.task)));
    let state = usize::from(says.closed_on.is_some());
    add(&mut about, "tila", says.states[state].content());
    add(&mut about, "avauspaiva", day(says.opened_on));
    if let Some(closed) = says.closed_on {
        add(&mut about, "paattymispaiva", day(closed));
    }
    add(&mut about, "yhteinen_asia", Content::Switch(false));
    add(&mut about, "palvelutehtava", task(says.task));

    let organiser = organisation(says.organiser.operating_unit.as_str(), &says.organiser.name);
    let members = object([
        ("palvelunjarjestajan_toimintayksikko", organiser),
        ("asiakas", Content::List(vec![Content::Object(person)])),
        ("asian_tiedot", Content::Object(about)),
    ]);
    object([("asia_asiakirja", members)])
}

/// What the cases of a service task are about.
fn subject(task: ServiceTask) -> &'static str {
    match task {
        ServiceTask::ChildProtection => "Lastensuojelun tarpeen selvittäminen ja tuki",
        ServiceTask::SubstanceAbuse => "Päihdekuntoutuksen järjestäminen",
        ServiceTask::Disability => "Vammaispalvelujen järjestäminen",
        ServiceTask::OlderPeople => "Kotiin annettavien palvelujen järjestäminen",
        ServiceTask::Families => "Lapsiperheen tuki",
        ServiceTask::FamilyLaw => "Lapsen huolto, asuminen ja tapaamisoikeus",
        ServiceTask::WorkingAge => "Sosiaalinen tuki ja toimeentulo",
    }
}

/// The content of a disclosure permission that the client gives to a worker.
pub(super) fn permission<'a>(structure: &'a Structure, facts: &'a Facts<'a>) -> Content<'a> {
    let given = object([
        ("luovutuslupa", Content::Switch(true)),
        ("luovutusluvan_antamisen_ajankohta", text(facts.day)),
    ]);
    let mut members = will(structure, facts);
    add(&mut members, "luovutusluvan_antaja_on_laillinen_edustaja", Content::Switch(false));
    add(&mut members, "voimassa_oleva_luovutuslupa", given);
    add_author(&mut members, facts);
    object([("luovutuslupa_asiakirja", Content::Object(members))])
}

/// The content of a refusal: documents of the client's service task are not disclosed.
pub(super) fn refusal<'a>(structure: &'a Structure, facts: &'a Facts<'a>) -> Content<'a> {
    let refused = Content::List(vec![task(facts.task)]);
    let one = object([
        ("palvelutehtava_jonka_tietojen_luovutus_kielletaan", refused),
        ("kiellon_asettamisen_ajankohta", text(facts.day)),
        ("kieltaja_on_laillinen_edustaja", Content::Switch(false)),
    ]);
    let all = object([("palvelutehtavaa_koskeva_luovutuskielto", Content::List(vec![one]))]);
    let mut members = will(structure, facts);
    add(&mut members, "palvelutehtavaa_koskevat_luovutuskiellot", all);
    add_author(&mut members, facts);
    object([("kieltoasiakirja", Content::Object(members))])
}

/// How both expressions of will begin: the client, and the published information.
fn will<'a>(structure: &'a Structure, facts: &'a Facts<'a>) -> Members<'a> {
    let mut person = Members::new();
    add(&mut person, "sukunimi", text(&facts.client.family_name));
    add(&mut person, "etunimet", text(&facts.client.given_names));
    add_identifier(&mut person, facts);
    let mut members = Members::new();
    add(&mut members, "asiakas", Content::Object(person));
    let information = structure.fields.iter().find_map(|field| match &field.kind {
        FieldKind::Phrase(phrases) => phrases.first(),
        _ => None,
    });
    if let Some(information) = information {
        add(&mut members, "infoteksti", text(information));
    }
    members
}

fn add_author<'a>(members: &mut Members<'a>, facts: &'a Facts<'a>) {
    let author = object([
        ("sukunimi", text(&facts.worker.family_name)),
        ("etunimet", text(&facts.worker.given_names)),
        ("tehtavanimike", text(facts.worker.title)),
        ("palveluyksikko", organisation(facts.unit.id.as_str(), &facts.unit.name)),
    ]);
    add(members, "ammattihenkilon_laatima_asiakirja", object([("laatija", author)]));
    add(members, "laatimispaivamaara", text(facts.day));
}
