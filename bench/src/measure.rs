//! Callers, latencies, processor time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What one run told.
pub(crate) struct Run {
    /// How many pieces of work were done.
    pub(crate) done: u64,
    /// How long it took.
    pub(crate) wall: Duration,
    /// Processor time of the measured process.
    pub(crate) cpu: Duration,
    /// The time of each piece of work, sorted.
    latencies: Vec<Duration>,
}

impl Run {
    /// Pieces of work a second.
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.wall.as_secs_f64()
    }

    /// The latency that this share of the work stayed within.
    pub(crate) fn within(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }

    /// Processor milliseconds for a piece of work.
    pub(crate) fn cpu_millis(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3 / self.done.max(1) as f64
    }

    /// One row of a table: rate, p50, p99, p99.9, CPU each.
    pub(crate) fn row(&self) -> String {
        let millis = |share| self.within(share).as_secs_f64() * 1e3;
        format!(
            "{:>9.0}/s  p50 {:>8.3} ms  p99 {:>8.3} ms  p99.9 {:>8.3} ms  cpu {:>6.3} ms",
            self.rate(),
            millis(0.5),
            millis(0.99),
            millis(0.999),
            self.cpu_millis()
        )
    }
}

/// How many pieces of work each caller does before the time runs: the threads of a server have been
/// at work before, and have their memory.
const WARMING: u64 = 4;

/// Lets so many callers do `count` pieces of work, each numbered once, as fast as they are answered.
/// The first few are not measured.
pub(crate) fn run(callers: usize, count: u64, process: u32, work: impl Fn(u64) + Sync) -> Run {
    let next = AtomicU64::new(0);
    let warm = Barrier::new(callers + 1);
    let caller = || {
        for _ in 0..WARMING {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number < count {
                work(number);
            }
        }
        warm.wait();
        let mut latencies = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return latencies;
            }
            let asked = Instant::now();
            work(number);
            latencies.push(asked.elapsed());
        }
    };
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..callers).map(|_| scope.spawn(caller)).collect();
        warm.wait();
        let (began, cpu) = (Instant::now(), cpu_of(process));
        let mut latencies: Vec<Duration> = callers
            .into_iter()
            .flat_map(|caller| caller.join().expect("a caller broke down"))
            .collect();
        let wall = began.elapsed();
        latencies.sort_unstable();
        let cpu = cpu_of(process).saturating_sub(cpu);
        Run { done: latencies.len() as u64, wall, cpu, latencies }
    })
}

/// Processor time that a process has used, user and system, from /proc; in steps of 10 ms.
pub(crate) fn cpu_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().collect())
        .unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
