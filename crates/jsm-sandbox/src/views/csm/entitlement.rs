//! Products and entitlements.

use serde_json::{Value, json};

use super::detail::{details, profile_details};
use crate::domain::entities::detail_field::FieldOwner;
use crate::domain::entities::entitlement::{Entitlement, Holder, Product};
use crate::domain::site::Site;

pub(crate) fn product(product: &Product) -> Value {
    json!({"id": product.id, "name": product.name})
}

pub(crate) fn entitlement(site: &Site, entitlement: &Entitlement) -> Value {
    let mut json = without_details(site, entitlement);
    json["details"] = details(site.detail_fields(FieldOwner::Entitlement), &entitlement.details).into();
    json
}

/// The entitlements of a holder, as profiles write them.
pub(crate) fn profile_entitlements(site: &Site, holder: &Holder) -> Value {
    let fields = site.detail_fields(FieldOwner::Entitlement);
    let view = |entitlement: &Entitlement| {
        let mut json = without_details(site, entitlement);
        json["details"] = profile_details(fields, &entitlement.details).into();
        json
    };
    site.entitlements_of(holder, None).unwrap_or_default().into_iter().map(view).collect()
}

fn without_details(site: &Site, entitlement: &Entitlement) -> Value {
    let (id, kind) = match &entitlement.holder {
        Holder::Customer(id) => (id.clone(), "CUSTOMER"),
        Holder::Organization(id) => (id.to_string(), "ORGANIZATION"),
    };
    json!({
        "id": entitlement.id,
        "product": site.product(&entitlement.product).ok().map(product),
        "entitledEntity": {"id": id, "type": kind},
    })
}
