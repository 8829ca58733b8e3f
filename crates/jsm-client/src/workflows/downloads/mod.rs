//! Files from a server: as a stream of bytes, or into a file that is written whole or not at all.
//!
//! [`Client::download`](crate::Client::download) makes a [`Download`].

mod download;
mod file_stream;
mod resume;
mod source;

pub use download::Download;
pub use file_stream::{FileStream, Progress};
