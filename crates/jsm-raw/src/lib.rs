//! Generated bindings of Atlassian's service management APIs.
//!
//! Each API is a module made from its effective OpenAPI document, for example [`servicedesk`]: `types`, and every
//! operation as a value, in modules named after what it acts on. An operation knows how its request looks and how its
//! response is decoded. This crate holds no policy: it does not retry, paginate, authenticate or throttle. `jsm-client`
//! does; programs depend on that.
//!
//! What progenitor generates, a client with one method for each operation, is in the hidden module `bindings` of each
//! API. Its names can change with any version of progenitor.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    no_api,
    allow(dead_code, unused_imports, unreachable_pub, reason = "generated code is what uses it")
)]

mod argument;
mod batch;
mod date;
mod document;
mod duration;
#[allow(dead_code, reason = "only generated code calls most of it, and only where an API has fields")]
mod field;
mod id;
mod lenient;
mod link;
mod multipart;
mod operation;
mod operation_info;
mod page;
mod path_param;
#[doc(hidden)]
pub mod printable;
mod recorder;
mod request_error;
mod response;
#[cfg(feature = "samples")]
pub mod samples;
mod sealed;
mod size_limits;
mod sla;

pub use batch::{Batched, BulkOperation, FetchByIds};
pub use date::{DateError, Dated};
pub use document::{Document, Mismatch, Place, ValuePath, Visit, Visited};
pub use field::{FieldError, FieldErrorKind, FieldKind, named, nearest};
pub use id::{Id, IdKind, NumericId};
pub use lenient::REQUIRED;
pub use multipart::{FilePart, with_files};
pub use operation::Operation;
pub use operation_info::{Base, OperationInfo, Pagination, RequestBody, ResponseBody};
pub use page::{PAGE_ITEMS, Page, PageItems, PageLinks, PageParts, Paginated, Position};
pub use path_param::encode_segment;
pub use recorder::Recorder;
pub use request_error::RequestError;
#[doc(hidden)]
pub use sealed::Sealed;
pub use size_limits::{SizeLimits, within};
pub use sla::SlaCycle;

use path_param::{encode_path, path_segment};
use recorder::record;

/// One module for each API, under the feature of its name.
pub mod apis {
    include!(concat!(env!("OUT_DIR"), "/apis.rs"));
}

pub use apis::*;
