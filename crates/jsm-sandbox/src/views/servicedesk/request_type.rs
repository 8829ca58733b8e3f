//! Request types with their fields, and portal groups.

use serde_json::{Value, json};

use super::links::API;
use crate::domain::entities::person::Role;
use crate::domain::entities::request_type::{Field, FieldKind, RequestType};
use crate::domain::entities::service_desk::Group;
use crate::message::request::Request;

/// A request type, with its fields where the request expands them.
pub(crate) fn expanded_request_type(kind: &RequestType, request: &Request) -> Value {
    let mut json = request_type(kind, request);
    if request.expands("field") {
        json["fields"] = request_type_fields(kind, request);
        json["_expands"] = json!([]);
    }
    json
}

pub(crate) fn request_type(kind: &RequestType, request: &Request) -> Value {
    let base = &request.links.base;
    let icon = 10_500 + kind.id;
    let size =
        |name| format!("{base}/rest/api/2/universal_avatar/view/type/SD_REQTYPE/avatar/{icon}?size={name}");
    json!({
        "_expands": ["field"],
        "_links": {"self": format!("{base}{API}/servicedesk/{}/requesttype/{}", kind.desk, kind.id)},
        "id": kind.id.to_string(),
        "name": kind.name,
        "description": kind.description,
        "helpText": kind.help_text,
        "issueTypeId": kind.issue_type.to_string(),
        "serviceDeskId": kind.desk.to_string(),
        "portalId": kind.desk.to_string(),
        "groupIds": kind.groups.iter().map(u64::to_string).collect::<Vec<_>>(),
        "practice": "service_request",
        "restrictionStatus": if kind.restricted { "RESTRICTED" } else { "OPEN" },
        "canCreateRequest": kind.can_be_raised_by(request.caller.role),
        "icon": {
            "id": icon.to_string(),
            "_links": {"iconUrls": {
                "16x16": size("xsmall"), "24x24": size("small"), "32x32": size("medium"), "48x48": size("large"),
            }},
        },
    })
}

/// The fields; hidden ones only where an administrator expands them.
pub(crate) fn request_type_fields(kind: &RequestType, request: &Request) -> Value {
    let hidden_too = request.expands("hiddenFields") && request.caller.role == Role::Admin;
    let fields = kind.fields.iter().filter(|field| field.visible || hidden_too);
    json!({
        "requestTypeFields": fields.map(field).collect::<Vec<_>>(),
        "canRaiseOnBehalfOf": request.caller.is_agent(),
        "canAddRequestParticipants": request.caller.is_agent(),
    })
}

fn field(field: &Field) -> Value {
    let custom = field.id.strip_prefix("customfield_").and_then(|number| number.parse::<u64>().ok());
    let kind = match field.kind {
        FieldKind::Text => "string",
        FieldKind::Choice(_) => "option",
        FieldKind::Date => "date",
        FieldKind::User => "user",
        FieldKind::Attachments => "array",
    };
    let mut schema = json!({"type": kind});
    match custom {
        Some(number) => {
            schema["custom"] = format!("com.atlassian.jira.plugin.system.customfieldtypes:{kind}").into();
            schema["customId"] = number.into();
        }
        None => schema["system"] = field.id.into(),
    }
    if matches!(field.kind, FieldKind::Attachments) {
        schema["items"] = "attachment".into();
    }
    let options = match field.kind {
        FieldKind::Choice(options) => options,
        _ => &[],
    };
    let option = |(value, label): &(&str, &str)| json!({"value": value, "label": label, "children": []});
    json!({
        "fieldId": field.id,
        "name": field.name,
        "description": "",
        "required": field.required,
        "visible": field.visible,
        "defaultValues": [],
        "validValues": options.iter().map(option).collect::<Vec<_>>(),
        "presetValues": [],
        "jiraSchema": schema,
    })
}

pub(crate) fn group(group: &Group) -> Value {
    json!({"id": group.id.to_string(), "name": group.name})
}
