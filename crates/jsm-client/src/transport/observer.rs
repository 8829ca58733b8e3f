//! Observing the responses that the layers above do not decode: errors, and files.

use bytes::Bytes;
use jsm_raw::OperationInfo;

use super::body::Head;

/// Observes responses that are not decoded. It must not fail, and not take long.
pub(crate) trait UndecodedObserver: Send + Sync {
    /// Observes a response whose body is not a value of the operation. `body` is that of an error, as far as it is read;
    /// `None` for a file.
    fn undecoded(&self, info: &'static OperationInfo, head: &Head, body: Option<&Bytes>);
}
