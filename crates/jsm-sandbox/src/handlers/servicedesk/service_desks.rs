//! Service desks.

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::service_desk::service_desk;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetServiceDesks", Role::Customer, list),
    Handler::new("GetServiceDesk", Role::Customer, get),
];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let desks = site.visible_desks(&request.caller);
    Ok(Response::ok(page(request, &desks, &[], |desk| service_desk(desk, &request.links))?))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let desk = site.visible_desk(&request.caller, request.path("serviceDeskId"))?;
    Ok(Response::ok(service_desk(desk, &request.links)))
}
