//! The sandbox's own time: it stands still until a test moves it, or runs when it is told to.
//!
//! How long a network takes is not its business: faults that delay an answer use the machine's time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// 2026-01-01T00:00:00Z in milliseconds of the Unix epoch: where the time of every sandbox starts.
pub(crate) const START: i64 = 1_767_225_600_000;

/// The last second of the year 9999: texts of dates have four digits for the year, and sums beyond must not overflow.
const LATEST: i64 = 253_402_300_799_000;

/// The time of a sandbox. It starts at 2026-01-01T00:00:00Z, so that what tests record stays the same.
///
/// Bulk tasks take their time by it. As long as it was never moved, a task is done once somebody has looked at it.
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

    /// Milliseconds since the Unix epoch.
    pub fn now_millis(&self) -> i64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ran = state.runs_since.map_or(0, |since| millis(since.elapsed()));
        state.now.saturating_add(ran).min(LATEST)
    }

    /// Moves the time forward, at most to the end of the year 9999; bulk tasks finish, tokens expire and request
    /// budgets fill up accordingly.
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

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Year, month, day, hour, minute, second and milliseconds of an instant, in UTC.
pub(crate) fn civil(epoch_millis: i64) -> (i64, i64, i64, i64, i64, i64, i64) {
    let (days, in_day) = (epoch_millis.div_euclid(86_400_000), epoch_millis.rem_euclid(86_400_000));
    // Days are counted in eras of 400 years from 1 March of the year 0, so that a leap day ends its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day, in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1_000 % 60, in_day % 1_000)
}

/// An instant as RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(epoch_millis: i64) -> String {
    let (year, month, day, hour, minute, second, _) = civil(epoch_millis);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_a_calendar_shows_it() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (START, "2026-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-1_000, "1969-12-31T23:59:59Z"),
            (1_709_251_199_000, "2024-02-29T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(millis), text);
        }
    }

    #[test]
    fn time_moves_only_when_told_to() {
        let clock = Clock::new();
        let before = clock.now_millis();
        assert_eq!(clock.now_millis(), before);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now_millis(), before + 90_000);
        clock.advance(Duration::MAX);
        assert_eq!(rfc3339(clock.now_millis()), "9999-12-31T23:59:59Z");
    }
}
