//! Bulk operations: many changes in one request, done later as a task.

use serde_json::Value;

use super::body::{account, change, definition, list, operation, organization, profile, text};
use crate::domain::entities::bulk::Entry;
use crate::domain::entities::detail_field::FieldOwner;
use crate::domain::entities::person::Role;
use crate::domain::rules::tasks::BulkLimit;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::csm::task::accepted_task;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("BulkManageCustomerAccounts", Role::Admin, customer_accounts),
    Handler::new("BulkManageCustomerProfiles", Role::Admin, customer_profiles),
    Handler::new("BulkManageCustomerDetails", Role::Agent, customer_details),
    Handler::new("BulkCreateCustomerDetailFields", Role::Admin, customer_detail_fields),
    Handler::new("BulkManageOrganizations", Role::Agent, organizations),
    Handler::new("BulkManageOrganizationProfiles", Role::Agent, organization_profiles),
    Handler::new("BulkManageOrganizationDetails", Role::Agent, organization_details),
    Handler::new("BulkCreateOrganizationDetailFields", Role::Admin, organization_detail_fields),
];

fn customer_accounts(site: &mut Site, request: &Request) -> Outcome {
    let entry = |json: &Value| Entry::CustomerAccount {
        operation: operation(json),
        account: account(&json["payload"]),
    };
    let entries = entries(request, "customerAccounts", entry);
    submit(site, request, "BULK_CUSTOMER_ACCOUNT", BulkLimit::Entries(50), entries)
}

fn customer_profiles(site: &mut Site, request: &Request) -> Outcome {
    let entry = |json: &Value| Entry::CustomerProfile {
        operation: operation(json),
        account: account(&json["payload"]),
        profile: profile(&json["payload"]),
    };
    let entries = entries(request, "customerProfiles", entry);
    submit(site, request, "BULK_CUSTOMER_PROFILE_CREATE_UPDATE", BulkLimit::Entries(100), entries)
}

fn customer_details(site: &mut Site, request: &Request) -> Outcome {
    let entry = |json: &Value| Entry::CustomerDetails {
        id: text(json, "customerId").unwrap_or_default(),
        changes: list(&json["operations"]).map(change).collect(),
    };
    let entries = entries(request, "customers", entry);
    submit(site, request, "BULK_CUSTOMER_DETAIL_UPDATE", BulkLimit::Changes(1_000), entries)
}

fn organizations(site: &mut Site, request: &Request) -> Outcome {
    let entry = |json: &Value| Entry::Organization {
        operation: operation(json),
        organization: organization(&json["payload"]),
    };
    let entries = entries(request, "organizations", entry);
    submit(site, request, "BULK_ORGANIZATION", BulkLimit::Entries(50), entries)
}

fn organization_profiles(site: &mut Site, request: &Request) -> Outcome {
    let entry = |json: &Value| Entry::OrganizationProfile {
        operation: operation(json),
        organization: organization(&json["payload"]),
        profile: profile(&json["payload"]),
    };
    let entries = entries(request, "organizationProfiles", entry);
    submit(site, request, "BULK_ORGANIZATION_PROFILE_CREATE_UPDATE", BulkLimit::Entries(100), entries)
}

fn organization_details(site: &mut Site, request: &Request) -> Outcome {
    let entry = |json: &Value| Entry::OrganizationDetails {
        id: text(json, "organizationId").unwrap_or_default(),
        changes: list(&json["operations"]).map(change).collect(),
    };
    let entries = entries(request, "organizations", entry);
    submit(site, request, "BULK_ORGANIZATION_DETAIL_UPDATE", BulkLimit::Changes(1_000), entries)
}

fn customer_detail_fields(site: &mut Site, request: &Request) -> Outcome {
    detail_fields(site, request, FieldOwner::Customer)
}

fn organization_detail_fields(site: &mut Site, request: &Request) -> Outcome {
    detail_fields(site, request, FieldOwner::Organization)
}

fn detail_fields(site: &mut Site, request: &Request, owner: FieldOwner) -> Outcome {
    let entry = |json: &Value| Entry::DetailField { owner, definition: definition(json) };
    let entries = entries(request, "detailFields", entry);
    submit(site, request, "BULK_DETAIL_FIELD_CREATE", BulkLimit::Entries(50), entries)
}

/// The entries of a body; none where it has no such list.
fn entries(request: &Request, name: &str, entry: impl Fn(&Value) -> Entry) -> Option<Vec<Entry>> {
    Some(request.json().get(name)?.as_array()?.iter().map(entry).collect())
}

fn submit(
    site: &mut Site,
    request: &Request,
    kind: &'static str,
    limit: BulkLimit,
    entries: Option<Vec<Entry>>,
) -> Outcome {
    let id = site.submit_task(kind, request.header("idempotency-key"), limit, entries)?;
    Ok(Response::json(202, accepted_task(&id)))
}
