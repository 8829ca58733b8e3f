//! Lengths of time, as servers write them.

use std::time::Duration;

use jiff::SignedDuration;

/// A number of milliseconds, which may be below zero.
#[allow(dead_code, reason = "only generated code calls it, and only where an API has lengths of time")]
pub(crate) fn signed(millis: Option<i64>) -> Option<SignedDuration> {
    millis.map(SignedDuration::from_millis)
}

/// A number of milliseconds that is not below zero.
#[allow(dead_code, reason = "only generated code calls it, and only where an API has lengths of time")]
pub(crate) fn unsigned(millis: Option<i64>) -> Option<Duration> {
    millis.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis)
}
