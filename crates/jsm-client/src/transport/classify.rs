//! What the end of an attempt means for sending the request again. All requests are classified here: those of calls,
//! pages, workflows, files, cloud ids and tokens.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderValue;

use super::body::Head;
use super::budget::Reason;
use super::network_error::{Fault, describe};
use crate::error::{Error, ErrorKind};

/// How an attempt failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was sent, or the same request fails again.
    Permanent(Error),
    /// The server refused the credentials, which are these.
    Unauthorized(Error, HeaderValue),
    /// The connection ended before a response began, and another one may succeed at once.
    Disconnected(Error),
    /// A rate limit refused the request, so that nothing was done.
    RateLimited(Error),
    /// The request may succeed when it is sent again. The retry is paid for from the budget of the reason.
    Transient {
        error: Error,
        reason: Reason,
        /// Whether the server asks for a pause of the whole operation.
        pauses: bool,
    },
    /// The server works, and is too busy for the request. It is asked again after this time.
    NotReady(Error, Duration),
}

impl Failure {
    pub(crate) fn error(&self) -> &Error {
        match self {
            Self::Permanent(error)
            | Self::Unauthorized(error, _)
            | Self::Disconnected(error)
            | Self::RateLimited(error)
            | Self::Transient { error, .. }
            | Self::NotReady(error, _) => error,
        }
    }

    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Permanent(error)
            | Self::Unauthorized(error, _)
            | Self::Disconnected(error)
            | Self::RateLimited(error)
            | Self::Transient { error, .. }
            | Self::NotReady(error, _) => error,
        }
    }

    /// What a retry is paid from, and whether the server asks for a pause of the whole operation.
    pub(super) fn cost(&self) -> (Reason, bool) {
        match self {
            Self::Transient { reason, pauses, .. } => (*reason, *pauses),
            _ => (Reason::Connection, false),
        }
    }

    /// The same failure at a server that is not the site's, whose rate limits are not counted.
    pub(super) fn of_other_server(self) -> Self {
        match self {
            Self::RateLimited(error) | Self::Transient { error, reason: Reason::Server, .. } => {
                Self::Transient { error, reason: Reason::Server, pauses: false }
            }
            other => other,
        }
    }

    /// The same failure with another error.
    pub(crate) fn map(self, change: impl FnOnce(Error) -> Error) -> Self {
        match self {
            Self::Permanent(error) => Self::Permanent(change(error)),
            Self::Unauthorized(error, value) => Self::Unauthorized(change(error), value),
            Self::Disconnected(error) => Self::Disconnected(change(error)),
            Self::RateLimited(error) => Self::RateLimited(change(error)),
            Self::Transient { error, reason, pauses } => {
                Self::Transient { error: change(error), reason, pauses }
            }
            Self::NotReady(error, wait) => Self::NotReady(change(error), wait),
        }
    }

    /// A failure of the way to the server or back.
    fn of_connection(error: Error) -> Self {
        Self::Transient { error, reason: Reason::Connection, pauses: false }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Permanent(error)
    }
}

/// Whether sending the request again after this status can help and does no harm. `retry_after` is the pause that the
/// response asks for.
fn is_retryable(status: StatusCode, retry_after: Option<Duration>, idempotent: bool) -> bool {
    match status.as_u16() {
        429 => true,
        408 | 502 | 503 | 504 => idempotent,
        500..=599 => idempotent && retry_after.is_some(),
        _ => false,
    }
}

/// An error response, by its status.
pub(crate) fn of_status(status: StatusCode, error: Error, idempotent: bool) -> Failure {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Failure::RateLimited(error);
    }
    match is_retryable(status, error.retry_after(), idempotent) {
        true => transient(status, error),
        false => Failure::Permanent(error),
    }
}

fn transient(status: StatusCode, error: Error) -> Failure {
    let reason = if status.is_server_error() { Reason::Server } else { Reason::Connection };
    let pauses = status == StatusCode::SERVICE_UNAVAILABLE && error.retry_after().is_some();
    Failure::Transient { error, reason, pauses }
}

/// A request without a response.
pub(crate) fn of_network_error(error: reqwest::Error, idempotent: bool) -> Failure {
    let (fault, never_sent) = (Fault::of(&error), error.is_connect());
    let error = describe(error);
    if error.is_configuration() {
        return Failure::Permanent(error);
    }
    match fault {
        Fault::Permanent => Failure::Permanent(error),
        // Nothing was done, whatever the operation.
        Fault::NotWritten => Failure::Disconnected(error),
        Fault::NoResponse if idempotent => Failure::Disconnected(error),
        _ if idempotent || never_sent => Failure::of_connection(error),
        _ => Failure::Permanent(error),
    }
}

/// A timeout before the response began.
pub(crate) fn of_timeout(note: &str, idempotent: bool) -> Failure {
    let error = Error::new(ErrorKind::Timeout, note);
    if idempotent { Failure::of_connection(error) } else { Failure::Permanent(error) }
}

/// A body that could not be read. The server has done the work; only sending the request again can return the result.
pub(super) fn of_unread_body(error: Error, idempotent: bool) -> Failure {
    if idempotent && (error.is_connection() || error.is_timeout()) {
        Failure::of_connection(error)
    } else {
        Failure::Permanent(error)
    }
}

/// Examines a response within its attempt, while its request can still be sent again.
pub(crate) type Check<'a> = &'a (dyn Fn(&Head, &Bytes) -> Result<(), NoValue> + Send + Sync);

/// A response that was read whole and has no value of the operation.
#[derive(Debug)]
pub(crate) struct NoValue {
    pub(crate) error: Error,
    /// The status that the response should have had.
    pub(crate) as_if: Option<StatusCode>,
    /// Whether the next response may have a value.
    pub(crate) retry: bool,
}

impl NoValue {
    pub(crate) fn of(error: Error) -> Self {
        Self { error, as_if: None, retry: false }
    }
}

/// A response without a value, as if its status had been right.
pub(super) fn of_no_value(
    no_value: NoValue,
    idempotent: bool,
    authorization: Option<HeaderValue>,
) -> Failure {
    let NoValue { error, as_if, retry } = no_value;
    match (as_if, authorization) {
        (Some(StatusCode::UNAUTHORIZED), Some(value)) => Failure::Unauthorized(error, value),
        (Some(status), _) if is_retryable(status, error.retry_after(), idempotent) => {
            transient(status, error)
        }
        _ if retry && idempotent => Failure::of_connection(error),
        _ => Failure::Permanent(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;
    use reqwest::header::HeaderValue;

    use super::{Failure, NoValue, of_no_value, of_status};
    use crate::error::{Error, ErrorKind};

    fn name(failure: &Failure) -> &'static str {
        match failure {
            Failure::Permanent(_) => "permanent",
            Failure::Unauthorized(..) => "unauthorized",
            Failure::Disconnected(_) => "disconnected",
            Failure::RateLimited(_) => "rate limited",
            Failure::Transient { pauses: true, .. } => "transient, pauses",
            Failure::Transient { .. } => "transient",
            Failure::NotReady(..) => "not ready",
        }
    }

    fn error(retry_after: Option<u64>) -> Error {
        Error::new(ErrorKind::Other, "x").with_retry_after(retry_after.map(Duration::from_secs))
    }

    #[test]
    fn a_status_is_retried_if_that_can_help_and_does_no_harm() {
        for (status, retry_after, idempotent, not_idempotent) in [
            (400, None, "permanent", "permanent"),
            (401, None, "permanent", "permanent"),
            (408, None, "transient", "permanent"),
            (429, None, "rate limited", "rate limited"),
            (500, None, "permanent", "permanent"),
            (500, Some(1), "transient", "permanent"),
            (502, None, "transient", "permanent"),
            (503, None, "transient", "permanent"),
            (503, Some(1), "transient, pauses", "permanent"),
            (504, None, "transient", "permanent"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let of = |idempotent| name(&of_status(status, error(retry_after), idempotent));
            assert_eq!((of(true), of(false)), (idempotent, not_idempotent), "{status} {retry_after:?}");
        }
    }

    #[test]
    fn a_response_without_a_value_counts_as_the_status_that_it_should_have_had() {
        let no_value = |as_if: Option<u16>, retry| {
            let as_if = as_if.map(|status| StatusCode::from_u16(status).unwrap());
            NoValue { as_if, retry, ..NoValue::of(error(None)) }
        };
        for (as_if, retry, expected) in [
            (Some(401), false, "unauthorized"),
            (Some(404), false, "permanent"),
            (Some(429), false, "transient"),
            (Some(503), false, "transient"),
            (None, true, "transient"),
            (None, false, "permanent"),
        ] {
            let authorization = Some(HeaderValue::from_static("Bearer x"));
            let failure = of_no_value(no_value(as_if, retry), true, authorization);
            assert_eq!(name(&failure), expected, "{as_if:?} {retry}");
        }
    }
}
