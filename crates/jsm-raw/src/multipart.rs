//! Files that a request carries.
//!
//! How a form is written on the wire is in `form`, how a file is read from disk in `disk`.

mod disk;
mod form;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::RequestError;

#[allow(unused_imports, reason = "only generated code calls it, and only where an API takes files")]
pub(crate) use form::with_files;

/// The content of a file in pieces.
type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A file to upload: its name and where its content comes from.
///
/// What is in memory or on disk can be sent more than once, so that a request with it can be repeated; what comes
/// from a reader or a stream is gone once it was sent.
///
/// The name is sent as browsers send it: `filename="..."` in UTF-8, with quotes and line breaks percent-encoded. The
/// media type is [`content_type`](Self::content_type), else the one that the name's extension stands for, else
/// `application/octet-stream`.
///
/// ```
/// use jsm_raw::FilePart;
///
/// let notes = FilePart::bytes("notes.txt", "Some notes.").content_type("text/markdown");
/// let log = FilePart::path("/var/log/app.log").named("yesterday.log");
/// let report = FilePart::reader("report.csv", &b"1;2;3"[..]);
/// assert!(!notes.is_single_use() && !log.is_single_use() && report.is_single_use());
/// ```
#[derive(Clone, Debug)]
pub struct FilePart {
    name: String,
    content_type: Option<String>,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Bytes(Bytes),
    Path { path: PathBuf, length: Option<u64> },
    Once { pieces: Arc<Mutex<Option<Pieces>>>, length: Option<u64> },
}

impl FilePart {
    /// A file whose content is in memory.
    pub fn bytes(name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self::of(name.into(), Content::Bytes(content.into()))
    }

    /// A file on disk, under its own name. It is streamed, never held in memory.
    ///
    /// It is opened when the request is sent, by a thread of its own, so that a slow disk or a pipe blocks no
    /// executor. Its length is sent along if [`measure`](Self::measure) has looked at it, which `jsm-client` does.
    pub fn path(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name =
            path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
        Self::of(name, Content::Path { path: path.to_owned(), length: None })
    }

    /// A file that a reader brings. It is streamed, and can be sent once only.
    pub fn reader(name: impl Into<String>, reader: impl AsyncRead + Send + 'static) -> Self {
        Self::stream(name, ReaderStream::new(reader))
    }

    /// A file that comes in pieces. It can be sent once only.
    pub fn stream(
        name: impl Into<String>,
        pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        let pieces: Pieces = Box::pin(pieces);
        Self::of(name.into(), Content::Once { pieces: Arc::new(Mutex::new(Some(pieces))), length: None })
    }

    fn of(name: String, content: Content) -> Self {
        Self { name, content_type: None, content }
    }

    /// Gives the file another name on the server.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the media type of the content, for example `image/png`, in place of the one that the name stands for.
    #[must_use]
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// Sets how many bytes a reader or a stream brings, so that the request can announce its length. If it brings
    /// more or less, the upload fails. What is in memory or on disk knows its length.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        if let Content::Once { length, .. } = &mut self.content {
            *length = Some(bytes);
        }
        self
    }

    /// Looks at the files that are on disk, without blocking the executor: their lengths are sent along from now on.
    /// What is no regular file, such as a pipe, keeps an unknown length.
    ///
    /// # Errors
    ///
    /// When a path leads to nothing or to a folder, with the path.
    pub async fn measure(files: &mut [FilePart]) -> Result<(), RequestError> {
        let paths: Vec<PathBuf> = files
            .iter()
            .filter_map(|file| match &file.content {
                Content::Path { path, .. } => Some(path.clone()),
                _ => None,
            })
            .collect();
        if paths.is_empty() {
            return Ok(());
        }
        let mut measured = disk::lengths(paths).await?.into_iter();
        for file in files {
            if let Content::Path { length, .. } = &mut file.content {
                *length = measured.next().flatten();
            }
        }
        Ok(())
    }

    /// The name under which the file is sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it can be sent once only.
    pub fn is_single_use(&self) -> bool {
        matches!(self.content, Content::Once { .. })
    }

    /// Its media type, as it is sent.
    fn media_type(&self) -> Result<mime_guess::Mime, RequestError> {
        match &self.content_type {
            Some(given) => given.parse().map_err(|_| {
                let why = format!("{given:?} is not a media type; write one like image/png");
                RequestError::file(&self.name, &why)
            }),
            None => Ok(mime_guess::from_path(&self.name).first_or_octet_stream()),
        }
    }

    /// Its content, and how many bytes it has, where that is known.
    fn open(&self) -> Result<(Pieces, Option<u64>), RequestError> {
        match &self.content {
            Content::Bytes(bytes) => {
                Ok((Box::pin(form::Whole(Some(bytes.clone()))), Some(bytes.len() as u64)))
            }
            Content::Path { path, length } => Ok((Box::pin(disk::FileReader::new(path.clone())), *length)),
            Content::Once { pieces, length } => {
                let pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner).take();
                let why = "its content was read already; give bytes or a path to send it again";
                Ok((pieces.ok_or_else(|| RequestError::file(&self.name, &why))?, *length))
            }
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Path { path, .. } => path.fmt(f),
            Self::Once { length: Some(length), .. } => write!(f, "{length} bytes, once"),
            Self::Once { length: None, .. } => f.write_str("once"),
        }
    }
}
