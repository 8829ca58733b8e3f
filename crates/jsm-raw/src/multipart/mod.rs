//! Files to upload, as parts of a multipart form.
//!
//! `part` is a file, `form` encodes a form of them, `disk` reads a file from disk.

mod disk;
mod form;
mod part;

pub use form::with_files;
pub use part::FilePart;
