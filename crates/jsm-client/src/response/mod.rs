//! From bytes to values: what a response is to its operation.
//!
//! `decode` finds the value in a response or the reason why there is none. What that means for the request is decided
//! in `transport`. `session` puts both together. `drift` compares responses with their documents, for programs that
//! observe them.

mod convert;
mod decode;
mod drift;
mod error_shape;
mod expected_file;
mod place;
mod repair;
mod repairs;
mod session;
mod tree;

pub use drift::{Drift, DriftKind, DriftReport};
pub use repairs::{Repair, RepairAction};
pub use session::Response;

pub(crate) use decode::Decoding;
pub(crate) use drift::{DriftObserver, Observer};
pub(crate) use expected_file::{Expected, HTML, is_untyped};
pub(crate) use repairs::Repairs;
pub(crate) use session::Session;
#[cfg(feature = "servicedesk")]
pub(crate) use session::measure;
