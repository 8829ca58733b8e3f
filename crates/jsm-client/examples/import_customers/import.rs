//! An import of customers that can be killed at any point and run again until it is complete.
//!
//! It keeps no state of its own. Each step can be repeated: a customer who exists is found, and a customer who is added
//! twice is a member once.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jsm_client::http::Method;
use jsm_client::servicedesk::customer::{AddCustomers, CreateCustomer};
use jsm_client::servicedesk::organization::{AddOrganizationUsers, CreateOrganization, GetOrganizations};
use jsm_client::servicedesk::{AccountId, OrganizationId, ServiceDeskId};
use jsm_client::{Client, Error, Result};

/// A customer to import.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) email: String,
    pub(crate) name: String,
    /// The name of the customer's organization.
    pub(crate) organization: String,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// How many customers are new.
    pub(crate) created: usize,
    /// How many existed already: before, or because the response to creating one was lost.
    pub(crate) existing: usize,
    /// How many organizations are new.
    pub(crate) organizations: usize,
    /// The customers that are not imported, and why.
    pub(crate) failed: Vec<(Row, Error)>,
}

/// Where the account of a row comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    Created(AccountId),
    Existing(AccountId),
}

/// A user, as far as it matters here. Users can hide their email addresses.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    account_id: AccountId,
    email_address: Option<String>,
}

/// Imports all rows, `at_once` of them at a time, at least one. `done` is called for each of them.
///
/// # Errors
///
/// A row that fails is in the summary. An error is one that concerns all rows, or those of an organization.
pub(crate) async fn import(
    jira: &Client,
    desk: &ServiceDeskId,
    rows: Vec<Row>,
    at_once: usize,
    done: impl Fn(&Row, &Result<Account>),
) -> Result<Summary> {
    let mut summary = Summary::default();
    let mut members: BTreeMap<String, Vec<AccountId>> = BTreeMap::new();
    let accounts = stream::iter(rows).map(async |row| {
        let account = account(jira, &row).await;
        (row, account)
    });
    let mut accounts = std::pin::pin!(accounts.buffer_unordered(at_once.max(1)));
    while let Some((row, account)) = accounts.next().await {
        done(&row, &account);
        let id = match account {
            Ok(Account::Created(id)) => {
                summary.created += 1;
                id
            }
            Ok(Account::Existing(id)) => {
                summary.existing += 1;
                id
            }
            Err(error) => {
                summary.failed.push((row, error));
                continue;
            }
        };
        members.entry(row.organization).or_default().push(id);
    }

    let everyone: Vec<AccountId> = members.values().flatten().cloned().collect();
    jira.in_batches(AddCustomers::new(desk.clone(), everyone)).await?;
    let mut organizations = organizations(jira).await?;
    for (name, members) in members {
        let id = match organizations.remove(&name) {
            Some(id) => id,
            None => {
                summary.organizations += 1;
                jira.call(CreateOrganization::new(name)).await?.id
            }
        };
        jira.in_batches(AddOrganizationUsers::new(id, members)).await?;
    }
    Ok(summary)
}

/// The account of a row, which is created unless it is there.
async fn account(jira: &Client, row: &Row) -> Result<Account> {
    let create = CreateCustomer::new(&row.email, &row.name).strict_conflict_status_code(true);
    // Sending it twice creates one customer, and a conflict. So it can be retried, as an idempotent operation is.
    match jira.call(create).idempotent(true).await {
        Ok(created) => Ok(Account::Created(created.account_id)),
        Err(error) if error.is_conflict() => match find(jira, &row.email).await? {
            Some(id) => Ok(Account::Existing(id)),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// The account with an email address. Jira Service Management cannot look it up; the Jira platform can.
async fn find(jira: &Client, email: &str) -> Result<Option<AccountId>> {
    let search = jira.request(Method::GET, "/rest/api/3/user/search").query(&[("query", email)]);
    let mut users: Vec<User> = search.send().await?;
    // It finds text in names and email addresses, so there can be others.
    let is_same = |user: &User| {
        user.email_address.as_ref().is_some_and(|known| known.to_lowercase() == email.to_lowercase())
    };
    if let Some(at) = users.iter().position(is_same) {
        return Ok(Some(users.swap_remove(at).account_id));
    }
    // The only one, whose email address is hidden.
    users.retain(|user| user.email_address.is_none());
    Ok(users.pop().filter(|_| users.is_empty()).map(|user| user.account_id))
}

/// All organizations by name.
async fn organizations(jira: &Client) -> Result<BTreeMap<String, OrganizationId>> {
    let all = jira.items(GetOrganizations::new());
    all.map_ok(|organization| (organization.name, organization.id)).try_collect().await
}
