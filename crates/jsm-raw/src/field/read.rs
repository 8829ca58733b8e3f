//! Values of fields, as responses have them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{FieldError, FieldErrorKind};
use super::names::named;

/// How many characters of an error of a type are shown.
const EXPECTATION: usize = 120;

/// What the errors begin with that end with what was expected.
const OF_SERDE: [&str; 4] = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];

/// The value of a field in a map by id; none where it is missing or `null`.
pub(crate) fn in_map<'v>(values: &'v Map<String, Value>, field: &str) -> Option<&'v Value> {
    values.get(field).filter(|value| !value.is_null())
}

/// The value of a field in a list of an id, a label and a value each: by id, or else by a label that one field has.
pub(crate) fn in_list<'v>(
    values: impl Iterator<Item = (&'v str, &'v str, Option<&'v Value>)> + Clone,
    field: &str,
) -> Option<&'v Value> {
    let by_id = values.clone().find(|(id, ..)| *id == field);
    let by_label = || match named(field, values.clone().map(|(_, label, _)| label)).as_slice() {
        [one] => values.clone().nth(*one),
        _ => None,
    };
    by_id.or_else(by_label)?.2.filter(|value| !value.is_null())
}

/// A value as a type of the program; none where it is missing.
pub(crate) fn decode<'v, T: Deserialize<'v>>(
    field: &str,
    value: Option<&'v Value>,
) -> Result<Option<T>, FieldError> {
    let Some(value) = value else { return Ok(None) };
    T::deserialize(value).map(Some).map_err(|error| unreadable(field, value, &error))
}

/// Says what was found and what was expected, and nothing of the value.
fn unreadable(field: &str, value: &Value, error: &serde_json::Error) -> FieldError {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let text = error.to_string();
    // In front of serde's expectation is the value, or a part of it. Errors of other types have it anywhere.
    let is_of_serde = OF_SERDE.iter().any(|start| text.starts_with(start));
    let why = match text.rsplit_once(", expected ").filter(|_| is_of_serde) {
        Some((_, wanted)) => format!("expected {wanted}"),
        None if text.starts_with("missing field") => text,
        None => "its content does not fit the type".to_owned(),
    };
    let why: String = why.chars().take(EXPECTATION).collect();
    let message = format!("the value is {found} and cannot be read: {why}");
    FieldError::new(FieldErrorKind::Unreadable, field, "", message)
}
