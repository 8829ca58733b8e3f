//! The values of a new request, checked against the fields of its request type.

use std::collections::HashSet;
use std::iter::successors;

use jsm_raw::servicedesk::AccountId;
use jsm_raw::servicedesk::types::{
    Form, JsonType, RequestTypeField, RequestTypeFieldValue, RequestTypeFields,
};
use jsm_raw::{FieldError, FieldErrorKind, FieldKind, named};
use serde_json::{Map, Value, json};

/// What a program gives for a new request.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// Values by the name or id of their field, in the order in which they were given; or why one is no value.
    pub(super) values: Vec<(String, Result<Value, String>)>,
    pub(super) on_behalf_of: Option<AccountId>,
    pub(super) participants: Vec<AccountId>,
    pub(super) form: Option<Form>,
    pub(super) channel: Option<String>,
}

/// Values that the fields take.
#[derive(Clone, Debug, Default)]
pub(super) struct Checked {
    /// By the id of the field.
    pub(super) values: Map<String, Value>,
    /// Whether rich text is in the Atlassian Document Format.
    pub(super) is_adf: bool,
    /// The field that takes files, and whether it is required.
    pub(super) files: Option<(String, bool)>,
}

/// Checks everything, and returns all errors.
pub(super) fn check(
    given: &Given,
    of_type: &RequestTypeFields,
    has_files: bool,
) -> Result<Checked, Vec<FieldError>> {
    // A field without an id cannot be set, and one that the server lists twice is one field.
    let mut seen = HashSet::new();
    let fields = of_type.request_type_fields.iter();
    let fields = fields.filter(|field| !field.field_id.is_empty() && seen.insert(&field.field_id));
    let fields: Vec<&RequestTypeField> = fields.collect();
    let mut errors = Vec::new();
    let mut values: Vec<Option<Value>> = vec![None; fields.len()];
    let chosen: Vec<_> = given.values.iter().map(|(name, _)| choose(&fields, name)).collect();
    let mut last = vec![0; fields.len()];
    for (at, chosen) in chosen.iter().enumerate() {
        if let Ok(index) = chosen {
            last[*index] = at;
        }
    }
    for (at, (chosen, (_, value))) in chosen.into_iter().zip(&given.values).enumerate() {
        match chosen {
            // A later value replaces this one.
            Ok(index) if last[index] != at => {}
            Ok(index) => match value.as_ref().map(|value| fields[index].encode(value)) {
                Ok(Ok(value)) => values[index] = Some(value).filter(|value| !value.is_null()),
                Ok(Err(error)) => errors.push(error),
                Err(why) => errors.push(invalid(&fields[index].field_id, &fields[index].name, why.clone())),
            },
            Err(error) => errors.push(error),
        }
    }
    for (field, value) in fields.iter().zip(&mut values) {
        let takes_files = has_files && field.kind() == FieldKind::Attachment;
        // A hidden field has a value that was set beforehand, and a form fills fields that only the server knows.
        let is_open = field.required == Some(true)
            && field.visible != Some(false)
            && field.preset_values.is_empty()
            && !takes_files
            && given.form.is_none();
        let is_wrong = errors.iter().any(|error| error.field == field.field_id);
        if is_open && value.is_none() && !is_wrong {
            match default_of(field) {
                Some(default) => *value = default,
                None => errors.push(missing(field)),
            }
        }
    }
    errors.extend(people(given, of_type));
    if !errors.is_empty() {
        return Err(errors);
    }
    let is_rich = |field: &RequestTypeField| field.kind() == FieldKind::RichText;
    let in_form =
        given.form.as_ref().is_some_and(|form| form.answers.values().any(|answer| answer.adf.is_some()));
    let mut given_values = fields.iter().zip(&values);
    let is_adf = in_form
        || given_values.any(|(field, value)| is_rich(field) && value.as_ref().is_some_and(Value::is_object));
    let written = fields.iter().zip(values).filter_map(|(field, value)| {
        let value = match value? {
            Value::String(text) if is_adf && is_rich(field) => document(&text),
            value => value,
        };
        Some((field.field_id.clone(), value))
    });
    let takes_files =
        |field: &&&RequestTypeField| field.kind() == FieldKind::Attachment && field.visible != Some(false);
    let files = fields.iter().find(takes_files);
    Ok(Checked {
        values: written.collect(),
        is_adf,
        files: files.map(|field| (field.field_id.clone(), field.required == Some(true))),
    })
}

/// The field of this id or name.
fn choose(fields: &[&RequestTypeField], given: &str) -> Result<usize, FieldError> {
    if let Some(index) = fields.iter().position(|field| field.field_id == given.trim()) {
        return Ok(index);
    }
    let error = |kind, message: String| FieldError::new(kind, given, "", message);
    match named(given, fields.iter().map(|field| field.name.as_str())).as_slice() {
        [one] => Ok(*one),
        [] => {
            let message = "the request type has no such field";
            let error = error(FieldErrorKind::Unknown, message.to_owned());
            Err(error.with_allowed(given, fields.iter().flat_map(|field| names_of(field)).collect()))
        }
        several => {
            let ids: Vec<String> = several.iter().map(|index| fields[*index].field_id.clone()).collect();
            let message = format!("several fields have this name; give the id of one: {}", ids.join(", "));
            let mut error = error(FieldErrorKind::Ambiguous, message);
            error.allowed = ids.into();
            Err(error)
        }
    }
}

/// The texts that name a field, without the numbers of custom fields.
fn names_of(field: &RequestTypeField) -> Vec<String> {
    let is_readable = |id: &str| !id.is_empty() && id != field.name && !id.starts_with("customfield_");
    let name = Some(field.name.trim()).filter(|name| !name.is_empty());
    let id = Some(field.field_id.as_str()).filter(|id| name.is_none() || is_readable(id));
    name.into_iter().chain(id).map(str::to_owned).collect()
}

/// What a required field has where nothing is given for it: its default value or, if that is in a form of the server's
/// own, nothing. None if it has no default.
fn default_of(field: &RequestTypeField) -> Option<Option<Value>> {
    let is_blank = |default: &&RequestTypeFieldValue| {
        let texts = [&default.value, &default.label];
        texts.into_iter().flatten().all(|text| text.trim().is_empty())
    };
    let defaults: Vec<_> = field.default_values.iter().filter(|default| !is_blank(default)).collect();
    let first = defaults.first()?;
    let values: Vec<&str> = match field.kind() {
        // The options on the way to the innermost one.
        FieldKind::CascadingOption => {
            successors(Some(*first), |default| default.children.first()).filter_map(id_of).collect()
        }
        _ => defaults.iter().copied().filter_map(id_of).collect(),
    };
    let encoded = match values.as_slice() {
        [one] if !field.is_list() => field.encode(one),
        several => field.encode(several),
    };
    Some(encoded.ok().filter(|value| !value.is_null()))
}

fn id_of(default: &RequestTypeFieldValue) -> Option<&str> {
    default.value.as_deref()
}

fn missing(field: &RequestTypeField) -> FieldError {
    let error = FieldError::new(FieldErrorKind::Missing, &field.field_id, &field.name, "is required");
    error.with_allowed("", field.option_names())
}

fn invalid(field: &str, name: &str, message: String) -> FieldError {
    FieldError::new(FieldErrorKind::Invalid, field, name, message)
}

/// What is wrong with the people that the request is for.
fn people(given: &Given, of_type: &RequestTypeFields) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut check = |field: &str, accounts: &[&AccountId], allowed: Option<bool>, may: &str| {
        if accounts.is_empty() {
            return;
        }
        if allowed == Some(false) {
            errors.push(invalid(field, "", format!("this account may not {may} for this request type")));
        }
        // An account is checked as the value of a field for accounts is.
        let mut user = RequestTypeField::default();
        user.field_id = field.to_owned();
        let mut schema = JsonType::default();
        schema.type_ = Some("user".to_owned());
        user.jira_schema = Some(schema);
        let wrong = |account: &&AccountId| match account.as_str().trim() {
            "" => Some(invalid(field, "", "takes the id of an account, not an empty text".to_owned())),
            id => user.encode(id).err(),
        };
        errors.extend(accounts.iter().filter_map(wrong));
    };
    let customer: Vec<&AccountId> = given.on_behalf_of.iter().collect();
    let may = "raise requests on behalf of others";
    check("raiseOnBehalfOf", &customer, of_type.can_raise_on_behalf_of, may);
    let participants: Vec<&AccountId> = given.participants.iter().collect();
    check("requestParticipants", &participants, of_type.can_add_request_participants, "add participants");
    errors
}

/// Plain text as a document in the Atlassian Document Format, a paragraph for each line.
fn document(text: &str) -> Value {
    let paragraphs = text.lines().map(|line| match line {
        "" => json!({"type": "paragraph", "content": []}),
        line => json!({"type": "paragraph", "content": [{"type": "text", "text": line}]}),
    });
    json!({"type": "doc", "version": 1, "content": paragraphs.collect::<Vec<_>>()})
}
