//! What the body of an error reports, whatever its shape.
//!
//! Error bodies of these APIs have no single shape: several JSON ones, plain text, HTML, XML, nothing at all. Each
//! part is looked for wherever it is known to be; what is not found is absent, and nothing here fails.

use http::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use super::printable::{excerpt, line};

/// One error in a form that was submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormError {
    /// A code for programs.
    pub code: Option<String>,
    /// What is wrong, in short.
    pub title: Option<String>,
    /// What is wrong, in full.
    pub detail: Option<String>,
    /// The ids of the questions that the error is about.
    pub questions: Vec<String>,
}

/// What an error body reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorDetails {
    pub(crate) message: Option<String>,
    pub(crate) i18n_key: Option<String>,
    /// A code for programs: `errorCode`, or an `error` that is a single word, as OAuth has it.
    pub(crate) code: Option<String>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) forms: Vec<FormError>,
}

/// How many characters of a plain text become the message.
const EXCERPT: usize = 200;

/// How deep errors within errors are looked for.
const DEEPEST: usize = 8;

/// Where the message is, the most specific first.
const MESSAGES: [&str; 5] = ["errorMessage", "errorMessages", "message", "messages", "msg"];

/// Where more about it is.
const DETAILS: [&str; 4] = ["error_description", "detail", "details", "description"];

/// Where errors of fields, forms and elements are listed.
const LISTS: [&str; 3] = ["errors", "fieldErrors", "formErrors"];

pub(crate) fn read(body: &[u8]) -> ErrorDetails {
    let text = String::from_utf8_lossy(body);
    let text = text.trim().trim_start_matches('\u{feff}').trim_start();
    let mut details = ErrorDetails::default();
    if let Ok(value) = serde_json::from_str(text) {
        let messages = words(&value, &mut details, 0);
        details.message = join(&messages);
    } else if let Some(title) = title(text) {
        details.message = Some(title);
    } else if !text.starts_with('<') && !is_broken_json(text) {
        details.message = some(&excerpt(text, EXCERPT));
    }
    details
}

/// Whether the text is HTML, whatever it was sent as.
pub(crate) fn is_html(body: &[u8], headers: &HeaderMap) -> bool {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    // Most bodies are JSON, which one byte shows.
    if text.first() != Some(&b'<') {
        return false;
    }
    let head = text[..text.len().min(16)].to_ascii_lowercase();
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.contains("html")
        || ["<!doctype html", "<html", "<head"].iter().any(|start| head.starts_with(start.as_bytes()))
}

/// Whether the text begins as JSON does, so that nothing in it reads as a message.
fn is_broken_json(text: &str) -> bool {
    let mut significant = text.chars().filter(|c| !c.is_whitespace());
    match (significant.next(), significant.next()) {
        (Some('{'), next) => next.is_none_or(|next| matches!(next, '"' | '}')),
        (Some('['), next) => next.is_none_or(|next| matches!(next, '"' | '{' | '[' | ']' | '-' | '0'..='9')),
        _ => false,
    }
}

/// The title of a page, or the text of a message element: all that a person can read of markup.
fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    ["<title", "<message", "<h1"].iter().find_map(|tag| {
        let name_end = lower.find(tag)? + tag.len();
        // The name ends here: `<titles>` is another element.
        if !lower[name_end..].starts_with(|c: char| c == '>' || c.is_ascii_whitespace()) {
            return None;
        }
        let start = name_end + lower[name_end..].find('>')? + 1;
        let end = start + lower[start..].find('<')?;
        some(&excerpt(&text[start..end], EXCERPT))
    })
}

/// The text, unless there is nothing to read in it.
fn some(text: &str) -> Option<String> {
    (!line(text).is_empty()).then(|| text.trim().to_owned())
}

/// The messages of any value; what it says of fields and forms is added to `details`.
fn words(value: &Value, details: &mut ErrorDetails, depth: usize) -> Vec<String> {
    match value {
        Value::String(text) => some(text).into_iter().collect(),
        Value::Array(list) if depth < DEEPEST => {
            list.iter().flat_map(|entry| words(entry, details, depth + 1)).collect()
        }
        Value::Object(map) if depth < DEEPEST => object(map, details, depth + 1),
        _ => Vec::new(),
    }
}

/// The messages of an object: what it says itself, else the errors that it lists.
fn object(map: &Map<String, Value>, details: &mut ErrorDetails, depth: usize) -> Vec<String> {
    let text = |key: &str| map.get(key).and_then(Value::as_str).and_then(some);
    details.i18n_key = details.i18n_key.take().or_else(|| {
        let key = map.get("i18nErrorMessage").and_then(|i18n| i18n.get("i18nKey")).and_then(Value::as_str);
        key.and_then(some).or_else(|| text("reasonKey"))
    });
    details.code = details
        .code
        .take()
        .or_else(|| text("errorCode"))
        .or_else(|| text("error").filter(|code| !code.contains(char::is_whitespace)));
    let (fields, forms) = (details.fields.len(), details.forms.len());
    let listed = listed(map, details, depth);
    let mut first = |keys: &[&str]| {
        let mut found = keys.iter().filter_map(|key| map.get(*key)).map(|value| words(value, details, depth));
        found.find(|messages| !messages.is_empty()).unwrap_or_default()
    };
    let mut messages = first(&MESSAGES);
    messages.extend(first(&DETAILS));
    if messages.is_empty() {
        messages = first(&["error"]);
    }
    // A list can be of codes, which add nothing to a message.
    let is_code = |text: &String| !text.contains(|c: char| c.is_lowercase() || c.is_whitespace());
    let has_message = !messages.is_empty();
    messages.extend(listed.into_iter().filter(|text| !(has_message && is_code(text))));
    if messages.is_empty() {
        let fields = details.fields[fields..].iter().map(|(name, why)| named(name, why));
        let forms =
            details.forms[forms..].iter().filter_map(|form| form.detail.clone().or(form.title.clone()));
        messages = fields.chain(forms).collect();
    }
    if messages.is_empty() {
        messages.extend(text("title"));
    }
    messages
}

/// The errors that an object lists: those of fields and forms go to `details`, the messages of others are returned.
fn listed(map: &Map<String, Value>, details: &mut ErrorDetails, depth: usize) -> Vec<String> {
    let mut messages =
        map.get("elementErrors").map(|nested| words(nested, details, depth)).unwrap_or_default();
    for list in LISTS.iter().filter_map(|key| map.get(*key)) {
        match list {
            Value::Object(fields) => {
                for (name, why) in fields {
                    if let Some(why) = reason(why, depth) {
                        details.fields.push((name.clone(), why));
                    }
                }
            }
            Value::Array(list) => {
                for entry in list {
                    messages.extend(element(entry, details, depth));
                }
            }
            other => messages.extend(words(other, details, depth)),
        }
    }
    messages
}

/// One entry of a list of errors.
fn element(entry: &Value, details: &mut ErrorDetails, depth: usize) -> Vec<String> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).and_then(some);
    if !entry.is_object() {
        return words(entry, details, depth);
    }
    if let (Some(field), Some(why)) =
        (text("fieldId").or_else(|| text("field")), text("errorMessage").or_else(|| text("message")))
    {
        details.fields.push((field, why));
        return Vec::new();
    }
    if ["title", "detail", "context"].iter().any(|key| entry.get(*key).is_some_and(|value| !value.is_null()))
    {
        details.forms.push(form(entry));
        return text("errorMessage").or_else(|| text("message")).into_iter().collect();
    }
    let messages = words(entry, details, depth);
    if messages.is_empty() && text("code").is_some() {
        details.forms.push(form(entry));
    }
    messages
}

/// What is wrong with a field, whatever its shape.
fn reason(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(list) => {
            join(&list.iter().filter_map(|value| reason(value, depth + 1)).collect::<Vec<_>>())
        }
        _ => join(&words(value, &mut ErrorDetails::default(), depth)),
    }
}

fn form(entry: &Value) -> FormError {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).and_then(some);
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    FormError {
        code: text("code"),
        title: text("title"),
        detail: text("detail"),
        questions: entry
            .get("context")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|context| context.get("id").map(plain))
            .collect(),
    }
}

/// A reason with the name of what it is about.
pub(super) fn named(name: &str, why: &str) -> String {
    match name.trim() {
        "" => why.to_owned(),
        name => format!("{name}: {why}"),
    }
}

/// Messages as one, each once, without the punctuation that ended them where another follows.
fn join(messages: &[String]) -> Option<String> {
    let mut joined = String::new();
    for message in messages.iter().map(|message| message.trim()) {
        let bare = without_end(message);
        if bare.is_empty() || joined.contains(bare) {
            continue;
        }
        if !joined.is_empty() {
            joined.truncate(without_end(&joined).len());
            joined.push_str("; ");
        }
        joined.push_str(message);
    }
    some(joined.trim_end_matches(|c: char| matches!(c, ',' | ';') || c.is_whitespace()))
}

/// The text without the punctuation at its end.
pub(super) fn without_end(text: &str) -> &str {
    text.trim_end_matches(|c: char| matches!(c, '.' | ',' | ';' | ':') || c.is_whitespace())
}
