//! Fetching one page.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jsm_raw::{PageParts, Paginated, Pagination, Position};
use tokio_util::task::AbortOnDropHandle;

use super::list::List;
use crate::error::{Error, ErrorKind, Result};
use crate::response::{self, Repairs};
use crate::trace;

/// A page on its way.
pub(super) type Fetch<O> = BoxFuture<'static, Fetched<<O as Paginated>::Item>>;

/// A page, or why there is none.
pub(super) struct Fetched<T> {
    pub(super) at: Position,
    pub(super) page: Result<PageParts<T>>,
    pub(super) requests: u32,
    /// What tells two pages apart that do not say where they start.
    pub(super) fingerprint: Option<u64>,
    pub(super) repairs: Repairs,
}

impl<T> Fetched<T> {
    fn failed(at: Position, requests: u32, error: Error) -> Self {
        Self { at, page: Err(error), requests, fingerprint: None, repairs: Repairs::default() }
    }
}

pub(super) fn fetch<O: Paginated>(list: Arc<List<O>>, at: Position) -> Fetch<O> {
    Box::pin(async move {
        let build = |http: &reqwest::Client, base: &str| list.request(http, base, &at);
        let answered = response::ask::<O>(list.client.shared(), &list.options, &build).await;
        let (received, decoded) = match answered {
            Ok(answered) => answered,
            Err(error) => return Fetched::failed(at, error.attempts(), error),
        };
        let page = O::page_parts(decoded.value);
        // Hashing a page costs about as much as reading it, so it is done only where nothing else tells. With cursors, a
        // server may send the same start with every page.
        let by_start = matches!(O::INFO.pagination, Some(Pagination::Offset | Pagination::Number))
            && page.start.is_some();
        let fingerprint = (!by_start).then(|| {
            let mut hasher = DefaultHasher::new();
            received.body.hash(&mut hasher);
            hasher.finish()
        });
        Fetched { at, page: Ok(page), requests: received.attempts, fingerprint, repairs: decoded.repairs }
    })
}

/// Lets a page come by itself, so that it does not wait for whoever reads the pages in front of it.
pub(super) fn ahead<O: Paginated>(fetch: Fetch<O>, at: Position) -> Fetch<O> {
    let task = AbortOnDropHandle::new(tokio::spawn(trace::here(fetch)));
    Box::pin(async move {
        task.await.unwrap_or_else(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => {
                let error = Error::new(ErrorKind::Connection, "the runtime ended before the page was here");
                Fetched::failed(at, 0, error.with_operation(O::INFO))
            }
        })
    })
}
