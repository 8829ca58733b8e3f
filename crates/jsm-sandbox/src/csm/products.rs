//! Products that customers can be entitled to.
//!
//! Their list is paged by a cursor that is a property of the answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::reply::{Outcome, Reply};
use crate::world::{Product, World};

/// How many products a page has when nobody says, or says something out of range.
const PAGE: usize = 100;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetProducts", Role::Agent, list),
    Behaviour::new("CreateProduct", Role::Agent, create),
    Behaviour::new("GetProduct", Role::Agent, get),
    Behaviour::new("RenameProduct", Role::Agent, rename),
    Behaviour::new("DeleteProduct", Role::Admin, delete),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    let limit =
        call.query("limit").and_then(|text| text.parse().ok()).filter(|limit| (1..=PAGE).contains(limit));
    let limit = limit.unwrap_or(PAGE);
    let products: Vec<&Product> = world.csm.products.values().collect();
    // A cursor names the first product of its page, so that what is added or deleted before it moves nothing.
    let from = match call.query("cursor").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            let id = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let id = id.ok_or_else(|| Reply::invalid("The cursor does not come from this list."))?;
            products.partition_point(|product| product.id < id)
        }
    };
    let to = (from + limit).min(products.len());
    let mut answer =
        json!({"results": products[from..to].iter().map(|product| render(product)).collect::<Vec<_>>()});
    if let Some(next) = products.get(to) {
        answer["nextPageCursor"] = URL_SAFE_NO_PAD.encode(&next.id).into();
    }
    Ok(Reply::ok(answer))
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let name = checked_name(world, call)?;
    let id = world.add_product(&name);
    Ok(Reply::ok(render(find(world, &id)?)))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(render(find(world, call.path("productId"))?)))
}

fn rename(world: &mut World, call: &Call) -> Outcome {
    let id = find(world, call.path("productId"))?.id.clone();
    let name = checked_name(world, call)?;
    if let Some(product) = world.csm.products.get_mut(&id) {
        product.name = name;
    }
    Ok(Reply::ok(render(find(world, &id)?)))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = find(world, call.path("productId"))?.id.clone();
    world.csm.products.remove(&id);
    world.csm.entitlements.retain(|_, entitlement| entitlement.product != id);
    Ok(Reply::no_content())
}

/// The name in the body, if no other product has it.
fn checked_name(world: &World, call: &Call) -> Result<String, Reply> {
    let name = call.text("name").ok_or_else(|| Reply::invalid("A product needs a name."))?;
    let other = |product: &Product| product.name == name && product.id != call.path("productId");
    match world.csm.products.values().any(other) {
        true => Err(Reply::invalid(format!("There is a product '{name}' already."))),
        false => Ok(name.to_owned()),
    }
}

pub(super) fn find<'a>(world: &'a World, id: &str) -> Result<&'a Product, Reply> {
    world.csm.products.get(id).ok_or_else(|| Reply::not_found("The product"))
}

pub(super) fn render(product: &Product) -> Value {
    json!({"id": product.id, "name": product.name})
}
