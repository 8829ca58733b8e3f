//! The value in a response, or the reason why there is none.

use std::cell::Cell;

use bytes::Bytes;
use http::StatusCode;
use jsm_raw::{Operation, OperationInfo, PageParts, Paginated, ResponseBody, SizeLimits};
use serde::de::DeserializeOwned;

use super::drift::Observer;
use super::error_shape;
use super::expected_file::{self, Expected};
use super::place::{Scanner, cut, offset};
use super::repair;
use super::repairs::Repairs;
use crate::error::{Error, ErrorKind, is_html};
use crate::transport::classify::NoValue;
use crate::transport::{Head, trace};

/// How much of a body, and of what is wrong with it, is shown.
const EXCERPT: usize = 40;
const EXPECTATION: usize = 120;

/// How deep a decoder follows a text by itself.
const DEPTH: usize = 128;

/// The limits of decoding one response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoding {
    /// The most items in one list.
    pub(crate) items: usize,
    /// The most objects and lists within each other.
    pub(crate) depth: usize,
    /// Whether a value that does not fit is an error.
    pub(crate) strict: bool,
}

impl Default for Decoding {
    fn default() -> Self {
        Self { items: 10_000, depth: DEPTH, strict: false }
    }
}

/// A value with what was repaired in it.
#[derive(Debug)]
pub(crate) struct Decoded<T> {
    pub(crate) value: T,
    pub(crate) repairs: Repairs,
}

/// The value in a response.
pub(super) fn decode<O: Operation>(
    decoding: &Decoding,
    observer: Option<&dyn Observer>,
    head: &Head,
    body: &Bytes,
) -> Result<Decoded<O::Output>, NoValue> {
    let (info, items) = (O::INFO, &|_: &Bytes| items_of(O::INFO));
    let expected = Expectation { info, name: &name_of::<O::Output>, items, observer };
    decode_as(&expected, decoding, head, body, O::decode)
}

/// The page in a response.
pub(super) fn decode_page<O: Paginated>(
    operation: &O,
    decoding: &Decoding,
    observer: Option<&dyn Observer>,
    head: &Head,
    body: &Bytes,
) -> Result<Decoded<PageParts<O::Item>>, NoValue> {
    let items = |body: &Bytes| operation.items_property(body);
    let (info, name) = (operation.info(), &name_of::<O::Output>);
    let expected = Expectation { info, name, items: &items, observer };
    decode_as(&expected, decoding, head, body, |body| operation.decode_page(body))
}

/// The value in a response of which no document says anything.
///
/// `null` is as good as no body, so that `Option` and `()` can be read from either.
pub(super) fn decode_any<T: DeserializeOwned>(
    info: &'static OperationInfo,
    decoding: &Decoding,
    head: &Head,
    body: &Bytes,
) -> Result<Decoded<T>, NoValue> {
    if head.status.is_success()
        && body.trim_ascii().is_empty()
        && let Ok(value) = serde_json::from_str("null")
    {
        return Ok(Decoded { value, repairs: Repairs::default() });
    }
    let expected = Expectation { info, name: &name_of::<T>, items: &|_| items_of(info), observer: None };
    decode_as(&expected, decoding, head, body, |body| match info.response {
        // A body is ignored where none is expected.
        ResponseBody::Nothing => serde_json::from_str("null"),
        _ => serde_json::from_slice(body),
    })
}

fn items_of(info: &OperationInfo) -> Option<String> {
    info.response_items.map(str::to_owned)
}

/// What a response should be.
struct Expectation<'a> {
    info: &'static OperationInfo,
    /// The name of the type that it is decoded as.
    name: &'a dyn Fn() -> String,
    /// The property of a body that holds the items of a page; empty where the body is the list itself.
    items: &'a dyn Fn(&Bytes) -> Option<String>,
    /// Observes how the response differs from the document.
    observer: Option<&'a dyn Observer>,
}

fn decode_as<T>(
    expected: &Expectation<'_>,
    decoding: &Decoding,
    head: &Head,
    body: &Bytes,
    read: impl Fn(&Bytes) -> Result<T, serde_json::Error>,
) -> Result<Decoded<T>, NoValue> {
    let mut value = None;
    let mut read = |body: &Bytes| read(body).map(|decoded| value = Some(decoded));
    let repairs = decode_with(expected, decoding, head, body, &mut read)?;
    let unread = || NoValue::of(Error::new(ErrorKind::Decode, "the response was not decoded"));
    value.map(|value| Decoded { value, repairs }).ok_or_else(unread)
}

/// Decodes by calling a function that keeps the value. What is the same for all types is compiled once.
fn decode_with(
    expected: &Expectation<'_>,
    decoding: &Decoding,
    head: &Head,
    body: &Bytes,
    read: &mut dyn FnMut(&Bytes) -> Result<(), serde_json::Error>,
) -> Result<Repairs, NoValue> {
    let info = expected.info;
    let decoded = decode_unobserved(expected, decoding, head, body, read);
    match (expected.observer, &decoded) {
        (None, _) => {}
        (Some(observer), Ok(repairs)) => observer.response(info, head, body, &repairs.listed),
        (Some(observer), Err(no_value)) if no_value.error.kind() == ErrorKind::Decode => {
            observer.response(info, head, body, &[]);
        }
        // It is an error, or something that did not come from the API.
        (Some(observer), Err(_)) => {
            observer.undecoded(info, head, Some(body).filter(|_| !head.status.is_success()));
        }
    }
    decoded
}

fn decode_unobserved(
    expected: &Expectation<'_>,
    decoding: &Decoding,
    head: &Head,
    body: &Bytes,
    read: &mut dyn FnMut(&Bytes) -> Result<(), serde_json::Error>,
) -> Result<Repairs, NoValue> {
    let Expectation { info, name, items, .. } = *expected;
    let Head { status, headers } = head;
    let explained = |as_if: StatusCode| {
        let error = Error::of_response(as_if, headers, body.clone()).with_operation(info);
        // A token that lacks a scope is known by the status.
        NoValue { as_if: Some(as_if).filter(|_| !error.names_scope()), ..NoValue::of(error) }
    };
    let undecodable = |note: String| {
        NoValue::of(Error::new(ErrorKind::Decode, note).with_response(*status, headers, body.clone()))
    };
    if status.is_success()
        && !matches!(info.response, ResponseBody::Bytes | ResponseBody::Page)
        && is_html(body, headers)
    {
        let note = "an HTML page came in place of the response, as from a login page or a proxy";
        return Err(NoValue::of(explained(*status).error.with_kind(ErrorKind::Html).with_note(note)));
    }
    if info.response == ResponseBody::Bytes && status.is_success() && !Expected::of(info).allows(headers) {
        return Err(NoValue::of(expected_file::explain(info, headers, body.clone())));
    }
    if body.is_empty() && info.response == ResponseBody::Json {
        // Where there is nothing to send, asking again gets nothing.
        let retry = status.is_success() && *status != StatusCode::NO_CONTENT;
        return Err(NoValue {
            retry,
            ..undecodable(format!("cannot decode the response as {}: it is empty", name()))
        });
    }
    match error_shape::no_value(info, body) {
        None => {}
        Some(_) if !status.is_success() => return Err(explained(*status)),
        Some(error_shape::NoValue::Error(as_if)) => {
            let no_value = match as_if {
                Some(as_if) => explained(as_if),
                None => {
                    // Errors of fields are the caller's, whatever the status.
                    let of_caller = explained(StatusCode::BAD_REQUEST);
                    let has_fields = of_caller.error.field_errors().next().is_some();
                    if has_fields { of_caller } else { explained(StatusCode::INTERNAL_SERVER_ERROR) }
                }
            };
            let error = no_value.error.with_response(*status, headers, body.clone());
            return Err(NoValue { error, as_if: no_value.as_if.and(as_if), ..no_value });
        }
        Some(error_shape::NoValue::Foreign) => {
            return Err(undecodable(format!(
                "cannot decode the response as {}: it has none of its properties",
                name()
            )));
        }
    }
    if decoding.depth < DEPTH && is_deeper(body, decoding.depth) {
        return Err(too_large(format!("the response is nested deeper than {} levels", decoding.depth)));
    }
    // What an item takes in memory is mostly less than what it takes in a body.
    let memory = body.len().saturating_mul(8).saturating_add(4 * 1024 * 1024);
    let limits = SizeLimits::new(decoding.items, memory);
    let exceeded = Cell::new(false);
    let mut read = |body: &Bytes| {
        let (decoded, more) = jsm_raw::within(limits, || read(body));
        exceeded.set(exceeded.get() || more);
        decoded
    };
    let Err(cause) = read(body) else { return Ok(Repairs::default()) };
    if !status.is_success() {
        return Err(explained(*status));
    }
    // Bounds hold for the lenient pass too.
    let lenient = !decoding.strict && !cause.is_eof() && !exceeded.get();
    let repaired = if lenient { repair::repair(info, items(body).as_deref(), body, &mut read) } else { None };
    if exceeded.get() {
        let note =
            format!("the response has a list of more than {} items, or many empty ones", decoding.items);
        return Err(too_large(note));
    }
    if let Some(repairs) = repaired {
        trace::repaired(info, &repairs.listed);
        return Ok(repairs);
    }
    let note = format!("cannot decode the response as {}: {}", name(), describe(body, &cause));
    Err(NoValue { retry: cause.is_eof(), ..undecodable(note) })
}

fn too_large(note: String) -> NoValue {
    NoValue::of(Error::new(ErrorKind::TooLarge, note))
}

/// Whether objects and lists are nested deeper than this.
fn is_deeper(body: &[u8], most: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    body.iter().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > most
    })
}

/// The name of a type without its modules: `a::b::Page<a::b::User>` reads better as `Page<User>`.
fn name_of<T>() -> String {
    let parts = std::any::type_name::<T>().split_inclusive(['<', '>', ',', ' ', '(', ')', '[', ']']);
    parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}

/// What is wrong with a body, where, and what is there, without the rest of the body.
fn describe(body: &Bytes, cause: &serde_json::Error) -> String {
    let mut scanner = Scanner::new(body);
    scanner.to(offset(body, cause.line(), cause.column()));
    let path = scanner.path();
    if cause.is_eof() {
        return format!("it breaks off at {path}");
    }
    let text = cause.to_string();
    let text = text.split_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    // In front of the expectation can be anything, of any length.
    let wanted = match text.rsplit_once(", expected ") {
        Some((_, wanted)) => format!("expected {wanted}"),
        None => text.to_owned(),
    };
    let found =
        body.get(scanner.start()..).map(|rest| &rest[..rest.len().min(4 * EXCERPT)]).unwrap_or_default();
    let found = String::from_utf8_lossy(found).split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{} at {path}, found `{}`", cut(&wanted, EXPECTATION), cut(&found, EXCERPT))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use serde::Deserialize;

    use super::{describe, name_of};

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is read and not looked at")]
    struct Shelf {
        books: Vec<Book>,
        #[serde(default)]
        by_name: BTreeMap<String, Vec<u8>>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is read and not looked at")]
    struct Book {
        title: String,
        pages: Option<u32>,
    }

    #[test]
    fn names_the_problem_with_its_place_and_value() {
        let cases = [
            (r#"{"books":[{"title":5}]}"#, "expected a string at $.books[0].title, found `5}]}`"),
            (
                r#"{"books":[{"title":"a"},{"title":"b","pages":"many"}]}"#,
                "expected u32 at $.books[1].pages, found `\"many\"}]}`",
            ),
            (
                r#"{"books":[{"title":{"de":"x"}}]}"#,
                "expected a string at $.books[0].title, found `{\"de\":\"x\"}}]}`",
            ),
            (
                r#"{"books":[{"title":"a"},{"pages":1}]}"#,
                "missing field `title` at $.books[1], found `{\"pages\":1}]}`",
            ),
            (r#"{"books":[{"title":"a"}, 7]}"#, "expected struct Book at $.books[1], found `7]}`"),
            (r#"{"books":{}}"#, "expected a sequence at $.books, found `{}}`"),
            (
                "{\"books\":\n [\n  {\"title\": \"ä\\\"ö\", \"pages\": []}\n ]\n}",
                "expected u32 at $.books[0].pages, found `[]} ] }`",
            ),
            (
                r#"{"books":[],"by_name":{"a":[1],"b":[1,2,300]}}"#,
                "expected u8 at $.by_name.b[2], found `300]}}`",
            ),
            (r#"["books"]"#, "expected a sequence at $[0], found `\"books\"]`"),
            ("5", "expected struct Shelf at $, found `5`"),
            (r#"{"books":[{"title":"a"#, "it breaks off at $.books[0].title"),
            (r#"{"books":[{"ti"#, "it breaks off at $.books[0].ti"),
            ("{", "it breaks off at $"),
            (r#"{"books":[1"#, "expected struct Book at $.books[0], found `1`"),
            (r#"{"books":[]} {"#, "trailing characters at $, found `{`"),
            ("nonsense", "expected ident at $, found `nonsense`"),
        ];
        for (text, wanted) in cases {
            let cause = serde_json::from_str::<Shelf>(text).expect_err("the text is no shelf");
            assert_eq!(describe(&Bytes::from(text), &cause), wanted, "{text}: {cause}");
        }
    }

    #[test]
    fn shows_little_of_a_long_value() {
        let text = format!(r#"{{"books":"{}"}}"#, "secret ".repeat(1000));
        let cause = serde_json::from_str::<Shelf>(&text).expect_err("a text is no list");
        assert!(describe(&Bytes::from(text), &cause).len() < 120);
    }

    #[test]
    fn names_a_type_without_its_modules() {
        assert_eq!(
            name_of::<Vec<(String, Option<BTreeMap<u8, Book>>)>>(),
            "Vec<(String, Option<BTreeMap<u8, Book>>)>"
        );
    }
}
