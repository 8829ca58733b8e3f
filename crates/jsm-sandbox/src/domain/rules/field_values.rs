//! Values of fields: what each field takes, and what the site keeps of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::entities::field::{Field, FieldKind};
use crate::domain::entities::request_type::RequestType;
use crate::domain::error::Error;
use crate::domain::site::Site;

/// How many characters a line of text has at most.
const LONGEST_LINE: usize = 255;
/// What a field of one line takes.
pub(super) const LINE: &str = "a line of text of at most 255 characters, without control characters";

impl Site {
    /// The values of a new issue, with those that were not given and have a default, or all that is wrong with them.
    /// Whether texts come in the Atlassian Document Format is `adf`.
    pub(super) fn checked_fields(
        &self,
        kind: &RequestType,
        given: Option<&Map<String, Value>>,
        adf: bool,
    ) -> Result<Map<String, Value>, Error> {
        let (mut fields, mut errors) = (Map::new(), BTreeMap::new());
        for (id, value) in given.into_iter().flatten() {
            let Some(field) = kind.fields.iter().find(|field| field.id == *id) else {
                errors.insert(id.clone(), "The field is not on the form of this request type.".to_owned());
                continue;
            };
            match self.field_value(field, kind.desk, value, adf) {
                _ if value.is_null() => {}
                Ok(value) => drop(fields.insert(id.clone(), value)),
                Err(expected) => drop(errors.insert(id.clone(), format!("{} takes {expected}.", field.name))),
            }
        }
        for field in &kind.fields {
            let is_empty = !fields.get(&field.id).is_some_and(has_content);
            if let Some(value) = field.initial().filter(|_| is_empty) {
                fields.insert(field.id.clone(), value);
            } else if field.required && is_empty && !errors.contains_key(&field.id) {
                errors.insert(field.id.clone(), format!("{} is required.", field.name));
            }
        }
        if errors.is_empty() { Ok(fields) } else { Err(Error::InvalidFields(errors)) }
    }

    /// What the site keeps of a value, or what the field takes where that is something else.
    pub(in crate::domain) fn field_value(
        &self,
        field: &Field,
        desk: u64,
        value: &Value,
        adf: bool,
    ) -> Result<Value, &'static str> {
        let option = |value: &Value| Field::option(&field.options, value).map(|option| field.held(option));
        let each = |check: &dyn Fn(&Value) -> Option<Value>| -> Option<Value> {
            value.as_array()?.iter().map(check).collect::<Option<Vec<Value>>>().map(Value::from)
        };
        let text = |fits: &dyn Fn(&str) -> bool| value.as_str().filter(|text| fits(text)).map(Value::from);
        let user = |value: &Value| {
            let id = ["accountId", "id"].iter().find_map(|name| value.get(*name)).and_then(Value::as_str);
            id.filter(|id| self.person(id).is_some()).map(|_| value.clone())
        };
        let (kept, expected) = match field.kind {
            FieldKind::Text => (text(&is_line), LINE),
            FieldKind::TextArea if adf && value.is_object() => (Some(value.clone()), "a text"),
            FieldKind::TextArea => (text(&|_| true), "a text"),
            FieldKind::Url => (text(&|text| text.contains("://")), "an address like https://example.com"),
            FieldKind::Number => (value.is_number().then(|| value.clone()), "a number"),
            FieldKind::Date => (text(&is_date), "a date like 2026-01-31"),
            FieldKind::DateTime => (text(&is_date_time), "a date and time like 2026-01-31T14:30:00.000+0100"),
            FieldKind::Select | FieldKind::RadioButtons => {
                (option(value), "an object with the id or value of one of its options")
            }
            FieldKind::Priority => (option(value), "an object with the id or name of a priority"),
            FieldKind::MultiSelect | FieldKind::Checkboxes => {
                (each(&option), "a list of objects, each with the id or value of one of its options")
            }
            FieldKind::Components => {
                (each(&option), "a list of objects, each with the id or name of a component")
            }
            FieldKind::CascadingSelect => (
                cascade(field, value),
                "an object with the id or value of one of its options, and such a child of it",
            ),
            FieldKind::Labels => {
                let is_word = |text: &&str| !text.is_empty() && !text.contains(char::is_whitespace);
                let label = |value: &Value| value.as_str().filter(is_word).map(Value::from);
                (each(&label), "a list of words without spaces")
            }
            FieldKind::User => (user(value), "an object with the accountId of an account that exists"),
            FieldKind::Users => {
                (each(&user), "a list of objects, each with the accountId of an account that exists")
            }
            FieldKind::Organizations => {
                let organization = |value: &Value| {
                    let id = value.as_u64().or_else(|| value.as_str()?.parse().ok());
                    id.filter(|id| self.organization(*id).is_ok()).map(Value::from)
                };
                (each(&organization), "a list of ids of organizations that exist")
            }
            FieldKind::Attachments => {
                let file = |value: &Value| {
                    let file = self.temporary_files.get(value.as_str()?);
                    file.filter(|file| file.desk == desk && file.expires > self.now).map(|_| value.clone())
                };
                (each(&file), "a list of temporary attachment ids of this service desk")
            }
        };
        kept.ok_or(expected)
    }
}

/// An option, with one of its children where the value has one.
fn cascade(field: &Field, value: &Value) -> Option<Value> {
    let option = Field::option(&field.options, value)?;
    let mut kept = field.held(option);
    if let Some(child) = value.get("child").filter(|child| !child.is_null()) {
        kept["child"] = field.held(Field::option(&option.children, child)?);
    }
    Some(kept)
}

/// Whether a text fits into a field of one line, such as the summary.
pub(super) fn is_line(text: &str) -> bool {
    let is_control = |c: char| c.is_control() && c != '\t';
    text.chars().count() <= LONGEST_LINE && !text.contains(is_control)
}

fn is_date(text: &str) -> bool {
    let is_digits = |(at, digit): (usize, char)| match at {
        4 | 7 => digit == '-',
        _ => digit.is_ascii_digit(),
    };
    let within = |range, most| (1..=most).contains(&text.get(range).map_or(0, number));
    text.len() == 10 && text.char_indices().all(is_digits) && within(5..7, 12) && within(8..10, 31)
}

/// As Jira takes it: with a fraction of the second, and an offset.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let Some((clock, rest)) = time.split_once('.') else { return false };
    let parts: Vec<&str> = clock.split(':').collect();
    let is_clock = parts.len() == 3
        && parts.iter().all(|part| is_number(part, 2))
        && parts.iter().zip([23, 59, 59]).all(|(part, most)| number(part) <= most);
    let at = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (fraction, offset) = rest.split_at(at);
    let is_offset = offset == "Z"
        || offset.strip_prefix(['+', '-']).is_some_and(|digits| is_number(&digits.replacen(':', "", 1), 4));
    is_date(date) && is_clock && (1..=9).contains(&fraction.len()) && is_offset
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_default()
}

/// Whether a value is more than nothing, blanks, or a list or object of such.
pub(super) fn has_content(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => members.values().any(has_content),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_those_that_jira_takes() {
        for (text, fits) in [
            ("2026-01-31", true),
            ("2026-13-01", false),
            ("2026-01-32", false),
            ("2026-00-10", false),
            ("26-01-31", false),
            ("2026/01/31", false),
            ("2026-01-31T10:00", false),
            ("२०२६-०१", false),
        ] {
            assert_eq!(is_date(text), fits, "{text}");
        }
        for (text, fits) in [
            ("2026-02-03T04:05:06.000+1100", true),
            ("2026-02-03T04:05:06.0-05:30", true),
            ("2026-02-03T04:05:06.000Z", true),
            ("2026-02-03T04:05:06Z", false),
            ("2026-02-03T04:05:06.000", false),
            ("2026-02-03T24:05:06.000Z", false),
            ("2026-02-03 04:05:06.000Z", false),
            ("2026-02-03T04:05:06.é+1100", false),
        ] {
            assert_eq!(is_date_time(text), fits, "{text}");
        }
    }
}
