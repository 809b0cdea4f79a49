//! How much memory `varanto import` takes, whatever a delivery holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use varanto_kit::deliveries::SourceSystem;

use crate::importing::Batch;

/// The most that the program may take with these documents, in kilobytes: of so few, one more than have room at once. However
/// many there are, it stays below 500 MB.
const MOST: u64 = 350_000;
/// A page or text of so many bytes is one that the archive takes.
const LARGE: usize = 45_000_000;
const LARGE_TEXT: usize = 40_000_000;

/// What a program answered, and the most memory that it took, in kilobytes.
fn measured(command: &mut Command) -> (Value, u64) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let told = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(told.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(most > 0, "{words}");
    (
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {words}")),
        most,
    )
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("csv")) {
            found.push(path);
        }
    }
}

/// A page that is another one for each number.
fn page(number: usize) -> Vec<u8> {
    let mut page = format!(
        "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>Sivu {number}</title></head><body>"
    );
    let paragraph = format!("<p>{}</p>\n", "Asiakas kertoi kotona selviytymisestä. ".repeat(100));
    while page.len() < LARGE {
        page.push_str(&paragraph);
    }
    page.push_str("</body></html>");
    page.into_bytes()
}

/// A text in code page 850.
fn text(number: usize) -> Vec<u8> {
    let mut text = format!("Kertomus {number}\r\n").into_bytes();
    while text.len() < LARGE_TEXT {
        text.extend_from_slice(b"Asiakas kertoi \x84idist\x84\x84n ja viikon askareista.\r\n");
    }
    text
}

/// OLD-9: with documents as large as the archive takes, as many as there are doors, neither a rehearsal nor a run nor a
/// reconciliation takes more than 500 MB; what is larger than the archive takes is told by its size.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_however_large_the_documents_are() {
    let batch = Batch::with(SourceSystem::Aamu, 14, 0).await;
    batch.done("rehearse");
    let mut large = Vec::new();
    files(&batch.path("delivery"), &mut large);
    large.sort();
    for (at, path) in large.iter().enumerate().take(6) {
        match at {
            0..=3 => fs::write(path, page(at)).unwrap(),
            4 => fs::write(path, text(at)).unwrap(),
            // Nothing stands in it, and nobody reads it.
            _ => fs::File::create(path).unwrap().set_len(3_000_000_000).unwrap(),
        }
    }
    let (told, rehearsed) = measured(&mut batch.command("rehearse"));
    let rows = told["states"]["faulty"].as_u64();
    assert!(rows.is_some_and(|rows| (1..=2).contains(&rows)), "{told}");
    let faults = told["faults"].as_array().unwrap();
    let too_large = faults.iter().find(|fault| fault["code"] == "file-too-large").unwrap();
    assert_eq!(too_large["rows"], 1, "{told}");
    let sound = told["states"]["sound"].as_u64();
    let (told, run) = measured(&mut batch.command("run"));
    assert_eq!((told["archived"].as_u64(), told["refused"].as_u64()), (sound, Some(0)), "{told}");
    let mut reconcile = batch.command("reconcile");
    let (told, reconciled) = measured(reconcile.arg("--out").arg(batch.path("report.jsonl")));
    assert_eq!(told["archived"].as_u64(), sound, "{told}");
    let most = [rehearsed, run, reconciled];
    println!("memory of rehearse, run and reconcile, kB: {most:?}");
    assert!(most.iter().all(|most| *most < MOST), "{most:?}");
}
