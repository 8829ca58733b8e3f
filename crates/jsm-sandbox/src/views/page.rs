//! Pages of Jira Service Management: a window of a list that begins at an offset.
//!
//! A page has at most as many items as the site allows, and repeats the limit that was asked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::domain::error::Error;
use crate::message::request::Request;

/// How many items a page has where a request does not say.
pub(crate) const DEFAULT_LIMIT: usize = 50;

/// Where a page begins, how many items were asked for, and where it ends.
struct Window {
    start: usize,
    limit: usize,
    end: usize,
}

/// The page of `items` that a request asks for. `view` writes an item.
pub(crate) fn page<T>(
    request: &Request,
    items: &[T],
    expands: &[&str],
    view: impl Fn(&T) -> Value,
) -> Result<Value, Error> {
    let (start, limit) = (offset(request, "start")?, limit(request)?);
    let from = start.min(items.len());
    let step = limit.min(request.links.page_cap);
    let end = from.saturating_add(step).min(items.len());
    let link = |start: usize| {
        let start = ("start", start.to_string());
        link(request, &["start", "limit"], &[start, ("limit", limit.to_string())])
    };
    let values = items[from..end].iter().map(view).collect();
    let mut page = envelope(request, &Window { start, limit, end }, items.len(), values);
    page["_expands"] = json!(expands);
    page["_links"]["self"] = link(start).into();
    if end < items.len() {
        page["_links"]["next"] = link(end).into();
    }
    if start > 0 {
        page["_links"]["prev"] = link(start.saturating_sub(step)).into();
    }
    Ok(page)
}

/// The same where pages are linked by cursors.
pub(crate) fn cursor_page<T>(
    request: &Request,
    items: &[T],
    view: impl Fn(&T) -> Value,
) -> Result<Value, Error> {
    let start = match request.query("cursor") {
        Some(cursor) => read_cursor(cursor)?,
        None => offset(request, "start")?,
    };
    let (start, limit) = (start.min(items.len()), limit(request)?);
    let step = limit.min(request.links.page_cap);
    let end = start.saturating_add(step).min(items.len());
    let link = |at: usize, back: bool| {
        let own = [("cursor", cursor(at)), ("prev", back.to_string()), ("limit", limit.to_string())];
        link(request, &["cursor", "prev", "start", "limit"], &own)
    };
    let values = items[start..end].iter().map(view).collect();
    let mut page = envelope(request, &Window { start, limit, end }, items.len(), values);
    page["_links"]["self"] = link(start, false).into();
    if end < items.len() {
        page["_links"]["next"] = link(end, false).into();
    }
    if start > 0 {
        page["_links"]["prev"] = link(start.saturating_sub(step), true).into();
    }
    Ok(page)
}

/// The first page of the list at `path`, for responses that contain a list.
pub(crate) fn first_page<T>(request: &Request, path: &str, items: &[T], view: impl Fn(&T) -> Value) -> Value {
    let end = DEFAULT_LIMIT.min(request.links.page_cap).min(items.len());
    let window = Window { start: 0, limit: DEFAULT_LIMIT, end };
    let mut page = envelope(request, &window, items.len(), items[..end].iter().map(view).collect());
    let address = format!("{}{path}", request.links.base);
    let link = |start: usize| format!("{address}?start={start}&limit={DEFAULT_LIMIT}");
    page["_links"]["self"] = link(0).into();
    if end < items.len() {
        page["_links"]["next"] = link(end).into();
    }
    page
}

fn envelope(request: &Request, window: &Window, all: usize, values: Vec<Value>) -> Value {
    json!({
        "_expands": [],
        "_links": {"base": format!("{}/rest/servicedeskapi", request.links.base), "context": ""},
        "start": window.start,
        "limit": window.limit,
        "size": values.len(),
        "isLastPage": window.end == all,
        "values": values,
    })
}

/// The address of the request with other parameters for the position.
fn link(request: &Request, replaced: &[&str], own: &[(&str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(request.query.iter().filter(|(name, _)| !replaced.contains(&name.as_str())));
    query.extend_pairs(own);
    format!("{}{}?{}", request.links.base, request.links.api_path, query.finish())
}

/// A cursor shows nothing of the position, so that no client computes one.
fn cursor(position: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("article:{position}"))
}

fn read_cursor(cursor: &str) -> Result<usize, Error> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let position = text.as_deref().and_then(|text| text.strip_prefix("article:")?.parse().ok());
    position.ok_or_else(|| Error::invalid("The cursor was not made by this search."))
}

/// A parameter that counts from 0.
pub(crate) fn offset(request: &Request, name: &str) -> Result<usize, Error> {
    number(request, name, 0)
}

/// How many items are asked for. 0 asks for the default.
pub(crate) fn limit(request: &Request) -> Result<usize, Error> {
    match number(request, "limit", DEFAULT_LIMIT)? {
        0 => Ok(DEFAULT_LIMIT),
        limit => Ok(limit),
    }
}

fn number(request: &Request, name: &str, default: usize) -> Result<usize, Error> {
    let Some(text) = request.query(name) else { return Ok(default) };
    let number = text.parse::<i32>().ok().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| Error::invalid(format!("The parameter {name} takes a number from 0, not '{text}'.")))
}
