//! Products, and who is entitled to them.

use super::detail_field::Details;

/// Something that customers can be entitled to.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// That a customer or an organization has a product.
#[derive(Clone, Debug)]
pub(crate) struct Entitlement {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) holder: Holder,
    pub(crate) details: Details,
}

/// Who holds an entitlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Customer(String),
    Organization(u64),
}

impl Holder {
    pub(crate) fn is_customer(&self, id: &str) -> bool {
        matches!(self, Holder::Customer(holder) if holder == id)
    }
}
