//! Organizations, their members, and the desks they belong to.
//!
//! Details and profiles of organizations are in the folder of Customer Service Management.

use serde_json::{Value, json};

use super::customers::{account_ids, refuse_unknown};
use super::properties;
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Organization, Person, World};

const ORGANIZATION: &str = "/rest/servicedeskapi/organization";
pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetOrganizations", Role::Customer, list),
    Behaviour::new("CreateOrganization", Role::Agent, create),
    Behaviour::new("GetOrganization", Role::Customer, get),
    Behaviour::new("DeleteOrganization", Role::Admin, delete),
    Behaviour::new("GetOrganizationUsers", Role::Agent, users),
    Behaviour::new("AddOrganizationUsers", Role::Agent, add_users),
    Behaviour::new("RemoveOrganizationUsers", Role::Agent, remove_users),
    Behaviour::new("GetServiceDeskOrganizations", Role::Agent, list_of_desk),
    Behaviour::new("AddServiceDeskOrganization", Role::Agent, add_to_desk),
    Behaviour::new("RemoveServiceDeskOrganization", Role::Agent, remove_from_desk),
    Behaviour::new("GetOrganizationPropertyKeys", Role::Customer, property_keys),
    Behaviour::new("GetOrganizationProperty", Role::Customer, property),
    Behaviour::new("SetOrganizationProperty", Role::Agent, set_property),
    Behaviour::new("DeleteOrganizationProperty", Role::Agent, delete_property),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    let member = member_filter(world, call)?;
    let organizations: Vec<&Organization> = world
        .organizations
        .values()
        .filter(|organization| visible(organization, call) && has_member(organization, member))
        .collect();
    page(call, &organizations, &[], |organization| render(organization, call))
}

fn list_of_desk(world: &mut World, call: &Call) -> Outcome {
    let member = member_filter(world, call)?;
    let desk = world.desk(call.path("serviceDeskId"))?;
    let organizations: Vec<&Organization> = desk
        .organizations
        .iter()
        .filter_map(|id| world.organizations.get(id))
        .filter(|organization| has_member(organization, member))
        .collect();
    page(call, &organizations, &[], |organization| render(organization, call))
}

/// The account whose organizations are asked for; only agents may ask for somebody's.
fn member_filter<'a>(world: &World, call: &'a Call) -> Result<Option<&'a str>, Reply> {
    let Some(account_id) = call.query("accountId") else { return Ok(None) };
    if call.actor.role < Role::Agent {
        return Err(Reply::forbidden("Only agents may ask for the organizations of an account."));
    }
    if !world.people.contains_key(account_id) {
        return Err(Reply::not_found("The user"));
    }
    Ok(Some(account_id))
}

fn has_member(organization: &Organization, member: Option<&str>) -> bool {
    member.is_none_or(|account_id| organization.members.contains(account_id))
}

/// Customers see the organizations they belong to.
fn visible(organization: &Organization, call: &Call) -> bool {
    call.actor.role >= Role::Agent || organization.members.contains(&call.actor.account_id)
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let name = call.text("name").ok_or_else(|| Reply::invalid("An organization needs a name."))?;
    if name.chars().count() > 200 {
        return Err(Reply::invalid("The name of an organization has at most 200 characters."));
    }
    // A taken name is no error: the organization that has it is the answer.
    let existing =
        world.organizations.values().find(|organization| organization.name == name).map(|found| found.id);
    let id = existing.unwrap_or_else(|| world.add_organization(name));
    Ok(Reply::created(render(world.organization(id)?, call)))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(render(visible_organization(world, call)?, call)))
}

fn visible_organization<'a>(world: &'a World, call: &Call) -> Result<&'a Organization, Reply> {
    let organization = world.organization(id(call)?)?;
    if visible(organization, call) { Ok(organization) } else { Err(Reply::not_found("The organization")) }
}

fn property_keys(world: &mut World, call: &Call) -> Outcome {
    properties::keys(&visible_organization(world, call)?.properties, call)
}

fn property(world: &mut World, call: &Call) -> Outcome {
    properties::get(&visible_organization(world, call)?.properties, call)
}

fn set_property(world: &mut World, call: &Call) -> Outcome {
    properties::set(&mut world.organization_mut(id(call)?)?.properties, call)
}

fn delete_property(world: &mut World, call: &Call) -> Outcome {
    properties::delete(&mut world.organization_mut(id(call)?)?.properties, call)
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = id(call)?;
    world.organization(id)?;
    world.remove_organization(id);
    Ok(Reply::no_content())
}

fn users(world: &mut World, call: &Call) -> Outcome {
    let organization = world.organization(id(call)?)?;
    let members: Vec<&Person> =
        organization.members.iter().filter_map(|account_id| world.people.get(account_id)).collect();
    page(call, &members, &[], |person| person.render(&call.base))
}

fn add_users(world: &mut World, call: &Call) -> Outcome {
    let id = id(call)?;
    world.organization(id)?;
    let account_ids = account_ids(call)?;
    let unknown: Vec<&str> =
        account_ids.iter().copied().filter(|account_id| !world.people.contains_key(*account_id)).collect();
    refuse_unknown(&unknown)?;
    world.organization_mut(id)?.members.extend(account_ids.into_iter().map(str::to_owned));
    Ok(Reply::no_content())
}

fn remove_users(world: &mut World, call: &Call) -> Outcome {
    let id = id(call)?;
    world.organization(id)?;
    let account_ids = account_ids(call)?;
    let unknown: Vec<&str> =
        account_ids.iter().copied().filter(|account_id| !world.people.contains_key(*account_id)).collect();
    refuse_unknown(&unknown)?;
    let organization = world.organization_mut(id)?;
    for account_id in account_ids {
        organization.members.remove(account_id);
    }
    Ok(Reply::no_content())
}

fn add_to_desk(world: &mut World, call: &Call) -> Outcome {
    let id = id_in_body(world, call)?;
    world.desk_mut(call.path("serviceDeskId"))?.organizations.insert(id);
    Ok(Reply::no_content())
}

fn remove_from_desk(world: &mut World, call: &Call) -> Outcome {
    let id = id_in_body(world, call)?;
    world.desk_mut(call.path("serviceDeskId"))?.organizations.remove(&id);
    Ok(Reply::no_content())
}

fn id(call: &Call) -> Result<u64, Reply> {
    call.path_number("organizationId", "The organization")
}

fn id_in_body(world: &World, call: &Call) -> Result<u64, Reply> {
    // A number that no id can be names nothing that exists.
    let id = call.body.get("organizationId").and_then(Value::as_u64);
    let id = id.ok_or_else(|| Reply::not_found("The organization"))?;
    world.organization(id).map(|organization| organization.id)
}

fn render(organization: &Organization, call: &Call) -> Value {
    json!({
        "id": organization.id.to_string(),
        "uuid": format!("0a9b8c7d-0000-4000-8000-{:012x}", organization.id),
        "name": organization.name,
        "created": date::render(organization.created),
        "scimManaged": false,
        "_links": {"self": format!("{}{ORGANIZATION}/{}", call.base, organization.id)},
    })
}
