//! Lenient deserialization of what servers are known to send.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::size_limits::List;

/// Reads `null` as the empty value.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// How the error of a property that is always present begins.
pub const REQUIRED: &str = "in a required property: ";

/// Reads a property that is always present; `null` reads as the empty value. The error for any other shape marks the
/// property as required, so that a repair does not leave it out.
#[allow(
    dead_code,
    reason = "only generated code calls it, and only where an API has properties that are always present"
)]
pub(crate) fn always<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    null_as_default(deserializer).map_err(|error| D::Error::custom(format_args!("{REQUIRED}{error}")))
}

/// Reads a list within the size limits of the response; `null` reads as an empty one.
#[allow(dead_code, reason = "only generated code calls it")]
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_option(List { first: 4, what: "a sequence", item: PhantomData })
}

/// Whether a value is the default of its type.
#[allow(
    dead_code,
    reason = "only generated code calls it, and only where an API has properties that are always present"
)]
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Gives text to a function. It is compiled once, not for each enum.
struct Text<'t>(&'t mut dyn FnMut(&str));

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        (self.0)(text);
        Ok(())
    }
}

/// Reads an open enum: any text is a value.
#[allow(dead_code, reason = "only generated code calls it, and only where an API responds with an enum")]
pub(crate) fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = Infallible>,
{
    let mut value = None;
    deserializer.deserialize_str(Text(&mut |text| value = text.parse().ok()))?;
    value.ok_or_else(|| D::Error::custom("a text is missing"))
}
