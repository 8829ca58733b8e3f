//! Files that a request carries.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, Request, RequestBuilder};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::RequestError;

/// A file to upload: its name and where its content comes from.
///
/// What is in memory or on disk can be sent more than once, so that a request with it can be repeated; what comes
/// from a reader or a stream is gone once it was sent.
///
/// ```
/// use jsm_raw::FilePart;
///
/// let notes = FilePart::bytes("notes.txt", "Some notes.").content_type("text/plain");
/// let log = FilePart::path("/var/log/app.log").named("yesterday.log");
/// let report = FilePart::reader("report.csv", &b"1;2;3"[..]);
/// assert!(!notes.is_once() && !log.is_once() && report.is_once());
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
    Path(PathBuf),
    Once { body: Arc<Mutex<Option<Body>>>, length: Option<u64> },
}

impl FilePart {
    /// A file whose content is in memory.
    pub fn bytes(name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self::of(name.into(), Content::Bytes(content.into()))
    }

    /// A file on disk, under its own name. It is streamed, never held in memory.
    pub fn path(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name =
            path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
        Self::of(name, Content::Path(path.to_owned()))
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
        let body = Arc::new(Mutex::new(Some(Body::wrap_stream(pieces))));
        Self::of(name.into(), Content::Once { body, length: None })
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

    /// Says of which media type the content is, for example `image/png`.
    #[must_use]
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// Says how many bytes a reader or a stream brings, so that the request can tell its length. What is in memory or
    /// on disk knows it.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        if let Content::Once { length, .. } = &mut self.content {
            *length = Some(bytes);
        }
        self
    }

    /// The name under which the file is sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it can be sent once only.
    pub fn is_once(&self) -> bool {
        matches!(self.content, Content::Once { .. })
    }

    fn part(&self) -> Result<Part, RequestError> {
        let fault = |error: &dyn fmt::Display| RequestError::file(&self.name, error);
        let part = match &self.content {
            Content::Bytes(bytes) => Part::stream_with_length(bytes.clone(), bytes.len() as u64),
            Content::Path(path) => {
                let file = File::open(path).map_err(|e| fault(&e))?;
                let length = file.metadata().map_err(|e| fault(&e))?.len();
                Part::stream_with_length(tokio::fs::File::from_std(file), length)
            }
            Content::Once { body, length } => {
                let body = body.lock().unwrap_or_else(PoisonError::into_inner).take();
                let body = body.ok_or_else(|| {
                    fault(&"its content was read already; give bytes or a path to send it again")
                })?;
                match length {
                    Some(length) => Part::stream_with_length(body, *length),
                    None => Part::stream(body),
                }
            }
        };
        let part = part.file_name(self.name.clone());
        match &self.content_type {
            Some(media_type) => part.mime_str(media_type).map_err(|e| fault(&e)),
            None => Ok(part),
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Path(path) => path.fmt(f),
            Self::Once { length: Some(length), .. } => write!(f, "{length} bytes, once"),
            Self::Once { length: None, .. } => f.write_str("once"),
        }
    }
}

/// Gives a request its files, all in parts of the same name.
#[allow(dead_code, reason = "only generated code calls it, and only where an API takes files")]
pub(crate) fn with_files(
    request: Request,
    http: &Client,
    field: &'static str,
    files: &[FilePart],
) -> Result<Request, RequestError> {
    let mut form = Form::new();
    for file in files {
        form = form.part(field, file.part()?);
    }
    // Without this header the servers take a form for a forged one and answer 403.
    RequestBuilder::from_parts(http.clone(), request)
        .header("X-Atlassian-Token", "no-check")
        .multipart(form)
        .build()
        .map_err(|e| RequestError::build(&e.without_url()))
}
