//! Tasks: work that a server does in the background, and its result.

mod entries;
mod state;
mod task;
mod wait_all;

pub(super) use entries::Entries;

pub use state::{TaskResult, TaskState};
pub use task::{Task, TaskOutcome, Wait};
pub use wait_all::WaitAll;
