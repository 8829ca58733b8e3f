//! Operations whose request carries a list that the server limits in length.
//!
//! The limit is [`OperationInfo::batch_limit`](crate::OperationInfo::batch_limit); splitting a longer list into batches
//! is `jsm-client`'s. The traits here are sealed: only generated operations implement them.

use crate::operation::Operation;

/// An operation whose request carries a list of entries.
pub trait Batched: Operation {
    /// An entry of the list.
    type Entry: Clone + Send + Sync + 'static;

    /// The entries.
    fn entries(&self) -> &[Self::Entry];

    /// Replaces the entries.
    fn set_entries(&mut self, entries: Vec<Self::Entry>);

    /// How much an entry counts towards the limit: 1, unless the server counts what is inside the entry.
    fn entry_size(entry: &Self::Entry) -> usize;
}

/// An operation with an idempotency key, by which the server recognizes a request that it has seen before.
///
/// The operation has a setter `idempotency_key` too. Without a key, `jsm-client` makes a random one for each call.
pub trait BulkOperation: Batched {
    /// The idempotency key, if the operation has one.
    fn idempotency_key(&self) -> Option<&str>;

    /// Sets the idempotency key.
    fn set_idempotency_key(&mut self, key: impl Into<String>);
}

/// An operation that reads things by their ids. The server leaves out what it does not find, without an error.
pub trait FetchByIds: Batched {
    /// What is read for an id.
    type Found: Send + 'static;

    /// Takes what was found out of the response.
    fn found(response: Self::Output) -> Vec<Self::Found>;

    /// The id of something that was found.
    fn id(found: &Self::Found) -> &Self::Entry;

    /// Splits off what the operation reads by other means than ids, such as names, as an operation of its own.
    fn take_others(&mut self) -> Option<Self> {
        None
    }
}
