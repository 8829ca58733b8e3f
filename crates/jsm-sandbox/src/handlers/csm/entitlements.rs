//! Entitlements of customers and organizations.

use serde_json::json;

use super::body::optional_texts;
use crate::domain::entities::entitlement::Holder;
use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::detail::detail;
use crate::views::csm::entitlement::entitlement;
use crate::views::page::offset;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetCustomerEntitlements", Role::Agent, |site, request| {
        list_of_holder(site, request, &customer(request))
    }),
    Handler::new("CreateCustomerEntitlement", Role::Agent, |site, request| {
        create(site, request, customer(request))
    }),
    Handler::new("GetOrganizationEntitlements", Role::Agent, |site, request| {
        list_of_holder(site, request, &organization(request)?)
    }),
    Handler::new("CreateOrganizationEntitlement", Role::Agent, |site, request| {
        create(site, request, organization(request)?)
    }),
    Handler::new("GetEntitlements", Role::Agent, list),
    Handler::new("GetEntitlement", Role::Agent, get),
    Handler::new("DeleteEntitlement", Role::Admin, delete),
    Handler::new("SetEntitlementDetail", Role::Agent, set_detail),
];

/// The most entitlements of a page, and as many where a request does not say.
const PAGE: usize = 25;

fn customer(request: &Request) -> Holder {
    Holder::Customer(request.path("customerId").to_owned())
}

fn organization(request: &Request) -> Result<Holder, Error> {
    request.path_number("organizationId", "The organization").map(Holder::Organization)
}

fn list_of_holder(site: &Site, request: &Request, holder: &Holder) -> Outcome {
    let held = site.entitlements_of(holder, request.query("product"))?;
    Ok(Response::ok(held.into_iter().map(|found| entitlement(site, found)).collect::<Vec<_>>()))
}

fn create(site: &mut Site, request: &Request, holder: Holder) -> Outcome {
    let id = site.entitle(holder, request.text("productId"))?;
    Ok(Response::created(entitlement(site, site.entitlement(&id)?)))
}

fn list(site: &mut Site, request: &Request) -> Outcome {
    let id = request.query("entityId").ok_or_else(|| Error::invalid("The parameter entityId is needed."))?;
    let holder = match request.query("entityType") {
        Some(kind) if kind.eq_ignore_ascii_case("customer") => Holder::Customer(id.to_owned()),
        Some(kind) if kind.eq_ignore_ascii_case("organization") => {
            Holder::Organization(site.organization_named(id)?.id)
        }
        _ => return Err(Error::invalid("The entityType is CUSTOMER or ORGANIZATION.")),
    };
    let held = site.entitlements_of(&holder, request.query("productId"))?;
    let start = offset(request, "start")?.min(held.len());
    let limit = request.query("limit").and_then(|text| text.parse().ok()).filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(PAGE).min(PAGE);
    let to = (start + limit).min(held.len());
    let results = held[start..to].iter().map(|found| entitlement(site, found));
    Ok(Response::ok(json!({
        "start": start,
        "limit": limit,
        "size": to - start,
        "isLast": to == held.len(),
        "results": results.collect::<Vec<_>>(),
    })))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(entitlement(site, site.entitlement(request.path("entitlementId"))?)))
}

fn delete(site: &mut Site, request: &Request) -> Outcome {
    site.delete_entitlement(request.path("entitlementId"))?;
    Ok(Response::no_content())
}

fn set_detail(site: &mut Site, request: &Request) -> Outcome {
    let values = optional_texts(request.json(), "values");
    let (id, name) = (request.path("entitlementId"), request.query("fieldName"));
    let (field, values) = site.set_entitlement_detail(id, name, values)?;
    Ok(Response::ok(detail(&field, &values)))
}
