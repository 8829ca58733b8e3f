//! Errors of other crates, as errors of this one.

use jsm_raw::{DateError, FieldError, FieldErrorKind};

use super::{Error, ErrorKind};

/// A date that cannot be read is an error of kind [`Decode`](ErrorKind::Decode).
impl From<DateError> for Error {
    fn from(error: DateError) -> Self {
        Self::new(ErrorKind::Decode, error.to_string()).with_source(error)
    }
}

/// A value that cannot be read is an error of kind [`Decode`](ErrorKind::Decode); one that a field does not take is of
/// kind [`Validation`](ErrorKind::Validation), and in [`field_errors`](Error::field_errors).
impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        match error.kind {
            FieldErrorKind::Unreadable => Self::new(ErrorKind::Decode, error.to_string()).with_source(error),
            _ => Self::of_fields(std::slice::from_ref(&error)),
        }
    }
}
