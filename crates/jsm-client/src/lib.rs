//! A client for Atlassian's service management clouds: Jira Service Management Cloud ([`servicedesk`]) and Customer
//! Service Management ([`csm`]).
//!
#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Pages of the documentation, which are not compiled into programs.
#[cfg(any(doc, doctest))]
pub mod cookbook;

// What a user touches.
mod builder;
mod call;
mod client;
mod environment;
mod request;
#[cfg(feature = "testing")]
pub mod testing;

// Many requests.
mod pagination;
mod workflows;

// Bytes to values.
mod response;

// One request with everything.
mod transport;

// Who sends requests.
mod auth;

// The ground floor.
mod error;

#[cfg(feature = "oauth")]
pub use auth::oauth;
#[cfg(feature = "servicedesk")]
pub use workflows::{attachments, requests};
pub use workflows::{batches, downloads, lookup};
#[cfg(feature = "csm")]
pub use workflows::{bulk, tasks};

pub use auth::credentials::{Authorization, BoxError, Credentials};
pub use builder::ClientBuilder;
pub use call::{Call, WithMeta};
pub use client::Client;
pub use error::{Error, ErrorKind, FormError, Result, ResumeToken};
pub use pagination::{Items, ListPage, Pages};
pub use request::{HttpFile, HttpList, HttpRequest, ListStyle};
pub use response::{Drift, DriftKind, DriftReport, Repair, RepairAction, Response};
pub use transport::clock::{Clock, SystemClock};
pub use transport::language::Language;
pub use transport::options::RequestOptions;
pub use transport::retry::RetryPolicy;

pub use jiff::Timestamp;
// Crates whose types are in public signatures, in the version that this crate uses.
#[doc(no_inline)]
pub use {bytes, futures_core, http, jiff, reqwest, secrecy, serde_json};

#[allow(unused_imports, unreachable_pub, reason = "without an API there is nothing in it")]
pub use jsm_raw::apis::*;
pub use jsm_raw::{
    Base, Batched, BulkOperation, DateError, Dated, FetchByIds, FieldError, FieldErrorKind, FieldKind,
    FilePart, Id, NumericId, Operation, OperationInfo, Page, PageLinks, PageParts, Paginated, Pagination,
    Position, RequestBody, ResponseBody, SlaCycle,
};
