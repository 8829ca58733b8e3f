//! Language: texts of a response in the language that the request asks for.

use serde_json::Value;

use crate::domain::site::Translations;
use crate::message::raw::RawRequest;
use crate::message::response::{Body, Response};

/// What people wrote, or what programs compare: never translated.
const VERBATIM: [&str; 8] =
    ["value", "summary", "body", "renderedBody", "renderedValue", "displayName", "jql", "i18nKey"];

/// Replaces the texts for which the site has a translation. A language that it does not have changes nothing.
///
/// `requestLanguage` takes precedence over the header; Customer Service Management does not know it.
pub(super) fn translate(site: &Translations, api: &str, raw: &RawRequest, response: &mut Response) {
    let Body::Json(body) = &mut response.body else { return };
    if site.is_empty() {
        return;
    }
    let query = raw.query_pairs();
    let asked = query.iter().find(|(name, _)| name == "requestLanguage" && api == "servicedesk");
    let language = match asked {
        Some((_, tag)) => site.find(tag),
        None => preferred(site, raw.header("accept-language").unwrap_or_default()),
    };
    if let Some(texts) = language {
        replace(body, &|text| texts.get(text).cloned());
    }
}

/// The translations of the most preferred language that the site has. English is the one that needs none.
fn preferred<'a>(
    site: &'a Translations,
    header: &str,
) -> Option<&'a std::collections::BTreeMap<String, String>> {
    let range = |range: &str| {
        let (tag, quality) = range.split_once(";q=").unwrap_or((range, "1"));
        (tag.trim().to_owned(), quality.trim().parse::<f32>().unwrap_or(0.0))
    };
    let mut ranges: Vec<(String, f32)> =
        header.split(',').map(range).filter(|(_, quality)| *quality > 0.0).collect();
    ranges.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let known = ranges.iter().find_map(|(tag, _)| match site.find(tag) {
        Some(texts) => Some(Some(texts)),
        None if tag.to_lowercase().split('-').next() == Some("en") => Some(None),
        None => None,
    });
    known.flatten()
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
