//! One rate limit: its queue, first in first out, and the time at which the next request may be sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::pace::Pace;
use super::windows::Windows;

#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The waiting callers, by ascending place.
    queue: VecDeque<(u64, Arc<Notify>)>,
    next_place: u64,
    /// Until when nothing is sent.
    paused: Option<Instant>,
    pace: Pace,
    windows: Option<Windows>,
    /// How many pauses there were since a request was accepted.
    refusals: u32,
    /// The last ticket that was given out when the last refusal came: requests up to this one were refused with it.
    refused: u64,
    /// The same of the refusal before: requests after it were sent after its pause.
    refused_before: u64,
}

impl Lane {
    /// A limit with a documented rate, if there is one.
    pub(super) fn with_rate(rate: Option<f64>) -> Self {
        Self { pace: Pace::new(rate), ..Self::default() }
    }

    /// A limit that counts the requests in windows of time.
    pub(super) fn with_windows(limits: &'static [(u32, u32)]) -> Self {
        Self { windows: (!limits.is_empty()).then(|| Windows::new(limits)), ..Self::default() }
    }

    /// Takes a place at the end of the queue.
    pub(super) fn join(&mut self, wake: &Arc<Notify>) -> u64 {
        self.next_place += 1;
        self.queue.push_back((self.next_place, Arc::clone(wake)));
        self.next_place
    }

    /// Leaves the queue, and wakes the caller that is the first now.
    pub(super) fn leave(&mut self, place: u64) {
        if let Some(at) = self.position(place) {
            self.queue.remove(at);
            if at == 0
                && let Some((_, first)) = self.queue.front()
            {
                first.notify_one();
            }
        }
    }

    /// How many are ahead of a place.
    pub(super) fn position(&self, place: u64) -> Option<usize> {
        self.queue.binary_search_by_key(&place, |(place, _)| *place).ok()
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How long until a request may be sent that has so many others ahead of it.
    pub(super) fn wait(&mut self, ahead: usize, now: Instant) -> Duration {
        self.held(ahead, now).max(self.pace.wait(ahead, now))
    }

    /// How long that is at the least, by what the server has said and documented.
    pub(super) fn least_wait(&mut self, ahead: usize, now: Instant) -> Duration {
        self.held(ahead, now).max(self.pace.least_wait(ahead, now))
    }

    fn held(&self, ahead: usize, now: Instant) -> Duration {
        let pause = self.paused.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let windows = self.windows.as_ref().map_or(Duration::ZERO, |windows| windows.wait(ahead, now));
        pause.max(windows)
    }

    /// A request is sent.
    pub(super) fn sent(&mut self, now: Instant) {
        self.pace.sent(now);
        if let Some(windows) = &mut self.windows {
            windows.sent(now);
        }
    }

    /// A request was accepted.
    pub(super) fn accepted(&mut self, ticket: u64, now: Instant) {
        let late = ticket <= self.refused;
        self.pace.accepted(late, now);
        // One that was sent together with the last refused one shows that the pause before was long enough.
        if ticket > self.refused_before {
            self.refusals = 0;
        }
    }

    /// How many times in a row this limit refused, if it refuses now. Requests that were under way at the same time count
    /// once.
    pub(super) fn refusals(&self, ticket: u64) -> u32 {
        if ticket <= self.refused { self.refusals.max(1) } else { self.refusals + 1 }
    }

    /// Nothing is sent until a moment. `last` is the last ticket that was given out, `learn` whether the rate is lowered.
    pub(super) fn refused(&mut self, ticket: u64, last: u64, until: Instant, now: Instant, learn: bool) {
        self.refusals = self.refusals(ticket);
        if ticket > self.refused {
            (self.refused_before, self.refused) = (self.refused, last);
            // Where nothing was accepted since the last refusal, the pause was too short, not the rate too high.
            if learn && self.refusals == 1 {
                self.pace.refused(until, now);
            }
        }
        self.pause(until);
    }

    /// Nothing is sent until a moment.
    pub(super) fn pause(&mut self, until: Instant) {
        if self.paused.is_none_or(|paused| paused < until) {
            self.paused = Some(until);
            self.pace.hold(until);
        }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.queue.is_empty()
            && self.paused.is_none_or(|until| until <= now)
            && self.windows.as_ref().is_none_or(|windows| windows.is_idle(now))
            && self.pace.is_idle(now)
    }
}
