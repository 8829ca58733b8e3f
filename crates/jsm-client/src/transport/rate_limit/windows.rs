//! Limits that count the requests of a sliding window of time, such as 20 writes to an issue in two seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How much longer than the server's a window is here: requests do not all take the same time to arrive.
const MARGIN: f64 = 1.05;

#[derive(Debug)]
pub(super) struct Windows {
    /// How many requests in how many seconds.
    limits: &'static [(u32, u32)],
    /// When the last requests were sent, as many as the largest limit has.
    sent: VecDeque<Instant>,
}

impl Windows {
    pub(super) fn new(limits: &'static [(u32, u32)]) -> Self {
        Self { limits, sent: VecDeque::new() }
    }

    /// How long until a request may be sent that has so many others ahead of it.
    pub(super) fn wait(&self, ahead: usize, now: Instant) -> Duration {
        let waits = self.limits.iter().filter(|(most, _)| *most > 0).map(|&(most, seconds)| {
            let (most, window) = (most as usize, Duration::from_secs(seconds.into()).mul_f64(MARGIN));
            // The request that has to be out of the window by then; those ahead are not sent yet.
            let Some(first) = (self.sent.len() + ahead).checked_sub(most) else { return Duration::ZERO };
            let turns = (first.saturating_sub(self.sent.len()) / most) as u32;
            let free = match self.sent.get(first).or(self.sent.back()) {
                Some(sent) => (*sent + window).saturating_duration_since(now),
                None => window,
            };
            free + window * turns
        });
        waits.max().unwrap_or_default()
    }

    pub(super) fn sent(&mut self, now: Instant) {
        let most = self.limits.iter().map(|(most, _)| *most as usize).max().unwrap_or(0);
        self.sent.push_back(now);
        while self.sent.len() > most {
            self.sent.pop_front();
        }
    }

    /// Whether no request is in any window.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        let longest = self.limits.iter().map(|(_, seconds)| *seconds).max().unwrap_or(0);
        let window = Duration::from_secs(longest.into()).mul_f64(MARGIN);
        self.sent.back().is_none_or(|sent| *sent + window <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Windows;

    #[test]
    fn keeps_every_window_and_wastes_little() {
        let limits: &[(u32, u32)] = &[(20, 2), (100, 30)];
        let mut windows = Windows::new(limits);
        let start = Instant::now();
        let (mut now, mut sent) = (start, Vec::new());
        for _ in 0..500 {
            now += windows.wait(0, now);
            windows.sent(now);
            sent.push(now);
        }
        for (most, seconds) in limits {
            let window = Duration::from_secs((*seconds).into());
            let fits = |pair: &[Instant]| pair[pair.len() - 1] - pair[0] > window;
            assert!(sent.windows(*most as usize + 1).all(fits), "more than {most} in {seconds} s");
        }
        assert!(now - start < Duration::from_secs(4 * 30 + 30), "{:?}", now - start);
    }

    #[test]
    fn foresees_the_wait_of_those_behind() {
        let mut windows = Windows::new(&[(2, 10)]);
        let now = Instant::now();
        let waits = |windows: &Windows| [0, 1, 2, 3, 4].map(|ahead| windows.wait(ahead, now).as_secs_f64());
        assert_eq!(waits(&windows), [0.0, 0.0, 10.5, 10.5, 21.0]);
        windows.sent(now);
        assert_eq!(waits(&windows)[..2], [0.0, 10.5]);
    }
}
