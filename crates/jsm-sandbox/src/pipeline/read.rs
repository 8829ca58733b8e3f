//! Read: the body of a request as JSON or files, depending on what its operation takes.

use jsm_raw::RequestBody;
use serde_json::Value;

use super::platform;
use super::route::Operation;
use super::state::Service;
use crate::domain::entities::file::File;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::message::raw::RawRequest;
use crate::message::request::{Links, Request};
use crate::message::response::Response;
use crate::views::error;

/// The request of an operation, or the response to one that cannot be read.
pub(super) fn read(
    service: &Service,
    raw: &RawRequest,
    operation: &Operation,
    caller: Caller,
    query: Vec<(String, String)>,
) -> Result<Request, Response> {
    let mut request = Request {
        info: operation.info,
        caller,
        path: operation.path.clone(),
        query,
        headers: raw.headers.clone(),
        body: None,
        files: Vec::new(),
        links: Links {
            base: operation.base.clone(),
            site: service.origins.url(operation.site).to_owned(),
            media: platform::media(&service.origins.media, operation.site),
            api_path: operation.api_path.clone(),
            page_cap: service.settings.page_cap,
        },
    };
    match operation.info.body {
        RequestBody::Multipart(part) => request.files = read_files(raw, operation, part)?,
        _ if raw.body.is_empty() => {}
        RequestBody::Json if !raw.header("content-type").is_some_and(|media| media.contains("json")) => {
            return Err(unsupported(operation));
        }
        _ => match serde_json::from_slice::<Value>(&raw.body) {
            Ok(body) => request.body = Some(body),
            Err(_) => return Err(error::refused(&Error::invalid("The body is not JSON."), &request)),
        },
    }
    Ok(request)
}

fn read_files(raw: &RawRequest, operation: &Operation, part: &str) -> Result<Vec<File>, Response> {
    // A page of another site could send a form, but not this header.
    if raw.header("x-atlassian-token") != Some("no-check") {
        return Err(Response::text(403, "XSRF check failed"));
    }
    if !raw.header("content-type").is_some_and(|media| media.starts_with("multipart/form-data")) {
        return Err(unsupported(operation));
    }
    let parts = raw.parts.iter().filter(|(name, _)| name == part);
    Ok(parts.map(|(_, file)| file.clone()).collect())
}

fn unsupported(operation: &Operation) -> Response {
    let message = "The body is not of a type that this operation takes.";
    error::response(operation.api.name, 415, "sd.rest.error.mediatype", message)
}
