//! The wire: connections come in, requests are read, responses are delivered, connections break.
//!
//! How a request is responded to is decided by the pipeline.

pub(crate) mod server; // A server of one origin: sockets and connections.

pub(crate) mod accept; // Connections, taken one after the other.
mod deliver; // Responses, sent as a whole, slowly, or in part.
mod multipart; // The parts of multipart bodies.
