//! What was acknowledged outlives a killed process, with its log line and its proof (OPS-2).

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest;
use varanto_app::archive::InvalidationRequest;
use varanto_app::verify::{Held, verify_receipt};
use varanto_domain::access::Purpose;
use varanto_domain::archive::documents::Part;
use varanto_formats::receipts;

use crate::world::{Draft, World, client, copy, long, oid, on_server};

const FOLDER: &str = "VARANTO_TEST_CRASH_FOLDER";
const ROUND: &str = "VARANTO_TEST_CRASH_ROUND";

/// The digest of a document's parts, made without the archive's help.
pub(crate) fn digest_of(parts: &[(Part, Vec<u8>)]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for (part, bytes) in parts {
        context.update(format!("{} {}\n", part.name(), bytes.len()).as_bytes());
        context.update(bytes);
    }
    format!("{:?}", context.finish()).replace(' ', "")
}

/// Archives, and tells on one line that it was acknowledged.
fn send(world: &World, draft: &Draft) {
    let digest = digest_of(&draft.submission().parts);
    let receipt = receipts::write(&world.archive(draft).receipt);
    let line = format!("ACK {} {digest} {receipt}\n", draft.id());
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).expect("the parent reads");
}

/// Archives from eight threads until it is killed. Runs as a process of its own.
#[test]
#[ignore = "runs as a process of its own, in the next test"]
fn archives_until_killed() {
    if on_server() {
        return;
    }
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let round = std::env::var_os(ROUND).expect("given with the folder").into_string().unwrap();
    let round: u64 = round.parse().unwrap();
    let world = World::beside(Path::new(&folder), round * 1_000_000);
    let people = AtomicU64::new(round * 400);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                loop {
                    let number = people.fetch_add(1, Ordering::SeqCst);
                    archive_a_client(&world, u16::try_from(number).unwrap());
                }
            });
        }
    });
}

pub(crate) fn archive_a_client(world: &World, number: u16) {
    let person = client(number);
    let relationship = world.relationship(&person);
    send(world, &relationship);
    let case = world.case(&person, &relationship.text("relationship_id"));
    send(world, &case);
    let dossier = crate::world::Dossier {
        client: person,
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    };
    let note = world.note(&dossier);
    send(world, &note);
    let next = world.next_version(&note);
    send(world, &next);
    let reason = InvalidationRequest { reason: "1".into(), explanation: Some("Virhe".into()) };
    world.app.invalidate_document(&world.county(), &next.id(), &reason).unwrap();
    send(world, &world.phase_one(&dossier));
    send(world, &world.next_version(&relationship));
}

/// Runs the process, lets it be for a while, kills it; answers the lines of what it acknowledged.
fn killed(folder: &Path, round: u64, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::archives_until_killed", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (told, heard) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            // The last line may have been cut by the kill; a whole receipt ends in a brace.
            if let Some((_, found)) = line.split_once("ACK ")
                && found.ends_with('}')
            {
                let _ = told.send(());
                acknowledged.push(found.to_owned());
            }
        }
        acknowledged
    });
    let began = heard.recv_timeout(Duration::from_mins(1)).is_ok();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(began, "nothing was acknowledged in a minute");
    reader.join().unwrap()
}

/// OPS-2, ARC-15: kill -9 in the middle of writes, again and again. Every acknowledged document is
/// there byte for byte, its log line and proof too, and nothing is half-done.
#[test]
fn whatever_was_acknowledged_outlives_a_kill() {
    if on_server() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    copy(World::prepared(), folder.path());
    let rounds = if long() { 100 } else { 5 };
    let mut all = 0;
    for round in 1..=rounds {
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), round);
        let acknowledged = killed(folder.path(), round, Duration::from_millis(random % 500));
        all += acknowledged.len();
        let world = World::beside(folder.path(), 900_000_000 + round * 1000);
        let verdict = world.app.verify_store(|_| {}).unwrap();
        assert!(verdict.damage.is_empty(), "round {round}: {:?}", verdict.damage);
        for line in &acknowledged {
            is_there(&world, line);
        }
        // And it goes on.
        world.open_case(&client(65_000 - u16::try_from(round).unwrap()));
        world.app.close();
    }
    println!("{all} acknowledged documents in {rounds} rounds");
}

/// Holds what was acknowledged on a line against the archive.
pub(crate) fn is_there(world: &World, line: &str) {
    let mut words = line.splitn(3, ' ');
    let (id, digest, receipt) =
        (oid(words.next().unwrap()), words.next().unwrap(), words.next().unwrap());
    let county = world.county();
    let opened = world.app.open_content(&county, &id, None, Purpose::READ_INVALIDATED).unwrap();
    assert_eq!(digest_of(&opened.parts), digest);
    let proof = world.app.prove_document(&county, &id, Purpose::READ_INVALIDATED).unwrap();
    assert_eq!(receipts::write(&proof.receipt), receipt);
    let exported = world.app.export_checkpoint(Some(&proof.receipt)).unwrap();
    let verdict =
        verify_receipt(receipt.as_bytes(), exported.as_bytes(), &Held::default()).unwrap();
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
}
