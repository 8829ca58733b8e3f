//! Handle: the handler of an operation, unless the response to its idempotency key is known.

use super::idempotency::Keys;
use super::route::Operation;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::error;

/// The response of an operation. It is an error where the document does not allow the request.
pub(super) fn handle(
    site: &mut Site,
    keys: &mut Keys,
    operation: &Operation,
    request: &Request,
    valid: Result<(), Error>,
) -> Result<Response, Response> {
    if let Some(response) = keys.replay(request, site.now()) {
        return Ok(response);
    }
    let is_valid = valid.is_ok();
    let outcome = valid.and_then(|()| match operation.api.handler(request.info.name) {
        Some(handler) => (handler.run)(site, request),
        None => Err(Error::NotFound("The operation")),
    });
    let is_temporary = outcome.as_ref().is_err_and(Error::is_temporary);
    let response = outcome.unwrap_or_else(|refusal| error::refused(&refusal, request));
    if !is_temporary {
        keys.keep(request, &response, site.now());
    }
    if is_valid { Ok(response) } else { Err(response) }
}
