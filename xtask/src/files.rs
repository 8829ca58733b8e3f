//! Where things are in the checkout, and writing several files as one step.
//!
//! What the files hold is not known here. How several files become one step is in [`journal`].

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::outcome::Error;

pub mod journal; // Several files as one step.
mod texts; // One text file.

use journal::Journal;
pub use texts::{Draft, read};

/// What a command that writes holds a lock on, seen from the root.
const LOCK: &str = "target/xtask.lock";

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

/// The right to write to a checkout, of which only one command has it at a time.
///
/// What a command read before it had the right may be out of date, so it is taken before anything is read.
#[derive(Debug)]
pub struct Writer<'a> {
    root: &'a Path,
    /// Unlocked when it is closed, also by the end of a process that was killed.
    _lock: File,
}

impl<'a> Writer<'a> {
    /// Waits until no other command writes, and finishes what one left behind that was killed while it wrote.
    ///
    /// # Errors
    /// Fails with exit code 1 if the lock cannot be had, or if what was left behind can be neither finished nor undone.
    pub fn open(root: &'a Path) -> Result<Self, Error> {
        let path = root.join(LOCK);
        let failed = |error: std::io::Error| {
            Error::work(
                "",
                format!("{LOCK} cannot be locked: {error}"),
                "make target/ writable, on a file system with locks",
            )
        };
        fs::create_dir_all(path.parent().unwrap_or(root)).map_err(failed)?;
        let lock = File::options().create(true).append(true).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("waiting for another `cargo xtask` that writes");
                lock.lock().map_err(failed)?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if let Some(report) = Journal::finish(root)? {
            eprintln!("{report}");
        }
        Ok(Writer { root, _lock: lock })
    }

    /// Writes every file or none, also if the process is killed in between: see [`journal`].
    ///
    /// # Errors
    /// Fails with exit code 1 if the disk does not take a file; every file is then as it was.
    pub fn write_all(&self, drafts: &[Draft]) -> Result<(), Error> {
        let Some(journal) = Journal::of(self.root, drafts)? else { return Ok(()) };
        journal.steps().into_iter().try_for_each(|step| journal.perform(self.root, &step)).or_else(
            |failure| {
                journal.undo(self.root)?;
                Err(failure)
            },
        )
    }
}

/// Refuses a checkout that a command has left half written, for commands that only look at it.
///
/// # Errors
/// Fails with exit code 1.
pub fn settled(root: &Path) -> Result<(), Error> {
    match root.join(journal::PLACE).exists() {
        true => Err(Error::work(
            "",
            "a command that writes is running, or was stopped while it wrote",
            "run `cargo xtask effective`, which waits for the one and finishes the work of the other",
        )),
        false => Ok(()),
    }
}
