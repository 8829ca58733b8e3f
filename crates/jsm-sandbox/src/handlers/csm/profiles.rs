//! Profiles of customers and organizations.

use serde_json::json;

use super::body::{account, profile};
use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::customer::customer_profile;
use crate::views::csm::experience::experience;
use crate::views::csm::organization::organization_profile;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetCustomerProfile", Role::Agent, customer),
    Handler::new("CreateCustomerProfile", Role::Admin, create_customer),
    Handler::new("FetchCustomerProfiles", Role::Agent, fetch_customers),
    Handler::new("GetOrganizationProfile", Role::Agent, organization),
    Handler::new("CreateOrganizationProfile", Role::Agent, create_organization),
    Handler::new("FetchOrganizationProfiles", Role::Agent, fetch_organizations),
];

fn customer(site: &mut Site, request: &Request) -> Outcome {
    let person = site.customer(request.path("customerId"))?;
    let mut json = customer_profile(site, person);
    if request.expands("accessibleCustomerExperiences") {
        let experiences = site.experiences_for(&person.account_id)?;
        json["accessibleCustomerExperiences"] = experiences.into_iter().map(experience).collect();
    }
    Ok(Response::ok(json))
}

fn create_customer(site: &mut Site, request: &Request) -> Outcome {
    let id = site.create_customer_profile(&account(request.json()), &profile(request.json()))?;
    Ok(Response::created(customer_profile(site, site.customer(&id)?)))
}

fn fetch_customers(site: &mut Site, request: &Request) -> Outcome {
    let customers = site.fetch_customers(request.texts("customerIds").as_deref())?;
    let profiles = customers.into_iter().map(|person| customer_profile(site, person));
    Ok(Response::ok(json!({"profiles": profiles.collect::<Vec<_>>()})))
}

fn organization(site: &mut Site, request: &Request) -> Outcome {
    let organization = site.organization_named(request.path("organizationId"))?;
    Ok(Response::ok(organization_profile(site, organization)))
}

fn create_organization(site: &mut Site, request: &Request) -> Outcome {
    let id = site.create_organization_profile(request.text("name"), &profile(request.json()))?;
    Ok(Response::created(organization_profile(site, site.organization(id)?)))
}

fn fetch_organizations(site: &mut Site, request: &Request) -> Outcome {
    let organizations = site.fetch_organization_profiles(request.texts("organizationIds").as_deref())?;
    let profiles = organizations.into_iter().map(|organization| organization_profile(site, organization));
    Ok(Response::ok(json!({"profiles": profiles.collect::<Vec<_>>()})))
}
