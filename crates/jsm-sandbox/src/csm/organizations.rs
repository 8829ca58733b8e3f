//! Organizations as Customer Service Management sees them.
//!
//! They are the same ones that service desks list. Profiles are next door.

use serde_json::{Value, json};

use super::fields::{self, OfOrganizations};
use super::profiles::at_most;
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::reply::{Outcome, Reply};
use crate::world::{Organization, World};

/// How many organizations one call fetches.
const MOST_FETCHED: usize = 50;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("CreateOrganization", Role::Agent, create),
    Behaviour::new("GetOrganization", Role::Agent, get),
    Behaviour::new("UpdateOrganization", Role::Agent, update),
    Behaviour::new("DeleteOrganization", Role::Admin, delete),
    Behaviour::new("SetOrganizationDetail", Role::Agent, set_detail),
    Behaviour::new("FetchOrganizations", Role::Agent, fetch),
];

fn create(world: &mut World, call: &Call) -> Outcome {
    let id = add(world, call.text("name"))?;
    Ok(Reply::created(summary(world.organization(id)?)))
}

pub(super) fn add(world: &mut World, name: Option<&str>) -> Result<u64, Reply> {
    let name = name.ok_or_else(|| Reply::invalid("An organization needs a name."))?;
    match by_name(world, name) {
        Some(_) => Err(Reply::invalid(format!("There is an organization '{name}' already."))),
        None => Ok(world.add_organization(name)),
    }
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let organization = in_path(world, call)?;
    Ok(Reply::ok(json!({
        "id": organization.id.to_string(),
        "name": organization.name,
        "details": fields::render(&world.csm.organization_fields, &organization.details),
    })))
}

fn update(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id;
    rename(world, id, call.text("name"))?;
    Ok(Reply::ok(summary(world.organization(id)?)))
}

pub(super) fn rename(world: &mut World, id: u64, name: Option<&str>) -> Result<(), Reply> {
    let name = name.ok_or_else(|| Reply::invalid("An organization needs a name."))?;
    if by_name(world, name).is_some_and(|other| other.id != id) {
        return Err(Reply::invalid(format!("There is an organization '{name}' already.")));
    }
    world.organization_mut(id)?.name = name.to_owned();
    Ok(())
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id;
    world.remove_organization(id);
    Ok(Reply::no_content())
}

fn set_detail(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id;
    let (field, values) = fields::checked::<OfOrganizations>(&world.csm, call)?;
    let answer = fields::render_set(&field, &values);
    world.organization_mut(id)?.details.insert(field.name, values);
    Ok(Reply::ok(answer))
}

fn fetch(world: &mut World, call: &Call) -> Outcome {
    let (ids, names) = (call.texts("organizationIds"), call.texts("organizationNames"));
    let ids = at_most(ids.or(Some(Vec::new())), MOST_FETCHED, "organizationIds")?;
    let names = at_most(names.or(Some(Vec::new())), MOST_FETCHED - ids.len(), "organizations")?;
    // Those that cannot be found are left out without a word.
    let found = ids
        .into_iter()
        .filter_map(|id| find(world, id).ok())
        .chain(names.into_iter().filter_map(|name| by_name(world, name)));
    Ok(Reply::ok(json!({"organizations": found.map(summary).collect::<Vec<_>>()})))
}

pub(super) fn in_path<'a>(world: &'a World, call: &Call) -> Result<&'a Organization, Reply> {
    find(world, call.path("organizationId"))
}

pub(super) fn find<'a>(world: &'a World, id: &str) -> Result<&'a Organization, Reply> {
    world.organization(id.parse().map_err(|_| Reply::not_found("The organization"))?)
}

pub(super) fn by_name<'a>(world: &'a World, name: &str) -> Option<&'a Organization> {
    world.organizations.values().find(|organization| organization.name == name)
}

/// The organizations that somebody is a member of.
pub(super) fn of_member(world: &World, account_id: &str) -> Vec<Value> {
    let member = |organization: &&Organization| organization.members.contains(account_id);
    world.organizations.values().filter(member).map(summary).collect()
}

pub(super) fn summary(organization: &Organization) -> Value {
    json!({"id": organization.id.to_string(), "name": organization.name})
}
