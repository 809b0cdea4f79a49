//! `varanto check`, the command itself: on what systems send, on others' files, and on what is wrong.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const PDFA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/pdfa");

fn varanto(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_varanto"))
        .args(arguments)
        .env_remove("VARANTO_CONFIG")
        .env("LANG", "en_GB.UTF-8")
        .output()
        .unwrap()
}

/// Runs the check; answers its exit code and what it tells machines.
fn checked(arguments: &[&str]) -> (i32, Value) {
    let ran = varanto(&[&["check", "--json"], arguments].concat());
    let text = String::from_utf8(ran.stdout).unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text} {told}"));
    (ran.status.code().unwrap(), value)
}

fn codes(item: &Value) -> Vec<&str> {
    let faults = item["faults"].as_array().unwrap();
    faults.iter().map(|fault| fault["code"].as_str().unwrap()).collect()
}

fn pdfa(name: &str) -> Option<PathBuf> {
    let path = Path::new(PDFA).join(name);
    if !path.exists() {
        println!("skipped: pdfa corpora missing");
        return None;
    }
    Some(path)
}

/// A synthetic county's documents as files, one folder for each.
fn county() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let made = varanto(&["generate", "--clients", "6", "--documents", "60", "--out", out]);
    assert!(made.status.success());
    folder
}

/// ARC-2: what a system sends is checked without an archive, each submission from its own folder.
#[test]
fn everything_that_a_county_sends_is_sound() {
    let county = county();
    let (code, told) = checked(&["--at", "2026-11-20", county.path().to_str().unwrap()]);
    let items = told["checked"].as_array().unwrap();
    let faulty: Vec<&Value> = items.iter().filter(|item| item["sound"] != true).collect();
    assert!(faulty.is_empty(), "{faulty:#?}");
    assert_eq!((code, items.len(), &told["sound"]), (0, 60, &Value::Bool(true)));
    assert!(items.iter().all(|item| item["document_id"].is_string()));
    // The registers beside the documents are none of them.
    assert_eq!(told["not_recognised"].as_array().unwrap().len(), 2);
}

/// ARC-2: each fault is told with its place, its rule and what would be right, all at once.
#[test]
fn a_faulty_submission_is_told_with_every_fault() {
    let county = county();
    let documents = county.path().join("documents");
    let folder = std::fs::read_dir(&documents)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|folder| folder.join("structured.json").exists())
        .unwrap();
    let metadata = std::fs::read_to_string(folder.join("metadata.json")).unwrap();
    let mut metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["language"] = "suomi".into();
    metadata.as_object_mut().unwrap().remove("set_id");
    std::fs::write(folder.join("metadata.json"), metadata.to_string()).unwrap();
    std::fs::write(
        folder.join("view.xhtml"),
        "<html xmlns='http://www.w3.org/1999/xhtml'><script/></html>",
    )
    .unwrap();
    let folder = folder.to_str().unwrap();
    let (code, told) = checked(&["--at", "2026-11-20", folder]);
    assert_eq!(code, 1);
    let found = codes(&told["checked"][0]);
    for expected in ["missing-element", "wrong-form", "forbidden-markup"] {
        assert!(found.contains(&expected), "{expected} in {found:?}");
    }
    for fault in told["checked"][0]["faults"].as_array().unwrap() {
        for part in ["element", "rule", "message", "right"] {
            assert!(!fault[part].as_str().unwrap().is_empty(), "{part} of {fault}");
        }
    }

    let ran = varanto(&["check", "--lang", "fi", "--at", "2026-11-20", folder]);
    let words = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(words.contains("metadata.json + structured.json + view.xhtml"), "{words}");
    assert!(
        words.contains("Pakollinen") && words.contains("1 checked, 0 sound, 1 faulty"),
        "{words}"
    );
}

/// ARC-1: a PDF file is held against what it says to be, or against what is asked.
#[test]
fn a_pdf_file_is_held_against_its_flavour() {
    let Some(sound) = pdfa("pass/2b_6-2-2-t01-pass-a.pdf") else { return };
    let sound = sound.to_str().unwrap();
    assert_eq!(checked(&[sound]).0, 0);
    assert_eq!(checked(&[sound, "--pdfa", "2b"]).0, 0);
    let (code, told) = checked(&[sound, "--pdfa", "1b"]);
    assert_eq!((code, codes(&told["checked"][0])[0]), (1, "pdf-a-clause"));
    assert!(told.to_string().contains("ISO 19005-1 6.7.11"), "{told}");

    let Some(broken) = pdfa("fail/2b_6-3-3-t01-fail-g.pdf") else { return };
    let broken = broken.to_str().unwrap();
    let (code, told) = checked(&[broken]);
    let fault = &told["checked"][0]["faults"][0];
    assert_eq!((code, fault["rule"].as_str()), (1, Some("ISO 19005-2 6.3.3")));
    let (code, told) = checked(&[broken, "--pdfa", "warn"]);
    let remark = &told["checked"][0]["remarks"][0];
    assert_eq!((code, remark["code"].as_str()), (0, Some("pdf-a-clause")));
    let (code, told) = checked(&[broken, "--pdfa", "2b,off"]);
    assert_eq!((code, told["checked"][0]["remarks"].as_array().unwrap().len()), (0, 0));
}

/// ARC-1: of others' files, no conforming one is faulty, and each broken one is.
#[test]
fn folders_of_pdf_files_are_checked_whole() {
    let (Some(pass), Some(fail)) = (pdfa("pass"), pdfa("fail")) else { return };
    let (code, told) = checked(&[pass.to_str().unwrap()]);
    assert_eq!((code, told["checked"].as_array().unwrap().len()), (0, 107));
    let (code, told) = checked(&[fail.to_str().unwrap()]);
    let sound = told["checked"].as_array().unwrap().iter().filter(|item| item["sound"] == true);
    assert_eq!((code, sound.count()), (1, 0));
}

/// ARC-5: structured content and views are checked without metadata too, as far as that goes.
#[test]
fn lone_parts_are_checked_as_far_as_that_goes() {
    let county = county();
    let documents = county.path().join("documents");
    let folders = std::fs::read_dir(&documents).unwrap().map(|entry| entry.unwrap().path());
    let content = folders.map(|folder| folder.join("structured.json")).find(|file| file.exists());
    let content = content.unwrap();
    let (code, told) = checked(&[content.to_str().unwrap()]);
    assert_eq!((code, &told["checked"][0]["what"]), (0, &Value::from("structured")), "{told:#}");

    let mut changed: Value = serde_json::from_slice(&std::fs::read(&content).unwrap()).unwrap();
    let root = changed.as_object_mut().unwrap().values_mut().next().unwrap();
    root.as_object_mut().unwrap().insert("tuntematon".to_owned(), true.into());
    std::fs::write(&content, changed.to_string()).unwrap();
    let (code, told) = checked(&[content.to_str().unwrap()]);
    assert_eq!((code, codes(&told["checked"][0])), (1, vec!["unknown-element"]));

    std::fs::write(&content, "{\"rakenne\": {}}").unwrap();
    let (code, told) = checked(&[content.to_str().unwrap()]);
    assert_eq!((code, codes(&told["checked"][0])), (1, vec!["unknown-structure"]));

    let view = county.path().join("view.xhtml");
    let html = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>a</title></head>";
    std::fs::write(&view, format!("{html}<body onclick='x()'><p>Hei</p></body></html>")).unwrap();
    let (code, told) = checked(&[view.to_str().unwrap()]);
    assert_eq!((code, codes(&told["checked"][0])), (1, vec!["forbidden-markup"]));
}

/// Files that break off, lie or are nothing at all are told, and nothing is left lying about.
#[test]
fn bad_input_is_told_and_what_could_not_run_is_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let broken = [
        file("a.pdf", b"%PDF-1.7\nbreaks off"),
        file("b.json", b"{\"document_id\": \"1.2"),
        file("c.json", b"{\"a\": {\"b\": [[[[["),
        file("d.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'><p>"),
        file("e.json", &[b"{\"x\":".repeat(5_000), b"1".to_vec()].concat()),
    ];
    let names: Vec<&str> = broken.iter().map(String::as_str).collect();
    let (code, told) = checked(&names);
    let items = told["checked"].as_array().unwrap();
    assert_eq!(code, 1);
    assert!(items.iter().all(|item| item["sound"] == false), "{told:#}");

    let notes = file("notes.txt", b"Hei");
    let runs =
        |arguments: &[&str]| varanto(&[&["check"], arguments].concat()).status.code().unwrap();
    assert_eq!(runs(&[&notes]), 2);
    assert_eq!(runs(&[&notes, names[0]]), 1);
    assert_eq!(runs(&["/nowhere/at.all"]), 2);
    assert_eq!(runs(&[names[0], "--pdfa", "9z"]), 2);
    assert_eq!(runs(&[names[0], "--at", "yesterday"]), 2);
    assert_eq!(runs(&[names[0], "--structures", "/nowhere"]), 2);
    assert_eq!(runs(&[names[0], "--structures", folder.path().to_str().unwrap()]), 2);
    assert_eq!(runs(&[]), 2);
    let help = varanto(&["check", "--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    for word in ["--pdfa", "--structures", "--anchors", "--at", "Exit codes", "Examples"] {
        assert!(help.contains(word), "{word}");
    }
}

fn message(name: &str) -> Option<PathBuf> {
    let folder = Path::new(PDFA).with_file_name("national-messages");
    if !folder.exists() {
        println!("skipped: national messages missing");
        return None;
    }
    Some(folder.join(name))
}

/// ARC-1, ARC-6: a folder of frames and documents is checked message by message, each document with the
/// frame that names it; what the real messages are odd in is told as remarks, and that two of the documents
/// were indented after they had been signed is their fault.
#[test]
fn real_national_messages_are_checked_with_their_frames() {
    let Some(folder) = message("") else { return };
    let (code, told) = checked(&["--at", "2026-07-18", folder.to_str().unwrap()]);
    let items = told["checked"].as_array().unwrap();
    for item in items {
        assert_eq!(item["what"], "message", "{item:#}");
        let as_signed = item["files"].to_string().contains("-as-signed");
        assert_eq!(item["sound"], as_signed, "{item:#}");
        for fault in item["faults"].as_array().unwrap() {
            assert_eq!(
                (&fault["code"], &fault["stage"]),
                (&"signature-broken".into(), &"signature".into())
            );
        }
        let remarks = item["remarks"].as_array().unwrap();
        assert_eq!(remarks.iter().any(|one| one["code"] == "issuer-not-trusted"), as_signed);
    }
    assert_eq!((code, items.len()), (1, 4), "{told:#}");
}

/// ARC-6: with anchors, an issuer that is not among them is a fault, unless told otherwise.
#[test]
fn the_signers_of_a_message_are_held_against_the_anchors() {
    let (Some(frame), Some(document)) =
        (message("plan-frame.xml"), message("plan-document-as-signed.xml"))
    else {
        return;
    };
    let anchors = tempfile::tempdir().unwrap();
    let at = |text: &str| varanto_domain::time::Instant::parse(text).unwrap();
    let good = (at("2025-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    let authority = varanto_kit::signers::SigningAuthority::make("Certs", good).unwrap();
    std::fs::write(anchors.path().join("root.pem"), authority.root_pem()).unwrap();
    let lists = authority.revocation_lists(&[], good.0, good.1).unwrap();
    std::fs::write(anchors.path().join("root.crl"), &lists[1]).unwrap();
    let names = [frame, document, anchors.path().to_path_buf()].map(|p| p.display().to_string());
    let [frame, document, anchors] = names.each_ref().map(String::as_str);
    let codes = |more: &[&str]| {
        let (code, told) = checked(&[&["--at", "2026-03-24", frame, document], more].concat());
        let faults = told["checked"][0]["faults"].as_array().unwrap().clone();
        let faults = faults.iter().map(|fault| fault["code"].as_str().unwrap().to_owned());
        (code, faults.collect::<Vec<_>>())
    };
    let refused = vec!["issuer-not-trusted".to_owned(); 2];
    assert_eq!(codes(&[]), (0, Vec::new()));
    assert_eq!(codes(&["--anchors", anchors]), (1, refused.clone()));
    assert_eq!(codes(&["--signatures", "refuse"]), (1, refused));
    assert_eq!(codes(&["--anchors", anchors, "--signatures", "warn"]), (0, Vec::new()));
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().display().to_string();
    let runs = varanto(&["check", frame, "--anchors", &empty]).status.code();
    assert_eq!(runs, Some(2));
}

/// ARC-2: what is wrong in a message is told with its stage and its place in the message.
#[test]
fn a_faulty_national_message_is_told_with_stage_and_place() {
    let (Some(frame), Some(document)) =
        (message("plan-frame.xml"), message("plan-document-as-signed.xml"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let frame = std::fs::read_to_string(frame).unwrap();
    let document = std::fs::read_to_string(document).unwrap();
    std::fs::write(path("frame.xml"), &frame).unwrap();
    let id = frame.split("<id root=\"").find(|part| document.contains(&part[..20])).unwrap();
    let id = id.split('"').next().unwrap();
    let changed = document.replace(id, "1.2.246.10.99999999.95.1");
    assert_ne!(changed, document);
    std::fs::write(path("document.xml"), &changed).unwrap();
    let (code, told) = checked(&["--at", "2026-07-18", &path("frame.xml"), &path("document.xml")]);
    let item = &told["checked"][0];
    assert_eq!((code, &item["what"]), (1, &Value::from("message")), "{told:#}");
    let faults = item["faults"].as_array().unwrap();
    let differs = faults.iter().find(|fault| fault["code"] == "disagreement").unwrap();
    assert_eq!(differs["stage"], "frame", "{differs:#}");
    assert!(differs["path"].as_str().unwrap().contains("controlActProcess"), "{differs:#}");

    std::fs::write(path("alone.xml"), &document).unwrap();
    let (code, told) = checked(&["--at", "2026-07-18", &path("alone.xml")]);
    let item = &told["checked"][0];
    assert_eq!((code, &item["what"]), (0, &Value::from("document")), "{told:#}");
    assert_eq!(item["not_checked"][0], "frame");
    let (code, told) = checked(&["--at", "2026-07-18", &path("frame.xml")]);
    let item = &told["checked"][0];
    assert_eq!((code, codes(item)), (1, vec!["missing-element"]), "{told:#}");
    std::fs::write(path("broken.xml"), &document[..document.len() / 2]).unwrap();
    let (code, told) = checked(&[&path("broken.xml")]);
    assert_eq!((code, codes(&told["checked"][0])), (1, vec!["not-xml"]), "{told:#}");
}
