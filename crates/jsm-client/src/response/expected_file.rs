//! What comes in place of a file with a status of success: login pages, notices of proxies, errors in JSON.

use std::ffi::OsStr;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use jsm_raw::{OperationInfo, ResponseBody};
use reqwest::Url;
use serde_json::Value;

use crate::error::{self, Error, ErrorKind, Result};
use crate::transport::{Content, read_start};

pub(crate) const HTML: &str = "an HTML page came in place of the file, as from a login page or a proxy; if it is the \
     file, set its media_type";
const JSON: &str = "a JSON document came in place of the file; if it is the file, set its media_type";

/// What is known of a file before it comes. The rule is documented at `Client::download`.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) info: &'static OperationInfo,
    /// The media type, where the caller knows it.
    pub(crate) media_type: Option<&'a str>,
    /// The address that a redirect led to, where it is not the site's own.
    pub(crate) elsewhere: Option<&'a Url>,
    /// The name under which it will be stored.
    pub(crate) name: Option<&'a OsStr>,
}

impl<'a> Expected<'a> {
    /// A file of which nothing is known but the operation.
    pub(crate) fn of(info: &'static OperationInfo) -> Self {
        Self { info, media_type: None, elsewhere: None, name: None }
    }

    /// Refuses what is compressed.
    pub(crate) fn check_encoding(headers: &HeaderMap) -> Result<()> {
        if matches!(text(headers, CONTENT_ENCODING).trim(), "" | "identity") {
            return Ok(());
        }
        let note =
            "the file comes compressed although that was not asked for; unpacked it could have any size";
        Err(Error::new(ErrorKind::Other, note).with_response(StatusCode::OK, headers, Bytes::new()))
    }

    /// Lets content pass that can be the file.
    pub(crate) async fn check(
        &self,
        headers: &HeaderMap,
        content: Content,
        time: Duration,
    ) -> Result<Content> {
        Self::check_encoding(headers)?;
        if self.allows(headers) {
            return Ok(content);
        }
        let body = match content {
            Content::Whole(body) => body,
            Content::Open(response) => read_start(response, error::MAX_KEPT_BODY, time).await,
        };
        Err(explain(self.info, headers, body))
    }

    /// Whether the headers are those of a file.
    pub(crate) fn allows(&self, headers: &HeaderMap) -> bool {
        let disposition = text(headers, CONTENT_DISPOSITION);
        let media_type = text(headers, CONTENT_TYPE);
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let is_html = is_html(media_type);
        if !is_html && !is_json(media_type)
            || disposition.trim_start().starts_with("attachment")
            || disposition.contains("filename")
            || is_html && self.info.response == ResponseBody::Page
        {
            return true;
        }
        let same =
            |known: &str| known.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type);
        self.media_type.is_some_and(same)
            || self.elsewhere.is_some_and(|address| self.fits(address, media_type))
    }

    /// Whether the media type is that of the file's name, in the address or where it will be stored.
    fn fits(&self, address: &Url, media_type: &str) -> bool {
        let has_type = |name: &OsStr| mime_guess::from_path(name).iter().any(|known| known == media_type);
        let in_path = address.path_segments().and_then(|mut segments| segments.next_back());
        let is_name = |key: &str| matches!(key, "name" | "filename" | "fileName");
        self.name.is_some_and(has_type)
            || in_path.is_some_and(|name| has_type(OsStr::new(name)))
            || address.query_pairs().any(|(key, name)| is_name(&key) && has_type(OsStr::new(&*name)))
    }
}

/// The error for what came in place of a file.
pub(crate) fn explain(info: &'static OperationInfo, headers: &HeaderMap, body: Bytes) -> Error {
    let html = is_html(text(headers, CONTENT_TYPE).split(';').next().unwrap_or_default().trim())
        || error::is_html(&body, headers);
    let (kind, note) = match html {
        true => (ErrorKind::Html, HTML),
        false => (code(&body).map_or(ErrorKind::Other, ErrorKind::of_status), JSON),
    };
    Error::of_response(StatusCode::OK, headers, body).with_operation(info).with_kind(kind).with_note(note)
}

/// The status that a JSON document says that it should have come with.
fn code(body: &[u8]) -> Option<u16> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    ["code", "statusCode", "status-code", "status", "errorCode"]
        .iter()
        .filter_map(|key| u16::try_from(number(body.get(key)?)?).ok())
        .find(|code| (400..600).contains(code))
}

/// Whether nothing says of which type the content is.
pub(crate) fn is_untyped(headers: &HeaderMap) -> bool {
    !headers.contains_key(CONTENT_TYPE) && !headers.contains_key(CONTENT_DISPOSITION)
}

fn is_html(media_type: &str) -> bool {
    matches!(media_type, "text/html" | "application/xhtml+xml")
}

fn is_json(media_type: &str) -> bool {
    matches!(media_type, "application/json" | "text/json") || media_type.ends_with("+json")
}

/// A header in lower case, whatever its encoding.
fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    value.unwrap_or_default()
}
