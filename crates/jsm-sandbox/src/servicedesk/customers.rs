//! Customers of a desk, and the accounts behind them.
//!
//! What Customer Service Management knows of the same people is in its own folder.

use std::collections::BTreeSet;

use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Person, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("CreateCustomer", Role::Admin, create),
    Behaviour::new("RevokePortalOnlyAccess", Role::Admin, revoke),
    Behaviour::new("GetCustomers", Role::Agent, list),
    Behaviour::new("AddCustomers", Role::Agent, add),
    Behaviour::new("RemoveCustomers", Role::Agent, remove),
    Behaviour::new("InviteCustomer", Role::Admin, invite),
];

fn create(world: &mut World, call: &Call) -> Outcome {
    let account_id = new_account(world, call)?;
    let person = world.people.get(&account_id).ok_or_else(|| Reply::not_found("The customer"))?;
    Ok(Reply::created(person.render(&call.base)))
}

fn invite(world: &mut World, call: &Call) -> Outcome {
    world.desk(call.path("serviceDeskId"))?;
    let account_id = new_account(world, call)?;
    world.desk_mut(call.path("serviceDeskId"))?.customers.insert(account_id.clone());
    let person = world.people.get(&account_id).ok_or_else(|| Reply::not_found("The customer"))?;
    Ok(Reply::created(person.render(&call.base)))
}

/// Makes the account that a body describes, unless the address is taken.
fn new_account(world: &mut World, call: &Call) -> Result<String, Reply> {
    let taken = if call.flag("strictConflictStatusCode") == Some(true) { 409 } else { 400 };
    let email = world.new_email(call.text("email"), taken)?;
    let name = call
        .text("displayName")
        .or_else(|| call.text("fullName"))
        .ok_or_else(|| Reply::invalid("A display name is needed."))?;
    Ok(world.add_person(name, email, Role::Customer))
}

fn revoke(world: &mut World, call: &Call) -> Outcome {
    let account_id = call.path("accountId");
    let person = world
        .people
        .get_mut(account_id)
        .filter(|person| person.role == Role::Customer)
        .ok_or_else(|| Reply::not_found("The portal-only account"))?;
    person.active = false;
    for desk in world.desks.values_mut() {
        desk.customers.remove(account_id);
    }
    Ok(Reply::no_content())
}

fn list(world: &mut World, call: &Call) -> Outcome {
    let wanted = call.query("query").unwrap_or_default().trim().to_lowercase();
    let desk = world.desk(call.path("serviceDeskId"))?;
    let customers: Vec<&Person> = desk
        .customers
        .iter()
        .filter_map(|account_id| world.people.get(account_id))
        .filter(|person| person.active && matches(person, &wanted))
        .collect();
    page(call, &customers, &[], |person| person.render(&call.base))
}

/// Whether the text begins a word of the name, or the name, or the address.
fn matches(person: &Person, wanted: &str) -> bool {
    let name = person.name.to_lowercase();
    name.starts_with(wanted)
        || name.split_whitespace().any(|word| word.starts_with(wanted))
        || person.email.to_lowercase().starts_with(wanted)
}

fn add(world: &mut World, call: &Call) -> Outcome {
    world.desk(call.path("serviceDeskId"))?;
    let account_ids = account_ids(call)?;
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        account_ids.into_iter().partition(|account_id| world.people.contains_key(*account_id));
    // Those that exist are added even when the call is refused for the sake of the others.
    world.desk_mut(call.path("serviceDeskId"))?.customers.extend(known.into_iter().map(str::to_owned));
    refuse_unknown(&unknown)?;
    Ok(Reply::no_content())
}

fn remove(world: &mut World, call: &Call) -> Outcome {
    let desk = world.desk_mut(call.path("serviceDeskId"))?;
    let account_ids = account_ids(call)?;
    if desk.open {
        return Err(Reply::refuse(
            400,
            "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.galaxia",
            "Customers cannot be removed from a service desk that is open to everybody.",
        ));
    }
    for account_id in account_ids {
        desk.customers.remove(account_id);
    }
    Ok(Reply::no_content())
}

/// The account ids of a body, which has to name at least one. Those under the old name `usernames` count too.
pub(super) fn account_ids(call: &Call) -> Result<Vec<&str>, Reply> {
    let mut account_ids: Vec<&str> =
        ["accountIds", "usernames"].iter().filter_map(|name| call.texts(name)).flatten().collect();
    let mut seen = BTreeSet::new();
    account_ids.retain(|account_id| seen.insert(*account_id));
    match account_ids.is_empty() {
        true => Err(Reply::invalid("At least one account id is needed in accountIds.")),
        false => Ok(account_ids),
    }
}

pub(super) fn refuse_unknown(unknown: &[&str]) -> Result<(), Reply> {
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!("There are no accounts with these ids: {}.", unknown.join(", "));
    Err(Reply::refuse(400, "sd.rest.error.users.unknown", message))
}
