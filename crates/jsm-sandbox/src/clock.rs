//! The clock of a sandbox: it stands still until a test moves it, or runs when a program says so.
//!
//! How long a network takes is none of its business: faults that delay a response wait by the machine's clock.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// 2026-01-01T00:00:00Z in milliseconds of the Unix epoch: where the clock of every sandbox starts.
const START: i64 = 1_767_225_600_000;

/// The last second of the year 9999: years have four digits in texts, and sums must not overflow.
const LATEST: i64 = 253_402_300_799_000;

/// The clock of a sandbox, which decides when tasks end, tokens expire and rate limits recover.
///
/// It starts at 2026-01-01T00:00:00Z and stands still, so that what a test records is always the same.
/// [`advance`](Clock::advance) moves it; [`run`](Clock::run) lets it run.
///
/// ```
/// # use std::time::Duration;
/// let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
/// let before = sandbox.clock().now_millis();
/// sandbox.clock().advance(Duration::from_secs(90));
/// assert_eq!(sandbox.clock().now_millis(), before + 90_000);
/// ```
#[derive(Debug)]
pub struct Clock {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now: i64,
    runs_since: Option<Instant>,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock { state: Mutex::new(State { now: START, runs_since: None }) }
    }

    /// The time in milliseconds since the Unix epoch.
    pub fn now_millis(&self) -> i64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ran = state.runs_since.map_or(0, |since| millis(since.elapsed()));
        state.now.saturating_add(ran).min(LATEST)
    }

    /// Moves the time forward, at most to the end of the year 9999.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = state.now.saturating_add(millis(by)).min(LATEST);
    }

    /// Lets the time run as fast as the machine's from now on.
    pub fn run(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.runs_since.get_or_insert_with(Instant::now);
    }
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_when_it_is_moved_and_ends_with_the_year_9999() {
        let clock = Clock::new();
        assert_eq!(clock.now_millis(), START);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now_millis(), START + 90_000);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now_millis(), LATEST);
    }
}
