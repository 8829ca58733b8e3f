//! How a request differs from those of a recording.

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::fixture::{Content, FixtureRequest};

/// How much of a value a difference shows, in characters.
const LONGEST_VALUE: usize = 120;

/// What a request is found by: the method, whether it goes to the origin of files, and the decoded segments of the path.
pub(super) type Route = (String, bool, Vec<String>);

/// A request, as far as it is compared.
pub(super) struct Asked {
    pub(super) route: Route,
    query: Vec<(String, String)>,
    body: Bytes,
    /// The body as JSON, where it is JSON.
    json: Option<Value>,
}

/// A recorded request, as far as it is compared.
pub(super) struct Recorded {
    pub(super) route: Route,
    /// Method and path as they were recorded.
    pub(super) name: String,
    query: Vec<(String, String)>,
    content: Content,
}

/// What differs between a request and a recorded one.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// How many things differ.
    pub(super) count: usize,
    /// What they are.
    pub(super) texts: Vec<String>,
}

impl Asked {
    /// A request. `placeholders` replaces addresses of servers by the ones that fixtures have.
    pub(super) fn new(
        route: Route,
        query: &str,
        body: Bytes,
        placeholders: impl Fn(&str) -> String,
    ) -> Asked {
        let body = match std::str::from_utf8(&body) {
            Ok(text) => placeholders(text).into(),
            Err(_) => body,
        };
        let json = serde_json::from_slice(&body).ok();
        Asked { route, query: placed(query, placeholders), body, json }
    }
}

impl Recorded {
    /// A recorded request, with its addresses of servers like those of [`Asked`].
    pub(super) fn new(request: &FixtureRequest, placeholders: impl Fn(&str) -> String) -> Recorded {
        let content = match &request.content {
            Content::Text(text) => Content::Text(placeholders(text)),
            Content::Json(value) => {
                let text = placeholders(&value.to_string());
                Content::Json(serde_json::from_str(&text).unwrap_or_else(|_| value.clone()))
            }
            other => other.clone(),
        };
        Recorded {
            route: route(&request.method, request.to_files, &request.path),
            name: format!("{} {}", request.method, request.path),
            query: placed(&request.query, placeholders),
            content,
        }
    }

    /// What differs about a request with the same route.
    pub(super) fn differences(&self, asked: &Asked) -> Differences {
        let mut found = Differences::default();
        if self.query != asked.query {
            let lacks = |one: &[(String, String)], other: &[(String, String)]| {
                one.iter().filter(|pair| !other.contains(pair)).count()
            };
            let count = lacks(&self.query, &asked.query).max(lacks(&asked.query, &self.query)).max(1);
            let (query, recorded) = (shown_query(&asked.query), shown_query(&self.query));
            found.add(count, format!("the query is {query}, recorded is {recorded}"));
        }
        match &self.content {
            Content::Empty if !asked.body.is_empty() => {
                found.add(1, "recorded is a request without a body".to_owned());
            }
            Content::Json(recorded) => match &asked.json {
                Some(body) => compare(body, recorded, "body", &mut found),
                None => found.add(1, "recorded is a body of JSON".to_owned()),
            },
            Content::Text(recorded) => {
                let text = String::from_utf8_lossy(&asked.body);
                let is_same_json =
                    || asked.json.is_some() && serde_json::from_str(recorded).ok() == asked.json;
                // A form can be encoded in several ways.
                if *recorded != text && !is_same_json() && pairs(recorded) != pairs(&text) {
                    found.add(1, "the body is another text".to_owned());
                }
            }
            Content::Empty | Content::Bytes(_) | Content::Parts(_) => {}
        }
        found
    }

    /// How far the route of a request is from this one: first come other methods on the path, then other paths.
    pub(super) fn distance(&self, (method, to_files, segments): &Route) -> usize {
        let (own_method, own_to_files, own) = &self.route;
        let others = own.iter().zip(segments).filter(|(one, other)| one != other).count();
        let longer = own.len().abs_diff(segments.len());
        100 * usize::from(own_to_files != to_files)
            + 2 * usize::from(own_method != method)
            + 3 * (others + longer)
    }
}

impl Differences {
    fn add(&mut self, count: usize, text: String) {
        self.count += count;
        self.texts.push(text);
    }
}

fn compare(value: &Value, recorded: &Value, at: &str, found: &mut Differences) {
    match (value, recorded) {
        (Value::Object(members), Value::Object(others)) => {
            for name in others.keys().filter(|name| !members.contains_key(*name)) {
                found.add(1, format!("{at}.{name} is missing"));
            }
            for (name, member) in members {
                match others.get(name) {
                    Some(other) => compare(member, other, &format!("{at}.{name}"), found),
                    None => found.add(1, format!("{at}.{name} is not recorded")),
                }
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                compare(item, other, &format!("{at}[{index}]"), found);
            }
        }
        _ if value == recorded => {}
        _ => found.add(
            1,
            format!(
                "{at} is {}, recorded is {}",
                clipped(&value.to_string()),
                clipped(&recorded.to_string())
            ),
        ),
    }
}

fn shown_query(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { "none".to_owned() } else { clipped(&pairs.join("&")) }
}

/// The beginning of a text.
fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// What a request is found by. The segments of its path are decoded.
pub(super) fn route(method: &str, to_files: bool, path: &str) -> Route {
    let segment = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    (method.to_owned(), to_files, path.split('/').map(segment).collect())
}

/// The parameters of a query, with placeholders for addresses.
fn placed(query: &str, placeholders: impl Fn(&str) -> String) -> Vec<(String, String)> {
    pairs(query).into_iter().map(|(name, value)| (name, placeholders(&value))).collect()
}

/// The parameters of a query, decoded and in alphabetical order.
fn pairs(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs
}
