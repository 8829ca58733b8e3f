//! Detail fields and their values. Profiles write the values in a shape of their own.

use serde_json::{Value, json};

use crate::domain::entities::detail_field::{DetailField, Details};

/// A field as its definition.
pub(crate) fn detail_field(field: &DetailField) -> Value {
    json!({"name": field.name, "type": kind(field)})
}

/// All fields of a kind of things, with their positions.
pub(crate) fn detail_fields(fields: &[DetailField]) -> Value {
    let view = |(index, field): (usize, &DetailField)| {
        let mut json = detail_field(field);
        json["configuration"] = json!({"position": index + 1});
        json
    };
    json!({"results": fields.iter().enumerate().map(view).collect::<Vec<_>>()})
}

/// A field with the values that were set.
pub(crate) fn detail(field: &DetailField, values: &[String]) -> Value {
    json!({"id": field.id.to_string(), "name": field.name, "type": kind(field), "values": values})
}

/// Every field of a kind of things, with the values that one thing has.
pub(crate) fn details(fields: &[DetailField], details: &Details) -> Vec<Value> {
    let view = |(index, field): (usize, &DetailField)| {
        let mut json = detail(field, details.get(&field.name).map_or(&[], Vec::as_slice));
        json["configuration"] = json!({"position": index + 1});
        json
    };
    fields.iter().enumerate().map(view).collect()
}

/// The fields that have values, as profiles write them.
pub(crate) fn profile_details(fields: &[DetailField], details: &Details) -> Vec<Value> {
    let held = fields.iter().filter_map(|field| Some((field, details.get(&field.name)?)));
    held.map(|(field, values)| json!({"name": field.name, "value": {"type": field.kind, "text": values}}))
        .collect()
}

fn kind(field: &DetailField) -> Value {
    match &field.options {
        Some(options) => json!({"name": field.kind, "options": options}),
        None => json!({"name": field.kind}),
    }
}
