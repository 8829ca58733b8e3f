//! Fetching one page.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures_core::future::BoxFuture;
use jsm_raw::{PageParts, Paginated, Pagination, Position};
use tokio_util::task::AbortOnDropHandle;

use super::list::List;
use crate::error::{Error, ErrorKind, Result};
use crate::response::Repairs;
use crate::transport::trace;

/// The future of a page.
pub(super) type Fetch<O> = BoxFuture<'static, Fetched<<O as Paginated>::Item>>;

/// A page, or why there is none.
pub(super) struct Fetched<T> {
    pub(super) at: Position,
    pub(super) page: Result<PageParts<T>>,
    pub(super) requests: u32,
    /// A hash that distinguishes pages that do not report where they start.
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
        let (received, decoded) = match list.session.page(&list.operation, &list.options, &build).await {
            Ok(page) => page,
            Err(error) => return Fetched::failed(at, error.attempts(), error),
        };
        let page = decoded.value;
        // Hashing a page costs about as much as decoding it, so it is done only where the start is not reported. With
        // cursors, a server may send the same start with every page.
        let by_start = matches!(list.operation.pagination(), Some(Pagination::Offset | Pagination::Number))
            && page.start.is_some();
        let fingerprint = (!by_start).then(|| {
            let mut hasher = DefaultHasher::new();
            received.body.hash(&mut hasher);
            hasher.finish()
        });
        Fetched { at, page: Ok(page), requests: received.attempts, fingerprint, repairs: decoded.repairs }
    })
}

/// Requests a page as a task of its own, so that it does not wait for the caller to read the pages before it.
pub(super) fn prefetch<O: Paginated>(list: Arc<List<O>>, at: Position) -> Fetch<O> {
    let fetch = fetch(Arc::clone(&list), at.clone());
    let task = AbortOnDropHandle::new(tokio::spawn(trace::in_current_span(fetch)));
    Box::pin(async move {
        task.await.unwrap_or_else(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => {
                let error =
                    Error::new(ErrorKind::Connection, "the runtime ended before the page was received");
                Fetched::failed(at, 0, list.name(error))
            }
        })
    })
}
