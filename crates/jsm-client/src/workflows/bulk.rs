//! Bulk changes: submitted in batches that the server accepts, each under an idempotency key.
//!
//! [`Client::bulk`](crate::Client::bulk) submits one. Each batch becomes a task, whose result is in
//! [`tasks`](crate::tasks).

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_core::future::BoxFuture;
use jsm_raw::BulkOperation;
use jsm_raw::csm::TaskId;
use jsm_raw::csm::types::TaskSubmitResponse;

use super::batches::batches;
use super::deadline::Deadline;
use super::tasks::{Entries, Task};
use crate::error::known::{Meaning, says};
use crate::error::{Error, ErrorKind, Result};
use crate::response::Session;
use crate::transport::idempotency_key;
use crate::transport::options::{RequestOptions, option_setters};
use crate::transport::retry::RetryPolicy;

/// The shortest time between two attempts to submit a batch to a busy server.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// A bulk change. [`Client::bulk`](crate::Client::bulk) makes it; await it for one task for each batch.
///
/// Dropping the future cancels it. The batches that are submitted by then are done, and one in flight may be: with an
/// idempotency key of the program's, the same change can be submitted again without harm.
#[must_use = "nothing is submitted until it is awaited"]
pub struct Bulk<O> {
    session: Arc<Session>,
    /// The tasks of the batches that were submitted before.
    submitted: Vec<Task>,
    left: VecDeque<O>,
    options: RequestOptions,
}

/// The error of a bulk change that was not submitted whole.
///
/// [`resume`](Self::resume) submits the rest.
#[non_exhaustive]
pub struct BulkError<O> {
    /// Why the first batch in `left` was not accepted. It is of kind [`RateLimited`](ErrorKind::RateLimited) when the
    /// server had too many unfinished tasks until the deadline.
    pub error: Error,
    /// The tasks of the batches that were submitted.
    pub submitted: Vec<Task>,
    /// The batches that are left, each with its idempotency key. The server may have received the first one: submitting
    /// it again with this key does no harm.
    pub left: Vec<O>,
    session: Arc<Session>,
}

impl<O> Bulk<O> {
    option_setters! {
        timeout: "Sets the timeout of one attempt to submit a batch; the client's by default, which is 60 s.",
        deadline: "Sets the deadline of submitting all batches, with waiting for a busy server. The default is the \
                   client's [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour: servers accept \
                   few tasks at once, and have been seen to need eight minutes for a hundred customers."
    }
}

impl<O: BulkOperation<Output = TaskSubmitResponse>> Bulk<O> {
    pub(crate) fn new(session: Arc<Session>, operation: &O) -> Self {
        let left = with_keys(batches(operation), operation.idempotency_key()).into();
        Self { session, submitted: Vec::new(), left, options: RequestOptions::new() }
    }

    /// Submits when the future is polled. See [`Call::send`](crate::Call::send).
    ///
    /// # Errors
    ///
    /// What any call can fail with, and the batches that are left.
    pub fn send(self) -> BoxFuture<'static, Result<Vec<Task>, BulkError<O>>> {
        Box::pin(self.submit())
    }

    async fn submit(self) -> Result<Vec<Task>, BulkError<O>> {
        let Self { session, mut submitted, mut left, options } = self;
        let deadline = Deadline::new(&session, &options);
        let mut position = submitted.last().and_then(Task::positions).map_or(0, |positions| positions.end);
        submitted.reserve(left.len());
        while let Some(batch) = left.pop_front() {
            match submit_batch(&session, &batch, deadline).await {
                Ok(id) => {
                    let key = batch.idempotency_key().map(str::to_owned);
                    let entries = Entries::new(position, batch);
                    position = entries.positions().end;
                    submitted.push(Task::submitted(Arc::clone(&session), id, key, entries));
                }
                Err(error) => {
                    left.push_front(batch);
                    let error = match is_full(&error) {
                        true => error.with_kind(ErrorKind::RateLimited),
                        false => error,
                    };
                    return Err(BulkError { error, submitted, left: left.into(), session });
                }
            }
        }
        Ok(submitted)
    }
}

/// Submits one batch, once the server has capacity for its task.
async fn submit_batch<O>(session: &Session, batch: &O, deadline: Deadline<'_>) -> Result<TaskId>
where
    O: BulkOperation<Output = TaskSubmitResponse>,
{
    let backoff = RetryPolicy::default().backoff(Duration::from_secs(5), Duration::from_secs(60));
    let turn = AtomicU32::new(0);
    let busy = |error: &Error| {
        let wait =
            || backoff.wait(turn.fetch_add(1, Ordering::Relaxed) + 1, None, session.transport.clock.random());
        // Close to the deadline it waits less, so that the time that is left is used.
        is_full(error).then(|| wait().min(deadline.left() / 2).max(SHORTEST_WAIT))
    };
    Ok(session.call_unless_busy(batch.clone(), &deadline.options(), Some(&busy)).await?.value.id)
}

/// Whether the server has as many unfinished tasks as it accepts. It reports that with a 400, in its message only.
fn is_full(error: &Error) -> bool {
    error.status().is_some_and(|status| status == 400)
        && error.message().is_some_and(|text| says(text, Meaning::TaskLimit))
}

/// Gives every batch its key: a random one, or one made from the key of the operation.
fn with_keys<O: BulkOperation>(mut batches: Vec<O>, given: Option<&str>) -> Vec<O> {
    let several = batches.len() > 1;
    for (at, batch) in batches.iter_mut().enumerate() {
        batch.set_idempotency_key(match given {
            None => idempotency_key::random(),
            Some(given) if several => format!("{given}-{}", at + 1),
            Some(given) => given.to_owned(),
        });
    }
    batches
}

impl<O: BulkOperation<Output = TaskSubmitResponse>> IntoFuture for Bulk<O> {
    type Output = Result<Vec<Task>, BulkError<O>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<O> BulkError<O> {
    /// Submits the batches that are left, each under its key. Await it for the tasks of all batches, those that were
    /// submitted before first. The entries keep their positions in the whole list.
    ///
    /// The deadline and the other options are those of a new bulk change, and can be set again.
    pub fn resume(self) -> Bulk<O> {
        let Self { submitted, left, session, .. } = self;
        Bulk { session, submitted, left: left.into(), options: RequestOptions::new() }
    }
}

impl<O: fmt::Debug> fmt::Debug for BulkError<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkError")
            .field("error", &self.error)
            .field("submitted", &self.submitted)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl<O> fmt::Display for BulkError<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, left) = (self.submitted.len(), self.left.len());
        write!(f, "{}; {done} of {} batches were submitted before", self.error, done + left)
    }
}

impl<O: fmt::Debug> StdError for BulkError<O> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

impl<O> From<BulkError<O>> for Error {
    fn from(error: BulkError<O>) -> Self {
        error.error
    }
}

impl<O: fmt::Debug> fmt::Debug for Bulk<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("left", &self.left)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
