//! Bulk operations: many changes in one call, done later as a task.
//!
//! What cannot be right is refused at once; the rest is tried entry by entry when the task's time has come.

use serde_json::{Value, json};

use super::fields::{self, Details, Kind, OfCustomers, OfOrganizations};
use super::{customers, organizations, profiles, tasks};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::reply::{Outcome, Reply};
use crate::world::World;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("BulkManageCustomerAccounts", Role::Admin, customer_accounts),
    Behaviour::new("BulkManageCustomerProfiles", Role::Admin, customer_profiles),
    Behaviour::new("BulkManageCustomerDetails", Role::Agent, customer_details),
    Behaviour::new("BulkCreateCustomerDetailFields", Role::Admin, definitions::<OfCustomers>),
    Behaviour::new("BulkManageOrganizations", Role::Agent, organizations),
    Behaviour::new("BulkManageOrganizationProfiles", Role::Agent, organization_profiles),
    Behaviour::new("BulkManageOrganizationDetails", Role::Agent, organization_details),
    Behaviour::new("BulkCreateOrganizationDetailFields", Role::Admin, definitions::<OfOrganizations>),
];

fn customer_accounts(world: &mut World, call: &Call) -> Outcome {
    let entries = entries(call.body.get("customerAccounts"), 50)?;
    tasks::submit(world, call, "BULK_CUSTOMER_ACCOUNT", entries, customer_account)
}

fn customer_profiles(world: &mut World, call: &Call) -> Outcome {
    let entries = entries(call.body.get("customerProfiles"), 100)?;
    tasks::submit(world, call, "BULK_CUSTOMER_PROFILE_CREATE_UPDATE", entries, customer_profile)
}

fn organizations(world: &mut World, call: &Call) -> Outcome {
    let entries = entries(call.body.get("organizations"), 50)?;
    tasks::submit(world, call, "BULK_ORGANIZATION", entries, organization)
}

fn organization_profiles(world: &mut World, call: &Call) -> Outcome {
    let entries = entries(call.body.get("organizationProfiles"), 100)?;
    tasks::submit(world, call, "BULK_ORGANIZATION_PROFILE_CREATE_UPDATE", entries, organization_profile)
}

fn customer_details(world: &mut World, call: &Call) -> Outcome {
    let entries = operations(call.body.get("customers"))?;
    tasks::submit(world, call, "BULK_CUSTOMER_DETAIL_UPDATE", entries, |world, entry| {
        let id = entry["customerId"].as_str().unwrap_or_default();
        let mut details = customers::find(world, id)?.details.clone();
        change::<OfCustomers>(world, &mut details, entry)?;
        customers::find_mut(world, id)?.details = details;
        Ok(())
    })
}

fn organization_details(world: &mut World, call: &Call) -> Outcome {
    let entries = operations(call.body.get("organizations"))?;
    tasks::submit(world, call, "BULK_ORGANIZATION_DETAIL_UPDATE", entries, |world, entry| {
        let found = organizations::find(world, entry["organizationId"].as_str().unwrap_or_default())?;
        let (id, mut details) = (found.id, found.details.clone());
        change::<OfOrganizations>(world, &mut details, entry)?;
        world.organization_mut(id)?.details = details;
        Ok(())
    })
}

/// New definitions are all or nothing: one taken name refuses the whole call.
fn definitions<K: Kind + 'static>(world: &mut World, call: &Call) -> Outcome {
    let entries = entries(call.body.get("detailFields"), 50)?;
    let mut names: Vec<String> = K::fields(&world.csm).iter().map(|field| field.name.clone()).collect();
    for entry in &entries {
        let (name, _, _) = fields::check_definition(entry)?;
        if names.iter().any(|other| fields::same_name(other, &name)) {
            return Err(Reply::invalid(format!("There is a detail field '{name}' already.")));
        }
        names.push(name);
    }
    tasks::submit(world, call, "BULK_DETAIL_FIELD_CREATE", entries, |world, entry| {
        fields::define::<K>(world, entry).map(drop)
    })
}

/// The entries of a call: at least one, and not more than it may have.
fn entries(list: Option<&Value>, most: usize) -> Result<Vec<Value>, Reply> {
    match list.and_then(Value::as_array) {
        Some(entries) if entries.is_empty() => Err(Reply::invalid("There is nothing to do.")),
        Some(entries) if entries.len() > most => {
            Err(Reply::invalid(format!("At most {most} entries at once.")))
        }
        Some(entries) => Ok(entries.clone()),
        None => Err(Reply::invalid("A list of entries is needed.")),
    }
}

/// Entries with operations of their own: it is those that are counted.
fn operations(list: Option<&Value>) -> Result<Vec<Value>, Reply> {
    let entries = entries(list, 1_000)?;
    let count: usize = entries.iter().filter_map(|entry| entry["operations"].as_array()).map(Vec::len).sum();
    match count {
        0 => Err(Reply::invalid("There is nothing to do.")),
        1..=1_000 => Ok(entries),
        _ => Err(Reply::invalid("At most 1000 operations at once.")),
    }
}

fn customer_account(world: &mut World, entry: &Value) -> Result<(), Reply> {
    let payload = &entry["payload"];
    let id = payload["customerId"].as_str().unwrap_or_default();
    match entry["operationType"].as_str().unwrap_or_default() {
        "CREATE" => customers::add(world, payload).map(drop),
        "UPDATE" => {
            let name =
                payload["displayName"].as_str().ok_or_else(|| Reply::invalid("A displayName is needed."))?;
            customers::find_mut(world, id)?.name = name.to_owned();
            Ok(())
        }
        "DELETE" => {
            customers::find(world, id)?;
            customers::remove(world, id);
            Ok(())
        }
        other => Err(unknown(other)),
    }
}

fn customer_profile(world: &mut World, entry: &Value) -> Result<(), Reply> {
    let payload = &entry["payload"];
    let part = profiles::customer_part(world, payload)?;
    let named = payload["customerId"].as_str();
    let existing = match (named, payload["email"].as_str()) {
        (Some(id), _) => Some(customers::find(world, id)?.account_id.clone()),
        (None, Some(email)) => world.person_with_email(email).map(|person| person.account_id.clone()),
        (None, None) => None,
    };
    let id = existing_or_new(entry, existing, |world| customers::add(world, payload), world)?;
    if let Some(name) = payload["displayName"].as_str() {
        customers::find_mut(world, &id)?.name = name.to_owned();
    }
    part.give_to_customer(world, &id)
}

fn organization(world: &mut World, entry: &Value) -> Result<(), Reply> {
    let payload = &entry["payload"];
    let existing = existing_organization(world, payload)?;
    if entry["operationType"] == "DELETE" {
        world.remove_organization(existing.ok_or_else(|| Reply::not_found("The organization"))?);
        return Ok(());
    }
    let name = payload["name"].as_str();
    let id = existing_or_new(entry, existing, |world| organizations::add(world, name), world)?;
    match name {
        Some(_) => organizations::rename(world, id, name),
        None => Ok(()),
    }
}

fn organization_profile(world: &mut World, entry: &Value) -> Result<(), Reply> {
    let part = profiles::organization_part(world, &entry["payload"])?;
    let existing = existing_organization(world, &entry["payload"])?;
    let name = entry["payload"]["name"].as_str();
    let id = existing_or_new(entry, existing, |world| organizations::add(world, name), world)?;
    if name.is_some() {
        organizations::rename(world, id, name)?;
    }
    part.give_to_organization(world, id)
}

fn existing_organization(world: &World, payload: &Value) -> Result<Option<u64>, Reply> {
    match (payload["id"].as_str(), payload["name"].as_str()) {
        (Some(id), _) => organizations::find(world, id).map(|organization| Some(organization.id)),
        (None, Some(name)) => Ok(organizations::by_name(world, name).map(|organization| organization.id)),
        (None, None) => Ok(None),
    }
}

/// What an entry's operation says to do about a thing that is there, or is not.
fn existing_or_new<T>(
    entry: &Value,
    existing: Option<T>,
    create: impl FnOnce(&mut World) -> Result<T, Reply>,
    world: &mut World,
) -> Result<T, Reply> {
    match (entry["operationType"].as_str().unwrap_or_default(), existing) {
        ("CREATE", Some(_)) => Err(Reply::invalid("It exists already.")),
        ("UPDATE" | "UPSERT", Some(existing)) => Ok(existing),
        ("CREATE" | "UPSERT", None) => create(world),
        ("UPDATE", None) => Err(Reply::invalid("There is nothing to update.")),
        (other, _) => Err(unknown(other)),
    }
}

/// Applies an entry's operations to the values of one thing; a single bad one leaves all as it was.
fn change<K: Kind>(world: &World, details: &mut Details, entry: &Value) -> Result<(), Reply> {
    for operation in entry["operations"].as_array().into_iter().flatten() {
        let given = fields::checked_list::<K>(&world.csm, Some(&json!([operation["payload"]])))?;
        for (name, values) in given {
            match operation["operationType"].as_str().unwrap_or_default() {
                "UPDATE" => drop(details.insert(name, values)),
                "PATCH" => {
                    let held = details.entry(name).or_default();
                    let new: Vec<String> = values.into_iter().filter(|value| !held.contains(value)).collect();
                    held.extend(new);
                }
                "DELETE" => drop(details.remove(&name)),
                other => return Err(unknown(other)),
            }
        }
    }
    Ok(())
}

fn unknown(operation: &str) -> Reply {
    Reply::invalid(format!("There is no operation '{operation}' here."))
}
