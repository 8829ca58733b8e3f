//! The body of a request, as JSON or as files, by what its operation takes.

use http::HeaderMap;
use jsm_raw::{OperationInfo, RequestBody};
use serde_json::Value;

use crate::reply::Reply;
use crate::world::File;

/// Reads a body. `parts` are those of a form, by their names.
pub(crate) fn read(
    info: &OperationInfo,
    headers: &HeaderMap,
    parts: &[(String, File)],
    body: &[u8],
) -> Result<(Option<Value>, Vec<File>), Reply> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let RequestBody::Multipart(part) = info.body {
        // A page of another site could send a form; it could not send this header.
        if header("x-atlassian-token") != Some("no-check") {
            return Err(Reply::raw(403, "text/plain;charset=UTF-8", "XSRF check failed"));
        }
        if !header("content-type").is_some_and(|media| media.starts_with("multipart/form-data")) {
            return Err(unsupported());
        }
        let files = parts.iter().filter(|(name, _)| name == part).map(|(_, file)| file.clone());
        return Ok((None, files.collect()));
    }
    if body.is_empty() {
        return Ok((None, Vec::new()));
    }
    if info.body == RequestBody::Json && !header("content-type").is_some_and(|media| media.contains("json")) {
        return Err(unsupported());
    }
    match serde_json::from_slice(body) {
        Ok(body) => Ok((Some(body), Vec::new())),
        Err(_) => Err(invalid(info, "The body is not JSON.".to_owned())),
    }
}

/// Refuses a malformed request. Where the document has a result for 400, it is one more negative result.
pub(crate) fn invalid(info: &OperationInfo, message: String) -> Reply {
    match info.response_statuses.contains(&400) {
        true => Reply::invalid_result(&message),
        false => Reply::invalid(message),
    }
}

fn unsupported() -> Reply {
    Reply::refuse(415, "sd.rest.error.mediatype", "The body is not of a type that this operation takes.")
}
