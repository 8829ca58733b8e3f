//! Organizations: their members, their properties, and the service desks they belong to.

use serde_json::Value;

use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::organization::organization;
use crate::views::servicedesk::property::{property, property_keys};
use crate::views::servicedesk::user::user;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetOrganizations", Role::Customer, list),
    Handler::new("CreateOrganization", Role::Agent, create),
    Handler::new("GetOrganization", Role::Customer, get),
    Handler::new("DeleteOrganization", Role::Admin, delete),
    Handler::new("GetOrganizationUsers", Role::Agent, users),
    Handler::new("AddOrganizationUsers", Role::Agent, add_users),
    Handler::new("RemoveOrganizationUsers", Role::Agent, remove_users),
    Handler::new("GetServiceDeskOrganizations", Role::Agent, list_of_desk),
    Handler::new("AddServiceDeskOrganization", Role::Agent, add_to_desk),
    Handler::new("RemoveServiceDeskOrganization", Role::Agent, remove_from_desk),
    Handler::new("GetOrganizationPropertyKeys", Role::Customer, get_property_keys),
    Handler::new("GetOrganizationProperty", Role::Customer, get_property),
    Handler::new("SetOrganizationProperty", Role::Agent, set_property),
    Handler::new("DeleteOrganizationProperty", Role::Agent, delete_property),
];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let organizations = site.visible_organizations(&request.caller, request.query("accountId"))?;
    Ok(Response::ok(page(request, &organizations, &[], |found| organization(found, &request.links))?))
}

fn create(site: &mut Site, request: &Request) -> Outcome {
    let created = site.find_or_create_organization(request.text("name"))?;
    Ok(Response::created(organization(created, &request.links)))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let found = site.visible_organization(&request.caller, id(request)?)?;
    Ok(Response::ok(organization(found, &request.links)))
}

fn delete(site: &mut Site, request: &Request) -> Outcome {
    site.delete_organization(id(request)?)?;
    Ok(Response::no_content())
}

fn users(site: &mut Site, request: &Request) -> Outcome {
    let members = site.members(id(request)?)?;
    Ok(Response::ok(page(request, &members, &[], |person| user(person, &request.links))?))
}

fn add_users(site: &mut Site, request: &Request) -> Outcome {
    site.add_members(id(request)?, &request.account_ids())?;
    Ok(Response::no_content())
}

fn remove_users(site: &mut Site, request: &Request) -> Outcome {
    site.remove_members(id(request)?, &request.account_ids())?;
    Ok(Response::no_content())
}

fn list_of_desk(site: &mut Site, request: &Request) -> Outcome {
    let (desk, member) = (request.path("serviceDeskId"), request.query("accountId"));
    let organizations = site.organizations_of_desk(&request.caller, desk, member)?;
    Ok(Response::ok(page(request, &organizations, &[], |found| organization(found, &request.links))?))
}

fn add_to_desk(site: &mut Site, request: &Request) -> Outcome {
    site.add_organization_to_desk(request.path("serviceDeskId"), sent_id(request))?;
    Ok(Response::no_content())
}

fn remove_from_desk(site: &mut Site, request: &Request) -> Outcome {
    site.remove_organization_from_desk(request.path("serviceDeskId"), sent_id(request))?;
    Ok(Response::no_content())
}

fn get_property_keys(site: &mut Site, request: &Request) -> Outcome {
    let properties = &site.visible_organization(&request.caller, id(request)?)?.properties;
    Ok(Response::ok(property_keys(properties, &request.links)))
}

fn get_property(site: &mut Site, request: &Request) -> Outcome {
    let key = request.path("propertyKey");
    let value = site.visible_organization(&request.caller, id(request)?)?.properties.get(key)?;
    Ok(Response::ok(property(key, value)))
}

fn set_property(site: &mut Site, request: &Request) -> Outcome {
    let key = request.path("propertyKey");
    let is_new = site.set_organization_property(id(request)?, key, request.json())?;
    Ok(Response::empty(if is_new { 201 } else { 200 }))
}

fn delete_property(site: &mut Site, request: &Request) -> Outcome {
    site.delete_organization_property(id(request)?, request.path("propertyKey"))?;
    Ok(Response::no_content())
}

fn id(request: &Request) -> Result<u64, Error> {
    request.path_number("organizationId", "The organization")
}

fn sent_id(request: &Request) -> Option<u64> {
    request.json().get("organizationId").and_then(Value::as_u64)
}
