//! What is beside the APIs: paths that lead nowhere, tokens, the site's cloud id, files.

use super::authenticate::caller;
use super::state::{Service, State};
use super::violation::{Side, Violations};
use crate::handlers::{oauth, platform};
use crate::message::origin::Origin;
use crate::message::raw::RawRequest;
use crate::message::response::Response;
use crate::views::error;

/// The response where an API has no such path, or no such method.
pub(super) fn nothing(violations: &mut Violations, raw: &RawRequest, api: &str, status: u16) -> Response {
    let operation = format!("{} {}", raw.method, raw.path);
    violations.add(&operation, Side::Request, "there is no such operation");
    let message = "There is nothing here, or nothing by this method.";
    error::response(api, status, "sd.rest.error.path", message)
}

pub(super) fn serve(service: &Service, state: &mut State, raw: &RawRequest, origin: Origin) -> Response {
    let now = state.site.now();
    match (origin, raw.method.as_str(), raw.path.as_str()) {
        (Origin::Site, "GET", "/_edge/tenant_info") => {
            let site = service.origins.site_at(raw.header("host"));
            platform::tenant_info(service.origins.cloud_id(site))
        }
        (Origin::Gateway, "GET", "/authorize") => {
            oauth::authorize(&mut state.credentials, &raw.query_pairs(), now)
        }
        (Origin::Gateway, "POST", "/oauth/token") => {
            let media_type = raw.header("content-type").unwrap_or_default();
            oauth::exchange(&mut state.credentials, media_type, &raw.body, now)
        }
        (Origin::Gateway, "GET", "/oauth/token/accessible-resources") => {
            let header = raw.header("authorization");
            let caller = header.and_then(|header| caller(&state.credentials, header, true, now));
            oauth::accessible_resources(caller.as_ref(), &service.origins.sites())
        }
        (Origin::Media, _, _) => {
            if raw.has_credentials() {
                let message = "credentials were sent to the origin of files, which is not the site";
                state.violations.add("media GET /file", Side::Request, message);
            }
            let (site, path) = site_of_file(&raw.path);
            platform::file(state.site(site), path, raw)
        }
        (Origin::Gateway, _, _) => error::gateway(404, "Not found"),
        (Origin::Site, _, _) => Response::raw(
            404,
            "text/html;charset=UTF-8",
            "<!DOCTYPE html><html><title>Not found</title></html>",
        ),
    }
}

/// The address of the files of a site.
pub(super) fn media(origin: &str, site: usize) -> String {
    if site == 0 { origin.to_owned() } else { format!("{origin}/site/{site}") }
}

/// The site of a file, and its path there.
fn site_of_file(path: &str) -> (usize, &str) {
    let other = path.strip_prefix("/site/").and_then(|rest| {
        let slash = rest.find('/')?;
        Some((rest[..slash].parse().ok()?, &rest[slash..]))
    });
    other.unwrap_or((0, path))
}
