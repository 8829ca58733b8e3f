//! Language: texts of a response in the language that the request asks for.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::site::Translations;
use crate::message::raw::RawRequest;
use crate::message::response::{Body, Response};

/// What people wrote, or what programs compare: never translated.
const VERBATIM: [&str; 8] =
    ["value", "summary", "body", "renderedBody", "renderedValue", "displayName", "jql", "i18nKey"];

/// Replaces the texts for which the site has a translation into the first language that it has.
///
/// `requestLanguage` takes precedence over the header; Customer Service Management does not know it.
pub(super) fn translate(site: &Translations, api: &str, raw: &RawRequest, response: &mut Response) {
    let Body::Json(body) = &mut response.body else { return };
    if site.is_empty() {
        return;
    }
    let query = raw.query_pairs();
    let asked = query.into_iter().find(|(name, _)| name == "requestLanguage" && api == "servicedesk");
    let accepted = accepted(raw.header("accept-language").unwrap_or_default());
    let mut tags = asked.map(|(_, tag)| tag).into_iter().chain(accepted);
    if let Some(Some(texts)) = tags.find_map(|tag| known(site, &tag)) {
        replace(body, &|text| texts.get(text).cloned());
    }
}

/// The translations into a language that the site has; none into English, its own.
fn known<'a>(site: &'a Translations, tag: &str) -> Option<Option<&'a BTreeMap<String, String>>> {
    match site.find(tag) {
        Some(texts) => Some(Some(texts)),
        None if tag.to_lowercase().split('-').next() == Some("en") => Some(None),
        None => None,
    }
}

/// The tags of a header, the most preferred first.
fn accepted(header: &str) -> Vec<String> {
    let range = |range: &str| {
        let (tag, quality) = range.split_once(';').unwrap_or((range, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|quality| quality.parse::<f32>().ok());
        (tag.trim().to_owned(), quality.unwrap_or_default())
    };
    let mut ranges: Vec<(String, f32)> =
        header.split(',').map(range).filter(|(_, quality)| *quality > 0.0).collect();
    ranges.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranges.into_iter().map(|(tag, _)| tag).collect()
}

fn replace(value: &mut Value, translated: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(other) = translated(text) {
                *text = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, translated)),
        Value::Object(members) => {
            let others = members.iter_mut().filter(|(name, _)| !VERBATIM.contains(&name.as_str()));
            others.for_each(|(_, member)| replace(member, translated));
        }
        _ => {}
    }
}
