//! Habits of real servers that the documents say nothing of, or deny.
//!
//! They change how a good answer is written, never what is done. What goes wrong is with the faults.

use serde_json::{Map, Value, json};

/// Something that a recorded answer of a real server did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// Fields that may be missing are: addresses, links to the platform, the statuses' categories.
    AbsentFields,
    /// Empty lists and missing neighbours are `null`.
    Nulls,
    /// Objects have a field that no document knows.
    UnknownFields,
    /// Dates lack their ISO text; what is left of RFC 3339 loses the colon of its offset.
    OddDates,
    /// Statuses, dates and messages are in another language.
    LocalizedTexts,
    /// Pages come without `_expands`.
    PagesWithoutExpands,
    /// Pages say that their size is 0.
    LyingSize,
    /// Ids are numbers where the document says that they are texts.
    NumericIds,
    /// Enumerations have values that no document lists.
    NewEnumValues,
    /// The limit of a page is what was applied, not what was asked for.
    CappedLimit,
    /// Links of answers through the gateway name the site.
    SiteLinks,
    /// A finished task says that it failed, without saying where, although all was done.
    FailedTasks,
}

/// Writes an answer the way a site with these habits would.
pub(crate) fn apply(quirks: &[Quirk], body: &mut Value, base: &str, site: &str, page_cap: usize) {
    for quirk in quirks {
        match quirk {
            Quirk::SiteLinks => {
                each_text(body, &|text| text.strip_prefix(base).map(|rest| format!("{site}{rest}")))
            }
            Quirk::LocalizedTexts => each_text(body, &translated),
            _ => each_object(body, &|members| change(*quirk, members, page_cap)),
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
        // Objects that are maps from names to addresses stay what they are.
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
        Quirk::LyingSize if is_page => drop(members.insert("size".to_owned(), 0.into())),
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
