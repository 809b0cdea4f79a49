//! Long work on a batch ends in order when it is told to, and is gone on with.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use varanto_kit::deliveries::{self, SourceSystem};
use varanto_kit::http::Multipart;

use crate::importing::Batch;

/// What the program answers when it was ended in order before its end.
const STOPPED: Option<i32> = Some(3);

fn started(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(done.unwrap().success());
}

fn wait_for(child: &mut Child, ready: impl Fn() -> bool) {
    while !ready() {
        if let Some(ended) = child.try_wait().unwrap() {
            let mut told = String::new();
            child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            panic!("it has ended: {ended} {told}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn told(output: &Output) -> Value {
    let words = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {words}"))
}

fn of_batch(what: &str, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varanto"));
    command.env_remove("VARANTO_CONFIG").env("LANG", "en_GB.UTF-8");
    command.args(["import", what, "--json", "--batch"]).arg(folder).output().unwrap()
}

fn state(folder: &Path, name: &str) -> u64 {
    told(&of_batch("status", folder))["states"][name].as_u64().unwrap_or(0)
}

/// OLD-9: Ctrl-C, SIGTERM and `pause` end a run in order: everything that the archive took is noted down, nothing is sent
/// twice, and the command that goes on is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_in_order_and_goes_on() {
    let batch = Batch::with(SourceSystem::Portti, 120, 0).await;
    let folder = batch.path("batches/eka");
    let before = batch.house.versions();
    let sound = batch.done("rehearse")["states"]["sound"].as_u64().unwrap();
    let mut archived = 0;
    for how in ["INT", "TERM", "pause"] {
        let mut child = started(batch.command("run").args(["--most", "15"]));
        wait_for(&mut child, || state(&folder, "archived") > archived);
        // No other one changes what is known of the batch meanwhile.
        if how == "INT" {
            let beside = batch.command("rehearse").output().unwrap();
            let words = String::from_utf8_lossy(&beside.stderr).into_owned();
            assert!(words.contains("another command works in this folder"), "{words}");
            assert_eq!(beside.status.code(), Some(1));
        }
        if how == "pause" {
            let paused = of_batch("pause", &folder);
            assert_eq!((paused.status.code(), &told(&paused)["paused"]), (Some(0), &true.into()));
        } else {
            signal(&child, how);
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), STOPPED, "{how}");
        let told = told(&output);
        let known = state(&folder, "archived");
        assert!(known > archived && known < sound, "{how}: {known}");
        archived = known;
        let expected = (Some(archived), Some(sound - archived));
        assert_eq!((told["archived"].as_u64(), told["left"].as_u64()), expected);
        let go_on = told["go_on"][0].as_str().unwrap();
        assert!(go_on.contains(" import run --json ") && go_on.ends_with("--most 15"), "{go_on}");
        // What the archive has of the batch is what is noted down.
        let made = told["cases_and_relationships"].as_u64().unwrap();
        assert_eq!(batch.house.versions() - before, archived + made, "{how}");
    }
    let nothing = of_batch("pause", &folder);
    assert_eq!((nothing.status.code(), &told(&nothing)["paused"]), (Some(0), &false.into()));
    let done = batch.done("run");
    assert_eq!(
        (done["archived"].as_u64(), done["refused"].as_u64()),
        (Some(sound - archived), Some(0))
    );

    // A reconciliation that is ended leaves the report of before, and nothing else.
    assert_eq!(batch.done("reconcile")["source_may_be_destroyed"], true);
    let report = batch.path("report.jsonl");
    let kept = std::fs::read(&report).unwrap();
    let unfinished = batch.path("report.jsonl.part");
    let mut child =
        started(batch.command("reconcile").args(["--most", "20", "--out"]).arg(&report));
    wait_for(&mut child, || unfinished.exists());
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &told(&output)["stopped"]), (STOPPED, &true.into()));
    assert!(!unfinished.exists());
    assert_eq!(std::fs::read(&report).unwrap(), kept);

    // The report said that the source may be destroyed: an undo asks, ends in order, and goes on.
    let refused = batch.command("undo").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--source-is-there"));
    assert_eq!(state(&folder, "archived"), sound);
    let undo = || {
        let mut undo = batch.command("undo");
        undo.arg("--source-is-there");
        undo
    };
    let mut child = started(&mut undo());
    wait_for(&mut child, || !is_free(&folder));
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), STOPPED, "{}", String::from_utf8_lossy(&output.stderr));
    let undone = told(&output)["undone"].as_u64().unwrap();
    assert!(undone < sound && undone == state(&folder, "undone"), "{undone}");
    let done = told(&undo().output().unwrap());
    assert_eq!((done["undone"].as_u64(), done["left"].as_u64()), (Some(sound), Some(0)), "{done}");
    assert_eq!(
        (&done["all_counted"], &done["later_versions_in_rows"]),
        (&true.into(), &Value::Array(Vec::new()))
    );
}

/// Whether nothing works in a folder.
fn is_free(folder: &Path) -> bool {
    let file = std::fs::OpenOptions::new().write(true).open(folder.join("at-work")).unwrap();
    file.try_lock().is_ok()
}

/// OLD-9, ARC-3: what somebody made of a document of the batch meanwhile stays in force, and whoever undoes the batch is told
/// its row by the command, through the archive's own door; also who undoes it once more.
#[tokio::test(flavor = "multi_thread")]
async fn an_undo_tells_a_later_version_of_somebody() {
    let batch = Batch::with(SourceSystem::Portti, 20, 0).await;
    batch.done("rehearse");
    let archived = batch.done("run")["archived"].as_u64().unwrap();
    let shown = told(&batch.command("show").args(["--row", "3"]).output().unwrap());
    let document = shown["document"].as_str().unwrap();
    let system = batch.house.system();
    let about = format!("/api/v1/documents/{document}");
    let first = system.get(&format!("{about}?reason=supervision")).await.unwrap().json();
    let mut metadata = first["metadata"].clone();
    let later = format!("{document}1");
    metadata["document_id"] = later.as_str().into();
    metadata["version"] = 2.into();
    metadata["replaces"] = serde_json::json!({ "document_id": document, "reason": "4" });
    let text = metadata.to_string();
    let mut form = Multipart::new().part("metadata", "application/json", text.as_bytes());
    for (part, kind) in [("pdf", "application/pdf"), ("view", "application/xhtml+xml")] {
        let path = format!("{about}/content/{part}?reason=supervision");
        let content = system.get(&path).await.unwrap();
        if content.status == 200 {
            form = form.part(part, kind, &content.body);
        }
    }
    let made = system.post_form("/api/v1/documents", form).await.unwrap();
    assert_eq!(made.status, 201, "{}", made.text());
    for _ in 0..2 {
        let done = told(&batch.command("undo").output().unwrap());
        assert_eq!(done["undone"].as_u64(), Some(archived), "{done}");
        assert_eq!(done["later_versions_in_rows"], serde_json::json!([3]), "{done}");
        assert_eq!(done["later_versions_not_told_of_rows"], serde_json::json!([]));
    }
    let path = format!("/api/v1/documents/{later}?reason=supervision");
    assert_eq!(system.get(&path).await.unwrap().json()["state"], "in-force");
}

/// OLD-9: a rehearsal that is ended is none, and the next one is whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_that_is_ended_is_none() {
    let batch = Batch::with(SourceSystem::Kaisla, 400, 0).await;
    let folder = batch.path("batches/eka");
    let mut child = started(&mut batch.command("rehearse"));
    wait_for(&mut child, || folder.join("at-work").exists());
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), STOPPED, "{}", String::from_utf8_lossy(&output.stderr));
    let go_on = &told(&output)["go_on"];
    assert!(go_on[0].as_str().unwrap().starts_with("varanto import rehearse "), "{go_on}");
    assert_eq!(go_on.as_array().unwrap().len(), 1);
    let refused = batch.command("run").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not rehearsed yet"));
    assert_eq!(batch.done("rehearse")["states"]["sound"], 400);
}

/// How many files of a delivery are there in another form.
fn converted(folder: &Path) -> usize {
    let folders = std::fs::read_dir(folder.join("converted")).into_iter().flatten();
    folders.flatten().map(|one| std::fs::read_dir(one.path()).map_or(0, Iterator::count)).sum()
}

/// OLD-9: a rehearsal after one that was ended while it converted finds what one finds that none was before.
#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_that_is_ended_while_it_converts_is_none() {
    let faulty = deliveries::FAULTY;
    let ended = Batch::with(SourceSystem::Aamu, 300, faulty).await;
    let other = Batch::with(SourceSystem::Aamu, 300, faulty).await;
    let folder = ended.path("batches/eka");
    let mut child = started(&mut ended.command("rehearse"));
    wait_for(&mut child, || converted(&folder) > 3);
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), STOPPED, "{}", String::from_utf8_lossy(&output.stderr));
    let before = converted(&folder);
    let (gone_on, at_once) = (ended.done("rehearse"), other.done("rehearse"));
    let after = converted(&folder);
    assert!(before < after, "{before} {after}");
    assert_eq!(after, converted(&other.path("batches/eka")));
    assert_eq!((&gone_on["states"], &gone_on["faults"]), (&at_once["states"], &at_once["faults"]));
    assert!(!gone_on["faults"].as_array().unwrap().is_empty(), "{gone_on}");
}

/// OLD-9: who does not want to wait for an archive that does not answer says so a second time.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_signal_ends_at_once() {
    let batch = Batch::with(SourceSystem::Portti, 20, 0).await;
    batch.done("rehearse");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    let mut command = batch.command("run");
    let words: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let at = words.iter().position(|word| word == "--to").unwrap();
    command = Command::new(env!("CARGO_BIN_EXE_varanto"));
    command.env_remove("VARANTO_CONFIG").args(&words[..=at]).arg(&address).args(&words[at + 2..]);
    let mut child = started(&mut command);
    let (_held, _) = silent.accept().unwrap();
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "what is on its way is waited for");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
