//! Products that customers can be entitled to. Their list is paginated by a cursor in the body.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::entitlement::product;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetProducts", Role::Agent, list),
    Handler::new("CreateProduct", Role::Agent, create),
    Handler::new("GetProduct", Role::Agent, get),
    Handler::new("RenameProduct", Role::Agent, rename),
    Handler::new("DeleteProduct", Role::Admin, delete),
];

/// How many products a page has where a request does not say, or says a number out of range.
const PAGE: usize = 100;

fn list(site: &mut Site, request: &Request) -> Outcome {
    let limit = request.query("limit").and_then(|text| text.parse().ok());
    let limit = limit.filter(|limit| (1..=PAGE).contains(limit)).unwrap_or(PAGE);
    let products = site.products();
    // A cursor is the id of the first product of its page: what is added or deleted before it moves nothing.
    let from = match request.query("cursor").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            let id = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let id = id.ok_or_else(|| Error::invalid("The cursor does not come from this list."))?;
            products.partition_point(|product| product.id < id)
        }
    };
    let to = from.saturating_add(limit).min(products.len());
    let results = products[from..to].iter().map(|found| product(found));
    let mut page = json!({"results": results.collect::<Vec<_>>()});
    if let Some(next) = products.get(to) {
        page["nextPageCursor"] = URL_SAFE_NO_PAD.encode(&next.id).into();
    }
    Ok(Response::ok(page))
}

fn create(site: &mut Site, request: &Request) -> Outcome {
    let id = site.create_product(request.text("name"))?;
    Ok(Response::ok(product(site.product(&id)?)))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(product(site.product(request.path("productId"))?)))
}

fn rename(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(product(site.rename_product(request.path("productId"), request.text("name"))?)))
}

fn delete(site: &mut Site, request: &Request) -> Outcome {
    site.delete_product(request.path("productId"))?;
    Ok(Response::no_content())
}
