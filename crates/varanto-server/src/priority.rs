//! Which requests wait for others: a caller that brings much at once says so, and its work gives way to
//! people who wait.
//!
//! The header is `Priority` of RFC 9218 with its `u` from 0, the most urgent, to 7, "background". What is
//! less urgent than usual is worked on by threads that the machine lets run when no other
//! thread wants to. It is not slowed down otherwise: on an idle machine it has all of it.
//!
//! Source: OLD-9, OPS-4; RFC 9218.

use std::future::Future;
use std::io;

use axum::http::HeaderMap;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// The header.
pub const PRIORITY: &str = "priority";
/// What a caller sends who brings much at once.
pub const BACKGROUND: &str = "u=7";

/// The urgency of a request that says none.
const URGENCY_OF_PEOPLE: u8 = 3;
/// How many requests of the background are worked on at once: enough to share a commit while the next are prepared.
const THREADS: usize = 16;
/// The lowest priority that a thread may have.
#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;

tokio::task_local! {
    static IN_BACKGROUND: bool;
}

/// Whether a request gives way to others.
#[must_use]
pub fn gives_way(headers: &HeaderMap) -> bool {
    headers.get_all(PRIORITY).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        let urgency = value.split(',').find_map(|part| part.trim().strip_prefix("u="));
        urgency
            .and_then(|told| told.parse().ok())
            .is_some_and(|urgency: u8| urgency > URGENCY_OF_PEOPLE)
    })
}

/// Answers a request whose work gives way to others, or does not.
pub async fn scoped<T>(gives_way: bool, answer: impl Future<Output = T>) -> T {
    IN_BACKGROUND.scope(gives_way, answer).await
}

/// Whether the request that is answered now gives way.
#[must_use]
pub fn in_background() -> bool {
    IN_BACKGROUND.try_with(|background| *background).unwrap_or(false)
}

/// Threads that run when no other thread wants to.
#[derive(Debug)]
pub struct Background(Option<Runtime>);

impl Background {
    /// Makes them.
    ///
    /// # Errors
    /// The machine's error.
    pub fn new() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).max_blocking_threads(THREADS).thread_name("background");
        Ok(Self(Some(builder.on_thread_start(give_way).build()?)))
    }

    /// Runs what waits for the disk.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.as_ref().expect("is there until it is dropped").spawn_blocking(work)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Where others wait for it, a runtime cannot be dropped in the usual way.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets the calling thread run when no other wants to. A machine that knows no such thing runs it like any.
pub fn give_way() {
    // Only Linux means a thread by this; elsewhere it would be the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST) {
        tracing::debug!(%error, "a thread of the background runs like any other");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9218, 4.1: nought is the most urgent, three is what is not said, seven is the background.
    #[test]
    fn what_is_less_urgent_than_usual_gives_way() {
        let check = |told: &[&str], expected: bool| {
            let mut headers = HeaderMap::new();
            for value in told {
                headers.append(PRIORITY, value.parse().unwrap());
            }
            assert_eq!(gives_way(&headers), expected, "{told:?}");
        };
        check(&[], false);
        check(&["u=0"], false);
        check(&["u=3"], false);
        check(&["u=4"], true);
        check(&[BACKGROUND], true);
        check(&["i, u=7"], true);
        check(&["i", "u=5"], true);
        check(&["u=seven"], false);
        check(&["u=700"], false);
    }

    /// Work in the background has the lowest priority, other work the usual one.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_threads_of_the_background_have_the_lowest_priority() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let background = Background::new().unwrap();
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let usual = priority();
        let low = runtime.block_on(background.spawn(priority)).unwrap();
        assert_eq!((low, priority()), (LOWEST, usual));
    }
}
