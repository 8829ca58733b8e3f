//! What Customer Service Management adds: detail fields, products, entitlements, experiences and bulk tasks.
//!
//! People and organizations are the site's own; their details hang on them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::World;
use crate::idempotency::Keys;
use crate::reply::Reply;

/// The part of the state that only Customer Service Management knows.
#[derive(Debug, Default)]
pub(crate) struct Csm {
    pub(crate) customer_fields: Vec<DetailField>,
    pub(crate) organization_fields: Vec<DetailField>,
    pub(crate) entitlement_fields: Vec<DetailField>,
    pub(crate) products: BTreeMap<String, Product>,
    pub(crate) entitlements: BTreeMap<String, Entitlement>,
    pub(crate) experiences: BTreeMap<String, Experience>,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) keys: Keys,
}

/// A field that an administrator added to all things of a kind.
#[derive(Clone, Debug)]
pub(crate) struct DetailField {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) options: Option<Vec<String>>,
}

/// Something customers are entitled to.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// That somebody has a product.
#[derive(Clone, Debug)]
pub(crate) struct Entitlement {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) holder: Holder,
    pub(crate) details: BTreeMap<String, Vec<String>>,
}

/// Who holds an entitlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Customer(String),
    Organization(u64),
}

/// A help center that customers visit.
#[derive(Clone, Debug)]
pub(crate) struct Experience {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) desk: u64,
    /// The organizations that may enter; everybody may where there is no such list.
    pub(crate) organizations: Option<BTreeSet<u64>>,
}

/// Work that goes on after its submission was answered.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) created: i64,
    /// When it is, or will be, at its end.
    pub(crate) ends: i64,
    pub(crate) done: bool,
    /// What is still to be done.
    pub(crate) entries: Vec<Value>,
    pub(crate) work: fn(&mut World, &Value) -> Result<(), Reply>,
    pub(crate) failures: Vec<Value>,
}

impl Holder {
    pub(crate) fn is_customer(&self, id: &str) -> bool {
        matches!(self, Holder::Customer(holder) if holder == id)
    }
}

impl World {
    pub(crate) fn add_product(&mut self, name: &str) -> String {
        let id = format!("9c0d0c70-0000-4000-8000-{:012x}", self.next("product", 1));
        self.csm.products.insert(id.clone(), Product { id: id.clone(), name: name.to_owned() });
        id
    }

    /// Adds a help center for a desk; `restricted` ones let in the organizations named here and later.
    pub(crate) fn add_experience(
        &mut self,
        name: &'static str,
        desk: u64,
        organizations: Option<BTreeSet<u64>>,
    ) {
        let id = format!("c0e00000-0000-4000-8000-{:012x}", self.next("experience", 1));
        self.csm.experiences.insert(id.clone(), Experience { id, name, desk, organizations });
    }
}
