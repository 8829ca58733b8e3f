//! Customers of a service desk, and the accounts behind them.

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::user::{user, user_by_id};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("CreateCustomer", Role::Admin, create),
    Handler::new("RevokePortalOnlyAccess", Role::Admin, revoke),
    Handler::new("GetCustomers", Role::Agent, list),
    Handler::new("AddCustomers", Role::Agent, add),
    Handler::new("RemoveCustomers", Role::Agent, remove),
    Handler::new("InviteCustomer", Role::Admin, invite),
];

fn create(site: &mut Site, request: &Request) -> Outcome {
    let account_id = site.create_customer(request.text("email"), name(request))?;
    Ok(Response::created(user_by_id(site, &account_id, &request.links)))
}

fn invite(site: &mut Site, request: &Request) -> Outcome {
    let account_id = site.invite_customer(desk(request), request.text("email"), name(request))?;
    Ok(Response::created(user_by_id(site, &account_id, &request.links)))
}

/// The name in the body. The deprecated `fullName` counts too.
fn name(request: &Request) -> Option<&str> {
    request.text("displayName").or_else(|| request.text("fullName"))
}

fn desk(request: &Request) -> &str {
    request.path("serviceDeskId")
}

fn revoke(site: &mut Site, request: &Request) -> Outcome {
    site.revoke_portal_access(request.path("accountId"))?;
    Ok(Response::no_content())
}

fn list(site: &mut Site, request: &Request) -> Outcome {
    let customers = site.customers(desk(request), request.query("query").unwrap_or_default())?;
    Ok(Response::ok(page(request, &customers, &[], |person| user(person, &request.links))?))
}

fn add(site: &mut Site, request: &Request) -> Outcome {
    site.add_customers(desk(request), &request.account_ids())?;
    Ok(Response::no_content())
}

fn remove(site: &mut Site, request: &Request) -> Outcome {
    site.remove_customers(desk(request), &request.account_ids())?;
    Ok(Response::no_content())
}
