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

mod argument;
mod batch;
mod bounds;
mod date;
mod id;
mod lenient;
mod link;
mod multipart;
mod operation;
mod operation_info;
mod page;
mod path_param;
mod recorder;
mod response;
#[cfg(feature = "samples")]
pub mod samples;

pub use batch::{Batched, BulkOperation, FetchByIds};
pub use bounds::{Bounds, within};
pub use date::Dated;
pub use id::{Id, IdKind, NumericId};
pub use lenient::REQUIRED;
pub use multipart::FilePart;
pub use operation::{Operation, RequestError};
pub use operation_info::{Base, OperationInfo, Pagination, RequestBody, ResponseBody};
pub use page::{PAGE_ITEMS, Page, PageLinks, PageParts, Paginated, Position};
pub use recorder::Recorder;

#[allow(unused_imports, reason = "only generated code calls it, and only where an API takes files")]
use multipart::with_files;
use path_param::{encode_path, path_segment};
use recorder::record;

/// One module for each API, under the feature of its name.
pub mod apis {
    include!(concat!(env!("OUT_DIR"), "/apis.rs"));
}

pub use apis::*;
