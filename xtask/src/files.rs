//! Where things lie in the checkout, and writing several files as one step.
//!
//! What the files hold is no business of this module.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::outcome::Failure;

/// The root of this checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The record of all pins, seen from the root.
pub const PINS: &str = "openapi/pins.toml";

/// The pinned document of an API, seen from the root.
pub fn pinned(api: &str) -> String {
    format!("openapi/{api}/pinned.json")
}

/// Reads a text file of the checkout; `None` if there is none.
///
/// # Errors
/// Fails with exit code 1 if the file is there and cannot be read as text.
pub fn read(root: &Path, path: &str) -> Result<Option<String>, Failure> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::work(format!("{path}: {error}"), "make the file readable, or restore it")),
    }
}

/// A file to be written: its path seen from the root, and its new text.
pub type Draft = (String, String);

/// Writes every file or none.
///
/// Each text goes to a temporary file beside its target first; only when all of them are on disk do they take their
/// places. If one cannot, those that already did are put back.
///
/// # Errors
/// Fails with exit code 1 if the disk does not take a file; every file is then as it was.
pub fn write_all(root: &Path, drafts: &[Draft]) -> Result<(), Failure> {
    let failed = |path: &str, error: std::io::Error| {
        Failure::work(
            format!("{path} cannot be written: {error}"),
            "make room or mend the permissions; no file was changed",
        )
    };
    let mut ready = Vec::new();
    for (path, text) in drafts {
        let target = root.join(path);
        let folder = target.parent().unwrap_or(root);
        let temporary = fs::create_dir_all(folder).and_then(|()| {
            let mut temporary = sibling(folder)?;
            temporary.write_all(text.as_bytes())?;
            temporary.as_file().sync_all()?;
            Ok(temporary)
        });
        let before = fs::read(&target).ok();
        ready.push((path, target, before, temporary.map_err(|error| failed(path, error))?));
    }
    let mut placed: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (path, target, before, temporary) in ready {
        if let Err(error) = temporary.persist(&target) {
            for (target, before) in placed {
                // Nothing more can be done if putting back fails too; the error told is the first one.
                let _ = before.map_or_else(|| fs::remove_file(&target), |bytes| fs::write(&target, bytes));
            }
            return Err(failed(path, error.error));
        }
        placed.push((target, before));
    }
    Ok(())
}

/// A temporary file that gets the permissions of any new file: by itself it would be readable by its owner alone.
fn sibling(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".xtask-").tempfile_in(folder)
}
