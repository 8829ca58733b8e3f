//! Dates as moments in time.
//!
//! Servers write one moment in several ways; which parts of a value tell it is known in `jsm-raw`.

use jiff::Timestamp;
use jsm_raw::Dated;

use crate::error::{Error, ErrorKind, Result};

/// The moment that a date tells.
///
/// The milliseconds count; without them the text is read, in RFC 3339 or with an offset that has no colon, as servers
/// write it. Texts of Customer Service Management can be given as they are.
///
/// ```
/// use jsm_client::{Timestamp, servicedesk::types::Date, timestamp};
///
/// let noon: Timestamp = "2024-03-01T12:00:00Z".parse()?;
/// assert_eq!(timestamp("2024-03-01T19:00:00+0700")?, noon);
///
/// let mut date = Date::default();
/// date.epoch_millis = Some(1_709_294_400_000);
/// assert_eq!(timestamp(&date)?, noon);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Of kind `Decode`, when it tells no moment.
pub fn timestamp<D: Dated + ?Sized>(date: &D) -> Result<Timestamp> {
    if let Some(millis) = date.epoch_millis() {
        return Timestamp::from_millisecond(millis).map_err(|source| {
            Error::new(ErrorKind::Decode, format!("{millis} ms are no date that can be told"))
                .with_source(source)
        });
    }
    let text = date
        .text()
        .ok_or_else(|| Error::new(ErrorKind::Decode, "the date has neither milliseconds nor text"))?;
    text.trim().parse().map_err(|source: jiff::Error| {
        Error::new(ErrorKind::Decode, format!("{text:?} is no date with a time and an offset"))
            .with_source(source)
    })
}
