//! Who sends requests: credentials, and the addresses that secrets may go to.
//!
//! Nothing here sends anything. Where a token endpoint has to be asked, `transport` does it.

pub(crate) mod address;
pub(crate) mod credentials;
#[cfg(feature = "oauth")]
pub mod oauth;
