//! Quirks: how real servers deviate from the documents while they are healthy.
//!
//! A quirk changes how a response is written, never what a request does. What goes wrong is a fault.

use serde_json::{Map, Value, json};

use crate::message::request::Links;
use crate::message::response::{Body, Response};

/// A way in which recorded responses of real servers deviate from the documents. Quirks add up.
///
/// ```
/// use jsm_sandbox::{Quirk, Sandbox};
///
/// let sandbox =
///     Sandbox::builder().quirk(Quirk::Nulls).quirk(Quirk::UnknownFields).start_blocking().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// Optional properties are absent: email addresses, links to the platform, categories of statuses.
    AbsentFields,
    /// Empty lists are `null`, and so are the time zones of users.
    Nulls,
    /// Objects have a property that no document knows.
    UnknownFields,
    /// Dates have no ISO text, and the offset of RFC 3339 dates has no colon.
    OddDates,
    /// Statuses and dates are in German.
    LocalizedTexts,
    /// Pages have no `_expands`.
    PagesWithoutExpands,
    /// Pages say that their `size` is 0.
    ZeroSize,
    /// Ids are numbers where the document says that they are strings.
    NumericIds,
    /// Enums have values that no document lists.
    NewEnumValues,
    /// The `limit` of a page is the one that was applied, not the one that was asked for.
    CappedLimit,
    /// Links in responses of the gateway lead to the site.
    SiteLinks,
    /// A finished task has the status `FAILED` and no failures, although all was done.
    FailedTasks,
}

/// Writes a response as a server with these quirks does.
pub(super) fn apply(quirks: &[Quirk], links: &Links, response: &mut Response) {
    let Body::Json(body) = &mut response.body else { return };
    for quirk in quirks {
        match quirk {
            Quirk::SiteLinks => each_text(body, &|text| {
                text.strip_prefix(&links.base).map(|rest| format!("{}{rest}", links.site))
            }),
            Quirk::LocalizedTexts => each_text(body, &translated),
            _ => each_object(body, &|members| change(*quirk, members, links.page_cap)),
        }
    }
}

fn change(quirk: Quirk, members: &mut Map<String, Value>, page_cap: usize) {
    let is_page = members.contains_key("values") && members.contains_key("isLastPage");
    match quirk {
        Quirk::AbsentFields => {
            for name in [
                "emailAddress",
                "timeZone",
                "jiraRest",
                "agent",
                "statusCategory",
                "practice",
                "renderedValue",
            ] {
                members.remove(name);
            }
        }
        Quirk::Nulls => {
            for (name, value) in members.iter_mut() {
                if name != "values" && value.as_array().is_some_and(Vec::is_empty) {
                    *value = Value::Null;
                }
            }
            if members.contains_key("accountId") {
                members.insert("timeZone".to_owned(), Value::Null);
            }
        }
        // Objects that are maps from names to addresses stay as they are.
        Quirk::UnknownFields
            if ["_links", "id", "epochMillis"].iter().any(|name| members.contains_key(*name)) =>
        {
            members.insert("introducedLater".to_owned(), json!({"since": 2031, "items": [1, null]}));
        }
        Quirk::OddDates => {
            members.remove("iso8601");
            for name in ["createdAt", "updatedAt"] {
                if let Some(text) =
                    members.get(name).and_then(Value::as_str).and_then(|text| text.strip_suffix('Z'))
                {
                    let odd = format!("{text}.000+0000");
                    members.insert(name.to_owned(), odd.into());
                }
            }
        }
        Quirk::PagesWithoutExpands if is_page => drop(members.remove("_expands")),
        Quirk::ZeroSize if is_page => drop(members.insert("size".to_owned(), 0.into())),
        Quirk::CappedLimit if is_page => {
            let limit = members.get("limit").and_then(Value::as_u64).unwrap_or_default();
            members.insert("limit".to_owned(), limit.min(page_cap as u64).into());
        }
        Quirk::NumericIds => {
            for (name, value) in members.iter_mut() {
                let is_id = name == "id" || name.ends_with("Id");
                if let Some(number) =
                    value.as_str().filter(|_| is_id).and_then(|text| text.parse::<u64>().ok())
                {
                    *value = number.into();
                }
            }
        }
        Quirk::NewEnumValues => {
            for (name, new) in [
                ("statusCategory", "PAUSED"),
                ("projectTypeKey", "product_discovery"),
                ("finalDecision", "expired"),
            ] {
                if let Some(value) = members.get_mut(name) {
                    *value = new.into();
                }
            }
        }
        Quirk::FailedTasks
            if members.contains_key("failures")
                && members.get("status").is_some_and(|status| status == "COMPLETED") =>
        {
            members.insert("status".to_owned(), "FAILED".into());
        }
        _ => {}
    }
}

fn translated(text: &str) -> Option<String> {
    let german = match text {
        "Waiting for support" => "Warten auf Support",
        "Waiting for approval" => "Warten auf Genehmigung",
        "In progress" => "In Arbeit",
        "Resolved" => "Gelöst",
        "Declined" => "Abgelehnt",
        "Canceled" => "Abgebrochen",
        _ if text.ends_with(" AM") || text.ends_with(" PM") => return Some(format!("{text} Uhr")),
        _ => return None,
    };
    Some(german.to_owned())
}

/// Changes every object below this value, the inner ones first.
fn each_object(value: &mut Value, change: &dyn Fn(&mut Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, change)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| each_object(member, change));
            change(members);
        }
        _ => {}
    }
}

/// Replaces every text below this value for which there is another one.
fn each_text(value: &mut Value, replacement: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(other) = replacement(text) {
                *text = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, replacement)),
        Value::Object(members) => members.values_mut().for_each(|member| each_text(member, replacement)),
        _ => {}
    }
}
