//! The token from which a list is read on.

use std::borrow::Cow;

use jsm_raw::Position;
use serde::{Deserialize, Serialize};

/// A place in a list from which it can be read on, later or by another process.
///
/// It can be serialised. It holds no secret. Changes to the list in the meantime shift it. It belongs to the operation
/// and the arguments it was made with, except position and page size; with others, the list fails with an error of
/// kind [`Configuration`](crate::ErrorKind::Configuration).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResumeToken {
    pub(crate) operation: Cow<'static, str>,
    /// A hash of the arguments.
    pub(crate) arguments: u64,
    /// The position of the page to request.
    pub(crate) at: Position,
    /// How many items of that page were delivered before.
    #[serde(default)]
    pub(crate) skip: u64,
}
