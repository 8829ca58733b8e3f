//! Authenticate: who calls, and whether credentials, scopes and role suffice for the operation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::route::Operation;
use crate::domain::credentials::Credentials;
use crate::domain::entities::person::{Caller, Role};
use crate::message::origin::Origin;
use crate::message::raw::RawRequest;
use crate::message::response::Response;
use crate::views::error;

/// How a request was authenticated.
pub(super) struct Login {
    pub(super) caller: Caller,
    /// Whether credentials were sent and refused. Where anonymous callers are let in, the request goes on.
    refused: bool,
}

/// The caller of an operation, or the response that refuses the request.
pub(super) fn authenticate(
    credentials: &Credentials,
    raw: &RawRequest,
    operation: &Operation,
    cloud_id: &str,
    now: i64,
) -> Result<Login, Response> {
    let (api, info) = (operation.api.name, operation.info);
    let handler = operation.api.handler(info.name);
    let role = handler.ok_or_else(|| error::response(api, 501, "sd.none", "Not served here."))?.role;
    let login = log_in(credentials, raw, operation, role, now)?;
    let opted_in = raw.header("x-experimentalapi").is_some_and(|value| value.eq_ignore_ascii_case("opt-in"));
    if (info.experimental || info.always_opt_in) && !opted_in {
        let message = "This operation is experimental: send the header X-ExperimentalApi: opt-in.";
        return Err(error::response(api, 412, "sd.rest.error.experimental", message));
    }
    if !login.caller.reaches(cloud_id) {
        return Err(error::gateway(401, "Unauthorized"));
    }
    if !login.caller.has_scopes(info.scopes) {
        return Err(error::gateway(401, "Unauthorized; scope does not match"));
    }
    if login.caller.role < role {
        // An account without a licence for the product gets no explanation.
        return Err(Response::empty(403));
    }
    Ok(login)
}

/// The caller of what no document describes: any account, but an account, and one that the site with this cloud id lets in.
pub(super) fn authenticate_account(
    credentials: &Credentials,
    raw: &RawRequest,
    origin: Origin,
    cloud_id: Option<&str>,
    now: i64,
) -> Result<Caller, Response> {
    let gateway = origin == Origin::Gateway;
    let header = raw.header("authorization");
    let caller = header.and_then(|header| caller(credentials, header, gateway, now));
    let caller = caller.ok_or_else(|| unauthorized(gateway, "servicedesk"))?;
    match cloud_id.is_none_or(|cloud_id| caller.reaches(cloud_id)) {
        true => Ok(caller),
        false => Err(error::gateway(401, "Unauthorized")),
    }
}

fn log_in(
    credentials: &Credentials,
    raw: &RawRequest,
    operation: &Operation,
    role: Role,
    now: i64,
) -> Result<Login, Response> {
    let gateway = operation.origin == Origin::Gateway;
    let header = raw.header("authorization");
    if let Some(caller) = header.and_then(|header| caller(credentials, header, gateway, now)) {
        return Ok(Login { caller, refused: false });
    }
    if role == Role::Anonymous && !gateway {
        return Ok(Login { caller: Caller::anonymous(), refused: header.is_some() });
    }
    Err(unauthorized(gateway, operation.api.name))
}

/// The response to credentials that are missing or refused.
fn unauthorized(gateway: bool, api: &str) -> Response {
    match gateway {
        true => error::gateway(401, "Unauthorized"),
        false => error::response(api, 401, "sd.rest.error.login", "Log in to use this resource.")
            .header("WWW-Authenticate", "OAuth realm=\"sandbox\""),
    }
}

/// The caller that an `Authorization` header stands for. Some credentials are good on the gateway alone.
pub(super) fn caller(credentials: &Credentials, header: &str, gateway: bool, now: i64) -> Option<Caller> {
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        let (email, token) = decoded.split_once(':')?;
        return credentials.basic(email, token, gateway);
    }
    let bearer = gateway && scheme.eq_ignore_ascii_case("bearer");
    bearer.then(|| credentials.oauth.bearer(rest.trim(), now)).flatten()
}

/// Adds the headers that say how the request was authenticated.
pub(super) fn report(login: &Login, response: &mut Response) {
    let header = match login.refused {
        true => ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED".to_owned()),
        false if login.caller.role > Role::Anonymous => ("X-AACCOUNTID", login.caller.account_id.clone()),
        false => return,
    };
    response.headers.push((header.0.to_owned(), header.1));
}
