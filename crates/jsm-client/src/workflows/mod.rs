//! Workflows of several requests: new requests, attachments, downloads, bulk changes, tasks, lookups by ids, and lists in
//! batches.
//!
//! Hand-written code names operations only here. How one request is sent is in `transport`.

#[cfg(feature = "servicedesk")]
pub mod attachments;
pub mod batches;
#[cfg(feature = "csm")]
pub mod bulk;
mod deadline;
pub mod downloads;
#[cfg(feature = "servicedesk")]
mod effect;
pub mod lookup;
mod partial;
#[cfg(feature = "servicedesk")]
pub mod requests;
#[cfg(feature = "csm")]
pub mod tasks;
