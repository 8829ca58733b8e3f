//! Lists that a request carries, in pieces of the length that a server takes.
//!
//! How long a piece may be stands in [`OperationInfo::batch_limit`](crate::OperationInfo::batch_limit); cutting lists up is
//! `jsm-client`'s.

use crate::Operation;

/// An operation whose request carries a list of entries.
pub trait Batched: Operation {
    /// One of them.
    type Entry: Clone + Send + Sync + 'static;

    /// The entries.
    fn entries(&self) -> &[Self::Entry];

    /// Puts other entries in their place.
    fn set_entries(&mut self, entries: Vec<Self::Entry>);

    /// How much an entry counts towards the limit: 1, unless the server counts what is inside the entry.
    fn entry_size(entry: &Self::Entry) -> usize;
}

/// An operation with a key by which the server knows a request that it has seen already.
pub trait BulkOperation: Batched {
    /// The key; empty when there is none yet.
    fn idempotency_key(&self) -> &str;

    /// Gives it another key.
    fn set_idempotency_key(&mut self, key: &str);
}

/// An operation that asks for things by their ids and leaves out, without a word, what it does not find.
pub trait FetchByIds: Batched {
    /// What is found.
    type Found: Send + 'static;

    /// Takes an answer apart.
    fn found(response: Self::Output) -> Vec<Self::Found>;

    /// The id by which it was asked for.
    fn id(found: &Self::Found) -> &Self::Entry;

    /// Takes what it asks for besides the entries, such as names, as an operation of its own.
    fn take_others(&mut self) -> Option<Self> {
        None
    }
}
