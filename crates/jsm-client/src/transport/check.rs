//! The check of a response within its attempt: whether it is a value of the operation.
//!
//! What is a value is decided by the caller, who decodes; what follows for the request is decided here.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;

use crate::error::{Error, Result};

use super::attempt::{Failed, Head};
use super::retry;

/// Looks at a response while its request can still be sent again.
pub(crate) type Check<'a> = &'a (dyn Fn(&Head, &Bytes) -> Result<(), NoValue> + Send + Sync);

/// Why a response that was read whole is of no use.
#[derive(Debug)]
pub(crate) struct NoValue {
    pub(crate) error: Error,
    /// The status that the response should have had.
    pub(crate) as_if: Option<StatusCode>,
    /// Whether the next response may be better.
    pub(crate) retry: bool,
}

impl NoValue {
    pub(crate) fn of(error: Error) -> Self {
        Self { error, as_if: None, retry: false }
    }
}

/// What a response without a value means for the request, as if its status had been right.
pub(super) fn useless(idempotent: bool, no_value: NoValue, authorization: Option<HeaderValue>) -> Failed {
    let NoValue { error, as_if, retry } = no_value;
    match (as_if, authorization) {
        (Some(StatusCode::UNAUTHORIZED), Some(value)) => Failed::Refused(error, value),
        (Some(status), _) if retry::is_worth_it(status, error.retry_after(), idempotent) => {
            Failed::ForNow(error)
        }
        _ if retry && idempotent => Failed::ForNow(error),
        _ => Failed::ForGood(error),
    }
}
