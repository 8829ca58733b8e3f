//! Lists that are longer than one request may carry: split into batches, and sent in several requests.
//!
//! [`Client::in_batches`](crate::Client::in_batches) sends any such operation. Bulk changes, uploads and lookups split
//! their lists here, too.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use jsm_raw::Batched;

use super::deadline::Deadline;
use crate::error::{Error, Result};
use crate::response::Session;
use crate::transport::options::{RequestOptions, option_setters};

/// The entries of a batch where no limit is documented: few enough for any server's limit on the size of a body.
const BATCH_SIZE: usize = 100;

/// An operation that is sent in as many requests as its list needs. [`Client::in_batches`](crate::Client::in_batches)
/// makes it; await it for the output of each request.
///
/// Dropping the future cancels it. The batches that were sent by then are done, and one in flight may be.
#[must_use = "nothing is sent until it is awaited"]
pub struct InBatches<O> {
    session: Arc<Session>,
    operation: O,
    size: Option<usize>,
    options: RequestOptions,
}

/// The error of an operation of which not all batches were done.
#[non_exhaustive]
pub struct BatchError<O: Batched> {
    /// Why the first batch in `left` failed.
    pub error: Error,
    /// The batches that were done, each with its output.
    pub done: Vec<(O, O::Output)>,
    /// The batches that are left. The server may have done the first one, if its response was lost.
    pub left: Vec<O>,
}

impl<O> InBatches<O> {
    pub(crate) fn new(session: Arc<Session>, operation: O) -> Self {
        Self { session, operation, size: None, options: RequestOptions::new() }
    }

    /// Sets how many entries one request carries at most; at least 1. The default, and the most, is the documented
    /// limit, [`OperationInfo::batch_limit`](crate::OperationInfo::batch_limit). Where none is documented, the default
    /// is 100.
    pub fn batch_size(mut self, entries: usize) -> Self {
        self.size = Some(entries.max(1));
        self
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt of a request; the client's by default, which is 60 s.",
        deadline: "Sets the deadline of all batches together. The default is the client's \
                   [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }
}

impl<O: Batched> InBatches<O> {
    /// Sends one batch after the other when the future is polled. See [`Call::send`](crate::Call::send).
    ///
    /// # Errors
    ///
    /// What any call can fail with, with the batches that were done and those that are left.
    pub fn send(self) -> BoxFuture<'static, Result<Vec<O::Output>, BatchError<O>>> {
        Box::pin(self.run())
    }

    async fn run(self) -> Result<Vec<O::Output>, BatchError<O>> {
        let Self { session, mut operation, size, options } = self;
        let deadline = Deadline::new(&session, &options);
        let documented = limit::<O>();
        let size = size.unwrap_or(documented.unwrap_or(BATCH_SIZE)).min(documented.unwrap_or(usize::MAX));
        let others = operation.take_others(size);
        let mut left: VecDeque<O> = split(&operation, size).into_iter().chain(others).collect();
        let mut done = Vec::with_capacity(left.len());
        while let Some(batch) = left.pop_front() {
            match deadline.call(batch.clone()).await {
                Ok(output) => done.push((batch, output)),
                Err(error) => {
                    left.push_front(batch);
                    return Err(BatchError { error, done, left: left.into() });
                }
            }
        }
        Ok(done.into_iter().map(|(_, output)| output).collect())
    }
}

/// The documented limit of a request's entries.
pub(super) fn limit<O: Batched>() -> Option<usize> {
    O::INFO.batch_limit.map(|limit| limit as usize)
}

/// The operation once for each batch of its entries, as the server's limit has it; none if it has no entries.
pub(super) fn batches<O: Batched>(operation: &O) -> Vec<O> {
    split(operation, limit::<O>().unwrap_or(usize::MAX))
}

/// The operation once for each batch of its entries.
///
/// An entry that exceeds the limit by itself is a batch of its own, which is refused before it is sent.
fn split<O: Batched>(operation: &O, limit: usize) -> Vec<O> {
    let mut batches: Vec<Vec<O::Entry>> = Vec::new();
    let mut size = 0;
    for entry in operation.entries() {
        let more = O::entry_size(entry);
        match batches.last_mut() {
            Some(batch) if size + more <= limit => {
                batch.push(entry.clone());
                size += more;
            }
            _ => {
                batches.push(vec![entry.clone()]);
                size = more;
            }
        }
    }
    let with = |entries| {
        let mut batch = operation.clone();
        batch.set_entries(entries);
        batch
    };
    batches.into_iter().map(with).collect()
}

impl<O: Batched> IntoFuture for InBatches<O> {
    type Output = Result<Vec<O::Output>, BatchError<O>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<O: Batched> fmt::Display for BatchError<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, left) = (self.done.len(), self.left.len());
        write!(f, "{}; {done} of {} batches were done before", self.error, done + left)
    }
}

impl<O: Batched> fmt::Debug for BatchError<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done: Vec<&O> = self.done.iter().map(|(batch, _)| batch).collect();
        f.debug_struct("BatchError")
            .field("error", &self.error)
            .field("done", &done)
            .field("left", &self.left)
            .finish()
    }
}

impl<O: Batched> StdError for BatchError<O> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

impl<O: Batched> From<BatchError<O>> for Error {
    fn from(error: BatchError<O>) -> Self {
        error.error
    }
}

impl<O: fmt::Debug> fmt::Debug for InBatches<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InBatches")
            .field("operation", &self.operation)
            .field("size", &self.size)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
