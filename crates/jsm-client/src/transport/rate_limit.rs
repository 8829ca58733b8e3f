//! What the server's limits leave room for, so that they are kept rather than met.
//!
//! Known rates are kept by a token bucket for each operation. When a 429 comes nonetheless, its reason decides what
//! waits: one issue's writes, one operation, or everything. How long a call may wait in all is `send`'s.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jsm_raw::OperationInfo;
use reqwest::header::{HeaderMap, HeaderName};

/// The header that says whether the limit is near.
const NEAR_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-nearlimit");

/// How much later the next request is sent while the server says that the limit is near.
const NEAR_LIMIT_PACE: Duration = Duration::from_millis(500);

/// Entries of things that waited once are dropped when there are this many.
const SWEEP: usize = 256;

/// The waits that are in force.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    everything: Option<Instant>,
    operations: HashMap<Endpoint, Instant>,
    issues: HashMap<String, Instant>,
    buckets: HashMap<Endpoint, Bucket>,
}

/// An operation's API and name: two APIs can have operations of one name.
type Endpoint = (&'static str, &'static str);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What a request counts towards.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    info: &'static OperationInfo,
    issue: Option<String>,
}

impl Subject {
    /// `path` is the path of the request.
    pub(crate) fn new(info: &'static OperationInfo, path: &str) -> Self {
        let issue = info.write_limit.filter(|_| info.method != "GET").and_then(|name| {
            // The request's path ends as the operation's does, whatever base stands in front.
            let behind = info.path.split('/').rev().position(|part| part == format!("{{{name}}}"))?;
            path.split('/').rev().nth(behind).map(str::to_owned)
        });
        Self { info, issue }
    }

    fn endpoint(&self) -> Endpoint {
        (self.info.api, self.info.name)
    }

    /// The rate that the server is known to take.
    fn rate(&self) -> Option<f64> {
        self.info.burst.filter(|rate| *rate > 0).map(f64::from)
    }
}

impl State {
    /// How long the subject has to wait because of answers that came.
    fn pause(&self, subject: &Subject, now: Instant) -> Duration {
        let held = [
            self.everything,
            self.operations.get(&subject.endpoint()).copied(),
            subject.issue.as_ref().and_then(|issue| self.issues.get(issue).copied()),
        ];
        held.into_iter().flatten().max().map(|until| until.saturating_duration_since(now)).unwrap_or_default()
    }
}

impl Limits {
    fn lock(&self) -> MutexGuard<'_, State> {
        // What a panicking thread leaves behind is at worst a wait too many.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place among the requests: how long to wait before sending.
    pub(crate) fn reserve(&self, subject: &Subject, now: Instant) -> Duration {
        let mut state = self.lock();
        let pause = state.pause(subject, now);
        let Some(rate) = subject.rate() else { return pause };
        // One request short of the server's own burst, so that two clocks need not agree to the millisecond.
        let burst = (rate - 1.0).max(1.0);
        let bucket = state.buckets.entry(subject.endpoint()).or_insert(Bucket { tokens: burst, at: now });
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * rate).min(burst) - 1.0;
        bucket.at = now;
        // A debt is paid by waiting: the next in line sees it and waits longer.
        Duration::from_secs_f64((-bucket.tokens).max(0.0) / rate).max(pause)
    }

    /// Gives back a place that was taken and will not be used.
    pub(crate) fn give_back(&self, subject: &Subject) {
        if let Some(bucket) = self.lock().buckets.get_mut(&subject.endpoint()) {
            bucket.tokens += 1.0;
        }
    }

    /// How long to wait still, for one that has its place.
    pub(crate) fn pause(&self, subject: &Subject, now: Instant) -> Duration {
        self.lock().pause(subject, now)
    }

    /// Learns from a 429 what is to wait, and how long.
    pub(crate) fn limited(&self, subject: &Subject, reason: Option<&str>, wait: Duration, now: Instant) {
        let until = now + wait;
        let mut state = self.lock();
        let State { everything, operations, issues, .. } = &mut *state;
        match (reason, &subject.issue) {
            (Some(reason), Some(issue)) if reason.contains("per-issue") => {
                if issues.len() >= SWEEP {
                    issues.retain(|_, until| *until > now);
                }
                later(issues.entry(issue.clone()).or_insert(until), until);
            }
            (Some(reason), _) if reason.contains("quota") => {
                later(everything.get_or_insert(until), until);
            }
            _ => later(operations.entry(subject.endpoint()).or_insert(until), until),
        }
    }

    /// Learns from any answer whether the quota is near its end, which all operations share.
    pub(crate) fn learn(&self, headers: &HeaderMap, now: impl FnOnce() -> Instant) {
        let near = headers.get(NEAR_LIMIT).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"true"));
        if near {
            let until = now() + NEAR_LIMIT_PACE;
            later(self.lock().everything.get_or_insert(until), until);
        }
    }
}

fn later(held: &mut Instant, until: Instant) {
    *held = (*held).max(until);
}

#[cfg(all(test, feature = "servicedesk"))]
mod tests {
    use std::time::{Duration, Instant};

    use jsm_raw::Operation;
    use jsm_raw::servicedesk::customer::GetCustomers;

    use super::{Limits, Subject};

    /// A server that takes five requests a second, whose bucket is full to begin with.
    #[test]
    fn a_known_rate_is_kept_whatever_the_pace() {
        let start = Instant::now();
        for pause in [0, 1, 50, 150, 199, 200, 201, 1_000, 7_000] {
            let (limits, subject) = (Limits::default(), Subject::new(GetCustomers::INFO, "/"));
            let (mut now, mut left, mut at) = (start, 5.0_f64, start);
            for _ in 0..200 {
                now += Duration::from_millis(pause);
                let sent = now + limits.reserve(&subject, now);
                left = (left + sent.saturating_duration_since(at).as_secs_f64() * 5.0).min(5.0) - 1.0;
                at = sent;
                assert!(left > -1e-6, "asked every {pause} ms, the server's limit was met");
            }
        }
    }
}
