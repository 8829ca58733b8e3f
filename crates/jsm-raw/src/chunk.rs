//! Lists that a request carries, in pieces of the length that a server takes.
//!
//! How long a piece may be stands in [`OperationInfo::chunk`](crate::OperationInfo::chunk); cutting lists up is
//! `jsm-client`'s.

use crate::Operation;

/// An operation whose request carries a list of entries.
pub trait Chunked: Operation {
    /// One of them.
    type Entry: Clone + Send + Sync + 'static;

    /// The entries.
    fn entries(&self) -> &[Self::Entry];

    /// Puts other entries in their place.
    fn set_entries(&mut self, entries: Vec<Self::Entry>);

    /// How much an entry counts towards the limit: 1, unless the server counts what is inside the entry.
    fn weight(entry: &Self::Entry) -> usize;
}

/// An operation with a key by which the server knows a request that it has seen already.
pub trait Keyed: Chunked {
    /// The key; empty when there is none yet.
    fn key(&self) -> &str;

    /// Gives it another key.
    fn set_key(&mut self, key: &str);
}

/// An operation that asks for things by their ids and leaves out, without a word, what it does not find.
pub trait Fetch: Chunked {
    /// What is found.
    type Found: Send + 'static;

    /// Takes an answer apart.
    fn found(answer: Self::Output) -> Vec<Self::Found>;

    /// The id by which it was asked for.
    fn id(found: &Self::Found) -> &Self::Entry;

    /// Takes what it asks for besides the entries, such as names, as an operation of its own.
    fn take_rest(&mut self) -> Option<Self> {
        None
    }
}
