//! What takes more than one request: files up and down, bulk changes, many things by their ids.
//!
//! Only here does hand-written code know operations by name. How a single request is sent is `send`'s.

#[cfg(feature = "servicedesk")]
mod attachments;
mod batches;
#[cfg(feature = "csm")]
mod bulk;
mod deadline;
mod downloads;
pub(crate) mod expected_file;
mod fetch;
mod partial;
mod redirects;
#[cfg(feature = "csm")]
mod tasks;

#[cfg(feature = "servicedesk")]
pub use attachments::{Attach, AttachError, FileOutcome, FileStatus, Upload, Visibility};
#[cfg(feature = "csm")]
pub use bulk::{Bulk, BulkError};
pub use downloads::{Download, FileStream, Progress};
pub use fetch::{FetchAll, Fetched};
#[cfg(feature = "csm")]
pub use tasks::{Task, TaskOutcome, TaskResult, TaskState, Wait};
