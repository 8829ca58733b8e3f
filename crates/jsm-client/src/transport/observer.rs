//! Observing the responses that the layers above do not see: errors, and the heads of files.

use jsm_raw::OperationInfo;

use super::body::Head;

/// Observes the heads of responses. It must not fail, and not take long.
pub(crate) trait HeadObserver: Send + Sync {
    /// Observes the head of a response whose body is not a value of the operation.
    fn head(&self, info: &'static OperationInfo, head: &Head);
}
