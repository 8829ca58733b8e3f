//! A file that is written whole or not at all.
//!
//! A download is written into a partial file beside the final one, which is renamed at the end. The partial file is locked
//! while it is written, which distinguishes it from one that an earlier process left. It is removed however the download
//! ends: dropping [`Partial`] removes it at once, and work that still waits for a thread then does nothing.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;

/// How many downloads to the same file can run at once.
const MOST: u32 = 64;

/// From this length on, the name of a partial file has a hash in place of the name's end: names have at most 255
/// bytes on most file systems, and 143 on some.
const LONG: usize = 100;

/// A partial file, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Partial(Arc<Mutex<State>>);

#[derive(Debug)]
enum State {
    /// Not made yet.
    Waiting,
    /// At this path.
    Made(PathBuf, Target),
    /// Renamed or given up.
    Over,
}

/// The file that a partial file becomes.
#[derive(Debug)]
struct Target {
    path: PathBuf,
    /// Those of the file that is replaced.
    permissions: Option<Permissions>,
}

impl Partial {
    /// Makes the partial file of a path.
    ///
    /// It is an error when the path leads to a folder or to anything else that cannot be replaced by a file.
    pub(super) async fn create(path: &Path) -> io::Result<(Self, File)> {
        let path = path.to_owned();
        let partial = Self(Arc::new(Mutex::new(State::Waiting)));
        let state = Arc::clone(&partial.0);
        let made = spawn_blocking(move || {
            // The lock is held while the file is made, so that dropping `Partial` finds it or prevents it.
            let mut state = lock(&state);
            if matches!(*state, State::Over) {
                return Err(given_up());
            }
            let target = Target::of(&path)?;
            let (file, place) = target.partial()?;
            *state = State::Made(place, target);
            Ok(file)
        });
        let file = made.await.map_err(io::Error::other)??;
        Ok((partial, file))
    }

    /// Lets the partial file become the final one.
    pub(super) async fn persist(self) -> io::Result<()> {
        let state = Arc::clone(&self.0);
        let renamed = spawn_blocking(move || {
            let mut state = lock(&state);
            let State::Made(place, target) = &*state else { return Err(given_up()) };
            if let Some(permissions) = &target.permissions {
                fs::set_permissions(place, permissions.clone())?;
            }
            fs::rename(place, &target.path)?;
            *state = State::Over;
            Ok(())
        });
        renamed.await.map_err(io::Error::other)?
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let State::Made(place, _) = std::mem::replace(&mut *lock(&self.0), State::Over) {
            // The caller is gone, so an error cannot be reported.
            let _ = fs::remove_file(place);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn given_up() -> io::Error {
    io::Error::new(io::ErrorKind::Interrupted, "the download was given up")
}

impl Target {
    /// What a file at this path replaces: nothing, or a file, which a link may lead to.
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), permissions: None });
            }
            Err(error) => return Err(error),
        };
        if metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a folder; give the path of a file",
            ));
        }
        if !metadata.is_file() {
            let why = "it is not a regular file; download it as a stream";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Ok(Self { path: fs::canonicalize(path)?, permissions: Some(metadata.permissions()) })
    }

    /// Makes the partial file, locked, in place of one that was left behind.
    fn partial(&self) -> io::Result<(File, PathBuf)> {
        let name = self.path.file_name().unwrap_or_default();
        let mut places = (0..MOST).map(|number| self.path.with_file_name(partial_name(name, number)));
        while let Some(place) = places.next() {
            let made = match self.make(&place) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && remove_left_over(&place) => {
                    self.make(&place)
                }
                made => made,
            };
            match made {
                Ok(file) if holds(&file, &place) => {
                    // What several downloads to this file left behind has the next numbers.
                    for place in places.take_while(|place| fs::symlink_metadata(place).is_ok()) {
                        remove_left_over(&place);
                    }
                    return Ok((file, place));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        let why = format!("{MOST} downloads to it are in progress");
        Err(io::Error::new(io::ErrorKind::ResourceBusy, why))
    }

    fn make(&self, place: &Path) -> io::Result<File> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if self.permissions.is_some() {
            // Until it has the mode of the file that it replaces, no other user may read it.
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        options.open(place)
    }
}

/// Removes a partial file that is not written any more. Where the file system has no locks, that cannot be known.
fn remove_left_over(place: &Path) -> bool {
    let Ok(file) = File::options().write(true).open(place) else { return false };
    file.try_lock().is_ok() && is_at(&file, place) && fs::remove_file(place).is_ok()
}

/// Locks a partial file that was just made, unless another process took it for one that was left behind.
fn holds(file: &File, place: &Path) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && is_at(file, place)
}

/// Whether the file is still the one at this path: it may have been renamed or removed before it was locked.
#[cfg(unix)]
fn is_at(file: &File, place: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata(), fs::symlink_metadata(place)), (Ok(own), Ok(there)) if id(&own) == id(&there))
}

#[cfg(not(unix))]
fn is_at(_: &File, place: &Path) -> bool {
    fs::symlink_metadata(place).is_ok()
}

fn partial_name(name: &OsStr, number: u32) -> String {
    let text = name.to_string_lossy();
    let text = if text.len() > LONG {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let start: String =
            text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= LONG / 2).map(|(_, c)| c).collect();
        format!("{start}~{:016x}", hasher.finish())
    } else {
        text.into_owned()
    };
    match number {
        0 => format!(".{text}.part"),
        number => format!(".{text}.{number}.part"),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::partial_name;

    #[test]
    fn names_of_partial_files_are_short_and_differ() {
        for name in ["a".repeat(255), "é".repeat(127), "語".repeat(85)] {
            let others = [format!("{name}x"), name.clone()];
            for number in [0, 63] {
                let [other, own] = others.each_ref().map(|name| partial_name(OsStr::new(name), number));
                assert!(own.len() <= 143 && own != other, "{own}");
            }
        }
        assert_eq!(partial_name(OsStr::new("a.txt"), 0), ".a.txt.part");
        assert_eq!(partial_name(OsStr::new("a.txt"), 2), ".a.txt.2.part");
    }
}
