//! Entitlements: which products customers and organizations have.
//!
//! A customer has those of their organizations, too.

use serde_json::{Value, json};

use super::fields::{self, OfEntitlements};
use super::{customers, organizations, products};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Entitlement, Holder, World};

/// The most entitlements of a page, and as many when nobody says.
const PAGE: usize = 25;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetCustomerEntitlements", Role::Agent, list_of_customer),
    Behaviour::new("CreateCustomerEntitlement", Role::Agent, create_for_customer),
    Behaviour::new("GetOrganizationEntitlements", Role::Agent, list_of_organization),
    Behaviour::new("CreateOrganizationEntitlement", Role::Agent, create_for_organization),
    Behaviour::new("GetEntitlements", Role::Agent, list),
    Behaviour::new("GetEntitlement", Role::Agent, get),
    Behaviour::new("DeleteEntitlement", Role::Admin, delete),
    Behaviour::new("SetEntitlementDetail", Role::Agent, set_detail),
];

fn list_of_customer(world: &mut World, call: &Call) -> Outcome {
    let id = &customers::in_path(world, call)?.account_id;
    let entitlements =
        of_customer(world, id).filter(|entitlement| of_product(entitlement, call.query("product")));
    Ok(Reply::ok(entitlements.map(|entitlement| render(world, entitlement)).collect()))
}

fn list_of_organization(world: &mut World, call: &Call) -> Outcome {
    let id = organizations::in_path(world, call)?.id;
    let entitlements =
        of_organization(world, id).filter(|entitlement| of_product(entitlement, call.query("product")));
    Ok(Reply::ok(entitlements.map(|entitlement| render(world, entitlement)).collect()))
}

fn create_for_customer(world: &mut World, call: &Call) -> Outcome {
    let holder = Holder::Customer(customers::in_path(world, call)?.account_id.clone());
    create(world, call, holder)
}

fn create_for_organization(world: &mut World, call: &Call) -> Outcome {
    let holder = Holder::Organization(organizations::in_path(world, call)?.id);
    create(world, call, holder)
}

fn create(world: &mut World, call: &Call, holder: Holder) -> Outcome {
    let product = call.text("productId").ok_or_else(|| Reply::invalid("A productId is needed."))?;
    let product = products::find(world, product)?.id.clone();
    let id = give(world, &product, holder);
    Ok(Reply::created(render(world, find(world, &id)?)))
}

/// Entitles somebody to a product. Those who have it already keep the entitlement they have.
pub(super) fn give(world: &mut World, product: &str, holder: Holder) -> String {
    let same = |entitlement: &&Entitlement| entitlement.product == product && entitlement.holder == holder;
    if let Some(existing) = world.csm.entitlements.values().find(same) {
        return existing.id.clone();
    }
    let id = format!("e0717100-0000-4000-8000-{:012x}", world.next("entitlement", 1));
    let entitlement =
        Entitlement { id: id.clone(), product: product.to_owned(), holder, details: fields::Details::new() };
    world.csm.entitlements.insert(id.clone(), entitlement);
    id
}

fn list(world: &mut World, call: &Call) -> Outcome {
    let id = call.query("entityId").ok_or_else(|| Reply::invalid("The parameter entityId is needed."))?;
    let all: Vec<&Entitlement> = match call.query("entityType") {
        Some(kind) if kind.eq_ignore_ascii_case("customer") => {
            of_customer(world, &customers::find(world, id)?.account_id).collect()
        }
        Some(kind) if kind.eq_ignore_ascii_case("organization") => {
            of_organization(world, organizations::find(world, id)?.id).collect()
        }
        _ => return Err(Reply::invalid("The entityType is CUSTOMER or ORGANIZATION.")),
    };
    let wanted: Vec<&Entitlement> =
        all.into_iter().filter(|entitlement| of_product(entitlement, call.query("productId"))).collect();
    let start = page::offset(call, "start")?.min(wanted.len());
    let limit = call.query("limit").and_then(|text| text.parse().ok()).filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(PAGE).min(PAGE);
    let to = (start + limit).min(wanted.len());
    Ok(Reply::ok(json!({
        "start": start,
        "limit": limit,
        "size": to - start,
        "isLast": to == wanted.len(),
        "results": wanted[start..to].iter().map(|entitlement| render(world, entitlement)).collect::<Vec<_>>(),
    })))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(render(world, in_path(world, call)?)))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id.clone();
    world.csm.entitlements.remove(&id);
    Ok(Reply::no_content())
}

fn set_detail(world: &mut World, call: &Call) -> Outcome {
    let id = in_path(world, call)?.id.clone();
    let (field, values) = fields::checked::<OfEntitlements>(&world.csm, call)?;
    let answer = fields::render_set(&field, &values);
    if let Some(entitlement) = world.csm.entitlements.get_mut(&id) {
        entitlement.details.insert(field.name, values);
    }
    Ok(Reply::ok(answer))
}

fn in_path<'a>(world: &'a World, call: &Call) -> Result<&'a Entitlement, Reply> {
    find(world, call.path("entitlementId"))
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Entitlement, Reply> {
    world.csm.entitlements.get(id).ok_or_else(|| Reply::not_found("The entitlement"))
}

/// What a customer has, directly or as a member of an organization.
pub(super) fn of_customer<'a>(world: &'a World, id: &'a str) -> impl Iterator<Item = &'a Entitlement> {
    world.csm.entitlements.values().filter(move |entitlement| match &entitlement.holder {
        Holder::Customer(holder) => holder == id,
        Holder::Organization(organization) => world
            .organizations
            .get(organization)
            .is_some_and(|organization| organization.members.contains(id)),
    })
}

pub(super) fn of_organization(world: &World, id: u64) -> impl Iterator<Item = &Entitlement> {
    world.csm.entitlements.values().filter(move |entitlement| entitlement.holder == Holder::Organization(id))
}

fn of_product(entitlement: &Entitlement, product: Option<&str>) -> bool {
    product.is_none_or(|product| entitlement.product == product)
}

fn render(world: &World, entitlement: &Entitlement) -> Value {
    let mut json = frame(world, entitlement);
    json["details"] = fields::render(&world.csm.entitlement_fields, &entitlement.details).into();
    json
}

/// An entitlement as profiles write it.
pub(super) fn render_profile(world: &World, entitlement: &Entitlement) -> Value {
    let mut json = frame(world, entitlement);
    json["details"] = fields::render_profile(&world.csm.entitlement_fields, &entitlement.details).into();
    json
}

fn frame(world: &World, entitlement: &Entitlement) -> Value {
    let (id, kind) = match &entitlement.holder {
        Holder::Customer(id) => (id.clone(), "CUSTOMER"),
        Holder::Organization(id) => (id.to_string(), "ORGANIZATION"),
    };
    json!({
        "id": entitlement.id,
        "product": world.csm.products.get(&entitlement.product).map(products::render),
        "entitledEntity": {"id": id, "type": kind},
    })
}
