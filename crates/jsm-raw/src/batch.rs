//! Operations whose request carries a list that can be sent in batches.
//!
//! Where the server documents how long the list may be, that is
//! [`OperationInfo::batch_limit`](crate::OperationInfo::batch_limit). How a list is split into batches is decided in
//! `jsm-client`. The traits here are sealed: only generated operations implement them.

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

    /// Splits off what a second list of the request names, such as names beside ids: as operations without entries, each
    /// with `most` elements of that list at most.
    fn take_others(&mut self, most: usize) -> Vec<Self> {
        let _ = most;
        Vec::new()
    }
}

/// An operation with an idempotency key, by which the server recognizes a request that it has seen before.
///
/// The operation has a setter `idempotency_key` too. Without a key, `jsm-client` makes a random one for each call.
pub trait BulkOperation: Batched {
    /// The idempotency key, if the operation has one.
    fn idempotency_key(&self) -> Option<&str>;

    /// Sets the idempotency key.
    fn set_idempotency_key(&mut self, key: impl Into<String>);

    /// The ids, email addresses or names by which the server can name an entry that failed; empty where none is known.
    fn entry_ids(entry: &Self::Entry) -> Vec<&str> {
        let _ = entry;
        Vec::new()
    }
}

/// An operation that reads things by their ids. The server leaves out what it does not find, without an error.
pub trait FetchByIds: Batched {
    /// What is read for an id.
    type Found: Send + 'static;

    /// Takes what was found out of the response.
    fn found(response: Self::Output) -> Vec<Self::Found>;

    /// The id of something that was found.
    fn id(found: &Self::Found) -> &Self::Entry;
}

/// The operation without entries, once for each part of the other list.
///
/// `operation` has no such list any more.
#[allow(dead_code, reason = "only generated code calls it, and only where a request has two lists")]
pub(crate) fn others<O: Batched, T: Clone>(
    operation: &O,
    others: &[T],
    most: usize,
    set: impl Fn(&mut O, Vec<T>),
) -> Vec<O> {
    if others.is_empty() {
        return Vec::new();
    }
    let mut empty = operation.clone();
    empty.set_entries(Vec::new());
    let with = |part: &[T]| {
        let mut operation = empty.clone();
        set(&mut operation, part.to_vec());
        operation
    };
    others.chunks(most.max(1)).map(with).collect()
}
