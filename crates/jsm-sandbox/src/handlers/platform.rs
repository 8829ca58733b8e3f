//! What is beside the APIs: the site's cloud id, and the origin of files.

use std::ops::Range;

use serde_json::json;

use crate::domain::entities::file::File;
use crate::domain::error::Error;
use crate::domain::rules::attachments::Signed;
use crate::domain::site::Site;
use crate::message::raw::RawRequest;
use crate::message::response::Response;

/// The id of the site, which paths of the gateway contain.
pub(crate) fn tenant_info(cloud_id: &str) -> Response {
    Response::ok(json!({"cloudId": cloud_id}))
}

/// The origin of files: a file's bytes by a signed address, and without credentials.
pub(crate) fn file(site: &Site, path: &str, raw: &RawRequest) -> Response {
    let query = raw.query_pairs();
    if raw.has_credentials() {
        return xml(400, "Only one authentication mechanism is allowed: the address is signed.");
    }
    let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let id = path.strip_prefix("/file/").and_then(|rest| rest.split('/').next()?.parse::<u64>().ok());
    let expires = parameter("expires").and_then(|text| text.parse::<i64>().ok());
    let (Some(id), Some(expires)) = (id, expires) else { return Response::empty(404) };
    let signature = parameter("signature").unwrap_or_default().to_owned();
    match site.download(id, &Signed { expires, signature }) {
        Ok(file) => part(id, file, raw.header("range"), raw.header("if-range")),
        Err(Error::NotFound(_)) => Response::empty(404),
        Err(error) => xml(403, &error.to_string()),
    }
}

/// A file, or the part of it that is requested, if the file is still the one that `If-Range` names.
fn part(id: u64, file: &File, range: Option<&str>, if_range: Option<&str>) -> Response {
    // A file never changes under its id.
    let (tag, length) = (format!("\"{id}\""), file.bytes.len());
    let response = |status, bytes| {
        Response::raw(status, &file.media_type, bytes)
            .header("content-disposition", "attachment")
            .header("accept-ranges", "bytes")
            .header("etag", tag.as_str())
    };
    let range = range.filter(|_| if_range.is_none_or(|known| known == tag));
    match range.and_then(|range| bounds(range, length)) {
        None => response(200, file.bytes.clone()),
        Some(bounds) if bounds.start >= bounds.end => {
            Response::empty(416).header("content-range", format!("bytes */{length}"))
        }
        Some(Range { start, end }) => response(206, file.bytes.slice(start..end))
            .header("content-range", format!("bytes {start}-{}/{length}", end - 1)),
    }
}

/// The bytes that `Range` names, if it is one range in bytes: `bytes=5-`, `bytes=5-9` or `bytes=-9`.
fn bounds(range: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<usize>().ok();
    match (first.trim(), last.trim()) {
        ("", last) => Some(length.saturating_sub(number(last)?)..length),
        (first, "") => Some(number(first)?..length),
        (first, last) => Some(number(first)?..number(last)?.saturating_add(1).min(length)),
    }
}

fn xml(status: u16, message: &str) -> Response {
    Response::raw(status, "application/xml", format!("<Error><Message>{message}</Message></Error>"))
}
