//! Tasks that bulk operations became.

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::task::task;

pub(super) const HANDLERS: &[Handler] = &[Handler::new("GetTask", Role::Agent, get)];

fn get(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(task(site.task(request.path("taskId"))?)))
}
