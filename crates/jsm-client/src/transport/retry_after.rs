//! The pause that a response asks for, by `Retry-After` or the reset of a rate limit.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use jiff::Timestamp;

use super::clock::FOREVER;

/// The header that says when a limit is reset.
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The longest pause that is believed where no reset is known to be later: quotas are reset every hour.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The pause that a response asks for: by `Retry-After`, and where a limit refused, by the time of its reset.
pub(crate) fn pause(
    status: StatusCode,
    headers: &HeaderMap,
    now: impl FnOnce() -> SystemTime,
) -> Option<Duration> {
    if !headers.contains_key(RETRY_AFTER) && !headers.contains_key(RESET) {
        return None;
    }
    // The server's dates are compared with its own clock.
    let now = text(headers, DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(now);
    let reset = text(headers, RESET)
        .filter(|_| status == StatusCode::TOO_MANY_REQUESTS)
        .and_then(moment)
        .map(|reset| reset.duration_since(now).unwrap_or_default().min(FOREVER));
    let asked = text(headers, RETRY_AFTER).and_then(|text| match text.parse::<f64>() {
        Ok(seconds) if seconds.is_nan() => None,
        Ok(seconds) => Some(Duration::from_secs_f64(seconds.clamp(0.0, FOREVER.as_secs_f64()))),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()),
    });
    match asked {
        Some(asked) => Some(asked.min(reset.unwrap_or_default().max(LONGEST))),
        None => reset,
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

/// The time of a reset: ISO 8601 in UTC, with or without seconds.
fn moment(text: &str) -> Option<SystemTime> {
    let without_seconds = || text.strip_suffix('Z').and_then(|text| format!("{text}:00Z").parse().ok());
    let moment: Timestamp = text.parse().ok().or_else(without_seconds)?;
    Some(moment.into())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::StatusCode;
    use http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{LONGEST, pause};

    const NOW: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn read(status: u16, headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, text)| (HeaderName::from_static(name), HeaderValue::from_static(text)))
            .collect();
        pause(StatusCode::from_u16(status).unwrap(), &headers, || now)
    }

    #[test]
    fn reads_seconds_and_dates() {
        let seconds = Duration::from_secs;
        for (text, pause) in [
            ("7", Some(seconds(7))),
            ("2.5", Some(Duration::from_millis(2_500))),
            ("0", Some(seconds(0))),
            ("-1", Some(seconds(0))),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(seconds(10))),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(seconds(0))),
            ("soon", None),
            ("nan", None),
            ("7200", Some(LONGEST)),
            ("1e308", Some(LONGEST)),
            ("inf", Some(LONGEST)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(LONGEST)),
        ] {
            for status in [429, 500, 503] {
                assert_eq!(read(status, &[("retry-after", text)]), pause, "{text}");
            }
        }
    }

    #[test]
    fn compares_dates_with_the_clock_of_the_server() {
        let date = "Sun, 06 Nov 1994 06:00:00 GMT";
        for (name, text) in
            [("retry-after", "Sun, 06 Nov 1994 06:00:20 GMT"), ("x-ratelimit-reset", "1994-11-06T06:00:20Z")]
        {
            assert_eq!(read(429, &[("date", date), (name, text)]), Some(Duration::from_secs(20)), "{name}");
            assert_eq!(read(429, &[("date", NOW), (name, text)]), Some(Duration::ZERO), "{name}");
            assert_eq!(read(429, &[("date", "today"), (name, text)]), Some(Duration::ZERO), "{name}");
        }
    }

    #[test]
    fn reads_the_reset_where_nothing_else_is_asked() {
        for (reset, seconds) in [
            ("1994-11-06T08:50Z", Some(23)),
            ("1994-11-06T08:50:07Z", Some(30)),
            ("1994-11-06T08:50:07.500Z", Some(30)),
            ("1994-11-06T09:50:07+01:00", Some(30)),
            ("1994-11-06T08:40Z", Some(0)),
            ("1994-11-06T11:49:37Z", Some(3 * 60 * 60)),
            ("tomorrow", None),
        ] {
            let read = |status, more: &[_]| {
                read(status, &[&[("x-ratelimit-reset", reset)], more].concat()).map(|pause| pause.as_secs())
            };
            assert_eq!(read(429, &[]), seconds, "{reset}");
            assert_eq!(read(429, &[("retry-after", "soon")]), seconds, "{reset}");
            assert_eq!(read(429, &[("retry-after", "5")]), Some(5), "{reset}");
            assert_eq!(read(503, &[]), None, "{reset} is about a limit");
            let longest = seconds.unwrap_or(0).max(LONGEST.as_secs());
            assert_eq!(read(429, &[("retry-after", "1e99")]), Some(longest), "{reset}");
        }
    }
}
