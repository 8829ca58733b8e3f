//! HTTP messages between the wire, the pipeline, the handlers and the views.

pub(crate) mod origin; // The servers that a site consists of.
pub(crate) mod raw; // A request as it came from the wire.
pub(crate) mod request; // A request that found its operation.
pub(crate) mod response; // A response before it is sent.
