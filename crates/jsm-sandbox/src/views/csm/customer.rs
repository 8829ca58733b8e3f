//! Customers: accounts, details and profiles.

use serde_json::{Value, json};

use super::detail::{details, profile_details};
use super::entitlement::profile_entitlements;
use super::organization::organization_summary;
use crate::domain::entities::detail_field::FieldOwner;
use crate::domain::entities::entitlement::Holder;
use crate::domain::entities::person::{Person, Role};
use crate::domain::site::Site;
use crate::message::request::Request;

/// An account that was created.
pub(crate) fn new_account(person: &Person) -> Value {
    json!({"customerId": person.account_id, "displayName": person.name, "email": person.email})
}

pub(crate) fn account(person: &Person) -> Value {
    json!({"displayName": person.name, "email": person.email})
}

pub(crate) fn customer(site: &Site, person: &Person) -> Value {
    json!({
        "id": person.account_id,
        "name": person.name,
        "details": details(site.detail_fields(FieldOwner::Customer), &person.details),
        "organizations": organizations(site, person),
    })
}

/// A customer in the result of a search. Administrators see email addresses.
pub(crate) fn found_customer(person: &Person, request: &Request) -> Value {
    let mut json = json!({"id": person.account_id, "name": person.name});
    if request.caller.role == Role::Admin {
        json["email"] = person.email.as_str().into();
    }
    json
}

pub(crate) fn customer_profile(site: &Site, person: &Person) -> Value {
    json!({
        "customerId": person.account_id,
        "displayName": person.name,
        "email": person.email,
        "organizations": organizations(site, person),
        "details": profile_details(site.detail_fields(FieldOwner::Customer), &person.details),
        "entitlements": profile_entitlements(site, &Holder::Customer(person.account_id.clone())),
    })
}

fn organizations(site: &Site, person: &Person) -> Vec<Value> {
    site.organizations_of(&person.account_id).into_iter().map(organization_summary).collect()
}
