//! A history of what several did at once, while processes are killed and connections cut, held against the model of an
//! archive (OPS-2): what was acknowledged is there, and what was not is there whole or not at all; versions follow one
//! another; a look after an acknowledgement sees it, and no later look sees less; every look is in the use log.
//!
//! A process acts from several threads, and tells when each act begins and what was heard of it; the moments at which it
//! says so are the order of things. It is killed, and another goes on in the same archive. On a database of a server two
//! act at the same time, each on documents of its own, and look at those of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use varanto_app::archive::InvalidationRequest;
use varanto_app::{AppError, StoreError};
use varanto_domain::access::Purpose;
use varanto_domain::access::log::Event;
use varanto_domain::archive::documents::VersionState;
use varanto_formats::synthetic::Draw;

use crate::crash::digest_of;
use crate::world::{Draft, World, ask, client, copy, copy_beside, cut_connections, long, oid};

const FOLDER: &str = "VARANTO_TEST_HISTORY_FOLDER";
const ROUND: &str = "VARANTO_TEST_HISTORY_ROUND";
/// The folder in which those who act at the same time tell each other their documents.
const BESIDE: &str = "VARANTO_TEST_HISTORY_BESIDE";
/// How many threads act in a process, and on how many documents.
const ACTORS: u64 = 6;
const DOCUMENTS: u16 = 5;
/// How much a process tells at least before it is killed.
const LINES: usize = 150;

/// What the process knows of one document: the versions that are not taken back, and the highest number given.
struct Known {
    valid: Vec<Draft>,
    highest: i64,
}

/// An archive in which acts are told, a line when one begins and a line when it ends.
struct Stage {
    world: World,
    next: AtomicU64,
    documents: Vec<(String, Mutex<Known>)>,
    /// The documents of one who acts at the same time.
    of_other: Vec<String>,
}

/// Says something, and when: after what went before it, and before what comes after it.
#[expect(clippy::disallowed_methods, reason = "two processes have no other clock in common")]
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let line = format!("AT {at} {line} .\n");
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).expect("heard");
}

impl Stage {
    fn open(folder: &Path, round: u64, beside: Option<&Path>) -> Self {
        let world = match beside {
            Some(_) => World::together(folder, round * 1_000_000),
            None => World::beside(folder, round * 1_000_000),
        };
        let next = AtomicU64::new(round * 1_000_000);
        let mut stage = Self { world, next, documents: Vec::new(), of_other: Vec::new() };
        for number in 0..DOCUMENTS {
            let person = client(u16::try_from(round).unwrap() * 20 + number);
            let relationship = stage.world.relationship(&person);
            let case = stage.world.case(&person, &relationship.text("relationship_id"));
            let dossier = crate::world::Dossier {
                client: person,
                relationship: relationship.text("relationship_id"),
                case: case.text("case_id"),
                relationship_document: relationship.text("document_id"),
                case_document: case.text("document_id"),
            };
            let note = stage.world.note(&dossier);
            for draft in [&relationship, &case, &note] {
                assert!(stage.put(&draft.text("document_id"), draft), "nobody else acts on it");
            }
            let known = Known { valid: vec![note.clone()], highest: 1 };
            stage.documents.push((note.text("document_id"), Mutex::new(known)));
        }
        if let Some(beside) = beside {
            stage.meet(beside, round);
        }
        stage
    }

    /// Tells its documents to who acts at the same time, in the round beside this one, and waits for theirs.
    fn meet(&mut self, beside: &Path, round: u64) {
        let names: Vec<&str> = self.documents.iter().map(|(name, _)| name.as_str()).collect();
        let file = |round: u64| beside.join(round.to_string());
        let coming = beside.join(format!("coming-{round}"));
        std::fs::write(&coming, names.join("\n")).unwrap();
        std::fs::rename(coming, file(round)).unwrap();
        let until = Instant::now() + Duration::from_secs(40);
        let theirs = loop {
            match std::fs::read_to_string(file(round ^ 1)) {
                Ok(theirs) => break theirs,
                Err(error) => assert!(Instant::now() < until, "the other does not come: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        self.of_other = theirs.lines().map(str::to_owned).collect();
    }

    /// Does one act until something definite is heard. Answers whether it was done.
    fn act(&self, what: &str, act: impl Fn() -> Result<String, AppError>) -> bool {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            say(&format!("BEGIN {number} {what}"));
            let (heard, done) = match act() {
                Ok(seen) => (format!("DONE {seen}"), Some(true)),
                Err(AppError::AlreadyInvalidated(_)) => ("DONE".into(), Some(true)),
                Err(AppError::Store(StoreError::OutcomeUnknown(_))) => ("UNKNOWN".into(), None),
                Err(AppError::Store(
                    StoreError::Unavailable(_) | StoreError::NotCommitted(_) | StoreError::Busy,
                )) => ("REFUSED".into(), None),
                Err(AppError::Store(error)) => panic!("{error}"),
                Err(_) => ("REFUSED".into(), Some(false)),
            };
            say(&format!("END {number} {heard}"));
            match done {
                Some(done) => return done,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    fn put(&self, document: &str, draft: &Draft) -> bool {
        let digest = digest_of(&draft.submission().parts);
        let number = draft.metadata["version"].as_i64().unwrap();
        let what = format!("PUT {document} {} {number} {digest}", draft.text("document_id"));
        self.act(&what, || {
            let sent = self.world.app.archive_document(&self.world.county(), draft.submission());
            sent.map(|_| String::new())
        })
    }

    fn put_next(&self, document: usize) {
        let (name, known) = &self.documents[document];
        let (newest, number) = {
            let known = known.lock().unwrap();
            let Some(newest) = known.valid.last() else { return };
            (newest.clone(), known.highest + 1)
        };
        let next = self.world.next_version(&newest).set("version", number);
        if self.put(name, &next) {
            let mut known = known.lock().unwrap();
            known.highest = known.highest.max(number);
            known.valid.push(next);
            known.valid.sort_by_key(|one| one.metadata["version"].as_i64());
        }
    }

    fn take_back(&self, document: usize) {
        let (name, known) = &self.documents[document];
        let newest = {
            let known = known.lock().unwrap();
            // One version stays, so that there is something to go on from.
            if known.valid.len() < 2 {
                return;
            }
            known.valid.last().unwrap().text("document_id")
        };
        let request = InvalidationRequest { reason: "1".into(), explanation: Some("Virhe".into()) };
        let done = self.act(&format!("OFF {name} {newest}"), || {
            let county = self.world.county();
            let done = self.world.app.invalidate_document(&county, &oid(&newest), &request);
            done.map(|()| String::new())
        });
        if done {
            known.lock().unwrap().valid.retain(|one| one.text("document_id") != newest);
        }
    }

    fn read(&self, document: usize) {
        let (name, known) = &self.documents[document];
        let newest = match known.lock().unwrap().valid.last() {
            Some(newest) => newest.text("document_id"),
            None => return,
        };
        self.read_version(name, &newest);
    }

    fn read_version(&self, name: &str, newest: &str) {
        let county = self.world.county();
        self.act(&format!("READ {name} {newest}"), || {
            let purpose = Purpose::READ_INVALIDATED;
            let opened = self.world.app.open_content(&county, &oid(newest), None, purpose)?;
            Ok(digest_of(&opened.parts))
        });
    }

    fn list(&self, document: usize) {
        self.list_versions(&self.documents[document].0);
    }

    /// Looks at a document of the other, and at a version of it that was seen.
    fn look_at_other(&self, draw: &mut Draw) {
        if self.of_other.is_empty() {
            return;
        }
        let seen = self.list_versions(&self.of_other[draw.below(self.of_other.len())]);
        if let Some((name, version)) = seen {
            self.read_version(&name, &version);
        }
    }

    /// Lists a document's versions; answers it and the last version that was shown.
    fn list_versions(&self, name: &str) -> Option<(String, String)> {
        let county = self.world.county();
        let last = Mutex::new(None);
        self.act(&format!("LIST {name}"), || {
            let purpose = Purpose::READ_INVALIDATED;
            let listed = self.world.app.list_versions(&county, &oid(name), purpose)?;
            let versions = listed.versions.iter().map(|one| {
                let metadata: Value = serde_json::from_str(&one.metadata).unwrap();
                let state = VersionState::ALL.iter().position(|state| *state == one.state).unwrap();
                format!("{}:{}:{state}", one.document, metadata["version"])
            });
            let told = versions.collect::<Vec<_>>().join(",");
            *last.lock().unwrap() = listed.versions.last().map(|one| one.document.to_string());
            Ok(told)
        });
        last.into_inner().unwrap().map(|last| (name.to_owned(), last))
    }
}

/// Acts from several threads until it is killed. Runs as a process of its own.
#[test]
#[ignore = "runs as a process of its own, in the next test"]
fn acts_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let round = std::env::var_os(ROUND).expect("given with the folder").into_string().unwrap();
    let round: u64 = round.parse().unwrap();
    let beside = std::env::var_os(BESIDE).map(PathBuf::from);
    let stage = Stage::open(Path::new(&folder), round, beside.as_deref());
    std::thread::scope(|threads| {
        for actor in 0..ACTORS {
            let stage = &stage;
            threads.spawn(move || {
                let mut draw = Draw::new(round * 100 + actor);
                loop {
                    let document = draw.below(stage.documents.len());
                    if draw.below(3) == 0 {
                        stage.look_at_other(&mut draw);
                    }
                    match draw.below(10) {
                        0..4 => stage.put_next(document),
                        4 => stage.take_back(document),
                        5..8 => stage.read(document),
                        _ => stage.list(document),
                    }
                }
            });
        }
    });
}

/// One act, with its place in the order of things.
#[derive(Debug)]
struct Act {
    words: Vec<String>,
    begun: usize,
    /// None: the process was killed before it heard.
    ended: Option<usize>,
    heard: Heard,
}

#[derive(Debug, PartialEq)]
enum Heard {
    Done(String),
    Refused,
    Nothing,
}

/// One version, of which there may have been several acts.
#[derive(Debug, Default)]
struct Version {
    number: i64,
    digest: String,
    /// When it was first sent, and when it was first acknowledged.
    sent: usize,
    acknowledged: Option<usize>,
    /// Whether nobody knows of one of the acts.
    unknown: bool,
    /// The same of its being taken back.
    off: Option<usize>,
    off_acknowledged: Option<usize>,
}

/// What a list showed.
#[derive(Debug)]
struct Shown {
    begun: usize,
    ended: usize,
    versions: BTreeMap<String, (i64, usize)>,
}

/// The acts of every process, by document.
#[derive(Debug, Default)]
struct History {
    lines: usize,
    acts: BTreeMap<u64, Act>,
}

/// A process that acts.
struct Acting {
    child: Child,
    heard: Receiver<()>,
    reader: JoinHandle<Vec<(u128, String)>>,
}

impl Acting {
    fn begin(folder: &Path, round: u64, beside: Option<&Path>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["history::acts_until_killed", "--exact", "--ignored", "--nocapture"]);
        command.env(FOLDER, folder).env(ROUND, round.to_string()).stdout(Stdio::piped());
        if let Some(beside) = beside {
            command.env(BESIDE, beside);
        }
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (told, heard) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            // The last line may have been cut by the kill; a whole one ends in a full stop.
            for line in lines.map_while(Result::ok) {
                let said = line.find("AT ").map(|at| line[at + 3..].trim_end_matches(" ."));
                if let (Some(said), true) = (said, line.ends_with(" .")) {
                    let (at, said) = said.split_once(' ').unwrap();
                    let _ = told.send(());
                    all.push((at.parse().unwrap(), said.to_owned()));
                }
            }
            all
        });
        Self { child, heard, reader }
    }

    /// Kills it; answers what it told, and when.
    fn kill(mut self) -> Vec<(u128, String)> {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "it acts until it is killed: {ended:?}");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reader.join().unwrap()
    }
}

impl History {
    /// Runs a process for a while, kills it, and takes down what it told.
    fn run(&mut self, folder: &Path, round: u64, time: Duration) {
        let acting = Acting::begin(folder, round, None);
        acting.heard.recv_timeout(Duration::from_mins(1)).expect("it acts within a minute");
        cut_while(Some(folder), &[&acting], time);
        for (_, line) in acting.kill() {
            self.take_down(&line);
        }
    }

    /// Runs two processes at the same time, kills one after the other, and takes down what they told. The rounds of both
    /// differ in their last bit.
    fn run_two(&mut self, folders: [&Path; 2], beside: &Path, round: u64, time: Duration) {
        let both = [0, 1].map(|of| Acting::begin(folders[of], round * 2 + of as u64, Some(beside)));
        for acting in &both {
            acting.heard.recv_timeout(Duration::from_mins(1)).expect("it acts within a minute");
        }
        // In every other round no connection is cut, so that both take turns in peace until one is killed.
        let cuts = round.is_multiple_of(2).then_some(folders[0]);
        cut_while(cuts, &[&both[0], &both[1]], time);
        let [mut first, mut second] = both;
        if round % 4 > 1 {
            std::mem::swap(&mut first, &mut second);
        }
        let mut lines = first.kill();
        // The other goes on alone: whatever the first held is let go.
        let _ = second.heard.try_iter().count();
        cut_while(cuts, &[&second], time / 4);
        lines.extend(second.kill());
        lines.sort_by_key(|(at, _)| *at);
        for (_, line) in lines {
            self.take_down(&line);
        }
    }

    fn take_down(&mut self, line: &str) {
        self.lines += 1;
        let mut words = line.split(' ').map(str::to_owned);
        let (what, number) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
        let words: Vec<String> = words.collect();
        if what == "BEGIN" {
            let act = Act { words, begun: self.lines, ended: None, heard: Heard::Nothing };
            assert!(self.acts.insert(number, act).is_none(), "{line}");
            return;
        }
        let act = self.acts.get_mut(&number).unwrap();
        act.ended = Some(self.lines);
        act.heard = match words[0].as_str() {
            "DONE" => Heard::Done(words[1..].join(" ")),
            "REFUSED" => Heard::Refused,
            _ => Heard::Nothing,
        };
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &Act> {
        let kind = kind.to_owned();
        self.acts.values().filter(move |act| act.words[0] == kind)
    }

    /// Every version that was sent, by document and identifier.
    fn versions(&self) -> BTreeMap<String, BTreeMap<String, Version>> {
        let mut all: BTreeMap<String, BTreeMap<String, Version>> = BTreeMap::new();
        for act in self.of("PUT") {
            let [_, document, id, number, digest] = &act.words[..] else { panic!("{act:?}") };
            let version = all.entry(document.clone()).or_default().entry(id.clone()).or_default();
            version.number = number.parse().unwrap();
            version.digest.clone_from(digest);
            version.sent = if version.sent == 0 { act.begun } else { version.sent.min(act.begun) };
            version.unknown |= act.heard == Heard::Nothing;
            if let Heard::Done(_) = act.heard {
                version.acknowledged = earliest(version.acknowledged, act.ended);
            }
        }
        for act in self.of("OFF") {
            let [_, document, id] = &act.words[..] else { panic!("{act:?}") };
            let version = all.get_mut(document).unwrap().get_mut(id).unwrap();
            version.off = earliest(version.off, Some(act.begun));
            if let Heard::Done(_) = act.heard {
                version.off_acknowledged = earliest(version.off_acknowledged, act.ended);
            }
        }
        all
    }

    /// What lists showed, by document.
    fn shown(&self) -> BTreeMap<String, Vec<Shown>> {
        let mut all: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
        for act in self.of("LIST") {
            if let (Heard::Done(told), Some(ended)) = (&act.heard, act.ended) {
                let versions = told.trim().split(',').map(|one| {
                    let parts: Vec<&str> = one.split(':').collect();
                    (parts[0].to_owned(), (parts[1].parse().unwrap(), parts[2].parse().unwrap()))
                });
                let shown = Shown { begun: act.begun, ended, versions: versions.collect() };
                all.entry(act.words[1].clone()).or_default().push(shown);
            }
        }
        all
    }
}

/// Waits for so long, and until each has told enough, while connections to a folder's database are cut.
fn cut_while(folder: Option<&Path>, acting: &[&Acting], time: Duration) {
    let begun = Instant::now();
    let mut told = vec![0; acting.len()];
    while told.iter().any(|lines| *lines < LINES) || begun.elapsed() < time {
        assert!(begun.elapsed() < Duration::from_mins(1), "{told:?} lines in a minute");
        std::thread::sleep(Duration::from_millis(500).min(time));
        if let Some(folder) = folder {
            cut_connections(folder);
        }
        for (lines, acting) in told.iter_mut().zip(acting) {
            *lines += acting.heard.try_iter().count();
        }
    }
}

fn earliest(known: Option<usize>, other: Option<usize>) -> Option<usize> {
    [known, other].into_iter().flatten().min()
}

const IN_FORCE: usize = 0;
const REPLACED: usize = 1;
const INVALIDATED: usize = 2;

/// What one list showed of a document could be so, at some moment while it was made.
fn hold_list(shown: &Shown, versions: &BTreeMap<String, Version>) {
    for (id, version) in versions {
        let seen = shown.versions.get(id);
        if version.acknowledged.is_some_and(|at| at < shown.begun) {
            assert!(seen.is_some(), "{id} was acknowledged before {shown:?}");
        }
        if version.off_acknowledged.is_some_and(|at| at < shown.begun) {
            assert_eq!(seen.unwrap().1, INVALIDATED, "{id} was taken back before {shown:?}");
        }
    }
    for (id, (number, state)) in &shown.versions {
        let version = &versions[id];
        assert!(version.sent < shown.ended, "{id} was seen before it was sent: {shown:?}");
        assert_eq!(*number, version.number, "{id}");
        if *state == INVALIDATED {
            let off = version.off.expect("somebody took it back");
            assert!(off < shown.ended, "{id} was seen taken back before it was: {shown:?}");
        }
    }
    let mut numbers: Vec<i64> = shown.versions.values().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    let following: Vec<i64> = (1..=i64::try_from(numbers.len()).unwrap()).collect();
    assert_eq!(numbers, following, "versions follow one another: {shown:?}");
    let valid = shown.versions.values().filter(|(_, state)| *state != INVALIDATED);
    let newest = valid.clone().map(|(number, _)| *number).max();
    for (number, state) in valid {
        let expected = if Some(*number) == newest { IN_FORCE } else { REPLACED };
        assert_eq!(*state, expected, "version {number} of {shown:?}");
    }
}

/// No look sees less than one that ended before it began.
fn hold_order(all: &[Shown]) {
    for later in all {
        for earlier in all.iter().filter(|earlier| earlier.ended < later.begun) {
            for (id, (_, state)) in &earlier.versions {
                let seen = later.versions.get(id);
                assert!(seen.is_some(), "{id} was seen before, and is not in {later:?}");
                let taken_back = *state == INVALIDATED;
                assert!(!taken_back || seen.unwrap().1 == INVALIDATED, "{id} came back");
            }
        }
    }
}

/// OPS-2, ARC-3, LOG-1: whatever is killed or cut, in whatever order: the history of all that was heard is one that the
/// model of an archive allows, and the archive at the end is the one that it tells of.
#[test]
fn what_is_heard_while_things_break_is_what_the_model_allows() {
    let folder = tempfile::tempdir().unwrap();
    copy(World::prepared(), folder.path());
    let (rounds, millis) = if long() { (40, 2500) } else { (4, 1200) };
    let mut history = History::default();
    for round in 1..=rounds {
        let varied = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), round) % 500;
        history.run(folder.path(), round, Duration::from_millis(millis + varied));
    }
    hold_history(&history, folder.path());
}

/// OPS-1, OPS-2, ARC-3, LOG-1: the same of two servers over one database: what one acknowledged the other sees, whichever is
/// killed in whatever it does.
#[test]
fn what_is_heard_from_two_servers_is_what_the_model_allows() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    copy(World::prepared(), folders[0].path());
    if !copy_beside(folders[0].path(), folders[1].path()) {
        return println!("skipped: a file is one server's alone");
    }
    let (rounds, millis) = if long() { (40, 3000) } else { (3, 1500) };
    let beside = tempfile::tempdir().unwrap();
    let mut history = History::default();
    for round in 1..=rounds {
        let both = [folders[0].path(), folders[1].path()];
        history.run_two(both, beside.path(), round, Duration::from_millis(millis));
    }
    hold_history(&history, folders[0].path());
}

/// The history is one that the model of an archive allows, and the archive of the folder the one that it tells of.
fn hold_history(history: &History, folder: &Path) {
    let world = World::beside(folder, 900_000_000);
    assert_eq!(world.damage(), Vec::<String>::new());
    let (versions, mut shown) = (history.versions(), history.shown());
    let county = world.county();
    for (document, versions) in &versions {
        // Relationships and cases are their own document; of each there is one version.
        let listed = world.app.list_versions(&county, &oid(document), Purpose::READ_INVALIDATED);
        let kept: BTreeSet<String> = match &listed {
            Ok(listed) => listed.versions.iter().map(|one| one.document.to_string()).collect(),
            Err(AppError::NotFound) => BTreeSet::new(),
            Err(error) => panic!("{document}: {error}"),
        };
        for (id, version) in versions {
            let there = kept.contains(id);
            assert!(there || version.acknowledged.is_none(), "{id} was acknowledged");
            assert!(
                !there || version.acknowledged.is_some() || version.unknown,
                "{id} was refused"
            );
            if there {
                let opened =
                    world.app.open_content(&county, &oid(id), None, Purpose::READ_INVALIDATED);
                assert_eq!(digest_of(&opened.unwrap().parts), version.digest, "{id}");
            }
        }
        assert!(kept.iter().all(|id| versions.contains_key(id)), "nobody sent {kept:?}");
        let all = shown.remove(document).unwrap_or_default();
        for one in &all {
            hold_list(one, versions);
        }
        hold_order(&all);
    }
    let mut looks = 0;
    for act in history.of("READ") {
        if let Heard::Done(seen) = &act.heard {
            let version = &versions[&act.words[1]][&act.words[2]];
            assert_eq!(seen.trim(), version.digest, "{act:?}");
        }
    }
    for kind in ["READ", "LIST"] {
        looks += history.of(kind).filter(|act| matches!(act.heard, Heard::Done(_))).count();
    }
    let place = Event::ALL.iter().position(|event| *event == Event::Open).unwrap();
    let sql = format!("SELECT count(*) FROM use_log WHERE event = {place}");
    let lines: usize = ask(folder, &sql)[0][0].parse().unwrap();
    assert!(lines >= looks, "{looks} looks were answered, and {lines} are in the use log");
    let count =
        |heard: fn(&Heard) -> bool| history.acts.values().filter(|act| heard(&act.heard)).count();
    let done = count(|heard| matches!(heard, Heard::Done(_)));
    let refused = count(|heard| *heard == Heard::Refused);
    println!(
        "{done} acts done, {refused} refused, {} unknown",
        history.acts.len() - done - refused
    );
    assert!(done > 100 && refused > 0, "{done} {refused}");
}

/// The model lets through what can be, and nothing that cannot.
#[test]
fn the_model_tells_what_cannot_be() {
    let versions = || {
        let version = |number, sent, acknowledged| Version {
            number,
            sent,
            acknowledged,
            ..Version::default()
        };
        BTreeMap::from([
            ("a".to_owned(), Version { off: Some(50), ..version(1, 1, Some(2)) }),
            (
                "b".to_owned(),
                Version { off: Some(30), off_acknowledged: Some(31), ..version(2, 10, Some(11)) },
            ),
            ("c".to_owned(), version(3, 20, None)),
        ])
    };
    let shown = |begun, ended, all: &[(&str, i64, usize)]| Shown {
        begun,
        ended,
        versions: all.iter().map(|&(id, number, state)| (id.to_owned(), (number, state))).collect(),
    };
    let can_be = |shown: &Shown| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hold_list(shown, &versions())))
            .is_ok()
    };
    for (expected, why, shown) in [
        (true, "the first alone", shown(3, 4, &[("a", 1, IN_FORCE)])),
        (true, "one on its way, unseen", shown(9, 12, &[("a", 1, IN_FORCE)])),
        (true, "and seen", shown(9, 12, &[("a", 1, REPLACED), ("b", 2, IN_FORCE)])),
        (true, "taken back", shown(40, 41, &[("a", 1, IN_FORCE), ("b", 2, INVALIDATED)])),
        (false, "acknowledged and not seen", shown(12, 13, &[("a", 1, IN_FORCE)])),
        (false, "before it was sent", shown(3, 4, &[("a", 1, REPLACED), ("b", 2, IN_FORCE)])),
        (
            false,
            "taken back, and in force",
            shown(40, 41, &[("a", 1, REPLACED), ("b", 2, IN_FORCE)]),
        ),
        (
            false,
            "taken back by nobody yet",
            shown(15, 16, &[("a", 1, IN_FORCE), ("b", 2, INVALIDATED)]),
        ),
        (false, "a number left out", shown(21, 22, &[("a", 1, REPLACED), ("c", 3, IN_FORCE)])),
        (false, "two in force", shown(12, 13, &[("a", 1, IN_FORCE), ("b", 2, IN_FORCE)])),
        (false, "none in force", shown(3, 4, &[("a", 1, REPLACED)])),
    ] {
        assert_eq!(can_be(&shown), expected, "{why}");
    }
    let order = |earlier: &[(&str, i64, usize)], later: &[(&str, i64, usize)]| {
        let all = [shown(1, 2, earlier), shown(3, 4, later)];
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hold_order(&all))).is_ok()
    };
    let (one, both) = ([("a", 1, IN_FORCE)], [("a", 1, REPLACED), ("b", 2, IN_FORCE)]);
    assert!(order(&one, &both) && !order(&both, &one));
    assert!(!order(&[("a", 1, INVALIDATED)], &one));
}
