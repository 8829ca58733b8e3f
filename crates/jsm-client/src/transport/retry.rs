//! When a request is sent again, and how long to wait before.

use std::time::{Duration, SystemTime};

use jsm_raw::OperationInfo;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// More than anybody waits, and little enough to be added to any moment.
pub(crate) const FOREVER: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How patient a client is.
///
/// By default a request is sent up to four times more: after a broken connection and after 408, 429, 502, 503 and
/// 504. What must not be done twice is repeated after a 429 alone, since nothing was done then. The waits double from
/// 2 s to 30 s, spread by a factor of 0.7 to 1.3; what the server asks for is the least that is waited.
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
    /// Sends every request once.
    pub fn never() -> Self {
        Self { max_retries: 0, ..Self::default() }
    }

    /// How often a request is sent again, at most; 4 by default.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The first wait, 2 s by default, and the longest, 30 s by default.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.base = first.min(FOREVER);
        self.cap = longest.max(first).min(FOREVER);
        self
    }

    /// The wait before the retry of this number, from 1. `chance` is between 0 and 1.
    pub(crate) fn wait(&self, retry: u32, asked: Option<Duration>, chance: f64) -> Duration {
        let doubled = self.base.saturating_mul(1 << retry.saturating_sub(1).min(16)).min(self.cap);
        let own = doubled.mul_f64(0.7 + 0.6 * chance.clamp(0.0, 1.0));
        own.max(asked.unwrap_or_default())
    }
}

/// Whether sending the request again after this answer can help and does no harm.
pub(crate) fn is_worth_it(info: &OperationInfo, status: StatusCode) -> bool {
    match status.as_u16() {
        429 => true,
        408 | 502 | 503 | 504 => info.repeatable,
        _ => false,
    }
}

/// What `Retry-After` asks for, in seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // What is no number, `NaN` and its like, is no wait either.
        return (!seconds.is_nan())
            .then(|| Duration::from_secs_f64(seconds.clamp(0.0, FOREVER.as_secs_f64())));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default().min(FOREVER))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::header::{HeaderMap, HeaderValue};

    use super::{FOREVER, RetryPolicy, retry_after};

    #[test]
    fn waits_double_up_to_the_cap_and_never_less_than_asked() {
        let policy = RetryPolicy::default();
        let seconds = |retry, asked| policy.wait(retry, asked, 0.5).as_secs_f64();
        assert_eq!([1, 2, 3, 4, 5, 99].map(|retry| seconds(retry, None)), [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        assert_eq!(seconds(1, Some(Duration::from_secs(60))), 60.0);
        assert_eq!(seconds(1, Some(Duration::ZERO)), 2.0, "a wait of nothing is no wait at all");
        assert_eq!(policy.wait(1, None, 0.0), Duration::from_millis(1400));
        assert_eq!(policy.wait(1, None, 1.0), Duration::from_millis(2600));
    }

    #[test]
    fn reads_seconds_and_dates() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", HeaderValue::from_static(text));
            retry_after(&headers, now)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("0"), Some(Duration::ZERO));
        assert_eq!(read("-1"), Some(Duration::ZERO));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:07 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(read("nan"), None);
        for far in ["1e19", "1e999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(read(far), Some(FOREVER), "{far} would overflow a clock");
        }
    }
}
