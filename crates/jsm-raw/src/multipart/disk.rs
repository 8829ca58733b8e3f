//! Files read from disk, each on a thread of its own.
//!
//! The runtime's pool for blocking work is not used: a file that never opens, such as a pipe without a writer or a
//! file on a server that is gone, would fill the pool and keep the runtime from shutting down.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::{mpsc, oneshot};

use crate::request_error::RequestError;

/// How many bytes are read at once.
const PIECE: usize = 64 * 1024;

/// How many reads may be ahead of what is sent.
const AHEAD: usize = 2;

/// The lengths of the files at these paths; `None` for what is not a regular file.
pub(super) async fn lengths(paths: Vec<PathBuf>) -> Result<Vec<Option<u64>>, RequestError> {
    let (sender, receiver) = oneshot::channel();
    let all = "on disk";
    on_a_thread(move || {
        // The caller may be gone.
        let _ = sender.send(paths.iter().map(|path| length(path)).collect());
    })
    .map_err(|error| RequestError::file(all, &error))?;
    receiver.await.map_err(|_| RequestError::file(all, &"the thread that reads its length ended"))?
}

fn length(path: &Path) -> Result<Option<u64>, RequestError> {
    let name = path.display().to_string();
    let metadata = fs::metadata(path).map_err(|error| RequestError::file(&name, &error))?;
    if metadata.is_dir() {
        return Err(RequestError::file(&name, &"it is a folder; pass the files in it"));
    }
    Ok(metadata.is_file().then_some(metadata.len()))
}

fn on_a_thread(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("jsm-file".to_owned()).spawn(work).map(drop)
}

/// The content of a file on disk, which is opened when the stream is first polled.
pub(super) enum FileReader {
    Closed(PathBuf),
    Open(mpsc::Receiver<io::Result<Bytes>>),
}

impl FileReader {
    pub(super) fn new(path: PathBuf) -> Self {
        Self::Closed(path)
    }
}

impl Stream for FileReader {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Self::Closed(path) = &mut *self {
            let path = std::mem::take(path);
            let (sender, receiver) = mpsc::channel(AHEAD);
            let started = on_a_thread(move || {
                if let Err(error) = read(&path, &sender) {
                    // The receiver is gone when the request has ended.
                    let _ = sender.blocking_send(Err(error));
                }
            });
            *self = Self::Open(receiver);
            if let Err(error) = started {
                return Poll::Ready(Some(Err(error)));
            }
        }
        match &mut *self {
            Self::Open(pieces) => pieces.poll_recv(context),
            Self::Closed(_) => Poll::Ready(None),
        }
    }
}

/// Reads until the file ends or the receiver is dropped.
fn read(path: &Path, pieces: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    let mut file = File::open(path)?;
    loop {
        let mut piece = vec![0; PIECE];
        let length = match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        piece.truncate(length);
        if pieces.blocking_send(Ok(piece.into())).is_err() {
            return Ok(());
        }
    }
}
