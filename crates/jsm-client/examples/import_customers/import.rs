//! An import of customers that can be killed at any point and run again until it is complete.
//!
//! It keeps no state of its own. Each step can be repeated: a customer who exists is found, and a customer who is added
//! twice is a member once.

use std::collections::{BTreeMap, VecDeque};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jsm_client::http::Method;
use jsm_client::servicedesk::customer::{AddCustomers, CreateCustomer};
use jsm_client::servicedesk::organization::{AddOrganizationUsers, CreateOrganization, GetOrganizations};
use jsm_client::servicedesk::{AccountId, OrganizationId, ServiceDeskId};
use jsm_client::{Batched, Client, Error, Result};

/// How often a step is tried that the server fails to do.
const TRIES: usize = 3;

/// A customer to import.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) email: String,
    pub(crate) name: String,
    /// The name of the customer's organization; empty if there is none.
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
    /// What else was not done, and why: the service desk or the organization to which customers are not added.
    pub(crate) unfinished: Vec<(String, Error)>,
}

impl Summary {
    /// Whether all of it is done, so that the import need not be run again.
    pub(crate) fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.unfinished.is_empty()
    }
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
/// What fails for a row, an organization or a batch of members is in the summary, and holds up no other. The error is that
/// of reading the organizations that exist.
pub(crate) async fn import(
    jira: &Client,
    desk: &ServiceDeskId,
    rows: Vec<Row>,
    at_once: usize,
    done: impl Fn(&Row, &Result<Account>),
) -> Result<Summary> {
    let mut summary = Summary::default();
    let mut members: BTreeMap<String, Vec<AccountId>> = BTreeMap::new();
    let mut take = |summary: &mut Summary, row: Row, account: Result<Account>| {
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
            Err(error) => return summary.failed.push((row, error)),
        };
        members.entry(row.organization.trim().to_owned()).or_default().push(id);
    };
    let accounts = stream::iter(rows).map(async |row| {
        let account = account(jira, &row).await;
        (row, account)
    });
    let mut accounts = std::pin::pin!(accounts.buffer_unordered(at_once.max(1)));
    let mut again = Vec::new();
    while let Some((row, account)) = accounts.next().await {
        match account {
            Err(error) if error.is_server() || error.is_connection() => again.push((row, error)),
            account => take(&mut summary, row, account),
        }
    }
    // If the site is not down, it may do one at a time what it failed to do among others.
    let is_up = summary.created + summary.existing > 0;
    for (row, error) in again {
        let account = if is_up { account(jira, &row).await } else { Err(error) };
        take(&mut summary, row, account);
    }

    let everyone: Vec<AccountId> = members.values().flatten().cloned().collect();
    let errors = add(jira, AddCustomers::new(desk.clone(), everyone)).await;
    summary.unfinished.extend(errors.into_iter().map(|error| (format!("service desk {desk}"), error)));
    let mut organizations = repeated(async || organizations(jira).await).await?;
    for (name, members) in members.into_iter().filter(|(name, _)| !name.is_empty()) {
        let id = match organizations.remove(&name) {
            Some(id) => Ok(id),
            None => {
                // Sent twice with one name, it creates one organization.
                let create = CreateOrganization::new(&name);
                let created = repeated(async || jira.call(create.clone()).idempotent(true).await).await;
                summary.organizations += usize::from(created.is_ok());
                created.map(|organization| organization.id)
            }
        };
        let errors = match id {
            Ok(id) => add(jira, AddOrganizationUsers::new(id, members)).await,
            Err(error) => vec![error],
        };
        summary.unfinished.extend(errors.into_iter().map(|error| (format!("organization {name}"), error)));
    }
    Ok(summary)
}

/// Adds accounts in batches, and returns why batches failed. One that fails holds up no other.
async fn add<O: Batched>(jira: &Client, operation: O) -> Vec<Error> {
    let (mut errors, mut left) = (Vec::new(), VecDeque::from([operation]));
    while let Some(operation) = left.pop_front() {
        if let Err(failed) = jira.in_batches(operation).await {
            let mut batches = failed.left.into_iter();
            // The first one is that which failed.
            let added = match batches.next().filter(|_| is_internal(&failed.error)) {
                Some(batch) => repeated(async || jira.call(batch.clone()).await.map(drop)).await,
                None => Err(failed.error),
            };
            errors.extend(added.err());
            left.extend(batches);
        }
    }
    errors
}

/// Tries a step again that the server failed to do with a plain 500. The client retries what passes with time, such as
/// a 503, and takes a 500 for final. Here no step does harm when it is repeated.
async fn repeated<T>(step: impl AsyncFn() -> Result<T>) -> Result<T> {
    for _ in 1..TRIES {
        match step().await {
            Err(error) if is_internal(&error) => {}
            result => return result,
        }
    }
    step().await
}

fn is_internal(error: &Error) -> bool {
    error.status().is_some_and(|status| status == 500)
}

/// The account of a row, which is created unless it is there.
async fn account(jira: &Client, row: &Row) -> Result<Account> {
    let email = row.email.trim();
    let create = CreateCustomer::new(email, &row.name).strict_conflict_status_code(true);
    // Sending it twice creates one customer, and a conflict. So it can be retried, as an idempotent operation is.
    match repeated(async || jira.call(create.clone()).idempotent(true).await).await {
        Ok(created) => Ok(Account::Created(created.account_id)),
        Err(error) if error.is_conflict() => match repeated(async || find(jira, email).await).await? {
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
