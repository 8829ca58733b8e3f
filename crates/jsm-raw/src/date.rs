//! Dates as servers write them, read as timestamps.

use std::error::Error;
use std::fmt;

use jiff::Timestamp;

use crate::sealed::Sealed;

/// A value that holds a date: a generated date type, or text.
///
/// The generated date types have `timestamp` as a method of their own. Import this trait to call it on text, which is
/// how Customer Service Management sends dates:
///
/// ```
/// use jsm_raw::Dated;
///
/// let noon = "2024-03-01T19:00:00+0700".timestamp()?;
/// assert_eq!(noon.to_string(), "2024-03-01T12:00:00Z");
/// assert_eq!(noon.in_tz("Europe/Vienna")?.to_string(), "2024-03-01T13:00:00+01:00[Europe/Vienna]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The trait is sealed: it cannot be implemented outside this crate.
pub trait Dated: Sealed {
    /// The date as a timestamp.
    ///
    /// Text is read as RFC 3339 with a date, a time and an offset; the offset may lack its colon, as in `+0700`.
    ///
    /// # Errors
    ///
    /// When the value holds no such date.
    fn timestamp(&self) -> Result<Timestamp, DateError>;
}

impl Sealed for str {}

impl Dated for str {
    fn timestamp(&self) -> Result<Timestamp, DateError> {
        parse(self)
    }
}

/// The timestamp of a date that a server sends in two forms, of which the milliseconds count.
#[allow(dead_code, reason = "only generated code calls it, and only where an API has date types")]
pub(crate) fn timestamp(epoch_millis: Option<i64>, text: Option<&str>) -> Result<Timestamp, DateError> {
    match (epoch_millis, text) {
        (Some(millis), _) => Timestamp::from_millisecond(millis).map_err(|source| {
            DateError::new(format!("{millis} ms is too far from 1970 for a timestamp"), source)
        }),
        (None, Some(text)) => parse(text),
        (None, None) => {
            Err(DateError { message: "the date has neither milliseconds nor text".into(), source: None })
        }
    }
}

fn parse(text: &str) -> Result<Timestamp, DateError> {
    let parsed = text.trim().parse();
    parsed
        .map_err(|source| DateError::new(format!("{text:?} is not a date with a time and an offset"), source))
}

/// Why a value could not be read as a timestamp.
#[derive(Clone, Debug)]
pub struct DateError {
    message: String,
    source: Option<jiff::Error>,
}

impl DateError {
    fn new(message: String, source: jiff::Error) -> Self {
        Self { message, source: Some(source) }
    }
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for DateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
