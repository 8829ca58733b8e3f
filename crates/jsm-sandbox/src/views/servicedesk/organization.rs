//! Organizations.

use serde_json::{Value, json};

use super::links::API;
use crate::domain::entities::organization::Organization;
use crate::message::request::Links;
use crate::views::date::date;

pub(crate) fn organization(organization: &Organization, links: &Links) -> Value {
    json!({
        "id": organization.id.to_string(),
        "uuid": format!("0a9b8c7d-0000-4000-8000-{:012x}", organization.id),
        "name": organization.name,
        "created": date(organization.created),
        "scimManaged": false,
        "_links": {"self": format!("{}{API}/organization/{}", links.base, organization.id)},
    })
}
