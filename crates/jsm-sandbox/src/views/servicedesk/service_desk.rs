//! Service desks.

use serde_json::{Value, json};

use super::links::API;
use crate::domain::entities::service_desk::ServiceDesk;
use crate::message::request::Links;

pub(crate) fn service_desk(desk: &ServiceDesk, links: &Links) -> Value {
    json!({
        "id": desk.id.to_string(),
        "projectId": desk.project_id.to_string(),
        "projectKey": desk.key,
        "projectName": desk.name,
        "projectTypeKey": "service_desk",
        "_links": {"self": format!("{}{API}/servicedesk/{}", links.base, desk.id)},
    })
}
