//! What is beside the APIs: the site's cloud id, the token endpoint of OAuth, and the origin of files.

use serde_json::{Value, json};

use crate::domain::credentials::{ACCESS_LASTS, Credentials, Refresh, RefreshError};
use crate::domain::error::Error;
use crate::domain::rules::attachments::Signed;
use crate::domain::site::Site;
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
pub(crate) fn file(site: &Site, path: &str, query: &[(String, String)], has_credentials: bool) -> Response {
    if has_credentials {
        return xml(400, "Only one authentication mechanism is allowed: the address is signed.");
    }
    let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let id = path.strip_prefix("/file/").and_then(|rest| rest.split('/').next()?.parse::<u64>().ok());
    let expires = parameter("expires").and_then(|text| text.parse::<i64>().ok());
    let (Some(id), Some(expires)) = (id, expires) else { return Response::empty(404) };
    let signature = parameter("signature").unwrap_or_default().to_owned();
    match site.download(id, &Signed { expires, signature }) {
        Ok(file) => Response::raw(200, &file.media_type, file.bytes.clone())
            .header("content-disposition", "attachment"),
        Err(Error::NotFound(_)) => Response::empty(404),
        Err(error) => xml(403, &error.to_string()),
    }
}

fn xml(status: u16, message: &str) -> Response {
    Response::raw(status, "application/xml", format!("<Error><Message>{message}</Message></Error>"))
}
