//! Detail fields of customers, organizations and entitlements.

use super::body::{definition, optional_texts};
use crate::domain::entities::detail_field::FieldOwner;
use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::detail::{detail_field, detail_fields};

use FieldOwner::{Customer, Entitlement, Organization};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetCustomerDetailFields", Role::Admin, |site, _| list(site, Customer)),
    Handler::new("CreateCustomerDetailField", Role::Admin, |site, request| create(site, request, Customer)),
    Handler::new("UpdateCustomerDetailField", Role::Admin, |site, request| update(site, request, Customer)),
    Handler::new("DeleteCustomerDetailField", Role::Admin, |site, request| delete(site, request, Customer)),
    Handler::new("GetOrganizationDetailFields", Role::Admin, |site, _| list(site, Organization)),
    Handler::new("CreateOrganizationDetailField", Role::Admin, |site, request| {
        create(site, request, Organization)
    }),
    Handler::new("UpdateOrganizationDetailField", Role::Admin, |site, request| {
        update(site, request, Organization)
    }),
    Handler::new("DeleteOrganizationDetailField", Role::Admin, |site, request| {
        delete(site, request, Organization)
    }),
    Handler::new("GetEntitlementDetailFields", Role::Admin, |site, _| list(site, Entitlement)),
    Handler::new("CreateEntitlementDetailField", Role::Admin, |site, request| {
        create(site, request, Entitlement)
    }),
    Handler::new("UpdateEntitlementDetailField", Role::Admin, |site, request| {
        update(site, request, Entitlement)
    }),
    Handler::new("DeleteEntitlementDetailField", Role::Admin, |site, request| {
        delete(site, request, Entitlement)
    }),
];

fn list(site: &Site, owner: FieldOwner) -> Outcome {
    Ok(Response::ok(detail_fields(site.detail_fields(owner))))
}

fn create(site: &mut Site, request: &Request, owner: FieldOwner) -> Outcome {
    let field = site.create_detail_field(owner, &definition(request.json()))?;
    Ok(Response::created(detail_field(&field)))
}

fn update(site: &mut Site, request: &Request, owner: FieldOwner) -> Outcome {
    let options = optional_texts(request.json(), "options");
    let (old, name) = (request.path("fieldName"), request.text("name"));
    Ok(Response::ok(detail_field(&site.update_detail_field(owner, old, name, options)?)))
}

fn delete(site: &mut Site, request: &Request, owner: FieldOwner) -> Outcome {
    site.delete_detail_field(owner, request.path("fieldName"))?;
    Ok(Response::no_content())
}
