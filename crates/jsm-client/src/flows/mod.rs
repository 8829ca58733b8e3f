//! What takes more than one request: files up and down, bulk changes, many things by their ids.
//!
//! Only here does hand-written code know operations by name. How a single request is sent is `send`'s.

#[cfg(feature = "servicedesk")]
mod attachments;
#[cfg(feature = "csm")]
mod bulk;
mod chunks;
mod deadline;
mod downloads;
mod fetch;
mod partial;
mod redirects;
pub(crate) mod substitutes;
#[cfg(feature = "csm")]
mod tasks;

#[cfg(feature = "servicedesk")]
pub use attachments::{Attach, AttachError, FilePlace, Place, Upload, Visibility};
#[cfg(feature = "csm")]
pub use bulk::{Bulk, BulkError};
pub use downloads::{Download, FileStream, Progress};
pub use fetch::{FetchAll, Fetched};
#[cfg(feature = "csm")]
pub use tasks::{Task, TaskEnd, TaskState, Verdict, Wait};
