//! Values that are a moment in time.
//!
//! Which of their parts tell the moment is known here; turning them into a timestamp is `jsm-client`'s.

/// A date as a server writes it.
pub trait Dated {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn epoch_millis(&self) -> Option<i64>;

    /// Date, time and offset as text. The offset may lack its colon.
    fn text(&self) -> Option<&str>;
}

impl Dated for str {
    fn epoch_millis(&self) -> Option<i64> {
        None
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Dated for String {
    fn epoch_millis(&self) -> Option<i64> {
        None
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}
