//! Errors of other crates, as errors of this one.

use jsm_raw::DateError;

use super::{Error, ErrorKind};

/// A date that cannot be read is an error of kind [`Decode`](ErrorKind::Decode).
impl From<DateError> for Error {
    fn from(error: DateError) -> Self {
        Self::new(ErrorKind::Decode, error.to_string()).with_source(error)
    }
}
