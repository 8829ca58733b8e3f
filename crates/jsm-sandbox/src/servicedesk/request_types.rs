//! Request types of desks: what can be asked for, with which fields, and by whom.
//!
//! Their fields are put to use where requests are created.

use serde_json::{Value, json};

use super::desks::{visible, visible_desk};
use super::properties;
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Field, FieldKind, Group, RequestType, World};

/// The issue types that request types can be built on.
const ISSUE_TYPES: std::ops::RangeInclusive<u64> = 10_001..=10_005;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("SearchRequestTypes", Role::Customer, search),
    Behaviour::new("GetRequestTypes", Role::Customer, list),
    Behaviour::new("CreateRequestType", Role::Admin, create),
    Behaviour::new("GetRequestType", Role::Anonymous, get),
    Behaviour::new("DeleteRequestType", Role::Admin, delete),
    Behaviour::new("GetRequestTypeFields", Role::Customer, fields),
    Behaviour::new("GetRequestTypeGroups", Role::Customer, groups),
    Behaviour::new("CheckRequestTypePermissions", Role::Anonymous, check_permissions),
    Behaviour::new("GetRequestTypePropertyKeys", Role::Customer, property_keys),
    Behaviour::new("GetRequestTypeProperty", Role::Customer, property),
    Behaviour::new("SetRequestTypeProperty", Role::Admin, set_property),
    Behaviour::new("DeleteRequestTypeProperty", Role::Admin, delete_property),
];

fn search(world: &mut World, call: &Call) -> Outcome {
    let desks = call.list("serviceDeskId");
    let kinds: Vec<&RequestType> = world
        .request_types
        .values()
        .filter(|kind| world.desks.get(&kind.desk).is_some_and(|desk| visible(desk, call)))
        .filter(|kind| desks.is_empty() || desks.iter().any(|desk| *desk == kind.desk.to_string()))
        .filter(|kind| wanted(kind, call))
        .collect();
    page(call, &kinds, &["field"], |kind| render_expanded(kind, call))
}

fn list(world: &mut World, call: &Call) -> Outcome {
    let desk = visible_desk(world, call)?.id;
    let group = call.query("groupId");
    let kinds: Vec<&RequestType> = world
        .request_types
        .values()
        .filter(|kind| kind.desk == desk && wanted(kind, call))
        .filter(|kind| group.is_none_or(|group| kind.groups.iter().any(|id| id.to_string() == group)))
        .collect();
    page(call, &kinds, &["field"], |kind| render_expanded(kind, call))
}

/// Whether the filters that both lists know let it through. Types without a group are hidden in the portal.
fn wanted(kind: &RequestType, call: &Call) -> bool {
    let text = call.query("searchQuery").unwrap_or_default().to_lowercase();
    let found = text.is_empty()
        || ((kind.name.to_lowercase().contains(&text) || kind.description.to_lowercase().contains(&text))
            && (!kind.groups.is_empty() || call.flag("includeHiddenRequestTypesInSearch") == Some(true)));
    let restriction = match call.query("restrictionStatus").unwrap_or_default() {
        status if status.eq_ignore_ascii_case("open") => !kind.restricted,
        status if status.eq_ignore_ascii_case("restricted") => kind.restricted,
        _ => true,
    };
    found && restriction
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let desk = world.desk(call.path("serviceDeskId"))?.id;
    let name = call.text("name").ok_or_else(|| Reply::invalid("A request type needs a name."))?;
    let issue_type = call.text("issueTypeId").ok_or_else(|| Reply::invalid("An issueTypeId is needed."))?;
    let issue_type = issue_type
        .parse()
        .ok()
        .filter(|id| ISSUE_TYPES.contains(id))
        .ok_or_else(|| Reply::not_found("The issue type"))?;
    let text = |key| call.text(key).unwrap_or_default();
    let id = world.add_request_type(desk, name, issue_type);
    let kind = world.request_type_mut(id)?;
    kind.description = text("description").to_owned();
    kind.help_text = text("helpText").to_owned();
    Ok(Reply::ok(render(kind, call)))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(render_expanded(in_path(world, call)?, call)))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id;
    world.request_types.remove(&id);
    Ok(Reply::no_content())
}

fn fields(world: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(render_fields(in_path(world, call)?, call)))
}

fn groups(world: &mut World, call: &Call) -> Outcome {
    let desk = visible_desk(world, call)?;
    let groups: Vec<&Group> = desk.groups.iter().collect();
    page(call, &groups, &[], |group| json!({"id": group.id.to_string(), "name": group.name}))
}

fn check_permissions(world: &mut World, call: &Call) -> Outcome {
    let desk = world
        .desk(call.path("serviceDeskId"))
        .map_err(|_| Reply::invalid("There is no such service desk."))?;
    let permissions = call
        .texts("permissions")
        .filter(|permissions| !permissions.is_empty())
        .ok_or_else(|| Reply::invalid("Name at least one of canCreateRequest and canAdminister."))?;
    let role = match call.text("accountId") {
        None => call.actor.role,
        Some(account_id) => {
            let person = world.people.get(account_id);
            person.ok_or_else(|| Reply::invalid(format!("'{account_id}' is no account.")))?.role
        }
    };
    let ids: Vec<u64> = match call.body.get("requestTypeIds").and_then(Value::as_array) {
        Some(ids) if ids.len() > 50 => {
            return Err(Reply::invalid("At most 50 request types are checked at once."));
        }
        Some(ids) => ids.iter().filter_map(Value::as_u64).collect(),
        None => Vec::new(),
    };
    let of_desk: Vec<&RequestType> =
        ids.iter().filter_map(|id| world.request_types.get(id)).filter(|kind| kind.desk == desk.id).collect();
    let allowed = |test: &dyn Fn(&RequestType) -> bool| -> Vec<u64> {
        of_desk.iter().filter(|kind| test(kind)).map(|kind| kind.id).collect()
    };
    let mut answer = json!({});
    if permissions.contains(&"canCreateRequest") {
        answer["canCreateRequest"] = allowed(&|kind| may_create(kind, role)).into();
    }
    if permissions.contains(&"canAdminister") {
        answer["canAdminister"] = allowed(&|_| role == Role::Admin).into();
    }
    Ok(Reply::ok(answer))
}

fn property_keys(world: &mut World, call: &Call) -> Outcome {
    properties::keys(&in_path(world, call)?.properties, call)
}

fn property(world: &mut World, call: &Call) -> Outcome {
    properties::get(&in_path(world, call)?.properties, call)
}

fn set_property(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id;
    properties::set(&mut world.request_type_mut(id)?.properties, call)
}

fn delete_property(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id;
    properties::delete(&mut world.request_type_mut(id)?.properties, call)
}

/// The request type that the path names, in the desk that the path names.
fn in_path<'a>(world: &'a World, call: &Call) -> Result<&'a RequestType, Reply> {
    let desk = world.desk(call.path("serviceDeskId"))?;
    let hidden = call.actor.role > Role::Anonymous && !visible(desk, call);
    let id = call.path_number("requestTypeId", "The request type")?;
    world
        .request_types
        .get(&id)
        .filter(|kind| kind.desk == desk.id && !hidden)
        .ok_or_else(|| Reply::not_found("The request type"))
}

pub(super) fn may_create(kind: &RequestType, role: Role) -> bool {
    role >= if kind.restricted { Role::Agent } else { Role::Customer }
}

fn render_expanded(kind: &RequestType, call: &Call) -> Value {
    let mut json = render(kind, call);
    if call.expands("field") {
        json["fields"] = render_fields(kind, call);
        json["_expands"] = json!([]);
    }
    json
}

pub(super) fn render(kind: &RequestType, call: &Call) -> Value {
    let base = &call.base;
    let icon = 10_500 + kind.id;
    let size =
        |name| format!("{base}/rest/api/2/universal_avatar/view/type/SD_REQTYPE/avatar/{icon}?size={name}");
    json!({
        "_expands": ["field"],
        "_links": {"self": format!("{base}/rest/servicedeskapi/servicedesk/{}/requesttype/{}", kind.desk, kind.id)},
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
        "canCreateRequest": may_create(kind, call.actor.role),
        "icon": {
            "id": icon.to_string(),
            "_links": {"iconUrls": {
                "16x16": size("xsmall"), "24x24": size("small"), "32x32": size("medium"), "48x48": size("large"),
            }},
        },
    })
}

fn render_fields(kind: &RequestType, call: &Call) -> Value {
    let hidden_too = call.expands("hiddenFields") && call.actor.role == Role::Admin;
    let fields: Vec<Value> =
        kind.fields.iter().filter(|field| field.visible || hidden_too).map(render_field).collect();
    json!({
        "requestTypeFields": fields,
        "canRaiseOnBehalfOf": call.actor.role >= Role::Agent,
        "canAddRequestParticipants": call.actor.role >= Role::Agent,
    })
}

fn render_field(field: &Field) -> Value {
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
    let values: Vec<Value> = match field.kind {
        FieldKind::Choice(options) => options
            .iter()
            .map(|(value, label)| json!({"value": value, "label": label, "children": []}))
            .collect(),
        _ => Vec::new(),
    };
    json!({
        "fieldId": field.id,
        "name": field.name,
        "description": "",
        "required": field.required,
        "visible": field.visible,
        "defaultValues": [],
        "validValues": values,
        "presetValues": [],
        "jiraSchema": schema,
    })
}
