//! A file to upload: its name, its media type and its content.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use super::disk;
use crate::request_error::RequestError;

/// The content of a file, as a stream.
pub(super) type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A file to upload: its name, its media type and its content.
///
/// Content in memory or on disk can be sent more than once, so a request with it can be retried. Content from a reader or
/// a stream can be sent only once.
///
/// The name is sent as browsers send it: `filename="..."` in UTF-8, with quotes and line breaks percent-encoded. The
/// media type is [`content_type`](Self::content_type); by default it is the one of the name's extension, or
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

    /// A file on disk, under its own name. It is streamed, not read into memory.
    ///
    /// A thread of its own opens and reads it when the request is sent, so that a slow disk or a pipe does not block the
    /// executor. Its length is sent if [`measure`](Self::measure) has determined it, which `jsm-client` does.
    pub fn path(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name =
            path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
        Self::of(name, Content::Path { path: path.to_owned(), length: None })
    }

    /// A file whose content comes from a reader. It is streamed, and can be sent only once.
    pub fn reader(name: impl Into<String>, reader: impl AsyncRead + Send + 'static) -> Self {
        Self::stream(name, ReaderStream::new(reader))
    }

    /// A file whose content comes from a stream. It can be sent only once.
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

    /// Sets the name that the file gets on the server.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the media type of the content, for example `image/png`. A text that is not a media type is an error when the
    /// request is built.
    #[must_use]
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// Sets the length of content from a reader or a stream, in bytes, so that the request has a `Content-Length`. An
    /// upload of another length fails. Other content has a length of its own, and ignores this one.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        if let Content::Once { length, .. } = &mut self.content {
            *length = Some(bytes);
        }
        self
    }

    /// Determines the lengths of the files that are on disk, without blocking the executor, so that they are sent. What is
    /// not a regular file, such as a pipe, has no known length.
    ///
    /// # Errors
    ///
    /// When a path does not exist or is a folder; the error names it.
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

    /// The name that the file gets on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the content can be sent only once.
    pub fn is_single_use(&self) -> bool {
        matches!(self.content, Content::Once { .. })
    }

    /// The media type, as it is sent.
    pub(super) fn media_type(&self) -> Result<mime_guess::Mime, RequestError> {
        match &self.content_type {
            Some(given) => given.parse().map_err(|_| {
                let why = format!("{given:?} is not a media type; write one like image/png");
                RequestError::file(&self.name, &why)
            }),
            None => Ok(mime_guess::from_path(&self.name).first_or_octet_stream()),
        }
    }

    /// The content, and its length in bytes where that is known.
    pub(super) fn open(&self) -> Result<(Pieces, Option<u64>), RequestError> {
        match &self.content {
            Content::Bytes(bytes) => Ok((Box::pin(Whole(Some(bytes.clone()))), Some(bytes.len() as u64))),
            Content::Path { path, length } => Ok((Box::pin(disk::FileReader::new(path.clone())), *length)),
            Content::Once { pieces, length } => {
                let pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner).take();
                let why = "its content has been read already; use bytes or a path to send it again";
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

/// Content in memory, as a stream of one item.
struct Whole(Option<Bytes>);

impl Stream for Whole {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
