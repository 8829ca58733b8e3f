//! Request types: fields, portal groups, permissions and properties.

use serde_json::{Value, json};

use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::rules::request_types::{NewRequestType, PermissionCheck, RequestTypeFilter};
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::property::{property, property_keys};
use crate::views::servicedesk::request_type::{
    expanded_request_type, group, request_type, request_type_fields,
};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("SearchRequestTypes", Role::Customer, search),
    Handler::new("GetRequestTypes", Role::Customer, list),
    Handler::new("CreateRequestType", Role::Admin, create),
    Handler::new("GetRequestType", Role::Anonymous, get),
    Handler::new("DeleteRequestType", Role::Admin, delete),
    Handler::new("GetRequestTypeFields", Role::Customer, get_fields),
    Handler::new("GetRequestTypeGroups", Role::Customer, list_groups),
    Handler::new("CheckRequestTypePermissions", Role::Anonymous, check_permissions),
    Handler::new("GetRequestTypePropertyKeys", Role::Customer, get_property_keys),
    Handler::new("GetRequestTypeProperty", Role::Customer, get_property),
    Handler::new("SetRequestTypeProperty", Role::Admin, set_property),
    Handler::new("DeleteRequestTypeProperty", Role::Admin, delete_property),
];

const EXPANDS: &[&str] = &["field"];

fn search(site: &mut Site, request: &Request) -> Outcome {
    let filter = RequestTypeFilter { desks: request.list("serviceDeskId"), ..filter(request) };
    let kinds = site.find_request_types(&request.caller, &filter);
    Ok(Response::ok(page(request, &kinds, EXPANDS, |kind| expanded_request_type(kind, request))?))
}

fn list(site: &mut Site, request: &Request) -> Outcome {
    let filter = RequestTypeFilter { group: request.query("groupId"), ..filter(request) };
    let kinds = site.request_types_of_desk(&request.caller, desk(request), &filter)?;
    Ok(Response::ok(page(request, &kinds, EXPANDS, |kind| expanded_request_type(kind, request))?))
}

/// The filters that both lists have.
fn filter(request: &Request) -> RequestTypeFilter<'_> {
    RequestTypeFilter {
        text: request.query("searchQuery").unwrap_or_default(),
        hidden: request.flag("includeHiddenRequestTypesInSearch") == Some(true),
        restricted: match request.query("restrictionStatus") {
            Some(status) if status.eq_ignore_ascii_case("open") => Some(false),
            Some(status) if status.eq_ignore_ascii_case("restricted") => Some(true),
            _ => None,
        },
        ..RequestTypeFilter::default()
    }
}

fn create(site: &mut Site, request: &Request) -> Outcome {
    let new = NewRequestType {
        name: request.text("name"),
        issue_type: request.text("issueTypeId"),
        description: request.text("description").unwrap_or_default(),
        help_text: request.text("helpText").unwrap_or_default(),
    };
    let kind = site.create_request_type(desk(request), &new)?;
    Ok(Response::ok(request_type(kind, request)))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let kind = site.request_type(&request.caller, desk(request), id(request)?)?;
    Ok(Response::ok(expanded_request_type(kind, request)))
}

fn delete(site: &mut Site, request: &Request) -> Outcome {
    site.delete_request_type(&request.caller, desk(request), id(request)?)?;
    Ok(Response::no_content())
}

fn get_fields(site: &mut Site, request: &Request) -> Outcome {
    let kind = site.request_type(&request.caller, desk(request), id(request)?)?;
    Ok(Response::ok(request_type_fields(kind, request)))
}

fn list_groups(site: &mut Site, request: &Request) -> Outcome {
    let desk = site.visible_desk(&request.caller, desk(request))?;
    Ok(Response::ok(page(request, &desk.groups, &[], group)?))
}

fn check_permissions(site: &mut Site, request: &Request) -> Outcome {
    let permissions = request.texts("permissions").unwrap_or_default();
    let ids = request.json().get("requestTypeIds").and_then(Value::as_array);
    let ids: Vec<u64> = ids.into_iter().flatten().filter_map(Value::as_u64).collect();
    let check = PermissionCheck {
        permissions: &permissions,
        account_id: request.text("accountId"),
        request_types: &ids,
    };
    let held = site.check_permissions(&request.caller, desk(request), &check)?;
    let mut body = json!({});
    for (name, ids) in [("canCreateRequest", held.can_create), ("canAdminister", held.can_administer)] {
        if permissions.contains(&name) {
            body[name] = ids.into();
        }
    }
    Ok(Response::ok(body))
}

fn get_property_keys(site: &mut Site, request: &Request) -> Outcome {
    let kind = site.request_type(&request.caller, desk(request), id(request)?)?;
    Ok(Response::ok(property_keys(&kind.properties, &request.links)))
}

fn get_property(site: &mut Site, request: &Request) -> Outcome {
    let key = request.path("propertyKey");
    let kind = site.request_type(&request.caller, desk(request), id(request)?)?;
    Ok(Response::ok(property(key, kind.properties.get(key)?)))
}

fn set_property(site: &mut Site, request: &Request) -> Outcome {
    let (kind, key) = ((desk(request), id(request)?), request.path("propertyKey"));
    let is_new = site.set_request_type_property(&request.caller, kind, key, request.json())?;
    Ok(Response::empty(if is_new { 201 } else { 200 }))
}

fn delete_property(site: &mut Site, request: &Request) -> Outcome {
    let (kind, key) = ((desk(request), id(request)?), request.path("propertyKey"));
    site.delete_request_type_property(&request.caller, kind, key)?;
    Ok(Response::no_content())
}

fn desk(request: &Request) -> &str {
    request.path("serviceDeskId")
}

fn id(request: &Request) -> Result<u64, Error> {
    request.path_number("requestTypeId", "The request type")
}
