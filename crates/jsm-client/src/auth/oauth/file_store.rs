//! A file for tokens, which only its owner can read.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_core::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::secrets;
use super::store::{StoreLock, TokenStore};
use super::tokens::Tokens;
use crate::auth::credentials::BoxError;

/// How long another process may hold the lock: longer than any renewal takes.
const LOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// How often the lock is tried while another process holds it.
const LOCK_INTERVAL: Duration = Duration::from_millis(50);

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// A [`TokenStore`] in a file of JSON: [`Tokens`] as they are serialized.
///
/// - The file has the mode 0600 from its creation on. A file of a wider mode is given this mode when it is read; if that
///   fails, it is refused. On Windows, the permissions are those of its folder. Missing folders are created for their
///   owner alone.
/// - A save is atomic: it writes a new file next to the old one, flushes it to the disk, and renames it. A link to a file
///   stays a link. If a process ends while it saves, the next lock finishes the save.
/// - Processes that share the file take turns, by a lock on an empty file of the same name with `.lock` at the end, which
///   stays. A process that waits longer than two minutes gets an error.
///
/// An empty file has no tokens.
///
/// ```
/// use jsm_client::oauth::{ExposeSecret, FileTokenStore, TokenStore, Tokens};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let folder = std::env::temp_dir().join(format!("jsm-client-{}", std::process::id()));
/// let store = FileTokenStore::new(folder.join("tokens.json"));
/// assert!(store.load().await?.is_none());
/// store.save(&Tokens::new("an access token", None)).await?;
/// let tokens = store.load().await?.ok_or("nothing is stored")?;
/// assert_eq!(tokens.access_token.expose_secret(), "an access token");
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), jsm_client::BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
}

impl FileTokenStore {
    /// A store in the file at this path, which need not exist yet. Nothing is read or written.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a function of the path where it may block, and names the file in its error.
    async fn with_file<T: Send + 'static>(
        &self,
        what: &'static str,
        run: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, BoxError> {
        let path = self.path.clone();
        let done = spawn_blocking(move || {
            run(&path).map_err(|error| {
                let note = format!("cannot {what} {}: {error}", path.display());
                io::Error::new(error.kind(), note)
            })
        });
        Ok(done.await??)
    }
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, BoxError>> {
        Box::pin(self.with_file("read the tokens in", read))
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), BoxError>> {
        let tokens = tokens.clone();
        Box::pin(self.with_file("save the tokens to", move |path| write(path, &tokens)))
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, BoxError>> {
        Box::pin(async {
            let deadline = Instant::now() + LOCK_TIMEOUT;
            loop {
                // It is tried again and again: a thread that waits for it could not be stopped.
                if let Some(lock) = self.with_file("lock", try_lock).await? {
                    return Ok(Box::new(lock) as StoreLock);
                }
                if Instant::now() >= deadline {
                    let path = self.path.display();
                    return Err(format!("another process has locked {path} for two minutes").into());
                }
                sleep(LOCK_INTERVAL).await;
            }
        })
    }
}

fn read(path: &Path) -> io::Result<Option<Tokens>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(not_a_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let file = File::open(path)?;
    make_private(&file)?;
    let mut text = String::new();
    let size = file.take(MAX_FILE + 1).read_to_string(&mut text);
    let text = SecretString::from(text);
    if size? as u64 > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large for a file of tokens"));
    }
    if text.expose_secret().trim().is_empty() {
        return Ok(None);
    }
    let invalid = |note: String| io::Error::new(io::ErrorKind::InvalidData, note);
    let tokens: Tokens = serde_json::from_str(text.expose_secret()).map_err(|error| {
        // The error's own text could repeat what is in the file.
        invalid(format!("it holds no tokens (line {}, column {})", error.line(), error.column()))
    })?;
    // Any object of JSON can be read as tokens, and the next save would replace a file that is none of ours.
    match tokens.access_token.expose_secret().is_empty() && tokens.refresh_token.is_none() {
        true => Err(invalid("it holds no tokens, but other JSON".to_owned())),
        false => Ok(Some(tokens)),
    }
}

fn write(path: &Path, tokens: &Tokens) -> io::Result<()> {
    let (folder, name) = place(path)?;
    private_folders().create(&folder)?;
    let text = SecretString::from(serde_json::to_string_pretty(tokens)? + "\n");
    let random = secrets::secret().map_err(io::Error::other)?;
    let [start, end] = partial_name(&name);
    let partial = folder.join(joined(&[start, random.expose_secret().into(), end]));
    let written = private().create_new(true).open(&partial).and_then(|mut file| {
        file.write_all(text.expose_secret().as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, folder.join(name))
    });
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&partial);
    }
    written?;
    // The new name is on the disk with the folder. Not every file system can flush one.
    #[cfg(unix)]
    let _ = File::open(&folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Takes the lock, unless another process has it.
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let (folder, name) = place(path)?;
    private_folders().create(&folder)?;
    let file =
        private().create(true).truncate(false).open(folder.join(joined(&[name.clone(), ".lock".into()])))?;
    match file.try_lock() {
        Ok(()) => {
            finish_saves(&folder, &name);
            Ok(Some(file))
        }
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// How the name of a file begins and ends that becomes the file of this name.
fn partial_name(name: &OsStr) -> [OsString; 2] {
    [joined(&[".".into(), name.into(), ".".into()]), ".partial".into()]
}

/// Finishes the saves of processes that ended within one, for a caller that has the lock: the tokens that they wrote are the
/// only valid ones. What cannot be read is removed, unless it is so young that a process without the lock may write it.
fn finish_saves(folder: &Path, name: &OsStr) {
    let [start, end] = partial_name(name);
    let file = folder.join(name);
    let written = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if !name.starts_with(start.as_encoded_bytes()) || !name.ends_with(end.as_encoded_bytes()) {
            continue;
        }
        let partial = entry.path();
        let Some(time) = written(&partial) else { continue };
        let is_newer = written(&file).is_none_or(|saved| saved < time);
        // Where this fails, the file is as it was, and the next lock tries again.
        let _ = match is_newer && matches!(read(&partial), Ok(Some(_))) {
            true => fs::rename(&partial, &file),
            false if time.elapsed().is_ok_and(|age| age > LOCK_TIMEOUT) => fs::remove_file(&partial),
            false => Ok(()),
        };
    }
}

/// The folder and the name of the file, to which a link may lead.
fn place(path: &Path) -> io::Result<(PathBuf, OsString)> {
    let path = match fs::canonicalize(path) {
        Ok(path) if path.is_file() => path,
        Ok(_) => return Err(not_a_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let name = path.file_name().ok_or_else(not_a_file)?.to_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")).to_owned(), name))
}

fn joined(parts: &[OsString]) -> OsString {
    parts.iter().map(OsString::as_os_str).collect()
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a file; give the path of one")
}

/// How files are created that only their owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_folders() -> fs::DirBuilder {
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders
}

/// Takes the file away from other users.
#[cfg(unix)]
fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(|error| {
        let note = format!("other users may access it (mode {mode:03o}), which cannot be changed: {error}");
        io::Error::new(error.kind(), note)
    })
}

#[cfg(not(unix))]
fn make_private(_: &File) -> io::Result<()> {
    Ok(())
}
