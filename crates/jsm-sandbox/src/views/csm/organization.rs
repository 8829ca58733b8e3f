//! Organizations, and their profiles.

use serde_json::{Value, json};

use super::detail::{details, profile_details};
use super::entitlement::profile_entitlements;
use crate::domain::entities::detail_field::FieldOwner;
use crate::domain::entities::entitlement::Holder;
use crate::domain::entities::organization::Organization;
use crate::domain::site::Site;

/// Id and name alone.
pub(crate) fn organization_summary(organization: &Organization) -> Value {
    json!({"id": organization.id.to_string(), "name": organization.name})
}

pub(crate) fn organization(site: &Site, organization: &Organization) -> Value {
    let mut json = organization_summary(organization);
    json["details"] = details(site.detail_fields(FieldOwner::Organization), &organization.details).into();
    json
}

pub(crate) fn organization_profile(site: &Site, organization: &Organization) -> Value {
    let fields = site.detail_fields(FieldOwner::Organization);
    let mut json = organization_summary(organization);
    json["details"] = profile_details(fields, &organization.details).into();
    json["entitlements"] = profile_entitlements(site, &Holder::Organization(organization.id));
    json
}
