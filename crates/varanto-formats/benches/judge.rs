//! How long the judgement of a PDF/A file takes.
//!
//! `cargo bench -p varanto-formats --bench judge -- FOLDER…` judges up to 200 files of each folder (and of the folders in
//! it) several times over, and prints the middle and the mean of the fastest time of each file.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use varanto_formats::pdf;

/// As in the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The most files taken from one folder.
const FILES: usize = 200;
/// How many times each file is judged.
const ROUNDS: u32 = 20;

fn main() {
    // What starts with a dash is from cargo.
    let folders = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    for folder in folders {
        let mut paths = Vec::new();
        collect(Path::new(&folder), &mut paths);
        paths.sort();
        let step = paths.len().div_ceil(FILES).max(1);
        let files = paths.iter().step_by(step).filter_map(|path| std::fs::read(path).ok());
        let files: Vec<Vec<u8>> = files.collect();
        let bytes: usize = files.iter().map(Vec::len).sum();
        let mut times: Vec<Duration> = files.iter().map(|file| fastest(file)).collect();
        times.sort();
        let Some(middle) = times.get(times.len() / 2) else { continue };
        let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(1);
        println!(
            "{folder}: {} files of {} bytes on average, middle {middle:.1?}, mean {mean:.1?}",
            times.len(),
            bytes / times.len(),
        );
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("pdf")) {
            paths.push(path);
        }
    }
}

fn fastest(file: &[u8]) -> Duration {
    let once = |_| {
        let began = Instant::now();
        black_box(pdf::judge(black_box(file), None));
        began.elapsed()
    };
    (0..ROUNDS).map(once).min().unwrap_or_default()
}
