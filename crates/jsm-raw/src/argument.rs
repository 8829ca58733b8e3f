//! Checks of arguments, whose errors name the argument as the API does.
//!
//! Numbers in paths and queries are checked before a request is built, because any text fits there. Everything else is
//! checked only where the request cannot be built, to find out which argument is wrong. Path parameters are checked in
//! `path_param`.

use std::fmt::{self, Display};
use std::io;

use reqwest::Request;
use reqwest::header::HeaderValue;
use serde::Serialize;

use crate::request_error::RequestError;

/// Rejects text where the API takes a number.
#[allow(dead_code, reason = "only generated code calls it, and only where an API takes numbers")]
pub(crate) fn number(parameter: &str, value: &impl Display) -> Result<(), RequestError> {
    let text = value.to_string();
    match is_number(&text) {
        true => Ok(()),
        false => Err(RequestError::argument(parameter, &NotANumber(&text))),
    }
}

/// Whether a text is how JSON writes an integer.
pub(crate) fn is_number(text: &str) -> bool {
    text.parse::<i64>().is_ok() && !text.starts_with('+')
}

/// The error for text that should be a number.
pub(crate) struct NotANumber<'a>(pub(crate) &'a str);

impl Display for NotANumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be a number, got {:?}", self.0)
    }
}

/// Rejects a query parameter that cannot be serialized.
#[allow(dead_code, reason = "only generated code calls it, and only where an operation has parameters")]
pub(crate) fn value(parameter: &str, value: &impl Serialize) -> Result<(), RequestError> {
    serde_json::to_writer(io::sink(), value).map_err(|error| RequestError::argument(parameter, &error))
}

/// Rejects an operation whose idempotency key, which the server requires, is missing.
#[allow(dead_code, reason = "only generated code calls it, and only where an API has bulk operations")]
pub(crate) fn key<'a>(parameter: &str, key: Option<&'a str>) -> Result<&'a str, RequestError> {
    key.ok_or_else(|| RequestError::argument(parameter, &"is missing; set it with idempotency_key(..)"))
}

/// Rejects a value that is not valid in a header.
#[allow(dead_code, reason = "only generated code calls it, and only where an operation has headers")]
pub(crate) fn header(parameter: &str, value: Option<&impl Display>) -> Result<(), RequestError> {
    match value.map(|value| HeaderValue::from_str(&value.to_string())) {
        Some(Err(_)) => {
            Err(RequestError::argument(parameter, &"must be text on one line, without control characters"))
        }
        _ => Ok(()),
    }
}

/// Rejects a body that cannot be serialized, and names the property.
#[allow(dead_code, reason = "only generated code calls it, and only where an operation has a body")]
pub(crate) fn body(value: &impl Serialize) -> Result<(), RequestError> {
    let mut written = Vec::new();
    serde_json::to_writer(&mut written, value).map_err(|error| {
        let property = last_key(&String::from_utf8_lossy(&written)).unwrap_or("body").to_owned();
        RequestError::argument(&property, &error)
    })
}

/// The key whose value, or an entry of whose list, is missing at the end of JSON that breaks off.
fn last_key(json: &str) -> Option<&str> {
    let entries = |c: char| c == '[' || c == ',' || c == '-' || c.is_ascii_digit();
    let key = json.trim_end_matches(entries).strip_suffix("\":")?;
    key.rsplit_once('"').map(|(_, key)| key)
}

/// Joins the repeated query parameters of these names into one each, with commas between the values.
#[allow(dead_code, reason = "only generated code calls it, and only where an API wants lists joined")]
pub(crate) fn join(mut request: Request, names: &[&str]) -> Request {
    let query = request.url().query().unwrap_or_default();
    let mut joined: Vec<(&str, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match joined.iter_mut().find(|(known, _)| *known == name && names.contains(&name)) {
            // A comma within a value is escaped by now.
            Some((_, values)) => *values += &format!(",{value}"),
            None => joined.push((name, value.to_owned())),
        }
    }
    let query: Vec<String> = joined.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = Some(query.join("&")).filter(|query| !query.is_empty());
    request.url_mut().set_query(query.as_deref());
    request
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::{IdKind, NumericId};

    #[derive(Clone)]
    enum Shelf {}

    impl crate::sealed::Sealed for Shelf {}

    impl IdKind for Shelf {
        const NAME: &'static str = "ShelfId";
    }

    type ShelfId = NumericId<Shelf>;

    #[test]
    fn names_the_property_that_cannot_be_sent() {
        let map = |key: &str, ids: Vec<ShelfId>| BTreeMap::from([(key.to_owned(), ids)]);
        let said = |body: &dyn Fn() -> Result<(), RequestError>| body().unwrap_err().to_string();
        let bad = || vec![ShelfId::from(-7), ShelfId::from("abc")];
        assert_eq!(said(&|| body(&map("shelfIds", bad()))), r#"shelfIds must be a number, got "abc""#);
        assert_eq!(
            said(&|| body(&[map("a", vec![1.into()]), map("b", bad())])),
            r#"b must be a number, got "abc""#
        );
        assert_eq!(said(&|| body(&bad())), r#"body must be a number, got "abc""#);
        assert_eq!(
            said(&|| value("shelfId", &Some(ShelfId::from("1\n2")))),
            r#"shelfId must be a number, got "1\n2""#
        );
        assert!(body(&map("shelfIds", vec![1.into()])).is_ok());
        assert!(body(&json!({"text": "\":"})).is_ok());
    }

    #[test]
    fn takes_what_is_a_number_on_the_wire() {
        for text in ["0", "7", "-7", "9223372036854775807"] {
            assert!(number("id", &text).is_ok(), "{text:?} was refused");
        }
        for text in ["", "abc", "+7", " 7", "7 ", "7.0", "1e3", "0x7", "9223372036854775808", "٧"] {
            let said = number("id", &text).unwrap_err().to_string();
            assert_eq!(said, format!("id must be a number, got {text:?}"));
        }
    }

    #[test]
    fn refuses_a_header_of_two_lines() {
        let said = header("Shelf-Key", Some(&"a\nb")).unwrap_err().to_string();
        assert_eq!(said, "Shelf-Key must be text on one line, without control characters");
        assert!(header("Shelf-Key", Some(&"a b")).is_ok());
        assert!(header("Shelf-Key", None::<&String>).is_ok());
    }

    #[test]
    fn joins_what_is_repeated_and_keeps_the_rest() {
        let get = |query: &str| {
            let url = format!("https://acme.example/shelf{query}").parse().expect("a URL");
            Request::new(reqwest::Method::GET, url)
        };
        for (query, joined) in
            [("tag=a&n=1&tag=b%2Cc&tag=&n=2", "tag=a,b%2Cc,&n=1&n=2"), ("n=1", "n=1"), ("tag=a", "tag=a")]
        {
            assert_eq!(join(get(&format!("?{query}")), &["tag"]).url().query(), Some(joined));
        }
        assert_eq!(join(get(""), &["tag"]).url().as_str(), "https://acme.example/shelf");
    }
}
