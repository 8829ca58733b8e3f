//! What bodies, and the entries of bulk operations, say of accounts, organizations, profiles and detail fields.

use serde_json::Value;

use crate::domain::entities::bulk::{AccountPayload, DetailChange, OrganizationPayload, Profile};
use crate::domain::entities::detail_field::{Definition, DetailValues};

pub(super) fn account(json: &Value) -> AccountPayload {
    AccountPayload {
        id: text(json, "customerId"),
        email: text(json, "email"),
        name: text(json, "displayName"),
    }
}

pub(super) fn organization(json: &Value) -> OrganizationPayload {
    OrganizationPayload { id: text(json, "id"), name: text(json, "name") }
}

pub(super) fn profile(json: &Value) -> Profile {
    // These ids come as numbers; everywhere else they are texts.
    let organization = |id: &Value| id.as_u64().or_else(|| id.as_str()?.parse().ok()).unwrap_or_default();
    let organizations = list(&json["associateOrganizations"]["organizationIds"]);
    Profile {
        details: list(&json["details"]).map(values).collect(),
        organizations: organizations.map(organization).collect(),
        customers: texts(&json["associateCustomers"], "customerIds"),
        products: texts(&json["associateProducts"], "productIds"),
    }
}

pub(super) fn definition(json: &Value) -> Definition {
    Definition {
        name: text(json, "name"),
        kind: text(&json["type"], "name"),
        options: optional_texts(&json["type"], "options"),
    }
}

pub(super) fn change(json: &Value) -> DetailChange {
    DetailChange { operation: operation(json), field: values(&json["payload"]) }
}

/// What an entry is to do.
pub(super) fn operation(json: &Value) -> String {
    text(json, "operationType").unwrap_or_default()
}

/// A property that is a text.
pub(super) fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// The items of a list; none where it is no list.
pub(super) fn list(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().into_iter().flatten()
}

fn values(json: &Value) -> DetailValues {
    DetailValues { name: text(json, "name").unwrap_or_default(), values: texts(json, "values") }
}

/// A property that is a list of texts. Other items are left out.
pub(super) fn optional_texts(json: &Value, name: &str) -> Option<Vec<String>> {
    Some(json.get(name)?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn texts(json: &Value, name: &str) -> Vec<String> {
    optional_texts(json, name).unwrap_or_default()
}
