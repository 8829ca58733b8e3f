//! Queues of a service desk.

use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::queue::{queue, queue_issue};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetQueues", Role::Agent, list),
    Handler::new("GetQueue", Role::Agent, get),
    Handler::new("GetQueueIssues", Role::Agent, issues),
];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let desk = site.desk(request.path("serviceDeskId"))?;
    Ok(Response::ok(page(request, &desk.queues, &[], |found| queue(site, desk, found, request))?))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let (desk, found) = site.queue(request.path("serviceDeskId"), id(request)?)?;
    Ok(Response::ok(queue(site, desk, found, request)))
}

fn issues(site: &mut Site, request: &Request) -> Outcome {
    let (desk, found) = site.queue(request.path("serviceDeskId"), id(request)?)?;
    let issues = site.queue_issues(desk, found);
    Ok(Response::ok(page(request, &issues, &[], |issue| queue_issue(site, found, issue, &request.links))?))
}

fn id(request: &Request) -> Result<u64, Error> {
    request.path_number("queueId", "The queue")
}
