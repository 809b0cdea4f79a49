//! Power cuts, simulated from what the archive asks of the disk (OPS-2).
//!
//! A process archives while its system calls are traced. From the trace every state is known in which a cut
//! could leave the disk: what was flushed is there, and of what was written since, any part, in any order,
//! down to single sectors. States are drawn, opened, verified and held against what had been acknowledged
//! by then. A disk that lies about flushing may lose what was acknowledged; then that must be told.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use varanto_app::verify::{Held, verify_receipt};
use varanto_domain::access::Purpose;
use varanto_formats::receipts;
use varanto_formats::synthetic::Draw;

use crate::crash::{archive_a_client, digest_of, is_there};
use crate::world::{World, client, copy, long, oid, on_server};

const FOLDER: &str = "VARANTO_TEST_POWER_CUT_FOLDER";
/// A disk writes so many bytes at once, or none of them.
const SECTOR: usize = 512;

/// Archives some clients' documents from three threads. Runs as a process of its own, traced.
#[test]
#[ignore = "runs as a process of its own, in the next tests"]
fn archives_some_clients() {
    if on_server() {
        return;
    }
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let world = World::beside(Path::new(&folder), 1_000_000);
    std::thread::scope(|threads| {
        for thread in 0..3 {
            let world = &world;
            threads.spawn(move || {
                for number in 0..4 {
                    archive_a_client(world, 100 * thread + number);
                }
            });
        }
    });
    world.app.close();
}

/// One thing that the process did, in the order in which it did them.
enum Event {
    /// Bytes were handed to the system, to be written in a file.
    Write(String, usize, Vec<u8>),
    /// A file was cut, or made longer.
    Resize(String, usize),
    /// A file was flushed.
    Flush(String),
    /// A document was acknowledged.
    Told(String),
}

/// The process that archives in a copy of the prepared world, under strace. `None` where nothing can be traced.
fn under_strace(folder: &Path, words: &[&str]) -> Option<Output> {
    if !may_trace() {
        return None;
    }
    copy(World::prepared(), folder);
    let mut command = Command::new("strace");
    let output = command
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(folder.join("trace"))
        .args(words)
        .arg(std::env::current_exe().unwrap())
        .args(["power_cut::archives_some_clients", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .output();
    Some(output.expect("strace started a moment ago"))
}

/// Whether there is strace, and it may trace here.
fn may_trace() -> bool {
    let probe = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let may = probe.is_ok_and(|output| output.status.success());
    if !may {
        println!("skipped: strace is missing, or may not trace here");
    }
    may
}

/// What the process did, in order. `None` where nothing can be traced.
fn traced(folder: &Path) -> Option<Vec<Event>> {
    const CALLS: &str = "trace=pwrite64,write,fdatasync,fsync,ftruncate";
    let output = under_strace(folder, &["-y", "-xx", "-s", "100000", "-e", CALLS])?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let trace = folder.join("trace");
    let text = fs::read_to_string(&trace).unwrap();
    let mut unfinished = BTreeMap::new();
    let events: Vec<Event> =
        text.lines().filter_map(|line| event(folder, line, &mut unfinished)).collect();
    let count = |which: fn(&Event) -> bool| events.iter().filter(|one| which(one)).count();
    assert!(
        count(|event| matches!(event, Event::Told(_))) > 60,
        "the trace tells of the archiving"
    );
    assert!(count(|event| matches!(event, Event::Flush(_))) > 10);
    Some(events)
}

/// One line of the trace: a call counts as asked when it begins, and a flush as done when it has ended.
fn event<'l>(
    folder: &Path,
    line: &'l str,
    unfinished: &mut BTreeMap<&'l str, &'l str>,
) -> Option<Event> {
    let (thread, rest) = line.split_once(' ')?;
    let rest = rest.trim_start();
    let (call, ended) = match rest.strip_suffix("<unfinished ...>") {
        Some(begun) => {
            unfinished.insert(thread, begun);
            (begun, false)
        }
        None if rest.starts_with("<... ") => {
            // What was asked stands where it began; only of a flush it counts that it ended.
            let begun = unfinished.remove(thread)?;
            if !begun.starts_with('f') || begun.starts_with("ftruncate") {
                return None;
            }
            (begun, rest.ends_with("= 0"))
        }
        None => (rest, rest.ends_with("= 0")),
    };
    let (name, arguments) = call.split_once('(')?;
    let (file, arguments) = arguments.split_once('<')?.1.split_once('>')?;
    let file = String::from_utf8(unhex(file)).ok()?;
    let bytes = || unhex(arguments.split('"').nth(1).unwrap_or_default());
    if name == "write" {
        let text = String::from_utf8_lossy(&bytes()).into_owned();
        return text.split_once("ACK ").map(|(_, told)| Event::Told(told.trim_end().to_owned()));
    }
    if Path::new(&file).is_dir() {
        return None;
    }
    let file = Path::new(&file).strip_prefix(folder).ok()?.to_str()?.to_owned();
    let last = || -> Option<usize> {
        let numbers = arguments.split(')').next()?;
        numbers.rsplit(',').next()?.trim().parse().ok()
    };
    match name {
        "pwrite64" => Some(Event::Write(file, last()?, bytes())),
        "ftruncate" => Some(Event::Resize(file, last()?)),
        "fdatasync" | "fsync" if ended => Some(Event::Flush(file)),
        _ => None,
    }
}

/// `\x41\x42` as bytes.
fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).filter_map(|two| u8::from_str_radix(two, 16).ok()).collect()
}

/// A file on a disk with a cache.
struct Cached {
    flushed: Vec<u8>,
    /// What came since, in order.
    since: Vec<Asked>,
}

/// What was asked of a file: bytes at a place, or a new length.
struct Asked {
    /// The place of the event.
    event: usize,
    at: usize,
    part: Option<Vec<u8>>,
}

/// What a cut leaves of what was not flushed.
#[derive(Clone, Copy)]
enum Manner {
    /// What came before an event, over all files: a disk that keeps the order.
    Before(usize),
    /// Of each thing all, nothing, or some sectors.
    Any,
}

impl Cached {
    fn apply(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
        if bytes.len() < at + part.len() {
            bytes.resize(at + part.len(), 0);
        }
        bytes[at..at + part.len()].copy_from_slice(part);
    }

    fn flush(&mut self) {
        self.flushed = self.left(|_| true);
        self.since.clear();
    }

    /// The file when of what came since these things were done, whole.
    fn left(&self, done: impl Fn(&Asked) -> bool) -> Vec<u8> {
        let mut bytes = self.flushed.clone();
        for asked in self.since.iter().filter(|asked| done(asked)) {
            match &asked.part {
                Some(part) => Self::apply(&mut bytes, asked.at, part),
                None => bytes.resize(asked.at, 0),
            }
        }
        bytes
    }

    fn cut(&self, manner: Manner, draw: &mut Draw) -> Vec<u8> {
        if let Manner::Before(event) = manner {
            return self.left(|asked| asked.event < event);
        }
        let mut bytes = self.flushed.clone();
        for Asked { at, part, .. } in &self.since {
            match (draw.below(3), part) {
                (0, _) => {}
                (1, Some(part)) => {
                    for (place, sector) in part.chunks(SECTOR).enumerate() {
                        if draw.below(2) == 0 {
                            Self::apply(&mut bytes, at + place * SECTOR, sector);
                        }
                    }
                }
                (_, Some(part)) => Self::apply(&mut bytes, *at, part),
                (_, None) => bytes.resize(*at, 0),
            }
        }
        bytes
    }
}

/// The disk after each of the events, handed to `look` with what had been acknowledged by then. A disk that
/// lies answers a flush and does nothing.
fn disks(
    events: &[Event],
    lies: bool,
    mut look: impl FnMut(usize, &BTreeMap<String, Cached>, &[&str]),
) {
    let mut disk: BTreeMap<String, Cached> = BTreeMap::new();
    let mut acknowledged = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let mut ask = |file: &str, at: usize, part: Option<Vec<u8>>| {
            cached(&mut disk, file).since.push(Asked { event: place, at, part });
        };
        match event {
            Event::Write(file, at, bytes) => ask(file, *at, Some(bytes.clone())),
            Event::Resize(file, bytes) => ask(file, *bytes, None),
            Event::Flush(file) if !lies => cached(&mut disk, file).flush(),
            Event::Flush(_) => {}
            Event::Told(line) => acknowledged.push(line.as_str()),
        }
        look(place, &disk, &acknowledged);
    }
}

fn cached<'d>(disk: &'d mut BTreeMap<String, Cached>, file: &str) -> &'d mut Cached {
    disk.entry(file.to_owned()).or_insert_with(|| Cached {
        flushed: fs::read(World::prepared().join(file)).unwrap_or_default(),
        since: Vec::new(),
    })
}

/// A data folder as the cut left it.
fn left_behind(
    disk: &BTreeMap<String, Cached>,
    manner: Manner,
    draw: &mut Draw,
) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(World::prepared(), folder.path());
    for (file, cached) in disk {
        // What the readers share in memory is made anew by the first to open.
        if !file.ends_with("-shm") {
            fs::write(folder.path().join(file), cached.cut(manner, draw)).unwrap();
        }
    }
    folder
}

/// The places of the trace that are looked at: all of them in the long run.
fn is_drawn(place: usize, of: usize, draws: usize) -> bool {
    long() || place.is_multiple_of((of / draws).max(1))
}

/// OPS-2: whenever the power goes, everything acknowledged is there byte for byte with its proof, nothing is
/// half-done, and the archive goes on.
#[test]
fn whatever_was_acknowledged_outlives_a_power_cut() {
    if on_server() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(events) = traced(folder.path()) else { return };
    let mut draw = Draw::new(20_261_126);
    let (mut cuts, mut most) = (0, 0);
    disks(&events, false, |place, disk, acknowledged| {
        if !is_drawn(place, events.len(), 24) {
            return;
        }
        let manner =
            if cuts % 2 == 0 { Manner::Any } else { Manner::Before(draw.below(place + 1)) };
        let folder = left_behind(disk, manner, &mut draw);
        let world = World::beside(folder.path(), 900_000_000);
        let verdict = world.app.verify_store(|_| {}).unwrap();
        assert!(verdict.damage.is_empty(), "cut after {place}: {:?}", verdict.damage);
        for line in acknowledged {
            is_there(&world, line);
        }
        world.open_case(&client(65_000));
        world.app.close();
        cuts += 1;
        most = acknowledged.len();
    });
    println!(
        "{cuts} cuts in {} calls; {most} documents were acknowledged by the last",
        events.len()
    );
    assert!(cuts > 20 && most > 60);
}

/// OPS-2, ARC-15: a disk that says it has flushed and has not may lose what was acknowledged. Then the archive does not
/// open, or verifying tells of damage, or whoever holds the receipt is told that the log has lost it; another
/// content is never shown.
#[test]
fn what_a_lying_disk_lost_is_told() {
    if on_server() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(events) = traced(folder.path()) else { return };
    let mut draw = Draw::new(20_261_127);
    // What is lost while the write-ahead log is folded in harms the database itself: some of those moments, whatever else.
    let folds = |event: &Event| matches!(event, Event::Write(file, ..) if !file.ends_with("-wal"));
    let folding: Vec<usize> = (0..events.len()).filter(|place| folds(&events[*place])).collect();
    let some: Vec<usize> = folding.iter().copied().step_by((folding.len() / 8).max(1)).collect();
    let (mut cuts, mut unopened, mut damaged, mut by_receipt) = (0, 0, 0, 0);
    disks(&events, true, |place, disk, acknowledged| {
        let drawn = is_drawn(place, events.len(), 16) || some.contains(&place);
        if !drawn || acknowledged.is_empty() {
            return;
        }
        cuts += 1;
        let manner =
            if cuts % 2 == 0 { Manner::Any } else { Manner::Before(draw.below(place + 1)) };
        let folder = left_behind(disk, manner, &mut draw);
        let Ok(world) = World::open_beside(folder.path(), 900_000_000) else {
            unopened += 1;
            return;
        };
        let verdict = world.app.verify_store(|_| {});
        let is_damaged = verdict.map_or(true, |verdict| !verdict.damage.is_empty());
        damaged += usize::from(is_damaged);
        let lost = acknowledged.iter().filter(|line| !is_whole(&world, line, is_damaged)).count();
        by_receipt += usize::from(!is_damaged && lost > 0);
    });
    println!(
        "{cuts} cuts: {unopened} did not open, {damaged} damaged, {by_receipt} told by receipts"
    );
    assert!(unopened + damaged > 0 && by_receipt > 0, "both kinds of loss are met");
}

/// Whether an acknowledged document is there as it was. If it is not, and verifying told of no damage, the log must be
/// told to be older than the document's receipt.
fn is_whole(world: &World, line: &str, damage_was_told: bool) -> bool {
    let mut words = line.splitn(3, ' ');
    let (id, digest, receipt) =
        (oid(words.next().unwrap()), words.next().unwrap(), words.next().unwrap());
    let (app, caller) = (&world.app, world.county());
    if let Ok(opened) = app.open_content(&caller, &id, None, Purpose::READ_INVALIDATED) {
        assert_eq!(digest_of(&opened.parts), digest, "another content was shown");
        return true;
    }
    // The log may have grown past the receipt again; then it has another past.
    let told = receipts::read(receipt.as_bytes()).unwrap();
    let holds = app.export_checkpoint(Some(&told)).is_ok_and(|exported| {
        verify_receipt(receipt.as_bytes(), exported.as_bytes(), &Held::default())
            .is_ok_and(|verdict| verdict.faults.is_empty())
    });
    assert!(damage_was_told || !holds, "the loss is not told");
    false
}

/// OPS-2: a disk that answers with errors, in the middle of a flush or of a write, takes back nothing that was acknowledged, and
/// leaves nothing half-done.
#[test]
fn whatever_was_acknowledged_outlives_a_disks_errors() {
    if on_server() {
        return;
    }
    // A commit is one flush and some dozens of writes: which call fails first, and how many go well between.
    let faults = [
        ("fsync,fdatasync:error=EIO", 1, 5),
        ("pwrite64:error=EIO", 13, 200),
        ("pwrite64:error=ENOSPC", 13, 200),
    ];
    let times: &[usize] = if long() { &[1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29] } else { &[11] };
    let runs = faults.iter().flat_map(|fault| times.iter().map(move |time| (fault, time)));
    for ((fault, step, every), time) in runs {
        let when = step * time;
        let folder = tempfile::tempdir().unwrap();
        let inject = format!("inject={fault}:when={when}+{every}");
        let calls = format!("trace={}", fault.split(':').next().unwrap());
        let Some(output) = under_strace(folder.path(), &["-e", &calls, "-e", &inject]) else {
            return;
        };
        let trace = fs::read_to_string(folder.path().join("trace")).unwrap();
        assert!(trace.contains("(INJECTED)"), "{inject}: nothing failed");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let told: Vec<&str> =
            told.lines().filter_map(|line| Some(line.split_once("ACK ")?.1)).collect();
        let world = World::beside(folder.path(), 900_000_000);
        let verdict = world.app.verify_store(|_| {}).unwrap();
        assert!(verdict.damage.is_empty(), "{inject}: {:?}", verdict.damage);
        for line in &told {
            is_there(&world, line);
        }
        world.open_case(&client(65_000));
        assert!(!told.is_empty(), "{inject}: nothing was acknowledged");
        println!("{inject}: {} documents were acknowledged", told.len());
    }
}
