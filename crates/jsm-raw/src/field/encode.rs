//! Values in the form that a field takes.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Number, Value, json};

use super::description::{Description, FieldOption};
use super::error::{FieldError, FieldErrorKind, excerpt};
use super::kind::{FieldKind, Rule, kind};
use super::options::{Given, labels, option, option_names, path};
use crate::date::Dated;

/// A value in the form that the field takes; `null` for an empty one.
pub(crate) fn encode(field: &Description<'_>, value: impl Serialize) -> Result<Value, FieldError> {
    match serde_json::to_value(value) {
        Ok(value) => encode_json(field, &value),
        Err(error) => Err(invalid(field, format!("the value cannot be written as JSON: {error}"))),
    }
}

fn encode_json(field: &Description<'_>, value: &Value) -> Result<Value, FieldError> {
    let rule = kind(field);
    match value {
        value if is_blank(value) => Ok(Value::Null),
        Value::Array(entries) if rule.list => {
            let mut encoded: Vec<Value> = Vec::new();
            for entry in entries.iter().filter(|entry| !is_blank(entry)) {
                let entry = one(field, rule, entry)?;
                // One thing can be given in two ways, such as by label and by id.
                if !rule.kind.is_reference() || !encoded.contains(&entry) {
                    encoded.push(entry);
                }
            }
            Ok(Value::Array(encoded))
        }
        value if rule.list => one(field, rule, value).map(|one| Value::Array(vec![one])),
        value => one(field, rule, value),
    }
}

/// Whether there is nothing in a value.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(entries) => entries.iter().all(is_blank),
        _ => false,
    }
}

/// One value, or one entry of a list.
fn one(field: &Description<'_>, rule: Rule, value: &Value) -> Result<Value, FieldError> {
    let text = text(value);
    let text = text.as_deref();
    let refused = |takes: &str| Err(takes_other(field, takes, value));
    match rule.kind {
        FieldKind::Text if rule.single_line => match text {
            Some(text) if !text.trim_end().contains(['\n', '\r']) => Ok(text.trim_end().into()),
            _ => refused("a single line of text"),
        },
        FieldKind::Text => text.map_or_else(|| refused("text"), |text| Ok(text.into())),
        FieldKind::RichText => match text {
            Some(text) => Ok(text.into()),
            None if is_document(value) => Ok(value.clone()),
            None => refused("text, or a document in the Atlassian Document Format"),
        },
        FieldKind::Number => match value {
            Value::Number(_) => Ok(value.clone()),
            _ => match text.and_then(number) {
                Some(number) => Ok(number.into()),
                None => refused("a number"),
            },
        },
        FieldKind::Date => match text.map(str::trim).filter(|text| is_date(text)) {
            Some(date) => Ok(date.into()),
            None => refused("a date like 2026-01-31"),
        },
        FieldKind::DateTime => match text.map(Dated::timestamp) {
            // In the offset of UTC the moment is the same, and the form is the one that Jira reads.
            Some(Ok(moment)) => Ok(moment.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string().into()),
            _ => refused("a date and a time with an offset, like 2026-01-31T14:30:00+01:00"),
        },
        FieldKind::Label => match text.map(str::trim) {
            Some(label) if !label.is_empty() && !label.contains(char::is_whitespace) => Ok(label.into()),
            _ => refused("labels without white space"),
        },
        FieldKind::Attachment => match text.map(str::trim) {
            Some(id) if !id.is_empty() => Ok(id.into()),
            _ => refused("temporary ids of uploaded files"),
        },
        FieldKind::Option => choice(field, rule, value),
        FieldKind::CascadingOption => cascade(field, rule, value),
        FieldKind::User => user(field, value, text),
        FieldKind::Organization => organization(field, value, text),
        FieldKind::Other => Ok(value.clone()),
    }
}

/// The text of a value that people write as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let unsigned =
        text.strip_prefix('+').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    serde_json::from_str(unsigned.unwrap_or(text)).ok()
}

fn is_date(text: &str) -> bool {
    // A year has more digits in other forms, and a time may follow.
    text.len() == "yyyy-mm-dd".len() && text.parse::<Date>().is_ok_and(|date| date.to_string() == text)
}

/// Whether it is a document in the Atlassian Document Format.
fn is_document(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("doc")
}

/// An option as servers take it.
fn choice(field: &Description<'_>, rule: Rule, value: &Value) -> Result<Value, FieldError> {
    let takes = || takes_option(field, "an option, by its label or id", value);
    if field.options.is_empty() {
        return match (rule.name, given(value)) {
            (Some(member), Some(given)) if !value.is_object() => Ok(unlisted(&given, member)),
            _ if value.is_object() => Ok(value.clone()),
            _ => Err(takes()),
        };
    }
    let given = given(value).ok_or_else(takes)?;
    let option = option(field, &field.options, &given)?;
    Ok(match rule.name {
        Some(member) => written(option, member),
        None => option.value.or(option.label).into(),
    })
}

/// The option that a value stands for.
fn given(value: &Value) -> Option<Given> {
    match value {
        Value::String(text) => Some(Given::Text(text.clone())),
        Value::Number(number) => Some(Given::Number(number.to_string())),
        Value::Object(members) => name_in(members),
        _ => None,
    }
}

/// An option of a field that does not list them.
fn unlisted(given: &Given, member: &str) -> Value {
    match given {
        Given::Text(label) => json!({ member: label.trim() }),
        Given::Id(id) | Given::Number(id) => json!({ "id": id.trim() }),
    }
}

/// The id or name in an object that stands for an option.
fn name_in(members: &Map<String, Value>) -> Option<Given> {
    let of = |member: &str| text(members.get(member)?);
    let name = || ["value", "name", "label", "key"].into_iter().find_map(of);
    of("id").map(Given::Id).or_else(|| name().map(Given::Text))
}

/// An option by its id or, where it has none, by its label.
fn written(option: &FieldOption<'_>, member: &str) -> Value {
    match (option.value, option.label) {
        (Some(id), _) => json!({ "id": id }),
        (None, label) => json!({ member: label }),
    }
}

/// A cascading option: `{"id": .., "child": {"id": ..}}`.
fn cascade(field: &Description<'_>, rule: Rule, value: &Value) -> Result<Value, FieldError> {
    let member = rule.name.unwrap_or("value");
    let takes = || takes_option(field, "an option and one of its own, like \"Hardware / Laptop\"", value);
    if let Value::String(text) = value {
        if field.options.is_empty() {
            return nested(labels(text).into_iter().map(|label| json!({ member: label }))).ok_or_else(takes);
        }
        let path = path(field, &field.options, text)?;
        return nested(path.into_iter().map(|option| written(option, member))).ok_or_else(takes);
    }
    // A path as a list, or as objects within each other.
    let mut names = Vec::new();
    match value {
        Value::Array(entries) => {
            for entry in entries.iter().filter(|entry| !is_blank(entry)) {
                names.push(given(entry).ok_or_else(takes)?);
            }
        }
        Value::Object(_) => {
            let mut next = Some(value);
            while let Some(object) = next.filter(|next| !next.is_null()) {
                names.push(object.as_object().and_then(name_in).ok_or_else(takes)?);
                next = object.get("child");
            }
        }
        _ => names.push(given(value).ok_or_else(takes)?),
    }
    if field.options.is_empty() {
        if value.is_object() {
            return Ok(value.clone());
        }
        return nested(names.iter().map(|given| unlisted(given, member))).ok_or_else(takes);
    }
    let mut options = field.options.as_slice();
    let mut path = Vec::new();
    for name in &names {
        let found = option(field, options, name)?;
        path.push(written(found, member));
        options = &found.children;
    }
    nested(path.into_iter()).ok_or_else(takes)
}

/// Objects within each other, the first outermost.
fn nested(path: impl DoubleEndedIterator<Item = Value>) -> Option<Value> {
    path.rev().reduce(|child, mut parent| {
        parent["child"] = child;
        parent
    })
}

/// An account by its id.
fn user(field: &Description<'_>, value: &Value, text: Option<&str>) -> Result<Value, FieldError> {
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    let id = match text.or_else(|| member("accountId")).or_else(|| member("id")) {
        Some(id) => id.trim(),
        None => match member("emailAddress") {
            Some(email) => email.trim(),
            // Another way to name an account, which the server has to know.
            None if value.get("name").is_some() || value.get("key").is_some() => return Ok(value.clone()),
            None => return Err(takes_other(field, "an account, by its id", value)),
        },
    };
    if !field.options.is_empty() {
        let found = option(field, &field.options, &Given::Text(id.to_owned()))?;
        return Ok(json!({ "accountId": found.value.or(found.label) }));
    }
    match account_id(id) {
        Ok(()) => Ok(json!({ "accountId": id })),
        // Names and addresses of people do not belong into logs.
        Err(what) => {
            let next = "find the id with a search for users, as in the recipe for new requests";
            Err(invalid(field, format!("takes the id of an account, not {what}; {next}")))
        }
    }
}

/// An organization by its id, which is a number.
fn organization(field: &Description<'_>, value: &Value, text: Option<&str>) -> Result<Value, FieldError> {
    let id = text.map(str::to_owned).or_else(|| self::text(value.get("id")?));
    let id = match id {
        Some(id) if !field.options.is_empty() => {
            let given = if value.is_string() { Given::Text(id) } else { Given::Number(id) };
            let found = option(field, &field.options, &given)?;
            found.value.or(found.label).unwrap_or_default().to_owned()
        }
        Some(id) => id,
        None => return Err(takes_other(field, "the id of an organization", value)),
    };
    match id.trim().parse::<u64>() {
        Ok(id) => Ok(id.into()),
        Err(_) => Err(takes_other(field, "the id of an organization, which is a number", value)),
    }
}

/// Whether a text can be the id of an account, or what it is instead.
fn account_id(text: &str) -> Result<(), &'static str> {
    match text {
        "" => Err("an empty text"),
        text if text.contains('@') => Err("an email address"),
        text if text.contains(char::is_whitespace) => Err("a name"),
        _ => Ok(()),
    }
}

fn takes_option(field: &Description<'_>, takes: &str, value: &Value) -> FieldError {
    takes_other(field, takes, value).with_allowed("", option_names(field))
}

fn takes_other(field: &Description<'_>, takes: &str, value: &Value) -> FieldError {
    let found = match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("\"{}\"", excerpt(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "such an object".to_owned(),
    };
    invalid(field, format!("takes {takes}, not {found}"))
}

fn invalid(field: &Description<'_>, message: String) -> FieldError {
    FieldError::new(FieldErrorKind::Invalid, field.id, field.name, message)
}
