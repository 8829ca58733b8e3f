//! Bodies of requests on their way to the target.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{self, HeaderMap};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::mpsc;

use super::exchange::Body;
use super::fixture::Part;
use super::redact;

/// The largest text that is read as a whole, in bytes. Files can have any size.
pub(super) const LARGEST_TEXT: usize = 64 * 1024 * 1024;
/// How long the parts of an upload are waited for once the response is there.
const PARTS_WAIT: Duration = Duration::from_secs(1);

/// The body of a request on its way, and what is kept of it.
pub(super) struct SentBody {
    pub(super) body: Option<reqwest::Body>,
    pub(super) kept: Kept,
}

pub(super) enum Kept {
    Whole(Bytes),
    Parts(tokio::task::JoinHandle<Vec<Part>>),
    Length(Arc<AtomicU64>),
}

impl Kept {
    /// What is kept, once the body was sent.
    pub(super) async fn body(self) -> Body {
        match self {
            Kept::Whole(bytes) => Body::Whole(bytes),
            Kept::Parts(parts) => Body::Parts(
                tokio::time::timeout(PARTS_WAIT, parts).await.ok().and_then(Result::ok).unwrap_or_default(),
            ),
            Kept::Length(length) => Body::Length(length.load(Ordering::Relaxed)),
        }
    }
}

/// Texts are read as a whole. Uploads and other bodies are passed on piece by piece.
pub(super) async fn sent_body(headers: &HeaderMap, body: Incoming) -> Result<SentBody, &'static str> {
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = media_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    let is_plain = media_type.is_empty() || redact::is_text(media_type) || is_form;
    if hyper::body::Body::is_end_stream(&body) {
        // A request without a body stays one; a length of zero goes along with the headers.
        return Ok(SentBody { body: None, kept: Kept::Whole(Bytes::new()) });
    }
    if is_plain {
        let body = Limited::new(body, LARGEST_TEXT).collect().await;
        let body = body.map_err(|_| "the body is too large for the recorder, or incomplete")?.to_bytes();
        return Ok(SentBody { body: Some(body.clone().into()), kept: Kept::Whole(body) });
    }
    let pieces = body.into_data_stream();
    if let Ok(boundary) = multer::parse_boundary(media_type) {
        let (sender, receiver) = mpsc::channel::<Bytes>(8);
        let parts = tokio::spawn(parts(receiver, boundary));
        let pieces = pieces.then(move |piece| {
            let sender = sender.clone();
            async move {
                if let Ok(bytes) = &piece {
                    // Where the parts cannot be read, the upload goes on.
                    let _ = sender.send(bytes.clone()).await;
                }
                piece
            }
        });
        return Ok(SentBody { body: Some(reqwest::Body::wrap_stream(pieces)), kept: Kept::Parts(parts) });
    }
    let length = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&length);
    let pieces = pieces.inspect(move |piece| {
        if let Ok(bytes) = piece {
            count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
    });
    Ok(SentBody { body: Some(reqwest::Body::wrap_stream(pieces)), kept: Kept::Length(length) })
}

/// The parts of an upload as they pass, without their contents.
async fn parts(receiver: mpsc::Receiver<Bytes>, boundary: String) -> Vec<Part> {
    let pieces = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (Ok::<Bytes, std::convert::Infallible>(piece), receiver))
    });
    let mut form = multer::Multipart::new(pieces, boundary);
    let mut parts = Vec::new();
    while let Ok(Some(mut field)) = form.next_field().await {
        let mut part = Part {
            name: field.name().unwrap_or_default().to_owned(),
            file: field.file_name().map(str::to_owned),
            media_type: field.content_type().map_or_else(|| "text/plain".to_owned(), ToString::to_string),
            bytes: 0,
        };
        while let Ok(Some(piece)) = field.chunk().await {
            part.bytes += piece.len() as u64;
        }
        parts.push(part);
    }
    parts
}
