//! Receipts, checked offline against an exported checkpoint (ARC-15).

use serde_json::Value;
use varanto_app::verify::{Held, ReceiptProblem, verify_receipt};
use varanto_domain::access::Purpose;
use varanto_domain::archive::documents::Part;
use varanto_formats::receipts;

use crate::world::{World, client};

fn codes(receipt: &str, exported: &str) -> Vec<&'static str> {
    codes_with(receipt, exported, &Held::default())
}

fn codes_with(receipt: &str, exported: &str, held: &Held) -> Vec<&'static str> {
    match verify_receipt(receipt.as_bytes(), exported.as_bytes(), held) {
        Ok(verdict) => verdict.faults.iter().map(ReceiptProblem::code).collect(),
        Err(problem) => vec![problem.code()],
    }
}

/// ARC-15: a receipt holds against a checkpoint of its own size and of any later one, and the
/// content and metadata it speaks of can be held against it.
#[test]
fn a_receipt_holds_offline_however_the_log_grew() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    let archived = world.archive(&note).receipt;
    let printed = receipts::write(&archived);
    let now = world.app.export_checkpoint(Some(&archived)).unwrap();
    assert_eq!(codes(&printed, &now), Vec::<&str>::new());
    for round in 0..5 {
        for _ in 0..=round * 37 {
            world.archive(&world.phase_one(&dossier));
        }
        let later = world.app.export_checkpoint(Some(&archived)).unwrap();
        assert_eq!(codes(&printed, &later), Vec::<&str>::new());
        // Without the way from the receipt's size to this one, the growth is not proven.
        let without = world.app.export_checkpoint(None).unwrap();
        assert_eq!(codes(&printed, &without), ["not-continued"]);
    }
    let proof = world.app.prove_document(&world.county(), &note.id(), Purpose::READ).unwrap();
    archived.check_metadata(proof.record.as_bytes(), &proof.columns).unwrap();
    assert!(
        archived.check_metadata(proof.record.as_bytes(), &format!("{}\n", proof.columns)).is_err()
    );
    let sent = note.submission();
    let parts: Vec<(Part, &[u8])> =
        sent.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    archived.check_content(&parts).unwrap();
    assert!(archived.check_content(&parts[..1]).is_err());

    // A receipt of a larger log than the checkpoint's.
    let other = World::new();
    assert!(other.app.export_checkpoint(Some(&archived)).is_err());
    let foreign = other.app.export_checkpoint(None).unwrap();
    assert!(!codes(&printed, &foreign).is_empty());
}

/// ARC-15: whatever of a receipt is changed, a code tells.
#[test]
fn a_tampered_receipt_is_told() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    let second = world.next_version(&note);
    let receipt = world.archive(&second).receipt;
    for _ in 0..5 {
        world.archive(&world.phase_one(&dossier));
    }
    let printed = receipts::write(&receipt);
    let exported = world.app.export_checkpoint(Some(&receipt)).unwrap();
    assert_eq!(codes(&printed, &exported), Vec::<&str>::new());
    let check = |pointer: &str, value: Value, expected: &str| {
        let mut changed: Value = serde_json::from_str(&printed).unwrap();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        let found = codes(&changed.to_string(), &exported);
        assert!(found.contains(&expected), "{pointer}: {found:?}");
    };
    let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    check("/document_id", "1.2.3".into(), "facts-differ");
    check("/set_id", second.text("document_id").into(), "facts-differ");
    check("/version", 3.into(), "facts-differ");
    check("/archived_at", "2026-11-02T08:00:01Z".into(), "facts-differ");
    check("/content/salted_sha256", zero.into(), "version-leaf-differs");
    check("/metadata/salted_sha256", zero.into(), "version-leaf-differs");
    check("/version_leaf/hash", zero.into(), "version-leaf-differs");
    check("/version_leaf/index", 1.into(), "not-in-the-log");
    check("/version_leaf/path/0", zero.into(), "not-in-the-log");
    check(
        "/log_line/text",
        receipt.line.replace("permitted", "forbidden").into(),
        "log-line-differs",
    );
    check("/log_line/salt", "AAAAAAAAAAAAAAAAAAAAAA==".into(), "log-line-differs");
    check("/log_leaf/hash", zero.into(), "log-line-differs");
    check("/log_leaf/path/0", zero.into(), "not-in-the-log");
    check("/checkpoint", receipt.checkpoint.replacen('\n', "x\n", 1).into(), "receipt-signature");
    check("/version", "three".into(), "unreadable");

    let check = |pointer: &str, value: Value, expected: &str| {
        let mut changed: Value = serde_json::from_str(&exported).unwrap();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        let found = codes(&printed, &changed.to_string());
        assert!(found.contains(&expected), "{pointer}: {found:?}");
    };
    let note = serde_json::from_str::<Value>(&exported).unwrap()["checkpoint"].clone();
    let body = note.as_str().unwrap();
    let larger = body.replacen(char::is_numeric, "9", 1);
    check("/checkpoint", larger.into(), "checkpoint-signature");
    check("/continues/path/0", zero.into(), "not-continued");
    check("/continues/size", 1.into(), "not-continued");
    check("/continues/path/0", "AAAA".into(), "unreadable");
    check("/verifier_key", "varanto.local/log".into(), "unreadable");
    let another = World::new();
    let key = another.app.verifier_key();
    if key != world.app.verifier_key() {
        check("/verifier_key", key.into(), "checkpoint-signature");
    }
    assert_eq!(codes("{}", &exported), ["unreadable"]);
    assert_eq!(codes(&printed, "{}"), ["unreadable"]);
}

/// ARC-15: the document that a holder has is held against the receipt, under the key that the holder
/// trusts.
#[test]
fn a_document_is_held_against_its_receipt_under_a_pinned_key() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    let receipt = world.archive(&note).receipt;
    let printed = receipts::write(&receipt);
    let exported = world.app.export_checkpoint(Some(&receipt)).unwrap();
    let proof = world.app.prove_document(&world.county(), &note.id(), Purpose::READ).unwrap();
    let covers = serde_json::json!({"record": proof.record, "columns": proof.columns});
    let answer = format!("{{\"receipt\":{printed},\"covers\":{covers}}}");
    let mut parts = note.submission().parts;
    parts.reverse();
    let held = Held {
        key: Some(world.app.verifier_key()),
        parts,
        metadata: Some(answer.clone().into_bytes()),
    };
    let check = |held: &Held, expected: &[&str]| {
        assert_eq!(codes_with(&printed, &exported, held), expected);
    };
    check(&held, &[]);
    check(&Held { metadata: Some(covers.to_string().into_bytes()), ..held.clone() }, &[]);

    let mut other = held.clone();
    other.parts[0].1[10] ^= 1;
    check(&other, &["content-differs"]);
    check(&Held { parts: held.parts[..1].to_vec(), ..held.clone() }, &["content-differs"]);
    let changed = answer.replace("Suvanto-1", "Suvanto-2").into_bytes();
    check(&Held { metadata: Some(changed), ..held.clone() }, &["metadata-differ"]);
    check(&Held { metadata: Some(b"{}".to_vec()), ..held.clone() }, &["unreadable"]);
    check(&Held { key: Some("no key".into()), ..held.clone() }, &["unreadable"]);

    // A whole archive of a forger's own holds by its own key, and not by the one that is trusted.
    let folder = tempfile::tempdir().unwrap();
    let options = varanto_app::AppOptions::in_folder(folder.path());
    let forger = varanto_app::App::open(&options, world.clock.clone()).unwrap();
    let pinned = Held { key: Some(forger.verifier_key()), ..held };
    let found = codes_with(&printed, &exported, &pinned);
    assert_eq!(found, ["other-key", "checkpoint-signature", "receipt-signature"]);
}
