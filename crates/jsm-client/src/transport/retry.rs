//! The retry policy: when a request is retried, how often, and after which wait.

use std::time::{Duration, SystemTime};

use super::clock::FOREVER;
use jiff::{SignedDuration, Timestamp};

/// How often a call is retried, and how long it waits before each retry.
///
/// ```
/// use std::time::Duration;
///
/// use jsm_client::RetryPolicy;
///
/// let persistent = RetryPolicy::default().max_retries(8).backoff(Duration::from_secs(1), Duration::from_secs(60));
/// let once = RetryPolicy::never();
/// ```
///
/// # Failures
///
/// By default, a call is retried up to 4 times, after
///
/// - a connection that could not be made, or that broke,
/// - the timeout of an attempt,
/// - the statuses 408, 502, 503 and 504, and any other 5xx with a `Retry-After` header.
///
/// An operation that is not idempotent is retried only if nothing of its request was sent. A certificate that is not
/// trusted fails the call at once.
///
/// The wait before a retry is exponential backoff: 2 s, 4 s, 8 s and so on up to 30 s, with jitter of a factor from 0.7
/// to 1.3. It is at least what `Retry-After` requests, plus jitter of up to 30 % of that and 5 s at most.
///
/// When the server closes a connection before it sends a response, as it does with idle connections, an idempotent
/// operation is sent again at once, up to 3 times. This does not count as a failure.
///
/// Each operation has a retry budget, shared by all clones of a client: about 100 retries without success for broken
/// connections, and as many for 5xx. Failures of requests that were in flight at the same time count once. While the
/// budget is used up, calls fail at their first attempt. Each success returns a fifth of a retry.
///
/// # Rate limits
///
/// A response with status 429 is not a failure: the server did nothing. It does not count as a retry and costs no budget,
/// and the call, idempotent or not, is sent again until its deadline. Until then calls pause:
///
/// | `RateLimit-Reason` | pauses |
/// | --- | --- |
/// | `jira-per-issue-on-write` | the writes to that issue |
/// | `jira-quota-...` | all calls of the client |
/// | any other, or none | the calls of that operation |
///
/// The pause is `Retry-After` or, where that is missing, the time until `X-RateLimit-Reset`; an hour at most, or until a
/// reset that is later. Without either it is exponential backoff. Calls that wait form a queue, first in, first out; after
/// the pause they are sent at the documented rate, or at a lower one that the server was found to accept. A 503 with
/// `Retry-After` pauses its operation too, and counts as a failure.
///
/// A call whose turn comes after its deadline fails at once with an error of kind
/// [`RateLimited`](crate::ErrorKind::RateLimited), which names the time of its turn.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    pub(crate) max_retries: u32,
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 4, base: Duration::from_secs(2), cap: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// No retries, and no waiting for a rate limit: a 429 fails the call. Calls still wait while their operation is paused.
    pub fn never() -> Self {
        Self { max_retries: 0, ..Self::default() }
    }

    /// Sets how often a call is retried after a failure; 4 by default. 0 is [`never`](Self::never).
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the first wait, 2 s by default, and the longest, 30 s by default. Each wait is twice as long as the one before.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.base = first.min(FOREVER);
        self.cap = longest.max(first).min(FOREVER);
        self
    }

    /// The wait before the retry of this number, from 1. `chance` is between 0 and 1.
    pub(crate) fn wait(&self, retry: u32, asked: Option<Duration>, chance: f64) -> Duration {
        let asked = asked.map(|asked| asked + spread(asked, 0.3, MOST_JITTER, chance));
        self.backoff_of(retry, chance).max(asked.unwrap_or_default())
    }

    /// The pause after so many refusals in a row by a rate limit. `chance` is between 0 and 1.
    ///
    /// Those that wait for its end queue, so that the jitter is for other processes alone.
    pub(crate) fn pause(&self, refusals: u32, asked: Option<Duration>, chance: f64) -> Duration {
        match asked.filter(|asked| !asked.is_zero()) {
            Some(asked) => asked + spread(asked, 0.1, Duration::from_secs(1), chance),
            // A pause of nothing is none.
            None => self.backoff_of(refusals, chance),
        }
    }

    fn backoff_of(&self, retry: u32, chance: f64) -> Duration {
        let doubled = self.base.saturating_mul(1 << retry.saturating_sub(1).min(16)).min(self.cap);
        doubled.mul_f64(0.7 + 0.6 * chance.clamp(0.0, 1.0))
    }
}

/// The most that jitter adds to a wait that a server asked for.
const MOST_JITTER: Duration = Duration::from_secs(5);

fn spread(time: Duration, part: f64, most: Duration, chance: f64) -> Duration {
    time.mul_f64(part).min(most).mul_f64(chance.clamp(0.0, 1.0))
}

/// The end of a wait, for people.
pub(crate) fn until_text(now: SystemTime, wait: Duration) -> String {
    let now = Timestamp::try_from(now).unwrap_or_default();
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    // Rounded up to the second: a retry at that time is not too early.
    let until = now.saturating_add(wait + SignedDuration::from_millis(999)).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(until.as_second()).unwrap_or(until).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{RetryPolicy, until_text};

    #[test]
    fn waits_double_up_to_the_cap_and_never_less_than_asked() {
        let policy = RetryPolicy::default();
        let seconds = |retry, asked| policy.wait(retry, asked, 0.5).as_secs_f64();
        assert_eq!([1, 2, 3, 4, 5, 99].map(|retry| seconds(retry, None)), [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        assert_eq!(policy.wait(1, Some(Duration::from_secs(10)), 0.0).as_secs_f64(), 10.0);
        assert_eq!(policy.wait(1, Some(Duration::from_secs(10)), 1.0).as_secs_f64(), 13.0);
        assert_eq!(policy.wait(1, Some(Duration::from_secs(60)), 1.0).as_secs_f64(), 65.0);
        assert_eq!(seconds(1, Some(Duration::ZERO)), 2.0, "a wait of nothing is no wait at all");
        assert_eq!(policy.wait(1, None, 0.0), Duration::from_millis(1400));
        assert_eq!(policy.wait(1, None, 1.0), Duration::from_millis(2600));
    }

    #[test]
    fn names_the_end_of_a_wait() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(until_text(now, Duration::from_millis(22_100)), "1994-11-06T08:50:00Z");
    }
}
