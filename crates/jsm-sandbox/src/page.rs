//! Pages with an offset, as Jira Service Management wraps its lists.
//!
//! The cursors of articles and the pages of Customer Service Management stand with their behaviours.

use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Outcome, Reply};

/// How many items a page has when nobody says.
pub(crate) const DEFAULT_LIMIT: usize = 50;

/// The page of `items` that the call asks for.
pub(crate) fn page<T>(call: &Call, items: &[T], expands: &[&str], render: impl Fn(&T) -> Value) -> Outcome {
    let (start, limit) = (offset(call, "start")?, limit(call)?);
    let from = start.min(items.len());
    // The cap is silent: the answer repeats the limit that was asked for and carries fewer items.
    let to = from.saturating_add(limit.min(call.page_cap)).min(items.len());
    let link = |start: usize| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in call.query.iter().filter(|(name, _)| name != "start" && name != "limit") {
            query.append_pair(name, value);
        }
        query.append_pair("start", &start.to_string()).append_pair("limit", &limit.to_string());
        format!("{}{}?{}", call.base, call.api_path, query.finish())
    };
    let mut page = envelope(call, &link(start), (start, limit), items[from..to].iter().map(render).collect());
    page["_expands"] = json!(expands);
    page["isLastPage"] = (to == items.len()).into();
    if to < items.len() {
        page["_links"]["next"] = link(to).into();
    }
    if start > 0 {
        page["_links"]["prev"] = link(start.saturating_sub(limit.min(call.page_cap))).into();
    }
    Ok(Reply::ok(page))
}

/// The beginning of the list that can be had at `path`, for answers that carry a list and take no offset.
pub(crate) fn first_page<T>(call: &Call, path: &str, items: &[T], render: impl Fn(&T) -> Value) -> Value {
    let size = DEFAULT_LIMIT.min(call.page_cap).min(items.len());
    let address = format!("{}{path}", call.base);
    let link = |start: usize| format!("{address}?start={start}&limit={DEFAULT_LIMIT}");
    let mut page = envelope(call, &link(0), (0, DEFAULT_LIMIT), items[..size].iter().map(render).collect());
    page["isLastPage"] = (size == items.len()).into();
    if size < items.len() {
        page["_links"]["next"] = link(size).into();
    }
    page
}

fn envelope(call: &Call, address: &str, (start, limit): (usize, usize), values: Vec<Value>) -> Value {
    json!({
        "_expands": [],
        "_links": {
            "base": format!("{}/rest/servicedeskapi", call.base),
            "context": "",
            "self": address,
        },
        "start": start,
        "limit": limit,
        "size": values.len(),
        "isLastPage": true,
        "values": values,
    })
}

pub(crate) fn offset(call: &Call, name: &str) -> Result<usize, Reply> {
    number(call, name, 0)
}

pub(crate) fn limit(call: &Call) -> Result<usize, Reply> {
    match number(call, "limit", DEFAULT_LIMIT)? {
        0 => Ok(DEFAULT_LIMIT),
        limit => Ok(limit),
    }
}

fn number(call: &Call, name: &str, otherwise: usize) -> Result<usize, Reply> {
    let Some(text) = call.query(name) else { return Ok(otherwise) };
    text.parse::<i32>()
        .ok()
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| Reply::invalid(format!("The parameter {name} takes a number from 0, not '{text}'.")))
}
