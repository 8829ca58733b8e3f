//! The endpoints of OAuth 2.0: authorizing an app, exchanging grants for tokens, listing the sites of a token.

use serde_json::{Value, json};

use crate::domain::credentials::Credentials;
use crate::domain::entities::person::Caller;
use crate::domain::oauth::{ACCESS_LASTS, AuthorizeRequest, Authorized, TokenError, TokenRequest};
use crate::message::origin::SiteAddress;
use crate::message::response::Response;
use crate::views;

/// The page at which accounts authorise an app. It redirects at once, as if the person had decided already.
pub(crate) fn authorize(credentials: &mut Credentials, query: &[(String, String)], now: i64) -> Response {
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let text = |name: &str| value(name).unwrap_or_default();
    let request = AuthorizeRequest {
        client_id: text("client_id"),
        redirect_uri: text("redirect_uri"),
        response_type: text("response_type"),
        audience: text("audience"),
        scope: text("scope"),
        code_challenge: value("code_challenge"),
        code_challenge_method: value("code_challenge_method"),
    };
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    match credentials.authorize(&request, now) {
        Authorized::Stays(message) => {
            let page = format!("<!DOCTYPE html><html><title>Error</title><p>{message}</p></html>");
            return Response::raw(400, "text/html;charset=UTF-8", page);
        }
        Authorized::Code(code) => parameters.append_pair("code", &code),
        Authorized::Error(error, description) => {
            parameters.append_pair("error", error).append_pair("error_description", description)
        }
    };
    if let Some(state) = value("state") {
        parameters.append_pair("state", state);
    }
    let mark = if request.redirect_uri.contains('?') { '&' } else { '?' };
    let location = format!("{}{mark}{}", request.redirect_uri, parameters.finish());
    Response::empty(302).header("Location", location)
}

/// The token endpoint. It reads JSON, and forms, which RFC 6749 has.
pub(crate) fn exchange(credentials: &mut Credentials, media_type: &str, body: &[u8], now: i64) -> Response {
    let body: Value = match media_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        true => form_urlencoded::parse(body).into_owned().collect(),
        false => serde_json::from_slice(body).unwrap_or_default(),
    };
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let request = TokenRequest {
        grant_type: text("grant_type"),
        client_id: text("client_id"),
        client_secret: text("client_secret"),
        refresh_token: text("refresh_token"),
        code: text("code"),
        redirect_uri: text("redirect_uri"),
        code_verifier: body["code_verifier"].as_str(),
    };
    let (status, error, description) = match credentials.oauth.exchange(&request, now) {
        Ok(tokens) => {
            let mut body = json!({
                "access_token": tokens.access,
                "token_type": "Bearer",
                "expires_in": ACCESS_LASTS / 1_000,
                "scope": tokens.scopes.join(" "),
            });
            if let Some(refresh) = tokens.refresh {
                body["refresh_token"] = refresh.into();
            }
            return Response::ok(body);
        }
        Err(TokenError::UnsupportedGrantType) => {
            (400, "unsupported_grant_type", "The grant_type is not served here.")
        }
        Err(TokenError::InvalidRefreshToken) => (403, "invalid_grant", "Unknown or invalid refresh token."),
        Err(TokenError::InvalidCode) => (403, "invalid_grant", "Invalid authorization code"),
        Err(TokenError::WrongVerifier) => (403, "invalid_grant", "Failed to verify code verifier"),
        Err(TokenError::WrongSecret) => (401, "access_denied", "Unauthorized"),
        Err(TokenError::NoServiceAccount) => {
            (403, "unauthorized_client", "Grant type 'client_credentials' not allowed for the client.")
        }
    };
    Response::json(status, json!({"error": error, "error_description": description}))
}

/// The sites that an access token is good for.
pub(crate) fn accessible_resources(caller: Option<&Caller>, sites: &[SiteAddress]) -> Response {
    let scopes = caller.and_then(|caller| Some((caller, caller.scopes.as_ref()?)));
    let Some((caller, scopes)) = scopes else { return views::error::gateway(401, "Unauthorized") };
    let sites = sites.iter().filter(|site| caller.reaches(&site.cloud_id));
    let entry = |site: &SiteAddress| {
        json!({
            "id": site.cloud_id,
            "name": site.name,
            "url": site.url,
            "scopes": scopes,
            "avatarUrl": format!("{}/avatar/site.png", site.url),
        })
    };
    Response::ok(sites.map(entry).collect::<Vec<_>>())
}
