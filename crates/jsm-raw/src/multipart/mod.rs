//! Files to upload, as parts of a multipart form.
//!
//! `part` is a file, `form` encodes a form of them, `disk` reads a file from disk.

mod disk;
mod form;
mod part;

#[allow(unused_imports, reason = "only generated code calls it, and only where an API takes files")]
pub(crate) use form::with_files;
pub use part::FilePart;
