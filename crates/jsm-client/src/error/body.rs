//! What the body of an error says, whatever its shape.
//!
//! Error bodies of these APIs have no single shape: several JSON ones, plain text, HTML, XML, nothing at all. Each
//! part is looked for wherever it is known to stand; what is not found is absent, and nothing here fails.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

use super::FormError;

/// What a body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) message: Option<String>,
    pub(crate) i18n_key: Option<String>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) forms: Vec<FormError>,
}

/// How much of a plain text is worth repeating in a message.
const EXCERPT: usize = 200;

pub(crate) fn read(body: &[u8], content_type: &str) -> Said {
    let text = String::from_utf8_lossy(body);
    let text = text.trim().trim_start_matches('\u{feff}').trim_start();
    if let Ok(Value::Object(map)) = serde_json::from_str(text) {
        return object(&map);
    }
    if let Ok(Value::String(message)) = serde_json::from_str(text) {
        return Said { message: some(&message), ..Said::default() };
    }
    let message = if is_markup(text, content_type) {
        title(text)
    } else {
        // A truncated JSON body still tells something, but nothing that reads as a message.
        (!text.starts_with(['{', '['])).then(|| excerpt(text)).filter(|text| !text.is_empty())
    };
    Said { message, ..Said::default() }
}

/// Whether the text is HTML, whatever it was sent as.
pub(crate) fn is_html(body: &[u8], headers: &HeaderMap) -> bool {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    // Most bodies are JSON, and one byte tells.
    if text.first() != Some(&b'<') {
        return false;
    }
    let head = text[..text.len().min(16)].to_ascii_lowercase();
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.contains("html")
        || ["<!doctype html", "<html", "<head"].iter().any(|start| head.starts_with(start.as_bytes()))
}

fn is_markup(text: &str, content_type: &str) -> bool {
    text.starts_with('<') || content_type.contains("html") || content_type.contains("xml")
}

/// The title of a page, or what stands in a message element: all that a person can read of markup.
fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    for tag in ["title", "message", "h1"] {
        let inside = lower
            .find(&format!("<{tag}>"))
            .map(|at| at + tag.len() + 2)
            .and_then(|start| Some((start, start + lower.get(start..)?.find('<')?)));
        if let Some(found) = inside.and_then(|(start, end)| text.get(start..end)).and_then(some) {
            return Some(excerpt(&found));
        }
    }
    None
}

fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn object(map: &Map<String, Value>) -> Said {
    let text = |key: &str| map.get(key).and_then(Value::as_str).and_then(some);
    let mut said = Said {
        message: text("errorMessage"),
        i18n_key: map
            .get("i18nErrorMessage")
            .and_then(|i18n| i18n.get("i18nKey"))
            .and_then(Value::as_str)
            .and_then(some)
            .or_else(|| text("reasonKey")),
        ..Said::default()
    };
    let listed = texts(map.get("errorMessages"));
    // `errors` is a map of fields, a list of form errors, or a list of texts.
    let mut loose = Vec::new();
    for key in ["errors", "fieldErrors", "formErrors"] {
        match map.get(key) {
            Some(Value::Object(fields)) => {
                said.fields.extend(fields.iter().map(|(name, value)| (name.clone(), plain(value))));
            }
            Some(Value::Array(list)) => {
                for entry in list {
                    match entry {
                        Value::String(text) => loose.push(text.clone()),
                        Value::Object(_) => match field(entry) {
                            Some(found) => said.fields.push(found),
                            None => said.forms.push(form(entry)),
                        },
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    said.message = said
        .message
        .or_else(|| (!listed.is_empty()).then(|| listed.join("; ")))
        .or_else(|| text("message"))
        .or_else(|| text("error_description"))
        .or_else(|| text("detail"))
        .or_else(|| text("error"))
        .or_else(|| (!loose.is_empty()).then(|| loose.join("; ")))
        .or_else(|| {
            let fields: Vec<String> =
                said.fields.iter().map(|(name, why)| format!("{name}: {why}")).collect();
            (!fields.is_empty()).then(|| fields.join("; "))
        })
        .or_else(|| said.forms.first().and_then(|form| form.title.clone().or_else(|| form.detail.clone())));
    said
}

fn texts(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).filter_map(some).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A complaint that names its field.
fn field(entry: &Value) -> Option<(String, String)> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).and_then(some);
    Some((text("fieldId").or_else(|| text("field"))?, text("errorMessage").or_else(|| text("message"))?))
}

fn form(entry: &Value) -> FormError {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).and_then(some);
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
