//! Reading many things by their ids, and learning which are not there.
//!
//! The servers leave out what they do not find, or do not show; telling the two apart is not possible from here.

use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture;
use std::hash::Hash;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jsm_raw::FetchByIds;

use super::batches::parts;
use super::deadline::Deadline;
use crate::client::Client;
use crate::error::Result;

/// What was found, and the ids of what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched<T, I> {
    /// What was found, each once.
    pub found: Vec<T>,
    /// The ids that were asked for and led to nothing: there is no such thing, or the account may not see it.
    pub missing: Vec<I>,
}

/// An operation that reads many things by their ids, about to be called as often as it takes.
#[must_use = "nothing is fetched until it is awaited"]
pub struct FetchAll<O> {
    client: Client,
    operation: O,
    deadline: Option<Duration>,
}

impl Client {
    /// Reads many things by their ids, in as many requests as their number takes, and names the ids of what was not
    /// found.
    ///
    /// What an operation asks for in another way besides, as for organizations by name, is asked for in one request more;
    /// whether all of it was found is not looked at.
    ///
    /// ```
    /// # use jsm_client::{Client, csm::customer::FetchCustomerProfiles};
    /// # async fn example(csm: Client, ids: Vec<String>) -> jsm_client::Result<()> {
    /// let fetched = csm.fetch(FetchCustomerProfiles::new(ids)).await?;
    /// for profile in &fetched.found {
    ///     println!("{}", profile.display_name);
    /// }
    /// println!("{} are not there", fetched.missing.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch<O: FetchByIds>(&self, operation: O) -> FetchAll<O>
    where
        O::Entry: Eq + Hash,
    {
        FetchAll { client: self.clone(), operation, deadline: None }
    }
}

impl<O> FetchAll<O> {
    /// How long fetching all of it may take. The default is the client's [`deadline`](crate::ClientBuilder::deadline) where
    /// that is set, else an hour.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }
}

impl<O: FetchByIds> IntoFuture for FetchAll<O>
where
    O::Entry: Eq + Hash,
{
    type Output = Result<Fetched<O::Found, O::Entry>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, mut operation, deadline } = self;
        Box::pin(async move {
            let deadline = Deadline::new(client.shared(), deadline);
            let mut known = HashSet::new();
            let mut asked = operation.entries().to_vec();
            asked.retain(|id| known.insert(id.clone()));
            operation.set_entries(asked.clone());

            // A server counts what is asked for by name towards the same limit.
            let rest = operation.take_others();
            let mut found = Vec::new();
            let mut seen = HashSet::new();
            for part in parts(&operation).into_iter().chain(rest) {
                let answered = O::found(deadline.call(&client, part).await?);
                found.extend(answered.into_iter().filter(|thing| seen.insert(O::id(thing).clone())));
            }
            asked.retain(|id| !seen.contains(id));
            Ok(Fetched { found, missing: asked })
        })
    }
}

impl<O: fmt::Debug> fmt::Debug for FetchAll<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FetchAll").field(&self.operation).finish()
    }
}
