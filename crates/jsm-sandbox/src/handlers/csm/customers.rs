//! Customers: accounts, details, and a search by details.

use serde_json::{Value, json};

use super::body::{account as account_payload, list, optional_texts};
use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::customer::{account, customer, found_customer, new_account};
use crate::views::csm::detail::detail;
use crate::views::csm::experience::experience;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("CreateCustomerAccount", Role::Admin, create),
    Handler::new("GetCustomerAccount", Role::Agent, get_account),
    Handler::new("UpdateCustomerAccount", Role::Admin, update),
    Handler::new("DeleteCustomerAccount", Role::Admin, delete),
    Handler::new("GetCustomer", Role::Agent, get),
    Handler::new("SetCustomerDetail", Role::Agent, set_detail),
    Handler::new("SearchCustomersByDetailField", Role::Agent, search),
    Handler::new("GetAccessibleExperiences", Role::Agent, experiences),
];

/// How many customers a page has where a request does not say.
const PAGE: usize = 50;

fn create(site: &mut Site, request: &Request) -> Outcome {
    let new = account_payload(request.json());
    let id = site.create_account(new.email.as_deref(), new.name.as_deref())?;
    Ok(Response::created(new_account(site.customer(&id)?)))
}

fn get_account(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(account(site.customer(id(request))?)))
}

fn update(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(account(site.rename_account(id(request), request.text("displayName"))?)))
}

fn delete(site: &mut Site, request: &Request) -> Outcome {
    site.delete_account(id(request))?;
    Ok(Response::no_content())
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    Ok(Response::ok(customer(site, site.customer(id(request))?)))
}

fn set_detail(site: &mut Site, request: &Request) -> Outcome {
    let values = optional_texts(request.json(), "values");
    let (field, values) = site.set_customer_detail(id(request), request.query("fieldName"), values)?;
    Ok(Response::ok(detail(&field, &values)))
}

fn search(site: &mut Site, request: &Request) -> Outcome {
    let wanted: Vec<(&str, Option<&str>)> = list(&request.json()["detailFields"])
        .map(|pair| (pair["name"].as_str().unwrap_or_default(), pair["value"].as_str()))
        .collect();
    let customers = site.find_customers(&wanted)?;
    let page = positive(request, "page", 1)?;
    let size = positive(request, "maxResults", PAGE)?.min(request.links.page_cap);
    let from = (page - 1).saturating_mul(size).min(customers.len());
    let to = from.saturating_add(size).min(customers.len());
    let found = customers[from..to].iter().map(|person| found_customer(person, request));
    Ok(Response::ok(json!({
        "page": page,
        "maxResults": size,
        "total": customers.len(),
        "isLast": to == customers.len(),
        "customers": found.collect::<Vec<Value>>(),
    })))
}

fn positive(request: &Request, name: &str, default: usize) -> Result<usize, Error> {
    let Some(text) = request.query(name) else { return Ok(default) };
    let number = text.parse::<usize>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Error::invalid(format!("The parameter {name} takes a number from 1.")))
}

fn experiences(site: &mut Site, request: &Request) -> Outcome {
    let experiences = site.experiences_for(id(request))?;
    Ok(Response::ok(json!({"results": experiences.into_iter().map(experience).collect::<Vec<_>>()})))
}

fn id(request: &Request) -> &str {
    request.path("customerId")
}
