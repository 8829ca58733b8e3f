//! Profiles: a customer or an organization with everything that is known of it, in one answer.
//!
//! Writing many of them at once is the bulk operations' work, by the functions of this file.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fields::{self, Details, OfCustomers, OfOrganizations};
use super::{customers, entitlements, experiences, organizations};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::reply::{Outcome, Reply};
use crate::world::{Holder, Organization, Person, World};

/// How many profiles one call fetches.
const MOST_FETCHED: usize = 25;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetCustomerProfile", Role::Agent, customer),
    Behaviour::new("CreateCustomerProfile", Role::Admin, create_customer),
    Behaviour::new("FetchCustomerProfiles", Role::Agent, fetch_customers),
    Behaviour::new("GetOrganizationProfile", Role::Agent, organization),
    Behaviour::new("CreateOrganizationProfile", Role::Agent, create_organization),
    Behaviour::new("FetchOrganizationProfiles", Role::Agent, fetch_organizations),
];

fn customer(world: &mut World, call: &Call) -> Outcome {
    let person = customers::in_path(world, call)?;
    let mut json = render_customer(world, person);
    if call.expands("accessibleCustomerExperiences") {
        json["accessibleCustomerExperiences"] = experiences::open_to(world, &person.account_id).into();
    }
    Ok(Reply::ok(json))
}

fn create_customer(world: &mut World, call: &Call) -> Outcome {
    let part = customer_part(world, &call.body)?;
    let id = customers::add(world, &call.body)?;
    part.give_to_customer(world, &id)?;
    let person = customers::find(world, &id)?;
    Ok(Reply::created(render_customer(world, person)))
}

fn fetch_customers(world: &mut World, call: &Call) -> Outcome {
    let ids = at_most(call.texts("customerIds"), MOST_FETCHED, "customerIds")?;
    // Those that cannot be found are left out without a word.
    let profiles: Vec<Value> = ids
        .into_iter()
        .filter_map(|id| customers::find(world, id).ok())
        .map(|person| render_customer(world, person))
        .collect();
    Ok(Reply::ok(json!({"profiles": profiles})))
}

fn organization(world: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(render_organization(world, organizations::in_path(world, call)?)))
}

fn create_organization(world: &mut World, call: &Call) -> Outcome {
    let part = organization_part(world, &call.body)?;
    let id = organizations::add(world, call.text("name"))?;
    part.give_to_organization(world, id)?;
    Ok(Reply::created(render_organization(world, world.organization(id)?)))
}

fn fetch_organizations(world: &mut World, call: &Call) -> Outcome {
    let ids = at_most(call.texts("organizationIds"), MOST_FETCHED, "organizationIds")?;
    let profiles: Vec<Value> = ids
        .into_iter()
        .filter_map(|id| organizations::find(world, id).ok())
        .map(|organization| render_organization(world, organization))
        .collect();
    Ok(Reply::ok(json!({"profiles": profiles})))
}

/// A list of ids that is there and not too long.
pub(super) fn at_most<'a>(ids: Option<Vec<&'a str>>, most: usize, name: &str) -> Result<Vec<&'a str>, Reply> {
    match ids {
        Some(ids) if ids.len() <= most => Ok(ids),
        Some(_) => Err(Reply::invalid(format!("At most {most} {name} at once."))),
        None => Err(Reply::invalid(format!("A list of {name} is needed."))),
    }
}

/// What a profile brings besides names: checked as a whole before any of it is written.
#[derive(Debug)]
pub(super) struct Part {
    details: Details,
    organizations: BTreeSet<u64>,
    customers: BTreeSet<String>,
    products: BTreeSet<String>,
}

pub(super) fn customer_part(world: &World, body: &Value) -> Result<Part, Reply> {
    let mut organizations = BTreeSet::new();
    for id in list(body, "/associateOrganizations/organizationIds") {
        // These ids come as numbers here, and as texts everywhere else.
        let id = id.as_u64().or_else(|| id.as_str()?.parse().ok()).unwrap_or_default();
        world.organization(id).map_err(|_| Reply::invalid(format!("There is no organization {id}.")))?;
        organizations.insert(id);
    }
    Ok(Part {
        details: fields::checked_list::<OfCustomers>(&world.csm, body.get("details"))?,
        organizations,
        customers: BTreeSet::new(),
        products: products(world, body)?,
    })
}

pub(super) fn organization_part(world: &World, body: &Value) -> Result<Part, Reply> {
    let mut members = BTreeSet::new();
    for id in list(body, "/associateCustomers/customerIds").filter_map(Value::as_str) {
        customers::find(world, id).map_err(|_| Reply::invalid(format!("There is no customer '{id}'.")))?;
        members.insert(id.to_owned());
    }
    Ok(Part {
        details: fields::checked_list::<OfOrganizations>(&world.csm, body.get("details"))?,
        organizations: BTreeSet::new(),
        customers: members,
        products: products(world, body)?,
    })
}

fn products(world: &World, body: &Value) -> Result<BTreeSet<String>, Reply> {
    let mut products = BTreeSet::new();
    for id in list(body, "/associateProducts/productIds").filter_map(Value::as_str) {
        if !world.csm.products.contains_key(id) {
            return Err(Reply::invalid(format!("There is no product '{id}'.")));
        }
        products.insert(id.to_owned());
    }
    Ok(products)
}

fn list<'a>(body: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    body.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

impl Part {
    pub(super) fn give_to_customer(self, world: &mut World, id: &str) -> Result<(), Reply> {
        customers::find_mut(world, id)?.details.extend(self.details);
        for organization in self.organizations {
            world.organization_mut(organization)?.members.insert(id.to_owned());
        }
        for product in self.products {
            entitlements::give(world, &product, Holder::Customer(id.to_owned()));
        }
        Ok(())
    }

    pub(super) fn give_to_organization(self, world: &mut World, id: u64) -> Result<(), Reply> {
        let organization = world.organization_mut(id)?;
        organization.details.extend(self.details);
        organization.members.extend(self.customers);
        for product in self.products {
            entitlements::give(world, &product, Holder::Organization(id));
        }
        Ok(())
    }
}

fn render_customer(world: &World, person: &Person) -> Value {
    let entitlements: Vec<Value> = entitlements::of_customer(world, &person.account_id)
        .map(|entitlement| entitlements::render_profile(world, entitlement))
        .collect();
    json!({
        "customerId": person.account_id,
        "displayName": person.name,
        "email": person.email,
        "organizations": organizations::of_member(world, &person.account_id),
        "details": fields::render_profile(&world.csm.customer_fields, &person.details),
        "entitlements": entitlements,
    })
}

fn render_organization(world: &World, organization: &Organization) -> Value {
    let entitlements: Vec<Value> = entitlements::of_organization(world, organization.id)
        .map(|entitlement| entitlements::render_profile(world, entitlement))
        .collect();
    json!({
        "id": organization.id.to_string(),
        "name": organization.name,
        "details": fields::render_profile(&world.csm.organization_fields, &organization.details),
        "entitlements": entitlements,
    })
}
