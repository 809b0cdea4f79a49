//! How much of documents is in memory at once: all who read documents of a delivery share one room, whatever it holds.
//!
//! A document that is larger than what is free waits, and those who come after it wait behind it; one that is larger than
//! the whole room goes alone. Source: OLD-9.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::delivery::Delivery;

/// What the documents take that are checked at once, in bytes; beside it stands what the largest picture takes unpacked.
const CHECKING: u64 = 200 * 1024 * 1024;
/// What the documents take that are on their way to the archive or back at once, in bytes.
const CARRYING: u64 = 320 * 1024 * 1024;
/// So much they have in any case, however long the list of a delivery's files is.
const LEAST: u64 = 64 * 1024 * 1024;
/// How often whoever waits looks whether it was stopped.
const LOOKED_EVERY: Duration = Duration::from_millis(50);

/// A room of so many bytes, which is shared.
#[derive(Debug)]
pub(crate) struct Room {
    most: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    taken: u64,
    /// Who waits, in the order in which they came.
    waiting: VecDeque<u64>,
    /// How many ever waited.
    came: u64,
}

/// A place in a room, until it is given back.
#[derive(Debug)]
pub(crate) struct Place<'r> {
    room: &'r Room,
    bytes: u64,
}

impl Room {
    pub(crate) const fn new(most: u64) -> Self {
        let state = State { taken: 0, waiting: VecDeque::new(), came: 0 };
        Self { most, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// For the documents of a delivery that are checked at once. The list of its files takes of the same memory.
    pub(crate) fn for_checking(delivery: &Delivery) -> Self {
        Self::beside(delivery, CHECKING)
    }

    /// For the documents of a delivery that are on their way at once.
    pub(crate) fn for_carrying(delivery: &Delivery) -> Self {
        Self::beside(delivery, CARRYING)
    }

    fn beside(delivery: &Delivery, most: u64) -> Self {
        Self::new(most.saturating_sub(delivery.list_bytes()).max(LEAST))
    }

    /// Takes so many bytes as soon as they are free; `None` where it was stopped meanwhile.
    pub(crate) fn take(&self, bytes: u64, stopped: &dyn Fn() -> bool) -> Option<Place<'_>> {
        let bytes = bytes.min(self.most);
        let mut state = self.state();
        let own = state.came;
        state.came += 1;
        state.waiting.push_back(own);
        while state.waiting.front() != Some(&own) || state.taken + bytes > self.most {
            if stopped() {
                state.waiting.retain(|one| *one != own);
                self.changed.notify_all();
                return None;
            }
            let waited = self.changed.wait_timeout(state, LOOKED_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.waiting.pop_front();
        state.taken += bytes;
        // Whoever is first now may have room, too.
        self.changed.notify_all();
        Some(Place { room: self, bytes })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.room.state().taken -= self.bytes;
        self.room.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread;

    use super::*;

    /// OLD-9: whatever many take at once, it is never more than the room; each has its turn, the largest too.
    #[test]
    fn a_room_is_never_fuller_than_it_is() {
        let (room, taken, most) = (Room::new(100), AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for bytes in [30, 45, 60, 100, 100_000, 1, 7] {
                let (room, taken, most) = (&room, &taken, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let _place = room.take(bytes, &|| false).unwrap();
                        let held = bytes.min(100);
                        let now = taken.fetch_add(held, Ordering::SeqCst) + held;
                        most.fetch_max(now, Ordering::SeqCst);
                        thread::yield_now();
                        taken.fetch_sub(held, Ordering::SeqCst);
                    }
                });
            }
        });
        let most = most.into_inner();
        assert!((76..=100).contains(&most), "{most}");
        assert_eq!(room.state().taken, 0);
    }

    /// OLD-9: a large one that waits is not overtaken for ever by small ones, and whoever is stopped waits no longer.
    #[test]
    fn whoever_waits_has_the_next_turn_or_is_stopped() {
        let (room, stop) = (Room::new(10), AtomicBool::new(false));
        let first = room.take(6, &|| false).unwrap();
        thread::scope(|scope| {
            let large = scope.spawn(|| room.take(8, &|| stop.load(Ordering::SeqCst)).is_none());
            while room.state().waiting.is_empty() {
                thread::yield_now();
            }
            let small = scope.spawn(|| room.take(2, &|| false).is_some());
            while room.state().waiting.len() < 2 {
                thread::yield_now();
            }
            // There is room for the small one, and it is not its turn.
            assert_eq!(room.state().taken, 6);
            stop.store(true, Ordering::SeqCst);
            assert!(large.join().unwrap() && small.join().unwrap());
        });
        drop(first);
        assert_eq!(room.state().taken, 0);
    }
}
