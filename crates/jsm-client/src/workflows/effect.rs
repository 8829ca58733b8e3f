//! What a request that failed has done on the server.

use std::error::Error as _;

use crate::error::{Error, ErrorKind};

/// What a request that failed has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Nothing,
    /// All of it; only the response could not be read.
    Done,
    /// All of it or nothing: the response is missing, or is that of a server that failed.
    Unclear,
}

impl Effect {
    /// What the request of this error has done. `idempotent` says whether it was sent again after an attempt that can have
    /// done something.
    pub(super) fn of(error: &Error, idempotent: bool) -> Self {
        match error.status().map(|status| status.as_u16()) {
            // What describes an error, or is a login page, may be from a proxy.
            Some(200..=299) if !is_of_reading(error.kind()) => Self::Unclear,
            Some(200..=299) => Self::Done,
            Some(500..) => Self::Unclear,
            _ if idempotent && error.attempts() > 1 => Self::Unclear,
            Some(_) => Self::Nothing,
            None if error.attempts() == 0 || error.is_rate_limited() || has_no_connection(error) => {
                Self::Nothing
            }
            None => Self::Unclear,
        }
    }
}

/// Whether a response could not be read.
fn is_of_reading(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Decode | ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::TooLarge)
}

/// Whether no connection could be made.
fn has_no_connection(error: &Error) -> bool {
    error.source().and_then(|source| source.downcast_ref()).is_some_and(reqwest::Error::is_connect)
}
