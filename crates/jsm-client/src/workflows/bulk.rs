//! Submitting bulk changes: cut into parts that the server takes, each under a key that makes repeating it harmless.
//!
//! What comes of the parts is told by their tasks.

use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jsm_raw::BulkOperation;

use super::batches::parts;
use super::deadline::Deadline;
use super::tasks::Task;
use crate::client::Client;
use crate::csm::types::TaskSubmitResponse;
use crate::error::known::{Meaning, says};
use crate::error::{Error, Result};
use crate::retry::RetryPolicy;

/// A bulk change, about to be submitted.
///
/// Awaiting it gives one task for each part. Dropping it ends it; what was submitted by then is done.
#[must_use = "nothing is submitted until it is awaited"]
pub struct Bulk<O> {
    client: Client,
    operation: O,
    deadline: Option<Duration>,
}

/// A bulk change that was not submitted whole.
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkError<O> {
    /// Why the first of the parts that are left was not taken.
    pub error: Error,
    /// What was submitted before.
    pub submitted: Vec<Task>,
    /// The parts that are left, each with its key. The first one may have arrived all the same; submitting it with
    /// this key again does no harm.
    pub left: Vec<O>,
}

impl Client {
    /// Submits a bulk change of any length: as many requests as it takes, one task for each.
    ///
    /// Every part goes out under an idempotency key of its own, which stays the same however often the request is
    /// repeated. Leave the operation's key empty, and the keys are made at random; give one, and they are made from
    /// it, so that a program that starts over with the same entries submits nothing twice.
    ///
    /// For up to three days, the server responds to the same key and entries with the same task, or with the same
    /// validation errors; the same key with other entries, or with another operation, is an error. Tasks can run in
    /// another order than they were submitted in: where one change needs another one, wait for the first task before
    /// the second is submitted.
    ///
    /// A server that has too many unfinished tasks is asked again until it takes another. It says so in English text
    /// alone; with a [`Language`](crate::Language) other than English it is an error instead.
    ///
    /// ```
    /// # use jsm_client::csm::customer::BulkManageCustomerProfiles;
    /// # use jsm_client::csm::types::{
    /// #     BulkCustomerProfilePayload, BulkManageCustomerProfileOperation, ProfileOperationType,
    /// # };
    /// # use jsm_client::{Client, TaskResult};
    /// # async fn example(csm: Client) -> jsm_client::Result<()> {
    /// let profile = BulkCustomerProfilePayload::new().email("fred@example.com").display_name("Fred F. User");
    /// let entries = [BulkManageCustomerProfileOperation::new(ProfileOperationType::Upsert, profile)];
    /// for task in csm.bulk(BulkManageCustomerProfiles::new("", entries)).await? {
    ///     let outcome = task.wait().await?;
    ///     match outcome.result {
    ///         TaskResult::Succeeded => println!("done"),
    ///         TaskResult::Failed => println!("{} entries failed", outcome.response.failures.len()),
    ///         _ => println!("{}: read back what was written", outcome.response.status),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn bulk<O: BulkOperation<Output = TaskSubmitResponse>>(&self, operation: O) -> Bulk<O> {
        Bulk { client: self.clone(), operation, deadline: None }
    }
}

impl<O> Bulk<O> {
    /// How long submitting all of it may take, waiting for the server to take on more included. The default is the
    /// client's [`deadline`](crate::ClientBuilder::deadline) where that is set, else an hour: servers take on few tasks at
    /// once, and have been seen to need eight minutes for a hundred customers.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }
}

impl<O: BulkOperation<Output = TaskSubmitResponse>> Bulk<O> {
    async fn submit(self) -> Result<Vec<Task>, BulkError<O>> {
        let deadline = Deadline::new(self.client.shared(), self.deadline);
        let mut left = with_keys(parts(&self.operation), self.operation.idempotency_key());
        left.reverse();
        let mut submitted = Vec::new();
        while let Some(part) = left.last() {
            match submit_one(&self.client, part, deadline).await {
                Ok(task) => {
                    left.pop();
                    submitted.push(task);
                }
                Err(error) => {
                    left.reverse();
                    return Err(BulkError { error, submitted, left });
                }
            }
        }
        Ok(submitted)
    }
}

async fn submit_one<O>(client: &Client, part: &O, deadline: Deadline<'_>) -> Result<Task>
where
    O: BulkOperation<Output = TaskSubmitResponse>,
{
    let clock = &*client.shared().clock;
    let patience = RetryPolicy::default().backoff(Duration::from_secs(5), Duration::from_secs(60));
    for turn in 1.. {
        match deadline.call(client, part.clone()).await {
            Ok(answer) => return Ok(client.task(answer.id).with_key(part.idempotency_key())),
            Err(error) if is_full(&error) => {
                let wait = patience.wait(turn, None, clock.random());
                if !deadline.allows(wait) {
                    return Err(error);
                }
                clock.sleep(wait).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(Error::configuration("the server took on no task however often it was asked"))
}

/// Whether the server has as many unfinished tasks as it wants. It says so with a 400, in words alone.
fn is_full(error: &Error) -> bool {
    error.status().is_some_and(|status| status == 400)
        && error.message().is_some_and(|text| says(text, Meaning::TaskLimit))
}

/// Gives every part its key: made at random, or from the one that the caller gave.
fn with_keys<O: BulkOperation>(mut parts: Vec<O>, given: &str) -> Vec<O> {
    let several = parts.len() > 1;
    for (at, part) in parts.iter_mut().enumerate() {
        match given {
            "" => part.set_idempotency_key(&random_key()),
            given if several => part.set_idempotency_key(&format!("{given}-{}", at + 1)),
            given => part.set_idempotency_key(given),
        }
    }
    parts
}

/// 128 bits at random in the shape of a UUID of version 4. It has to be unique, not secret.
fn random_key() -> String {
    let bits = fastrand::u128(..);
    let bits = bits & !(0xf000 << 64) | (0x4000 << 64);
    let bits = bits & !(0xc000 << 48) | (0x8000 << 48);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

impl<O: BulkOperation<Output = TaskSubmitResponse>> IntoFuture for Bulk<O> {
    type Output = Result<Vec<Task>, BulkError<O>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.submit())
    }
}

impl<O> fmt::Display for BulkError<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, left) = (self.submitted.len(), self.left.len());
        write!(f, "{}; {done} of {} parts were submitted before", self.error, done + left)
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
        f.debug_struct("Bulk").field("operation", &self.operation).field("deadline", &self.deadline).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::random_key;

    #[test]
    fn keys_look_like_uuids_and_differ() {
        let (one, other) = (random_key(), random_key());
        assert_ne!(one, other);
        for key in [one, other] {
            let lengths: Vec<usize> = key.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{key}");
            assert_eq!(&key[14..15], "4", "{key}");
            assert!("89ab".contains(&key[19..20]), "{key}");
        }
    }
}
