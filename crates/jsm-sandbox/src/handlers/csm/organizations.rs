//! Organizations and their details.

use serde_json::json;

use super::body::optional_texts;
use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::detail::detail;
use crate::views::csm::organization::{organization, organization_summary};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("CreateOrganization", Role::Agent, create),
    Handler::new("GetOrganization", Role::Agent, get),
    Handler::new("UpdateOrganization", Role::Agent, update),
    Handler::new("DeleteOrganization", Role::Admin, delete),
    Handler::new("SetOrganizationDetail", Role::Agent, set_detail),
    Handler::new("FetchOrganizations", Role::Agent, fetch),
];

fn create(site: &mut Site, request: &Request) -> Outcome {
    let id = site.create_organization(request.text("name"))?;
    Ok(Response::created(organization_summary(site.organization(id)?)))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(organization(site, site.organization(id(request)?)?)))
}

fn update(site: &mut Site, request: &Request) -> Outcome {
    let renamed = site.rename_organization(id(request)?, request.text("name"))?;
    Ok(Response::ok(organization_summary(renamed)))
}

fn delete(site: &mut Site, request: &Request) -> Outcome {
    site.delete_organization(id(request)?)?;
    Ok(Response::no_content())
}

fn set_detail(site: &mut Site, request: &Request) -> Outcome {
    let values = optional_texts(request.json(), "values");
    let (field, values) = site.set_organization_detail(id(request)?, request.query("fieldName"), values)?;
    Ok(Response::ok(detail(&field, &values)))
}

fn fetch(site: &mut Site, request: &Request) -> Outcome {
    let ids = request.texts("organizationIds").unwrap_or_default();
    let names = request.texts("organizationNames").unwrap_or_default();
    let found = site.fetch_organizations(&ids, &names)?.into_iter().map(organization_summary);
    Ok(Response::ok(json!({"organizations": found.collect::<Vec<_>>()})))
}

fn id(request: &Request) -> Result<u64, Error> {
    request.path_number("organizationId", "The organization")
}
