//! What is beside the APIs: the site's cloud id, the token endpoint of OAuth, and the origin of files.

use std::ops::Range;

use serde_json::{Value, json};

use crate::domain::credentials::{ACCESS_LASTS, Credentials, Refresh, RefreshError};
use crate::domain::entities::file::File;
use crate::domain::error::Error;
use crate::domain::rules::attachments::Signed;
use crate::domain::site::Site;
use crate::message::raw::RawRequest;
use crate::message::response::Response;
use crate::views;

/// The id of the site, which paths of the gateway contain.
pub(crate) fn tenant_info(cloud_id: &str) -> Response {
    Response::ok(json!({"cloudId": cloud_id}))
}

/// The token endpoint.
pub(crate) fn refresh_tokens(credentials: &mut Credentials, body: &[u8], now: i64) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let refresh = Refresh {
        grant_type: text("grant_type"),
        refresh_token: text("refresh_token"),
        client_id: text("client_id"),
        client_secret: text("client_secret"),
    };
    let (status, error, description) = match credentials.refresh(&refresh, now) {
        Ok(tokens) => {
            return Response::ok(json!({
                "access_token": tokens.access,
                "refresh_token": tokens.refresh,
                "token_type": "Bearer",
                "expires_in": ACCESS_LASTS / 1_000,
                "scope": tokens.scopes.join(" "),
            }));
        }
        Err(RefreshError::UnsupportedGrantType) => {
            (400, "unsupported_grant_type", "Only refresh_token is served here.")
        }
        Err(RefreshError::InvalidGrant) => (403, "invalid_grant", "Unknown or invalid refresh token."),
        Err(RefreshError::WrongSecret) => (401, "access_denied", "Unauthorized"),
    };
    Response::json(status, json!({"error": error, "error_description": description}))
}

/// The sites that an access token with these scopes is good for.
pub(crate) fn accessible_resources(scopes: Option<&[String]>, cloud_id: &str, site: &str) -> Response {
    let Some(scopes) = scopes else { return views::error::gateway(401, "Unauthorized") };
    Response::ok(json!([{
        "id": cloud_id,
        "name": "sandbox",
        "url": site,
        "scopes": scopes,
        "avatarUrl": format!("{site}/avatar/site.png"),
    }]))
}

/// The origin of files: a file's bytes by a signed address, and without credentials.
pub(crate) fn file(site: &Site, raw: &RawRequest) -> Response {
    let (path, query) = (raw.path.as_str(), raw.query_pairs());
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
