//! The parts of multipart bodies.

use std::convert::Infallible;

use bytes::Bytes;
use http::HeaderMap;

use crate::domain::entities::file::File;

/// The parts of a body by their names, as far as they can be read; none where the body is not multipart.
pub(super) async fn parts(headers: &HeaderMap, body: Bytes) -> Vec<(String, File)> {
    let media_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Ok(boundary) = multer::parse_boundary(media_type) else { return Vec::new() };
    let stream = futures_util::stream::once(async move { Ok::<Bytes, Infallible>(body) });
    let mut form = multer::Multipart::new(stream, boundary);
    let mut parts = Vec::new();
    while let Ok(Some(field)) = form.next_field().await {
        let part = field.name().unwrap_or_default().to_owned();
        let name = field.file_name().unwrap_or("file").to_owned();
        let media_type =
            field.content_type().map_or("application/octet-stream".to_owned(), ToString::to_string);
        let Ok(bytes) = field.bytes().await else { break };
        parts.push((part, File { name, media_type, bytes }));
    }
    parts
}
