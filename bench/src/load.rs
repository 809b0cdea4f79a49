//! Open load over HTTPS: work comes at a pace of its own, and waits for nobody's answer.
//!
//! What comes while the archive is busy waits, and its waiting counts: a latency runs from the moment at which the work was due, not
//! from the one at which a caller got round to it. The archive is a process of its own; the callers share the machine with it.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::HttpsSizes;
use crate::archive::spread;
use crate::bare::Bare;
use crate::https::{Started, prepared_in};
use crate::measure::cpu_of;
use crate::world::Prepared;

type Failure = Box<dyn std::error::Error>;

/// How many pieces of work are under way at most; what comes beside waits.
const CALLERS: usize = 64;
/// The shares of a rate that is held at which latencies are taken.
const SHARES: [f64; 3] = [0.25, 0.5, 0.75];
/// Of a hundred pieces of daily work so many store, open and list.
const DAILY: [u64; 3] = [5, 70, 25];

#[derive(clap::Args)]
pub(crate) struct LoadOptions {
    #[command(flatten)]
    sizes: HttpsSizes,
    /// How long each pace is held, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// What became of work at a pace.
struct Paced {
    done: u64,
    wall: Duration,
    cpu: Duration,
    /// In microseconds.
    latencies: Histogram<u64>,
}

impl Paced {
    fn rate(&self) -> f64 {
        self.done as f64 / self.wall.as_secs_f64()
    }

    fn row(&self) -> String {
        let millis = |share| self.latencies.value_at_quantile(share) as f64 / 1e3;
        format!(
            "{:>7.0}/s  p50 {:>8.2}  p90 {:>8.2}  p99 {:>8.2}  p99.9 {:>8.2}  max {:>8.2} ms  cpu {:>6.3} ms",
            self.rate(),
            millis(0.5),
            millis(0.9),
            millis(0.99),
            millis(0.999),
            self.latencies.max() as f64 / 1e3,
            self.cpu.as_secs_f64() * 1e3 / self.done.max(1) as f64
        )
    }
}

/// Lets `count` pieces of work come at a pace; `work` does the one of a number.
fn paced(rate: f64, count: u64, process: u32, work: &(impl Fn(u64) + Sync)) -> Paced {
    let (next, cpu, began) = (AtomicU64::new(0), cpu_of(process), Instant::now());
    let caller = || {
        let mut latencies = Histogram::new(3).expect("three digits are kept");
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return latencies;
            }
            let due = began + Duration::from_secs_f64(number as f64 / rate);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            work(number);
            latencies.saturating_record(due.elapsed().as_micros() as u64);
        }
    };
    let latencies = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(caller)).collect();
        let each = callers.into_iter().map(|caller| caller.join().expect("a caller broke down"));
        each.reduce(|mut all, one| {
            all.add(one).expect("they are of one kind");
            all
        })
    });
    let latencies = latencies.expect("there are callers");
    let (wall, cpu) = (began.elapsed(), cpu_of(process).saturating_sub(cpu));
    Paced { done: latencies.len(), wall, cpu, latencies }
}

/// Documents that are handed out once each.
struct Waiting<'a> {
    all: &'a [Prepared],
    next: AtomicU64,
}

impl Waiting<'_> {
    fn left(&self) -> u64 {
        (self.all.len() as u64).saturating_sub(self.next.load(Ordering::Relaxed))
    }

    fn one(&self) -> &Prepared {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        &self.all[usize::try_from(at).expect("an index")]
    }
}

/// Works W1 to W6: each at three paces below what is held at most; then the start after a kill.
pub(crate) fn open_load(options: &LoadOptions) -> Result<(), Failure> {
    let temporary = tempfile::tempdir()?;
    let folder = options.sizes.sizes.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    let data = folder.join("archive");
    let documents = options.sizes.sizes.documents;
    let (prepared, own) = prepared_in(&data, documents * 2)?;
    let (read, waiting) = prepared.split_at(prepared.len() / 3);
    let waiting = Waiting { all: waiting, next: AtomicU64::new(0) };
    let server = Started::new(&options.sizes.program, &data, &own)?;
    let doors = server.doors(CALLERS)?;
    println!("{} documents are archived to be read, {} wait", read.len(), waiting.left());
    let read_in = paced(f64::INFINITY, read.len() as u64, server.process(), &|number| {
        doors.archive(&read[usize::try_from(number).expect("an index")]);
    });
    println!("W5 bulk load, {CALLERS} callers  {}", read_in.row());
    let at =
        |number: u64| &read[usize::try_from(spread(number) % read.len() as u64).expect("an index")];
    let (store, open, list) = (
        |_: u64| doors.archive(waiting.one()),
        |number: u64| doors.open(at(number)),
        |number: u64| doors.list(at(number)),
    );
    let daily = |number: u64| match number % 100 {
        rest if rest < DAILY[0] => store(number),
        rest if rest < DAILY[0] + DAILY[1] => open(number),
        _ => list(number),
    };
    let bench = Bench { process: server.process(), seconds: options.seconds, held: 4000 };
    bench.at_paces("W2 open", u64::MAX, &open);
    bench.at_paces("W3 list", u64::MAX, &list);
    bench.at_paces("W4 daily 5/70/25", waiting.left() * 4, &daily);
    bench.at_paces("W1 store", waiting.left() * 9 / 10, &store);
    beside(&folder, waiting.all, &bench)?;
    drop(doors);
    println!("\nmemory {} MB", server.memory_megabytes());
    let ready = server.killed_and_started(&options.sizes.program, &data)?;
    println!("W6 ready again {:.2} s after a kill", ready.as_secs_f64());
    Ok(())
}

/// How work is tried.
struct Bench {
    process: u32,
    seconds: u64,
    /// How many pieces of work tell what rate is held.
    held: u64,
}

impl Bench {
    /// What is held at most, and the latencies at shares of it; with so many pieces of work in all at most.
    fn at_paces(&self, name: &str, most: u64, work: &(impl Fn(u64) + Sync)) {
        let held = paced(f64::INFINITY, self.held.min(most / 4), self.process, work);
        println!("\n{name}\n  as fast as it goes {}", held.row());
        let mut left = most - self.held.min(most / 4);
        for share in SHARES {
            let rate = held.rate() * share;
            let count = ((rate * self.seconds as f64) as u64).min(left / 3 * 2);
            left -= count;
            println!(
                "  at {:>3.0} %           {}",
                share * 100.0,
                paced(rate, count, self.process, work).row()
            );
        }
    }
}

/// The bare engine with the same bytes, in the same run.
fn beside(folder: &Path, documents: &[Prepared], bench: &Bench) -> Result<(), Failure> {
    let bare = Bare::open(folder)?;
    let jobs = Mutex::new((0..CALLERS).map(|_| bare.caller()).collect::<Vec<_>>());
    let next = AtomicU64::new(0);
    let bodies: Vec<_> = documents.iter().map(crate::archive::bare_body).collect();
    let here = Bench { process: std::process::id(), ..*bench };
    here.at_paces("peer: bare SQLite, group commit, the same bytes", bodies.len() as u64, &|_| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let job = jobs.lock().expect("no caller broke down").pop().expect("one a caller");
        let (metadata, body) = &bodies[usize::try_from(number).expect("an index")];
        Bare::store(
            &job,
            (number, spread(number) % 5000, spread(number + 1) % 10_000),
            metadata,
            body,
        );
        jobs.lock().expect("no caller broke down").push(job);
    });
    bare.close();
    Ok(())
}
