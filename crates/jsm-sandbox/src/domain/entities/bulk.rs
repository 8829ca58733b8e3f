//! Bulk tasks and the entries they work on.

use super::detail_field::{Definition, DetailValues, FieldOwner};

/// Work that is accepted now and done later.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// The type, as the API names it.
    pub(crate) kind: &'static str,
    pub(crate) created: i64,
    /// When it ends or ended.
    pub(crate) ends: i64,
    pub(crate) done: bool,
    /// The entries that are still to be worked on.
    pub(crate) entries: Vec<Entry>,
    pub(crate) failures: Vec<Failure>,
}

/// An entry of a task that could not be applied.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) entry: Entry,
    pub(crate) error: String,
}

/// One entry of a bulk operation. `operation` is what to do, such as `CREATE`.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    CustomerAccount { operation: String, account: AccountPayload },
    CustomerProfile { operation: String, account: AccountPayload, profile: Profile },
    CustomerDetails { id: String, changes: Vec<DetailChange> },
    Organization { operation: String, organization: OrganizationPayload },
    OrganizationProfile { operation: String, organization: OrganizationPayload, profile: Profile },
    OrganizationDetails { id: String, changes: Vec<DetailChange> },
    DetailField { owner: FieldOwner, definition: Definition },
}

/// What a request says of the account of a customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountPayload {
    pub(crate) id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
}

/// What a request says of an organization.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrganizationPayload {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
}

/// What a profile brings besides names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub(crate) details: Vec<DetailValues>,
    /// The organizations of a customer.
    pub(crate) organizations: Vec<u64>,
    /// The members of an organization.
    pub(crate) customers: Vec<String>,
    pub(crate) products: Vec<String>,
}

/// A change to the values of one detail field.
#[derive(Clone, Debug)]
pub(crate) struct DetailChange {
    pub(crate) operation: String,
    pub(crate) field: DetailValues,
}

impl Entry {
    /// Whether a customer is changed, and not an organization.
    pub(crate) fn concerns_customer(&self) -> bool {
        match self {
            Entry::CustomerAccount { .. } | Entry::CustomerProfile { .. } | Entry::CustomerDetails { .. } => {
                true
            }
            Entry::DetailField { owner, .. } => *owner == FieldOwner::Customer,
            _ => false,
        }
    }

    /// The id, email address or name of what is changed; empty where the entry has none of them.
    pub(crate) fn entity(&self) -> &str {
        let entity = match self {
            Entry::CustomerAccount { account, .. } | Entry::CustomerProfile { account, .. } => {
                account.id.as_deref().or(account.email.as_deref())
            }
            Entry::Organization { organization, .. } | Entry::OrganizationProfile { organization, .. } => {
                organization.id.as_deref().or(organization.name.as_deref())
            }
            Entry::CustomerDetails { id, .. } | Entry::OrganizationDetails { id, .. } => Some(id.as_str()),
            Entry::DetailField { definition, .. } => definition.name.as_deref(),
        };
        entity.unwrap_or_default()
    }

    /// What is done.
    pub(crate) fn operation(&self) -> &str {
        match self {
            Entry::CustomerAccount { operation, .. }
            | Entry::CustomerProfile { operation, .. }
            | Entry::Organization { operation, .. }
            | Entry::OrganizationProfile { operation, .. } => operation,
            Entry::CustomerDetails { .. } | Entry::OrganizationDetails { .. } => "UPDATE",
            Entry::DetailField { .. } => "CREATE",
        }
    }
}
