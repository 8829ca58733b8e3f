//! How fast requests of one limit may follow each other: a token bucket whose rate is documented, learned, or unknown.
//!
//! A documented rate is where it starts and its ceiling. A refusal lowers the rate; from then on it grows along a cubic
//! curve (RFC 9438, as the AWS SDKs use it): fast at first, slowly around the rate that was refused, and faster again
//! where nothing is refused there.

use std::time::{Duration, Instant};

/// How much of the refused rate remains after a refusal.
const DECREASE: f64 = 0.7;

/// How long it takes to come back to the refused rate.
const RECOVERY: Duration = Duration::from_secs(4);

/// The lowest rate that is taken for the one that was refused, as requests a second: the lowest limit that Atlassian
/// documents. The pauses of a server that takes less set the pace there.
const LOWEST: f64 = 5.0;

/// A learned rate from which there is no limit to be kept, as requests a second.
const UNLIMITED: f64 = 10_000.0;

/// The time for which requests are counted to measure a rate.
const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Pace {
    documented: Option<f64>,
    learned: Option<Learned>,
    tokens: f64,
    /// The moment at which there were so many tokens.
    at: Option<Instant>,
    flow: Flow,
}

/// A rate that was learned from a refusal.
#[derive(Debug)]
struct Learned {
    /// The rate that held before.
    before: f64,
    /// The rate that is taken for the one that was refused.
    peak: f64,
    rate: f64,
    /// From when on it grows.
    since: Instant,
}

impl Pace {
    /// A pace that starts at the documented rate, if there is one.
    pub(super) fn new(documented: Option<f64>) -> Self {
        Self { documented, ..Self::default() }
    }

    /// The requests per second that may be sent.
    pub(super) fn rate(&self) -> Option<f64> {
        let learned = self.learned.as_ref().map(|learned| learned.rate);
        match (self.documented, learned) {
            (Some(documented), Some(learned)) => Some(documented.min(learned)),
            (documented, learned) => documented.or(learned),
        }
    }

    /// How many requests may go at once.
    fn burst(&self, rate: f64) -> f64 {
        // One request short of the server's own burst, so that two clocks need not agree to the millisecond.
        let documented = self.documented.map_or(f64::INFINITY, |rate| (rate - 1.0).max(1.0));
        match self.learned {
            // Nothing is known of the server's burst. A tenth of a second makes up for timers that fire late.
            Some(_) => (1.0 + rate / 10.0).min(documented),
            None => documented,
        }
    }

    /// How long until a request may be sent that has so many others ahead of it.
    pub(super) fn wait(&mut self, ahead: usize, now: Instant) -> Duration {
        let Some(rate) = self.rate() else { return Duration::ZERO };
        self.fill(rate, now);
        let missing = ahead as f64 + 1.0 - self.tokens;
        // Less than a nanosecond is arithmetic.
        if missing * 1e9 < rate { Duration::ZERO } else { Duration::from_secs_f64(missing / rate) }
    }

    /// How long that is at the least. A learned rate may grow meanwhile, so it is not counted on.
    pub(super) fn least_wait(&mut self, ahead: usize, now: Instant) -> Duration {
        match (self.documented, &self.learned) {
            (None, _) => Duration::ZERO,
            (Some(rate), Some(_)) => Duration::from_secs_f64(ahead as f64 / rate),
            (Some(_), None) => self.wait(ahead, now),
        }
    }

    fn fill(&mut self, rate: f64, now: Instant) {
        let burst = self.burst(rate);
        let passed = self.at.map(|at| now.saturating_duration_since(at));
        self.tokens = passed.map_or(burst, |passed| (self.tokens + passed.as_secs_f64() * rate).min(burst));
        // A moment in the future is the end of a pause.
        self.at = Some(self.at.map_or(now, |at| at.max(now)));
    }

    /// A request is sent.
    pub(super) fn sent(&mut self, now: Instant) {
        if let Some(rate) = self.rate() {
            self.fill(rate, now);
            self.tokens -= 1.0;
        }
        self.flow.count(now).sent += 1;
    }

    /// A request was accepted. `late` says that it was sent before the last refusal.
    pub(super) fn accepted(&mut self, late: bool, now: Instant) {
        self.flow.count(now).accepted += 1;
        let Some(learned) = &mut self.learned else { return };
        if late {
            // It shows that more was accepted at the time of the refusal than was known by then.
            let peak = self.flow.measured(now).1.min(learned.before);
            if peak > learned.peak {
                (learned.peak, learned.rate) = (peak, peak * DECREASE);
            }
            return;
        }
        let time = now.saturating_duration_since(learned.since).as_secs_f64() / RECOVERY.as_secs_f64() - 1.0;
        learned.rate = learned.peak * (1.0 + (1.0 - DECREASE) * time.powi(3));
        if learned.rate >= self.documented.unwrap_or(UNLIMITED) {
            self.learned = None;
        }
    }

    /// A request was refused, and none is sent until a moment.
    pub(super) fn refused(&mut self, until: Instant, now: Instant) {
        let (sent, accepted) = self.flow.measured(now);
        let before = self.rate().unwrap_or(f64::INFINITY);
        let peak = match (&self.learned, self.documented) {
            (None, Some(documented)) => documented,
            // What was accepted can be the server's burst, or be counted late: it is a guess in both directions.
            (None, None) => accepted.max(sent / 4.0),
            (Some(learned), _) => accepted.max(learned.rate / 2.0).min(learned.rate),
        };
        let peak = peak.max(LOWEST.min(self.documented.unwrap_or(LOWEST)));
        self.learned = Some(Learned { before, peak, rate: peak * DECREASE, since: until });
        self.hold(until);
    }

    /// Nothing is sent until a moment, and then one request first.
    pub(super) fn hold(&mut self, until: Instant) {
        if self.rate().is_some() && self.at.is_none_or(|at| at <= until) {
            (self.tokens, self.at) = (1.0, Some(until));
        }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.learned.is_none() && self.flow.measured(now) == (0.0, 0.0)
    }
}

/// The requests of the last second: those of two slots, of which the older one counts by the part that is in it.
#[derive(Debug, Default)]
struct Flow {
    since: Option<Instant>,
    current: Count,
    last: Count,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    sent: u32,
    accepted: u32,
}

impl Flow {
    fn count(&mut self, now: Instant) -> &mut Count {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed >= SECOND {
            self.last = if passed < 2 * SECOND { self.current } else { Count::default() };
            self.current = Count::default();
            self.since = Some(if passed < 2 * SECOND { since + SECOND } else { now });
        }
        &mut self.current
    }

    /// The requests sent and accepted in the last second.
    fn measured(&mut self, now: Instant) -> (f64, f64) {
        let current = *self.count(now);
        let passed = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let part = 1.0 - passed.as_secs_f64().min(1.0);
        let sum = |current: u32, last: u32| f64::from(current) + f64::from(last) * part;
        (sum(current.sent, self.last.sent), sum(current.accepted, self.last.accepted))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Pace;

    /// A server that takes five requests a second, whose bucket is full to begin with.
    #[test]
    fn keeps_a_documented_rate_however_often_it_is_asked() {
        let start = Instant::now();
        for pause in [0, 1, 50, 150, 199, 200, 201, 1_000, 7_000] {
            let mut pace = Pace::new(Some(5.0));
            let (mut now, mut left, mut at) = (start, 5.0_f64, start);
            for _ in 0..200 {
                now += Duration::from_millis(pause);
                now += pace.wait(0, now);
                pace.sent(now);
                left = (left + now.saturating_duration_since(at).as_secs_f64() * 5.0).min(5.0) - 1.0;
                at = now;
                assert!(left > -1e-6, "asked every {pause} ms, the server's limit was exceeded");
            }
        }
    }

    /// Asks as fast as the pace lets it; the server takes `rate` a second, and its bucket holds as many.
    #[test]
    fn finds_the_rate_of_a_server_that_publishes_none() {
        for (rate, documented) in [(20.0, None), (100.0, None), (500.0, None), (50.0, Some(100.0))] {
            let start = Instant::now();
            let mut pace = Pace::new(documented);
            let (mut now, mut left, mut at, mut accepted) = (start, rate, start, 0_u32);
            while now < start + Duration::from_secs(120) {
                now += pace.wait(0, now).max(Duration::from_micros(100));
                pace.sent(now);
                left = (left + now.saturating_duration_since(at).as_secs_f64() * rate).min(rate);
                at = now;
                if left >= 1.0 {
                    left -= 1.0;
                    accepted += 1;
                    pace.accepted(false, now);
                } else {
                    pace.refused(now + Duration::from_secs(1), now);
                    now += Duration::from_secs(1);
                }
            }
            let used = f64::from(accepted) / (rate * 121.0);
            assert!(used > 0.9, "of {rate} a second, {used} were used");
        }
    }
}
