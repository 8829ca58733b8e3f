//! A text file of the checkout: as it is, and as it is to be.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::outcome::Error;

/// Reads a text file of the checkout; `None` if there is none.
///
/// # Errors
/// Fails with exit code 1 if the file is there and cannot be read as text.
pub fn read(root: &Path, path: &str) -> Result<Option<String>, Error> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::work(path, error.to_string(), "make the file readable, or restore it")),
    }
}

/// A file to be written: its path seen from the root, and its new text.
pub type Draft = (String, String);
