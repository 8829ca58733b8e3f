//! Fetching one page.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jsm_raw::{Leaf, Paged, Position};
use tokio_util::task::AbortOnDropHandle;

use super::list::List;
use crate::decode::decode;
use crate::error::{Error, Kind, Result};
use crate::send;
use crate::trace;

/// A page on its way.
pub(super) type Fetch<O> = BoxFuture<'static, Fetched<<O as Paged>::Item>>;

/// A page, or why there is none.
pub(super) struct Fetched<T> {
    pub(super) at: Position,
    pub(super) leaf: Result<Leaf<T>>,
    pub(super) requests: u32,
    /// What tells two pages apart that do not say where they start.
    pub(super) fingerprint: Option<u64>,
}

pub(super) fn fetch<O: Paged>(list: Arc<List<O>>, at: Position) -> Fetch<O> {
    Box::pin(async move {
        let build = |http: &reqwest::Client, base: &str| list.request(http, base, &at);
        let received = match send::send(list.client.shared(), O::INFO, &list.options, &build).await {
            Ok(received) => received,
            Err(error) => {
                return Fetched { at, requests: error.attempts(), leaf: Err(error), fingerprint: None };
            }
        };
        let leaf = decode::<O>(&received).map(O::leaf);
        // Hashing a page costs about as much as reading it, so it is done only where nothing else tells.
        let fingerprint = leaf.as_ref().is_ok_and(|leaf| leaf.start.is_none()).then(|| {
            let mut hasher = DefaultHasher::new();
            received.body.hash(&mut hasher);
            hasher.finish()
        });
        Fetched { at, leaf, requests: received.attempts, fingerprint }
    })
}

/// Lets a page come by itself, so that it does not wait for whoever reads the pages in front of it.
pub(super) fn ahead<O: Paged>(fetch: Fetch<O>, at: Position) -> Fetch<O> {
    let task = AbortOnDropHandle::new(tokio::spawn(trace::here(fetch)));
    Box::pin(async move {
        task.await.unwrap_or_else(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => {
                let error = Error::new(Kind::Connection, "the runtime ended before the page was here");
                let leaf = Err(error.with_operation(O::INFO));
                Fetched { at, leaf, requests: 0, fingerprint: None }
            }
        })
    })
}
