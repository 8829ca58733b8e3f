//! Lookups of many objects by their ids, and of the ids that lead to none.
//!
//! [`Client::fetch`](crate::Client::fetch) makes one. Servers leave out objects that do not exist and those that the
//! account may not see; a client cannot distinguish them.

use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture;
use std::hash::Hash;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use jsm_raw::FetchByIds;

use super::batches::{batches, limit};
use super::deadline::Deadline;
use crate::error::Result;
use crate::response::Session;
use crate::transport::options::{RequestOptions, option_setters};

/// The objects that were found, and the ids of those that were not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched<T, I> {
    /// The objects, each once.
    pub found: Vec<T>,
    /// The ids without an object: it does not exist, or the account may not see it.
    pub missing: Vec<I>,
}

/// A lookup of objects by their ids. [`Client::fetch`](crate::Client::fetch) makes it; await it.
///
/// Dropping the future cancels it.
#[must_use = "nothing is fetched until it is awaited"]
pub struct FetchAll<O> {
    session: Arc<Session>,
    operation: O,
    options: RequestOptions,
}

impl<O> FetchAll<O> {
    pub(crate) fn new(session: Arc<Session>, operation: O) -> Self {
        Self { session, operation, options: RequestOptions::new() }
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt of a request; the client's by default, which is 60 s.",
        deadline: "Sets the deadline of the whole lookup. The default is the client's \
                   [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }
}

impl<O: FetchByIds> FetchAll<O>
where
    O::Entry: Eq + Hash,
{
    /// Fetches when the future is polled. See [`Call::send`](crate::Call::send).
    ///
    /// # Errors
    ///
    /// What any call can fail with.
    pub fn send(self) -> BoxFuture<'static, Result<Fetched<O::Found, O::Entry>>> {
        Box::pin(self.run())
    }

    async fn run(self) -> Result<Fetched<O::Found, O::Entry>> {
        let Self { session, mut operation, options } = self;
        let deadline = Deadline::new(&session, &options);
        let mut known = HashSet::new();
        let mut ids = operation.entries().to_vec();
        ids.retain(|id| known.insert(id.clone()));
        operation.set_entries(ids.clone());

        // A server counts names towards the same limit, so they are fetched in requests of their own.
        let others = operation.take_others(limit::<O>().unwrap_or(usize::MAX));
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for batch in batches(&operation).into_iter().chain(others) {
            let objects = O::found(deadline.call(batch).await?);
            found.extend(objects.into_iter().filter(|object| seen.insert(O::id(object).clone())));
        }
        ids.retain(|id| !seen.contains(id));
        Ok(Fetched { found, missing: ids })
    }
}

impl<O: FetchByIds> IntoFuture for FetchAll<O>
where
    O::Entry: Eq + Hash,
{
    type Output = Result<Fetched<O::Found, O::Entry>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<O: fmt::Debug> fmt::Debug for FetchAll<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchAll")
            .field("operation", &self.operation)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
