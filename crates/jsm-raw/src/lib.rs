//! Generated bindings of Atlassian's service management APIs.
//!
//! Each API is a module made from its effective OpenAPI document: [`types`](servicedesk::types), a
//! [`Client`](servicedesk::Client) with one method for every operation, and every operation as a value, grouped by
//! what it acts on. What is here knows how a request looks and how an answer reads. It holds no policy: nothing is
//! retried, paged, authenticated or limited. Programs want `jsm-client`, which does that.

#![cfg_attr(
    no_api,
    allow(dead_code, unused_imports, unreachable_pub, reason = "generated code is what uses it")
)]

mod answer;
mod argument;
mod bounds;
mod chunk;
mod date;
mod exchange;
mod facts;
mod id;
mod link;
mod multipart;
mod operation;
mod page;
#[cfg(feature = "samples")]
pub mod samples;
mod segment;
mod tolerant;

pub use bounds::{Bounds, within};
pub use chunk::{Chunked, Fetch, Keyed};
pub use date::Dated;
pub use exchange::Exchange;
pub use facts::{Answer, Base, Body, OperationInfo, Paging};
pub use id::{Id, IdKind, NumericId};
pub use multipart::FilePart;
pub use operation::{Operation, RequestError};
pub use page::{Leaf, PAGE_ITEMS, Page, PageLinks, Paged, Position};
pub use tolerant::REQUIRED;

use exchange::record;
#[allow(unused_imports, reason = "only generated code calls it, and only where an API takes files")]
use multipart::with_files;
use segment::{encode_path, path_segment};

/// One module for each API, under the feature of its name.
pub mod apis {
    include!(concat!(env!("OUT_DIR"), "/apis.rs"));
}

pub use apis::*;
