//! What is archived, held against what the source knew before its system wrote that down: a second statement, made apart from
//! mapping file, rehearsal and run.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::Connection;
use serde_json::Value;
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_kit::deliveries::Said;
use varanto_workbench::identifiers;

use crate::archive::Archive;
use crate::world::World;

/// A row of the batch that is archived.
struct Archived {
    document: Oid,
    /// The digest of what was made of its file, hexadecimal, where it was converted; and that of the file.
    converted: Option<(String, String)>,
}

fn archived(world: &World) -> BTreeMap<u64, Archived> {
    let work = Connection::open(world.batch().join("work.sqlite")).unwrap();
    let sql =
        "SELECT place, document, conversion ->> '$.sha256', conversion ->> '$.source' FROM item
      WHERE state = 'archived'";
    let mut statement = work.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let (place, document): (i64, String) = (row.get(0)?, row.get(1)?);
        let (made, source): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
        let document = Oid::parse(&document).unwrap();
        Ok((place.unsigned_abs(), Archived { document, converted: made.zip(source) }))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn text<'a>(metadata: &'a Value, path: &str) -> Option<&'a str> {
    metadata.pointer(path).and_then(Value::as_str)
}

/// What the documents of one case say together.
struct Together<'a> {
    said: &'a Said,
    first: FinnishDay,
    last: FinnishDay,
}

/// Everything that the source has without a planted fault is archived, and nothing else: as the document of that client, task,
/// type and day, with those bytes, under the right main document, and in a case of that client and task alone, which lasts from the
/// first to the last of them and hangs on the relationship that the source names, or on an old one of its own.
pub(crate) fn holds(world: &World, archive: &Archive) {
    let archived = archived(world);
    let planted: BTreeSet<u64> = world.delivered.planted.iter().map(|one| one.place).collect();
    let sound = world.delivered.said.iter().filter(|one| !planted.contains(&one.place));
    assert!(archived.keys().copied().eq(sound.clone().map(|one| one.place)), "what is sound");
    let called: BTreeMap<&str, &Oid> =
        sound.clone().map(|one| (one.document.as_str(), &archived[&one.place].document)).collect();
    let mut door = archive.door();
    let mut cases: BTreeMap<String, Together<'_>> = BTreeMap::new();
    for said in sound {
        let Archived { document, converted } = &archived[&said.place];
        let whole = door.read_whole(document).unwrap();
        let metadata: Value = serde_json::from_slice(&whole.metadata).unwrap();
        let at = format!("row {}: {metadata}", said.place);
        assert_eq!(text(&metadata, "/client/identity_code"), Some(said.code.as_str()), "{at}");
        assert_eq!(text(&metadata, "/service_task"), Some(said.task), "{at}");
        assert_eq!(text(&metadata, "/general_type"), Some(said.general_type), "{at}");
        let original = ["/original_service_task/code_set", "/original_service_task/code"];
        let [set, code] = original.map(|path| text(&metadata, path));
        assert_eq!(set.zip(code), said.original, "{at}");
        let written = Instant::parse(text(&metadata, "/written_at").unwrap()).unwrap();
        assert_eq!(FinnishDay::of(written), said.written, "{at}");
        let main = said.main.as_deref().map(|main| called[main].as_str());
        assert_eq!(text(&metadata, "/main_document"), main, "{at}");
        let (_, bytes) = whole.parts.iter().find(|(part, _)| *part != Part::Signature).unwrap();
        let found = hexadecimal(digest(&SHA256, bytes).as_ref());
        let source = said.sha256.as_deref().map(hexadecimal);
        match converted {
            None => assert_eq!(Some(found), source, "{at}"),
            Some((made, of)) => assert_eq!((&found, Some(of)), (made, source.as_ref()), "{at}"),
        }
        let case = text(&metadata, "/case_id").unwrap().to_owned();
        let (first, last) = (said.written, said.written);
        let together = cases.entry(case).or_insert(Together { said, first, last });
        let same = |one: &Said| (one.code.clone(), one.task, one.relationship.clone());
        assert_eq!(same(together.said), same(said), "one case of two clients or tasks: {at}");
        together.first = together.first.min(said.written);
        together.last = together.last.max(said.written);
    }
    let of_client: BTreeSet<_> =
        cases.values().map(|one| (&one.said.code, one.said.task)).collect();
    assert_eq!(of_client.len(), cases.len(), "two cases of one client and task");
    let mut old = BTreeSet::new();
    for (case, together) in &cases {
        let kept = identifiers::document_of(&world.mapping, &Oid::parse(case).unwrap());
        let metadata = door.read_whole(&kept).unwrap().metadata;
        let metadata: Value = serde_json::from_slice(&metadata).unwrap();
        let days = ["/case_opened_on", "/case_closed_on"].map(|path| text(&metadata, path));
        let lasts = [together.first, together.last].map(|day| day.to_string());
        assert_eq!(days, lasts.each_ref().map(|day| Some(day.as_str())), "{metadata}");
        assert_eq!(text(&metadata, "/client/identity_code"), Some(together.said.code.as_str()));
        let relationship = text(&metadata, "/relationship_id").unwrap().to_owned();
        match &together.said.relationship {
            Some(active) => assert_eq!(relationship, *active),
            None => assert!(old.insert(relationship), "an old relationship of two cases"),
        }
    }
    let deceased = cases.values().filter(|one| one.said.deceased).count();
    let active = cases.values().filter(|one| one.said.relationship.is_some()).count();
    assert!(deceased > 0 && active > 0 && old.len() > deceased, "{deceased} {active}");
}
