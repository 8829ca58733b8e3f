//! Customers as Customer Service Management sees them: accounts, details, and finding people by them.
//!
//! They are the same people as the customers of service desks. Profiles are next door.

use serde_json::{Value, json};

use super::fields::{self, OfCustomers};
use super::{experiences, organizations};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::reply::{Outcome, Reply};
use crate::world::{Person, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("CreateCustomerAccount", Role::Admin, create),
    Behaviour::new("GetCustomerAccount", Role::Agent, account),
    Behaviour::new("UpdateCustomerAccount", Role::Admin, update),
    Behaviour::new("DeleteCustomerAccount", Role::Admin, delete),
    Behaviour::new("GetCustomer", Role::Agent, get),
    Behaviour::new("SetCustomerDetail", Role::Agent, set_detail),
    Behaviour::new("SearchCustomersByDetailField", Role::Agent, search),
    Behaviour::new("GetAccessibleExperiences", Role::Agent, accessible_experiences),
];

fn create(world: &mut World, call: &Call) -> Outcome {
    let id = add(world, &call.body)?;
    let person = find(world, &id)?;
    Ok(Reply::created(
        json!({"customerId": person.account_id, "displayName": person.name, "email": person.email}),
    ))
}

/// Makes the account that an object with an address, and perhaps a name, describes.
pub(super) fn add(world: &mut World, new: &Value) -> Result<String, Reply> {
    let text =
        |key: &str| new.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let email = world.new_email(text("email"), 400)?;
    Ok(world.add_person(text("displayName").unwrap_or(email), email, Role::Customer))
}

fn account(world: &mut World, call: &Call) -> Outcome {
    let person = in_path(world, call)?;
    Ok(Reply::ok(json!({"displayName": person.name, "email": person.email})))
}

fn update(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.account_id.clone();
    let name = call.text("displayName").ok_or_else(|| Reply::invalid("A displayName is needed."))?;
    let person = find_mut(world, &id)?;
    person.name = name.to_owned();
    Ok(Reply::ok(json!({"displayName": person.name, "email": person.email})))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.account_id.clone();
    remove(world, &id);
    Ok(Reply::no_content())
}

/// Removes an account from everything that lists it.
pub(super) fn remove(world: &mut World, id: &str) {
    world.people.remove(id);
    for desk in world.desks.values_mut() {
        desk.customers.remove(id);
    }
    for organization in world.organizations.values_mut() {
        organization.members.remove(id);
    }
    world.csm.entitlements.retain(|_, entitlement| !entitlement.holder.is_customer(id));
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let person = in_path(world, call)?;
    Ok(Reply::ok(json!({
        "id": person.account_id,
        "name": person.name,
        "details": fields::render(&world.csm.customer_fields, &person.details),
        "organizations": organizations::of_member(world, &person.account_id),
    })))
}

fn set_detail(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.account_id.clone();
    let (field, values) = fields::checked::<OfCustomers>(&world.csm, call)?;
    let answer = fields::render_set(&field, &values);
    find_mut(world, &id)?.details.insert(field.name, values);
    Ok(Reply::ok(answer))
}

fn search(world: &mut World, call: &Call) -> Outcome {
    let wanted = call.body.get("detailFields").and_then(Value::as_array).filter(|wanted| !wanted.is_empty());
    let wanted = wanted.ok_or_else(|| Reply::invalid("At least one detail field to search by is needed."))?;
    let matches = |person: &&Person| {
        wanted.iter().all(|pair| {
            let (name, value) = (pair["name"].as_str().unwrap_or_default(), pair["value"].as_str());
            person.details.iter().any(|(field, values)| {
                fields::same_name(field, name) && values.iter().any(|held| Some(held.as_str()) == value)
            })
        })
    };
    let number = |name: &str, otherwise: usize| match call.query(name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| Reply::invalid(format!("The parameter {name} takes a number from 1."))),
    };
    let page = number("page", 1)?;
    let size = number("maxResults", 50)?.min(call.page_cap);
    let found: Vec<&Person> = world
        .people
        .values()
        .filter(|person| person.role == Role::Customer && person.active)
        .filter(matches)
        .collect();
    let from = (page - 1).saturating_mul(size).min(found.len());
    let to = (from + size).min(found.len());
    let customers: Vec<Value> = found[from..to]
        .iter()
        .map(|person| {
            let mut json = json!({"id": person.account_id, "name": person.name});
            // An address is for administrators' eyes.
            if call.actor.role == Role::Admin {
                json["email"] = person.email.as_str().into();
            }
            json
        })
        .collect();
    Ok(Reply::ok(json!({
        "page": page,
        "maxResults": size,
        "total": found.len(),
        "isLast": to == found.len(),
        "customers": customers,
    })))
}

fn accessible_experiences(world: &mut World, call: &Call) -> Outcome {
    let person = in_path(world, call)?;
    Ok(Reply::ok(json!({"results": experiences::open_to(world, &person.account_id)})))
}

/// The customer in the path.
pub(super) fn in_path<'a>(world: &'a World, call: &Call) -> Result<&'a Person, Reply> {
    find(world, call.path("customerId"))
}

/// A customer by id. Agents and administrators are none.
pub(super) fn find<'a>(world: &'a World, id: &str) -> Result<&'a Person, Reply> {
    let person = world.people.get(id).filter(|person| person.role == Role::Customer && person.active);
    person.ok_or_else(|| Reply::not_found("The customer"))
}

pub(super) fn find_mut<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Person, Reply> {
    let person = world.people.get_mut(id).filter(|person| person.role == Role::Customer && person.active);
    person.ok_or_else(|| Reply::not_found("The customer"))
}
