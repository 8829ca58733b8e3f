//! Error bodies that come with a status of success, or in place of a value.
//!
//! What is a property of a response comes from the effective document; the words of errors are here.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;
use jsm_raw::{OperationInfo, ResponseBody};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::tree;

/// The vocabulary of error bodies, from any sender.
const ERROR_WORDS: [&str; 24] = [
    "code",
    "correlationId",
    "detail",
    "error",
    "errorCode",
    "errorMessage",
    "errorMessages",
    "error_description",
    "errors",
    "fieldErrors",
    "formErrors",
    "i18nErrorMessage",
    "instance",
    "message",
    "path",
    "reasonKey",
    "requestId",
    "status",
    "status-code",
    "statusCode",
    "timestamp",
    "title",
    "traceId",
    "type",
];

/// Which of them hold a status.
const STATUS_WORDS: [&str; 5] = ["code", "statusCode", "status", "status-code", "errorCode"];

/// A body that is no value of the operation.
#[derive(Debug)]
pub(super) enum NoValue {
    /// It explains an error, of this status if it says so.
    Error(Option<StatusCode>),
    /// It is an object of something else, or of nothing.
    Foreign,
}

/// Whether a body is something other than a value of the operation.
///
/// Nearly everything in a response can be missing, so that a decoder takes either. Mostly the first name is
/// enough.
pub(super) fn no_value(info: &OperationInfo, body: &[u8]) -> Option<NoValue> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    let properties = info.response_properties;
    match info.response {
        // The headers show what comes in place of a file.
        ResponseBody::Bytes | ResponseBody::Page => return None,
        ResponseBody::Json if !properties.is_empty() && text.first() == Some(&b'[') => {
            return Some(NoValue::Foreign);
        }
        _ => {}
    }
    if text.first() != Some(&b'{') {
        return None;
    }
    let first = first_name(text);
    let known = |name: &str| is_known(info, name);
    if first.is_some_and(known) {
        return None;
    }
    if properties.is_empty() {
        // Any name may be in it. Only what has the words of an error and no other is one.
        if first.is_some_and(|name| !ERROR_WORDS.contains(&name)) {
            return None;
        }
    } else if has_name(text, known) {
        return None;
    }
    // Half a character in a message makes it no less an error.
    let map = match serde_json::from_slice(text) {
        Ok(map) => map,
        Err(_) => tree::parse(body)?.0,
    };
    let Value::Object(map) = map else { return None };
    no_value_in(info, &map)
}

/// As [`no_value`], for what was parsed already.
pub(super) fn no_value_in(info: &OperationInfo, map: &Map<String, Value>) -> Option<NoValue> {
    let properties = info.response_properties;
    let status = status(map);
    let explains = explains(map);
    let explained = NoValue::Error(status);
    if properties.is_empty() {
        let is_error = map.keys().all(|name| ERROR_WORDS.contains(&name.as_str()));
        let is_strong = status.is_some() || says(map, &["errorMessage", "errorMessages"]);
        return (is_error && is_strong && explains).then_some(explained);
    }
    if map.keys().any(|name| is_known(info, name)) {
        return None;
    }
    match explains || status.is_some() {
        true => Some(explained),
        // A property that has the name of one in errors is a property all the same.
        false => (!map.keys().any(|name| properties.contains(&name.as_str()))).then_some(NoValue::Foreign),
    }
}

/// Whether a name is a property of the response that no error has.
fn is_known(info: &OperationInfo, name: &str) -> bool {
    info.response_properties.contains(&name) && !ERROR_WORDS.contains(&name)
}

/// Whether there is something in it for people to read.
fn explains(map: &Map<String, Value>) -> bool {
    says(map, &["errorMessage", "errorMessages", "message", "error", "errors", "error_description", "detail"])
}

/// Whether one of these names has a value that is not empty.
fn says(map: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().any(|name| match map.get(*name) {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(parts)) => !parts.is_empty(),
        Some(value) => value.as_str().is_some_and(|text| !text.trim().is_empty()),
        None => false,
    })
}

/// The status that a body says it should have had.
fn status(map: &Map<String, Value>) -> Option<StatusCode> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let found = STATUS_WORDS.iter().filter_map(|name| map.get(*name).and_then(number));
    let found = found.filter_map(|code| u16::try_from(code).ok()).find(|code| (400..600).contains(code));
    match (found, map.get("error")) {
        (Some(code), _) => StatusCode::from_u16(code).ok(),
        (None, Some(Value::Object(inner))) => status(inner),
        _ => None,
    }
}

/// The first name in an object, where it has no escapes.
fn first_name(text: &[u8]) -> Option<&str> {
    let name = text.get(1..)?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = name.iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&name[..end]).ok().filter(|name| !name.contains('\\'))
}

/// Whether an object has such a name; the names behind it are not looked at.
fn has_name(text: &[u8], wanted: impl Fn(&str) -> bool) -> bool {
    struct Names<'f, F>(F, &'f mut bool);
    impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Names<'_, F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(Name(name)) = map.next_key()? {
                if (self.0)(&name) {
                    *self.1 = true;
                    return Ok(());
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    #[derive(serde::Deserialize)]
    struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
    let mut found = false;
    // Stopping early is an error of the parser, and what comes behind is the decoder's.
    let _ = serde_json::Deserializer::from_slice(text).deserialize_map(Names(wanted, &mut found));
    found
}
