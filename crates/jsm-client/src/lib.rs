//! A client for Atlassian's service management clouds: Jira Service Management Cloud ([`servicedesk`]) and Customer
//! Service Management ([`csm`]).
//!
//! An operation is a value. [`Client::call`] runs it, [`Client::items`] and [`Client::pages`] read the lists.
//!
//! ```
//! use futures_util::TryStreamExt;
//! use jsm_client::servicedesk::customer::{CreateCustomer, GetCustomers};
//! use jsm_client::{Client, Kind};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sandbox = jsm_sandbox::Sandbox::builder().no_violations().start().await?;
//! # let (site, email, token) = (sandbox.url(), sandbox.email(), sandbox.token());
//! let jira = Client::builder(site).api_token(email, token).experimental(true).build()?;
//!
//! let new = CreateCustomer::new("fred@example.com", "Fred F. User").strict_conflict_status_code(true);
//! match jira.call(new.clone()).await {
//!     Ok(fred) => println!("created {}", fred.account_id),
//!     Err(error) if error.is_conflict() => println!("is there already"),
//!     Err(error) => return Err(error.into()),
//! }
//! # assert_eq!(jira.call(new).await.unwrap_err().kind(), Kind::Conflict);
//!
//! let mut people = jira.items(GetCustomers::new("1")).take(100);
//! while let Some(person) = people.try_next().await? {
//!     println!("{}", person.display_name);
//! }
//! # Ok(())
//! # }
//! ```

mod call;
mod client;
mod clock;
mod credentials;
mod date;
mod decode;
mod error;
mod flows;
mod limits;
#[cfg(feature = "oauth")]
pub mod oauth;
mod pages;
mod retry;
mod send;
mod site;
mod trace;

pub use call::{Answer, Call, WithMeta};
pub use client::{Builder, Client};
pub use clock::{Clock, SystemClock};
pub use credentials::{Authorization, BoxError, Credentials};
pub use date::timestamp;
pub use error::{Error, FormError, Kind, Result};
#[cfg(feature = "servicedesk")]
pub use flows::{Attach, AttachError, FilePlace, Place, Upload, Visibility};
#[cfg(feature = "csm")]
pub use flows::{Bulk, BulkError, Task, TaskEnd, Verdict, Wait};
pub use flows::{Download, FetchAll, Fetched, FileStream, Progress};
pub use pages::{Items, ListPage, Pages, ResumeToken};
pub use retry::RetryPolicy;

pub use jiff::Timestamp;
pub use jsm_raw::apis::*;
pub use jsm_raw::{
    Base, Body, Chunked, Dated, Fetch, FilePart, Id, Keyed, NumericId, Operation, OperationInfo, Page,
    PageLinks, Paged, Paging, Position,
};
