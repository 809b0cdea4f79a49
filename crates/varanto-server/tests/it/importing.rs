//! `varanto import` against open doors: rehearsed, run, killed, reconciled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_formats::signature::{FileKey, Signing, jws};
use varanto_kit::county::Event;
use varanto_kit::deliveries::{self, Said, SourceSystem};
use varanto_server::clock::MachineClock;

use crate::house::{House, form};

/// A delivery beside a house, and what the program is started with.
pub(crate) struct Batch {
    pub(crate) house: House,
    home: tempfile::TempDir,
    /// What the source knows of each row.
    pub(crate) said: Vec<Said>,
}

impl Batch {
    async fn new(system: SourceSystem, documents: u32) -> Self {
        Self::with(system, documents, deliveries::FAULTY).await
    }

    /// A delivery of which so many of a thousand documents have a fault.
    pub(crate) async fn with(system: SourceSystem, documents: u32, faulty: u32) -> Self {
        let home = tempfile::tempdir().unwrap();
        let house = House::with_batches(home.path().join("batches"));
        let mut door = house.system().connect().await.unwrap();
        for event in house.county.events() {
            let Event::Archive(made) = event else { continue };
            if made.group == DocumentGroup::Relationship && made.sender == house.organisation() {
                door.post_form("/api/v1/documents", form(&made)).await.unwrap();
            }
        }
        let delivered =
            deliveries::write(system, &house.county, 3, documents, faulty, home.path()).unwrap();
        let issued = house.issue(&house.organisation(), -1, 30);
        for (name, text) in [
            ("ca.pem", &house.ca),
            ("system.pem", &issued.certificate_pem),
            ("system.key", &issued.key_pem),
        ] {
            std::fs::write(home.path().join(name), text).unwrap();
        }
        std::fs::create_dir(home.path().join("anchors")).unwrap();
        std::fs::write(home.path().join("anchors/ca.pem"), &house.ca).unwrap();
        Self { house, home, said: delivered.said }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn command(&self, what: &str) -> Command {
        let zip = self.path("delivery.zip");
        let delivery = if zip.exists() { zip } else { self.path("delivery") };
        let mut command = Command::new(env!("CARGO_BIN_EXE_varanto"));
        command.env_remove("VARANTO_CONFIG").env("LANG", "en_GB.UTF-8");
        command.args(["import", what, "--json"]).arg(delivery);
        command.arg("--mapping").arg(self.path("mapping.toml"));
        command.arg("--batch").arg(self.path("batches/eka"));
        if !matches!(what, "rehearse" | "show") {
            let port = self.house.address.port();
            command.arg("--to").arg(format!("https://localhost:{port}"));
            for (option, file) in [
                ("--authority", "ca.pem"),
                ("--certificate", "system.pem"),
                ("--key", "system.key"),
            ] {
                command.arg(option).arg(self.path(file));
            }
        }
        if matches!(what, "run" | "reconcile") {
            command.arg("--signing-certificate").arg(self.path("system.pem"));
            command.arg("--signing-key").arg(self.path("system.key"));
        }
        if what == "run" {
            command.arg("--leave-open");
        }
        command
    }

    /// Does something to its end. Where the source names no active relationships, a rehearsal is followed by looking them up in
    /// the archive, and by another one.
    pub(crate) fn done(&self, what: &str) -> Value {
        let mapping = std::fs::read_to_string(self.path("mapping.toml")).unwrap();
        if what == "rehearse" && !mapping.contains("relationship_id = ") {
            json(&self.command(what).output().unwrap());
            let told = json(&self.command("relationships").output().unwrap());
            assert!(told["none"] == 0 && told["several"] == 0, "{told}");
        }
        let mut command = self.command(what);
        if what == "reconcile" {
            command.arg("--out").arg(self.path("report.jsonl"));
        }
        json(&command.output().unwrap())
    }
}

/// What a command answered, whether or not something is left to be done.
fn json(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)) && !output.stdout.is_empty(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn verify(report: &Path, anchors: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varanto"));
    command.args(["import", "verify", "--json"]).arg(report).arg("--anchors").arg(anchors);
    command.output().unwrap()
}

/// A signature over a report as it is, with a certificate of somebody's authority.
fn signed_by(house: &House, report: &Path) -> String {
    let issued = house.issue(&house.organisation(), -1, 30);
    let key = FileKey::read(issued.key_pem.as_bytes(), issued.certificate_pem.as_bytes()).unwrap();
    let signing = Signing { key: &key, kind: SignerKind::System, at: MachineClock.now() };
    let digest = digest(&SHA256, &std::fs::read(report).unwrap());
    jws::sign(&format!("varanto-reconciliation/1\n{digest:?}\n"), &signing).unwrap()
}

/// A document as the archive gives it: its metadata and parts by name.
type Parts = BTreeMap<String, Vec<u8>>;

/// Everything that a report says is archived, by document; but for signatures, which are of their moment. Each row's document is
/// of the client, task, type and day that the source knows.
async fn archived(batch: &Batch) -> BTreeMap<String, Parts> {
    let report = std::fs::read_to_string(batch.path("report.jsonl")).unwrap();
    let mut line = batch.house.system().connect().await.unwrap();
    let mut found = BTreeMap::new();
    let entries = report.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    for entry in entries.filter(|entry| entry["outcome"] == "archived") {
        let document = entry["document"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/documents/{document}/content?reason=supervision");
        let whole = line.get_with(&path, &[("accept", "multipart/form-data")]).await.unwrap();
        let parts =
            varanto_formats::multipart::parts(whole.header("content-type"), &whole.body).unwrap();
        let parts = parts.into_iter().filter(|part| part.name != "signature");
        let parts: Parts =
            parts.map(|part| (part.name, whole.body[part.content].to_vec())).collect();
        if let Some(row) = entry["row"].as_u64() {
            let said = batch.said.iter().find(|said| said.place == row).unwrap();
            let metadata: Value = serde_json::from_slice(&parts["metadata"]).unwrap();
            let written = Instant::parse(metadata["written_at"].as_str().unwrap()).unwrap();
            let of = ["service_task", "general_type"].map(|name| metadata[name].as_str().unwrap());
            assert_eq!(metadata["client"]["identity_code"], said.code, "{metadata}");
            assert_eq!(of, [said.task, said.general_type], "{metadata}");
            assert_eq!(FinnishDay::of(written), said.written, "{metadata}");
        }
        found.insert(document, parts);
    }
    found
}

/// A run that would leave rows for another batch asks for a word, and tells how many there are.
fn asks_for_a_word(batch: &Batch, faulty: u64) {
    for (language, told) in [
        ("en", format!("{faulty} rows are faulty, and stay open. ")),
        ("fi", format!("{faulty} rivissä on virheitä")),
        ("sv", format!("{faulty} rader är felaktiga")),
    ] {
        let (mut command, meant) =
            (Command::new(env!("CARGO_BIN_EXE_varanto")), batch.command("run"));
        command
            .env("LANG", "en_GB.UTF-8")
            .args(meant.get_args().filter(|one| *one != "--leave-open"));
        let asked = command.args(["--language", language]).output().unwrap();
        let words = String::from_utf8_lossy(&asked.stderr).into_owned();
        assert_eq!(asked.status.code(), Some(1), "{words}");
        assert!(words.contains(&told) && words.contains("--leave-open"), "{words}");
        assert!(!words.contains("import."), "{words}");
    }
}

/// OLD-9: killed twenty times in the middle, a run archives the same as one that is not, to the byte: everything that is sound,
/// with its cases and relationships, once. The report of it is signed, and holds by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_twenty_times_archives_everything_once() {
    let batch = Batch::new(SourceSystem::Kaisla, 260).await;
    let before = batch.house.versions();
    let rehearsed = batch.done("rehearse");
    let sound = rehearsed["states"]["sound"].as_u64().unwrap();
    assert!(sound > 200 && rehearsed["states"]["faulty"].as_u64().unwrap() > 0, "{rehearsed}");
    let hung_on: u64 = rehearsed["made_of_it"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["cases"].as_u64().unwrap() + line["old_relationships"].as_u64().unwrap())
        .sum();
    asks_for_a_word(&batch, rehearsed["states"]["faulty"].as_u64().unwrap());
    assert_eq!(batch.house.versions(), before, "nothing is archived");
    let mut chance = 12345u64;
    for _ in 0..20 {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut command = batch.command("run");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + (chance >> 33) % 240));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let done = batch.done("run");
    assert_eq!(done["refused"], 0, "{done}");
    assert_eq!(batch.house.versions() - before, sound + hung_on);
    let again = batch.done("run");
    assert_eq!((again["archived"].as_u64(), again["refused"].as_u64()), (Some(0), Some(0)));

    let sum = batch.done("reconcile");
    assert_eq!(sum["archived"].as_u64(), Some(sound), "{sum}");
    assert_eq!(sum["source_may_be_destroyed"], false, "faults are open");
    let unkilled = Batch::new(SourceSystem::Kaisla, 260).await;
    unkilled.done("rehearse");
    assert_eq!(unkilled.done("run")["archived"], sound);
    assert_eq!(unkilled.done("reconcile"), sum);
    let (killed, unkilled) = (archived(&batch).await, archived(&unkilled).await);
    assert_eq!(killed.len() as u64, sound + hung_on);
    let differ = killed.iter().find(|(document, parts)| unkilled.get(*document) != Some(parts));
    assert!(differ.is_none() && unkilled.len() == killed.len(), "{:?}", differ.map(|one| one.0));
    let (report, anchors) = (batch.path("report.jsonl"), batch.path("anchors"));
    let verified = json(&verify(&report, &anchors));
    assert_eq!((&verified["sum"], &verified["signer"]), (&sum, &Value::from("demo")));
    // One that is broken off leaves the report that is there, with its signature.
    let mut command = batch.command("reconcile");
    let mut child = command.args(["--most", "20", "--out"]).arg(&report).spawn().unwrap();
    let unfinished = batch.path("report.jsonl.part");
    while !unfinished.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(json(&verify(&report, &anchors)), verified);
    let lines = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let before = lines(&std::fs::read_to_string(&report).unwrap());
    let (signature, next) = (batch.path("report.jsonl.jws"), batch.path("report.jsonl.jws.next"));
    let of_before = std::fs::read(&signature).unwrap();
    let mut command = batch.command("reconcile");
    command.args(["--at-once", "1", "--out"]).arg(&report);
    assert_eq!(json(&command.output().unwrap()), sum);
    assert_eq!(lines(&std::fs::read_to_string(&report).unwrap()), before);
    assert!(!unfinished.exists() && !next.exists());
    let verified = json(&verify(&report, &anchors));
    // Killed when the report was in its place and the signature not yet: the report holds, and the next one ends it.
    std::fs::rename(&signature, &next).unwrap();
    std::fs::write(&signature, of_before).unwrap();
    assert_eq!(json(&verify(&report, &anchors)), verified);
    // Killed before: the signature of a report that never came is none of the one that is there.
    let own = std::fs::read(&next).unwrap();
    std::fs::copy(&signature, &next).unwrap();
    std::fs::write(&signature, own).unwrap();
    assert_eq!(json(&verify(&report, &anchors)), verified);
    batch.done("reconcile");
    assert!(!next.exists());
    json(&verify(&report, &anchors));
    let told = |anchors: &Path| {
        let output = verify(&report, anchors);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // Of another authority's certificates nobody knows who signed.
    let (stranger, others) = (House::open(), batch.path("others"));
    std::fs::create_dir(&others).unwrap();
    std::fs::write(others.join("ca.pem"), &stranger.ca).unwrap();
    assert!(told(&others).contains("issuer-not-among-the-anchors"));
    // What is signed anew with a certificate that nobody vouches for does not hold, whatever it is of.
    let signed = std::fs::read(&signature).unwrap();
    std::fs::write(&signature, signed_by(&stranger, &report)).unwrap();
    assert!(told(&anchors).contains("issuer-not-among-the-anchors"));
    std::fs::write(&signature, signed).unwrap();
    json(&verify(&report, &anchors));
    // One letter changed, and it is another report than the signed one.
    let text = std::fs::read_to_string(&report).unwrap();
    std::fs::write(&report, text.replacen("\"row\":1,", "\"row\":0,", 1)).unwrap();
    assert!(!verify(&report, &anchors).status.success());
}

/// What a command told, on both of its outputs.
fn words(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].map(|one| String::from_utf8(one).unwrap());
    told.join("\n")
}

/// Words that stand in what these commands tell in English, and in no other language.
const ENGLISH: [&str; 13] = [
    " the ",
    " rows",
    " row ",
    "documents",
    " archived",
    " faulty",
    "left out",
    " second",
    "checking",
    " holds",
    "The ",
    " is ",
    " of ",
];

/// OLD-9: whoever asks for an answer in Swedish or Finnish gets no half of it in English, from the rehearsal to the undo; and
/// the estimate stands in what machines get, too.
#[tokio::test(flavor = "multi_thread")]
async fn the_commands_answer_in_the_language_that_is_asked_for() {
    let batch = Batch::with(SourceSystem::Portti, 60, 150).await;
    let rehearsed = batch.done("rehearse");
    assert!(rehearsed["estimate"]["bytes"].as_u64() > Some(0), "{rehearsed}");
    assert!(rehearsed["lists"]["faults"].as_str().unwrap().ends_with("faults.csv"), "{rehearsed}");
    let (report, anchors) = (batch.path("report.jsonl"), batch.path("anchors"));
    let said = |what: &str, language: &str| {
        let mut typed = batch.command(what);
        match what {
            "reconcile" => typed.arg("--out").arg(&report),
            "show" => typed.args(["--row", "3"]),
            _ => &mut typed,
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_varanto"));
        command.env_remove("VARANTO_CONFIG").env("LANG", "en_GB.UTF-8");
        command.args(["import", what, "--language", language]);
        match what {
            "status" | "confirm" => command.arg("--batch").arg(batch.path("batches/eka")),
            "verify" => command.arg(&report).arg("--anchors").arg(&anchors),
            "add-up" => command.arg(&report),
            _ => command.args(typed.get_args().skip(2).filter(|word| *word != "--json")),
        };
        words(&mut command)
    };
    for (what, swedish, finnish) in [
        ("rehearse", "felaktiga", "virheellistä"),
        ("status", "väntar där på komplettering", "odottaa siellä täydentämistä"),
        ("show", "omvandling", "muunnos"),
        ("run", "arkiverade", "Arkistoitu"),
        ("reconcile", "Källan får INTE förstöras ännu.", "Lähdettä EI saa vielä hävittää."),
        ("verify", "Den är undertecknad av demo.", "Sen on allekirjoittanut demo."),
        (
            "add-up",
            "1 rapport som håller",
            "Pitää paikkansa, allekirjoituksia ei tarkastettu: 1 raportti.",
        ),
        ("undo", "har ogiltigförklarats", "mitätöity"),
    ] {
        for (language, expected) in [("sv", swedish), ("fi", finnish)] {
            let told = said(what, language);
            assert!(told.contains(expected), "{what} {language}: {told}");
            let english = ENGLISH.iter().find(|word| told.contains(**word));
            assert!(english.is_none(), "{what} {language} {english:?}: {told}");
        }
    }
    assert!(said("confirm", "en").contains("undo"), "an undone batch is not confirmed");
}

/// OLD-9: a mapping that does not fit, a batch that was not rehearsed, and a door that is closed are told in words, and
/// nothing is archived.
#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_batch_from_going_on_is_told() {
    let batch = Batch::new(SourceSystem::Aamu, 120).await;
    let told = |command: &mut Command| {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(told(&mut batch.command("run")).contains("not rehearsed yet"));
    let in_finnish = told(batch.command("run").args(["--language", "fi"]));
    assert!(in_finnish.contains("toimitusta ei ole vielä harjoiteltu"), "{in_finnish}");
    let mapping = std::fs::read_to_string(batch.path("mapping.toml")).unwrap();
    std::fs::write(batch.path("mapping.toml"), mapping.replace("\"LAJI\"", "\"LAATU\"")).unwrap();
    assert!(told(&mut batch.command("rehearse")).contains("LAATU"));
    let in_swedish = told(batch.command("rehearse").args(["--language", "sv"]));
    assert!(in_swedish.contains("general_type: det finns ingen kolumn"), "{in_swedish}");
    std::fs::write(batch.path("mapping.toml"), mapping.replace("node", "noode")).unwrap();
    assert!(told(&mut batch.command("rehearse")).contains("noode"));
    std::fs::write(batch.path("mapping.toml"), mapping).unwrap();
    batch.done("rehearse");
    let mut elsewhere = batch.command("run");
    elsewhere.args(["--most", "1000"]);
    std::fs::write(batch.path("ca.pem"), "no certificate").unwrap();
    assert!(!told(&mut elsewhere).is_empty());
    // What is shown of a row is of the batch that was rehearsed, and of nothing else.
    let show = || {
        let mut show = batch.command("show");
        show.args(["--row", "2"]);
        show
    };
    assert!(show().output().unwrap().status.success());
    let mapping = std::fs::read_to_string(batch.path("mapping.toml")).unwrap();
    std::fs::write(batch.path("mapping.toml"), format!("# another\n{mapping}")).unwrap();
    assert!(
        told(&mut show()).contains("the mapping file is another than the one that was rehearsed")
    );
    std::fs::write(batch.path("mapping.toml"), mapping).unwrap();
    let new = batch.path("delivery/UUSI.PDF");
    std::fs::write(&new, "x").unwrap();
    assert!(told(&mut show()).contains("the delivery is another than the one that was rehearsed"));
    std::fs::remove_file(new).unwrap();
    // Rows with faults are left to be mended, and the exit code says so.
    assert_eq!(batch.command("rehearse").output().unwrap().status.code(), Some(1));
}
