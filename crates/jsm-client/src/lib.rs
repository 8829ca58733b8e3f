//! A client for Atlassian's service management clouds: Jira Service Management Cloud ([`servicedesk`]) and Customer
//! Service Management ([`csm`]).
//!
#![doc = include_str!("guide.md")]

mod call;
mod client;
mod credentials;
mod date;
mod error;
mod http;
mod language;
#[cfg(feature = "oauth")]
pub mod oauth;
mod pagination;
mod response;
mod site;
mod trace;
mod transport;
mod workflows;

pub use call::{Call, Response, WithMeta};
pub use client::{Client, ClientBuilder};
pub use credentials::{Authorization, BoxError, Credentials};
pub use date::timestamp;
pub use error::{Error, ErrorKind, FormError, Result};
pub use language::Language;
pub use pagination::{Items, ListPage, Pages, ResumeToken};
pub use response::{Repair, RepairAction};
pub use transport::clock::{Clock, SystemClock};
pub use transport::retry::RetryPolicy;
#[cfg(feature = "servicedesk")]
pub use workflows::{Attach, AttachError, FileOutcome, FileStatus, Upload, Visibility};
#[cfg(feature = "csm")]
pub use workflows::{Bulk, BulkError, Task, TaskOutcome, TaskResult, TaskState, Wait};
pub use workflows::{Download, FetchAll, Fetched, FileStream, Progress};

// What modules of the crate know these by.
use transport::{self as send, clock, retry};

pub use jiff::Timestamp;
#[allow(unused_imports, unreachable_pub, reason = "without an API there is nothing in it")]
pub use jsm_raw::apis::*;
pub use jsm_raw::{
    Base, Batched, BulkOperation, Dated, FetchByIds, FilePart, Id, NumericId, Operation, OperationInfo, Page,
    PageLinks, PageParts, Paginated, Pagination, Position, RequestBody, ResponseBody,
};
