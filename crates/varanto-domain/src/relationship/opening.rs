//! The first content of a relationship document, and of a case document.

use super::acts::{NewCase, NewRelationship, OwnService};
use super::road::Road;
use super::wording::{self, Wording};
use crate::codes::sets;
use crate::ids::Oid;
use crate::structures::Content;
use crate::time::Validity;

/// The content of the document that opens a client relationship. On the long road the unit begins to serve
/// with the first case.
///
/// Source: REL-1, REL-3, REL-6; annex A.1 rows 1, 8, 90, 95, 124.
#[must_use]
pub fn open_relationship(
    new: &NewRelationship,
    road: Road,
    wording: &Wording<'_>,
) -> Content<'static> {
    let mut client = wording.client(&new.client);
    client.set("turvakielto", Content::Switch(new.non_disclosure));
    let first_day = Content::of_text(&new.service.days.first);
    let mut content = Content::object([
        ("asiakkuuden_yksilointitunnus", wording::oid(&new.relationship)),
        ("asiakas", client),
        ("sosiaalihuollon_asiakkuus", Content::object([("asiakkuuden_alkamispvm", first_day)])),
        ("palvelunjarjestajan_toimintayksikko", wording.unit(&new.operating_unit)),
    ]);
    if road == Road::Short {
        let tasks = Content::List(vec![task(&new.service, wording)]);
        content.set("sosiaalihuollon_palvelutehtava", tasks);
    }
    Content::object([("asiakkuusasiakirja", content)])
}

/// A service task with the organiser's own unit that serves in it.
pub(super) fn task(service: &OwnService, wording: &Wording<'_>) -> Content<'static> {
    Content::object([
        ("palvelutehtava", wording.code(sets::SERVICE_TASK, &service.service_task)),
        ("palvelunjarjestajan_palveluyksikko", Content::List(vec![own_unit(service, wording)])),
    ])
}

/// The organiser's own unit, with its days.
pub(super) fn own_unit(service: &OwnService, wording: &Wording<'_>) -> Content<'static> {
    let mut unit = Content::object([
        ("palveluyksikon_nimi", wording.unit(&service.unit)),
        ("asiakkuuden_alkamispvm", Content::of_text(&service.days.first)),
    ]);
    if let Some(last) = service.days.last {
        unit.set("asiakkuuden_paattymispvm", Content::of_text(&last));
    }
    unit
}

/// The content of the document that opens a case, for the client of a relationship document. On the long
/// road `unit` begins to serve in it.
///
/// Source: REL-2, REL-6; annex A.2 rows 1, 2, 10.
#[must_use]
pub fn open_case(
    new: &NewCase,
    relationship: &Content<'_>,
    unit: Option<&Oid>,
    wording: &Wording<'_>,
) -> Content<'static> {
    const OF_CLIENT: [&str; 5] =
        ["sukunimi", "etunimet", "henkilotunnus", "tilapainen_yksilointitunnus", "syntymaaika"];
    let root = relationship.member("asiakkuusasiakirja");
    let held = |key: &str| root.and_then(|root| root.member(key));
    let mut client = Content::object([]);
    for key in OF_CLIENT {
        if let Some(value) = held("asiakas").and_then(|client| client.member(key)) {
            client.set(key, value.to_owned_content());
        }
    }
    let mut about = Content::object([
        ("asiatunnus", wording::oid(&new.case)),
        ("nimi", wording.code(sets::CASE_NAME, &new.name)),
    ]);
    if let Some(detail) = &new.name_detail {
        about.set("lisatieto_luokkaan_muu", Content::of_text(detail));
    }
    if let Some(open) = wording.case_state(false) {
        about.set("tila", open);
    }
    about.set("avauspaiva", Content::of_text(&new.opened_on));
    about.set("yhteinen_asia", Content::Switch(false));
    about.set("palvelutehtava", wording.code(sets::SERVICE_TASK, &new.service_task));
    let mut content = Content::object([]);
    if let Some(unit) = held("palvelunjarjestajan_toimintayksikko") {
        content.set("palvelunjarjestajan_toimintayksikko", unit.to_owned_content());
    }
    content.set("asiakas", Content::List(vec![client]));
    content.set("asian_tiedot", about);
    if let Some(unit) = unit {
        let own = OwnService {
            service_task: new.service_task.clone(),
            unit: unit.clone(),
            days: Validity { first: new.opened_on, last: None },
            case: None,
        };
        let own = Content::List(vec![own_unit(&own, wording)]);
        content.set("palvelunjarjestajan_palveluyksikko", own);
    }
    Content::object([("asia_asiakirja", content)])
}
