//! The endpoints of the Jira platform: authenticate, read, handle.

use serde_json::Value;

use super::authenticate::authenticate_account;
use super::route::JiraCall;
use super::state::State;
use crate::domain::error::Error;
use crate::handlers::jira::JiraRequest;
use crate::message::origin::Origin;
use crate::message::raw::RawRequest;
use crate::message::response::Response;
use crate::views::{error, jira};

/// The response to a request. The first step that refuses the request responds to it.
pub(super) fn serve(
    state: &mut State,
    raw: &RawRequest,
    origin: Origin,
    cloud_id: &str,
    call: &JiraCall,
    query: Vec<(String, String)>,
) -> Result<Response, Response> {
    let caller = authenticate_account(&state.credentials, raw, origin, Some(cloud_id), state.site.now())?;
    if !caller.has_scopes(call.endpoint.scopes) {
        return Err(error::gateway(401, "Unauthorized; scope does not match"));
    }
    let body = match raw.body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&raw.body)
            .map_err(|_| jira::refused(&Error::invalid("The body is not JSON.")))?,
    };
    let account_id = caller.account_id.clone();
    let request = JiraRequest { caller, path: &call.path, query, body, base: call.base.clone() };
    let response = (call.endpoint.run)(state.site_mut(call.site).0, &request);
    response
        .map(|response| response.header("X-AACCOUNTID", account_id))
        .map_err(|refusal| jira::refused(&refusal))
}
