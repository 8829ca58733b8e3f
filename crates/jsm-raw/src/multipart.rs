//! Files that a request carries.

use std::fs::File;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Request, RequestBuilder};

use crate::RequestError;

/// A file to upload: its name and where its content comes from.
///
/// A part can be sent more than once, so that a request with it can be repeated.
#[derive(Clone, Debug)]
pub struct FilePart {
    name: String,
    content_type: Option<String>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Bytes(Bytes),
    Path(PathBuf),
}

impl FilePart {
    /// A file whose content is in memory.
    pub fn bytes(name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self { name: name.into(), content_type: None, content: Content::Bytes(content.into()) }
    }

    /// A file on disk, under its own name. It is streamed, never held in memory.
    pub fn path(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name =
            path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
        Self { name, content_type: None, content: Content::Path(path.to_owned()) }
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

    /// The name under which the file is sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn part(&self) -> Result<Part, RequestError> {
        let fault = |error: &dyn std::fmt::Display| RequestError::file(&self.name, error);
        let part = match &self.content {
            Content::Bytes(bytes) => Part::stream_with_length(bytes.clone(), bytes.len() as u64),
            Content::Path(path) => {
                let file = File::open(path).map_err(|e| fault(&e))?;
                let length = file.metadata().map_err(|e| fault(&e))?.len();
                Part::stream_with_length(tokio::fs::File::from_std(file), length)
            }
        };
        let part = part.file_name(self.name.clone());
        match &self.content_type {
            Some(media_type) => part.mime_str(media_type).map_err(|e| fault(&e)),
            None => Ok(part),
        }
    }
}

/// Gives a request its files, all in parts of the same name.
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
