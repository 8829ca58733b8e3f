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
    Ok(Reply::ok(envelope(call, items, expands, offset(call, "start")?, limit(call)?, render)))
}

/// A page from the beginning, for operations that answer a list but take no offset.
pub(crate) fn first_page<T>(call: &Call, items: &[T], render: impl Fn(&T) -> Value) -> Value {
    envelope(call, items, &[], 0, DEFAULT_LIMIT, render)
}

fn envelope<T>(
    call: &Call,
    items: &[T],
    expands: &[&str],
    start: usize,
    limit: usize,
    render: impl Fn(&T) -> Value,
) -> Value {
    let from = start.min(items.len());
    // The cap is silent: the answer repeats the limit that was asked for and carries fewer items.
    let to = from.saturating_add(limit.min(call.page_cap)).min(items.len());
    let is_last = to == items.len();
    let root = format!("{}/rest/servicedeskapi", call.base);
    let mut links = json!({"base": root, "context": "", "self": link(call, start, limit)});
    if !is_last {
        links["next"] = link(call, to, limit).into();
    }
    if start > 0 {
        links["prev"] = link(call, start.saturating_sub(limit.min(call.page_cap)), limit).into();
    }
    json!({
        "_expands": expands,
        "_links": links,
        "start": start,
        "limit": limit,
        "size": to - from,
        "isLastPage": is_last,
        "values": items[from..to].iter().map(render).collect::<Vec<_>>(),
    })
}

/// The address of another page of the same list: every parameter but the two that move is repeated.
fn link(call: &Call, start: usize, limit: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in call.query.iter().filter(|(name, _)| name != "start" && name != "limit") {
        query.append_pair(name, value);
    }
    query.append_pair("start", &start.to_string()).append_pair("limit", &limit.to_string());
    format!("{}{}?{}", call.base, call.api_path, query.finish())
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
