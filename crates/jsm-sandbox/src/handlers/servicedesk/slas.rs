//! Service level agreements of customer requests.

use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::sla::sla;

pub(super) const HANDLERS: &[Handler] =
    &[Handler::new("GetSlas", Role::Agent, list), Handler::new("GetSla", Role::Agent, get)];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    Ok(Response::ok(page(request, site.metrics(issue), &[], |metric| {
        sla(site, metric, issue, &request.links)
    })?))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    let id = request.path_number("slaMetricId", "The SLA")?;
    let metric =
        site.metrics(issue).iter().find(|metric| metric.id == id).ok_or(Error::NotFound("The SLA"))?;
    Ok(Response::ok(sla(site, metric, issue, &request.links)))
}
