//! Request types with their fields, and portal groups.

use serde_json::{Value, json};

use super::links::API;
use crate::domain::entities::field::{Field, FieldKind, FieldOption};
use crate::domain::entities::person::Role;
use crate::domain::entities::request_type::RequestType;
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
    let default = |text: &String| match field.chosen(text) {
        Some((found, child)) => chosen(found, child),
        None => json!({"value": text, "label": text, "children": []}),
    };
    json!({
        "fieldId": field.id,
        "name": field.name,
        "description": field.description,
        "required": field.required,
        "visible": field.visible,
        "defaultValues": field.defaults.iter().map(default).collect::<Vec<_>>(),
        "validValues": field.options.iter().map(option).collect::<Vec<_>>(),
        "presetValues": field.presets,
        "jiraSchema": schema(field),
    })
}

fn option(found: &FieldOption) -> Value {
    let children: Vec<Value> = found.children.iter().map(option).collect();
    json!({"value": found.id, "label": found.label, "children": children})
}

/// An option that was chosen, with the one of its own that was.
fn chosen(found: &FieldOption, child: Option<&FieldOption>) -> Value {
    let children: Vec<Value> = child.into_iter().map(option).collect();
    json!({"value": found.id, "label": found.label, "children": children})
}

/// How Jira types a field.
fn schema(field: &Field) -> Value {
    const JIRA: &str = "com.atlassian.jira.plugin.system.customfieldtypes";
    const SERVICE_DESK: &str = "com.atlassian.servicedesk";
    let (kind, items, plugin, module) = match field.kind {
        FieldKind::Text => ("string", None, JIRA, "textfield"),
        FieldKind::TextArea => ("string", None, JIRA, "textarea"),
        FieldKind::Url => ("string", None, JIRA, "url"),
        FieldKind::Number => ("number", None, JIRA, "float"),
        FieldKind::Date => ("date", None, JIRA, "datepicker"),
        FieldKind::DateTime => ("datetime", None, JIRA, "datetime"),
        FieldKind::Select => ("option", None, JIRA, "select"),
        FieldKind::RadioButtons => ("option", None, JIRA, "radiobuttons"),
        FieldKind::MultiSelect => ("array", Some("option"), JIRA, "multiselect"),
        FieldKind::Checkboxes => ("array", Some("option"), JIRA, "multicheckboxes"),
        FieldKind::CascadingSelect => ("option-with-child", None, JIRA, "cascadingselect"),
        FieldKind::Priority => ("priority", None, JIRA, "priority"),
        FieldKind::Components => ("array", Some("component"), JIRA, "components"),
        FieldKind::Labels => ("array", Some("string"), JIRA, "labels"),
        FieldKind::User => ("user", None, JIRA, "userpicker"),
        FieldKind::Users => ("array", Some("user"), JIRA, "multiuserpicker"),
        FieldKind::Organizations => {
            ("array", Some("sd-customerorganization"), SERVICE_DESK, "sd-customer-organizations")
        }
        FieldKind::Attachments => ("array", Some("attachment"), JIRA, "attachment"),
    };
    let mut schema = json!({"type": kind});
    if let Some(items) = items {
        schema["items"] = items.into();
    }
    match field.id.strip_prefix("customfield_").and_then(|number| number.parse::<u64>().ok()) {
        Some(number) => {
            schema["custom"] = format!("{plugin}:{module}").into();
            schema["customId"] = number.into();
        }
        None => schema["system"] = field.id.as_str().into(),
    }
    schema
}

pub(crate) fn group(group: &Group) -> Value {
    json!({"id": group.id.to_string(), "name": group.name})
}
