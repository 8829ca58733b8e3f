//! A client for Atlassian's service management clouds: Jira Service Management Cloud ([`servicedesk`]) and Customer
//! Service Management ([`csm`]).
//!
#![doc = include_str!("guide.md")]

mod call;
mod client;
mod credentials;
mod date;
mod decode;
mod error;
mod flows;
mod http;
mod language;
#[cfg(feature = "oauth")]
pub mod oauth;
mod pages;
mod site;
mod trace;
mod transport;

pub use call::{Answer, Call, WithMeta};
pub use client::{Builder, Client};
pub use credentials::{Authorization, BoxError, Credentials};
pub use date::timestamp;
pub use decode::{Repair, RepairAction};
pub use error::{Error, FormError, Kind, Result};
#[cfg(feature = "servicedesk")]
pub use flows::{Attach, AttachError, FilePlace, Place, Upload, Visibility};
#[cfg(feature = "csm")]
pub use flows::{Bulk, BulkError, Task, TaskEnd, TaskState, Verdict, Wait};
pub use flows::{Download, FetchAll, Fetched, FileStream, Progress};
pub use language::Language;
pub use pages::{Items, ListPage, Pages, ResumeToken};
pub use transport::clock::{Clock, SystemClock};
pub use transport::retry::RetryPolicy;

// What modules of the crate know these by.
use transport::{self as send, clock, retry};

pub use jiff::Timestamp;
#[allow(unused_imports, unreachable_pub, reason = "without an API there is nothing in it")]
pub use jsm_raw::apis::*;
pub use jsm_raw::{
    Base, Body, Chunked, Dated, Fetch, FilePart, Id, Keyed, NumericId, Operation, OperationInfo, Page,
    PageLinks, Paged, Paging, Position,
};
