//! Route: from a method and a path to an operation.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsm_raw::{OperationInfo, ResponseBody};
use percent_encoding::percent_decode_str;

use super::added_routes::{AddedRoutes, RouteCall};
use crate::handlers::jira::{ENDPOINTS, Endpoint};
use crate::handlers::table::{APIS, Api};
use crate::message::origin::{Origin, Origins};
use crate::message::raw::RawRequest;

/// What a request is for.
pub(super) enum Target {
    /// A route that the test added.
    Added(RouteCall),
    Operation(Operation),
    /// An endpoint of the Jira platform.
    Jira(JiraCall),
    /// An API is there, but not this path, or not with this method.
    Nothing {
        api: &'static str,
        status: u16,
    },
    /// A file, and the operation whose response led to it.
    File(Option<&'static OperationInfo>),
    /// Something beside the APIs.
    Platform,
}

/// An operation that a request found.
pub(super) struct Operation {
    pub(super) api: &'static Api,
    pub(super) info: &'static OperationInfo,
    /// The server that serves it here.
    pub(super) origin: Origin,
    /// The number of the site that it is for.
    pub(super) site: usize,
    /// The values in the path, decoded.
    pub(super) path: BTreeMap<&'static str, String>,
    /// Scheme, host and all that precedes the API's own path.
    pub(super) base: String,
    pub(super) api_path: String,
}

/// A request that found an endpoint of the Jira platform.
#[derive(Debug)]
pub(super) struct JiraCall {
    pub(super) endpoint: &'static Endpoint,
    /// The number of the site.
    pub(super) site: usize,
    /// The values in the path, decoded.
    pub(super) path: BTreeMap<&'static str, String>,
    /// Scheme, host and all that precedes the platform's own path.
    pub(super) base: String,
}

impl Target {
    /// The name of the operation.
    pub(super) fn operation(&self) -> Option<&'static str> {
        match self {
            Target::Operation(operation) => Some(operation.info.name),
            _ => None,
        }
    }

    /// What a fault calls it: the name of the operation, or the path of another endpoint. An operation that responds with
    /// a file redirects to it: what goes wrong with its body goes wrong with the file.
    pub(super) fn name(&self, of_body: bool) -> Option<&str> {
        match self {
            Target::Added(call) => Some(&call.route.path),
            Target::Jira(call) => Some(call.endpoint.path),
            Target::Operation(operation) if of_body && is_download(operation.info) => None,
            Target::File(info) if of_body => info.map(|info| info.name),
            _ => self.operation(),
        }
    }
}

/// Finds an added route, or else the API by the beginning of the path, and the operation by the rest.
pub(super) fn route(origins: &Origins, added: &AddedRoutes, raw: &RawRequest) -> (Origin, Target) {
    let origin = meant(raw.origin, &raw.path);
    let target = find_added(origins, added, raw, origin).map(Target::Added);
    let target = target.or_else(|| find_jira(origins, raw, origin).map(Target::Jira));
    (origin, target.unwrap_or_else(|| find_target(origins, raw, origin)))
}

/// The endpoint of the Jira platform that a request is for.
fn find_jira(origins: &Origins, raw: &RawRequest, origin: Origin) -> Option<JiraCall> {
    let (site, base, path) = match origin {
        Origin::Site => {
            let site = origins.site_at(raw.header("host"));
            (site, origins.url(site).to_owned(), raw.path.as_str())
        }
        Origin::Gateway => (0..=origins.others.len()).find_map(|site| {
            let prefix = format!("/ex/jira/{}", origins.cloud_id(site));
            Some((site, format!("{}{prefix}", origins.gateway), raw.path.strip_prefix(&prefix)?))
        })?,
        Origin::Media => return None,
    };
    let all = ENDPOINTS.iter().map(|endpoint| (endpoint, endpoint.method, endpoint.path));
    let Found::Operation(endpoint, path) = find(all, &raw.method, path) else { return None };
    Some(JiraCall { endpoint, site, path, base })
}

/// The added route that a request is for. The gateway serves the paths of a site behind the site's id.
fn find_added(origins: &Origins, added: &AddedRoutes, raw: &RawRequest, origin: Origin) -> Option<RouteCall> {
    let (site, path) = match origin {
        Origin::Site => (Some(origins.site_at(raw.header("host"))), raw.path.as_str()),
        Origin::Gateway => {
            let behind = |site| {
                let path = raw.path.strip_prefix("/ex/jira/")?.strip_prefix(origins.cloud_id(site))?;
                Some((Some(site), path))
            };
            match (0..=origins.others.len()).find_map(behind) {
                Some(found) => found,
                None if raw.path.starts_with("/rest/") => return None,
                None => (None, raw.path.as_str()),
            }
        }
        Origin::Media => return None,
    };
    let all = added.all().map(|route| (route, route.method.as_str(), route.path.as_str()));
    let Found::Operation(route, parameters) = find(all, &raw.method, path) else { return None };
    let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Some(RouteCall { route: Arc::clone(route), path: path.to_owned(), site, parameters })
}

/// The server that a path belongs to. The site also serves what is the gateway's, so that a client needs one address.
fn meant(origin: Origin, path: &str) -> Origin {
    let prefixes = APIS.iter().filter_map(|api| api.operations.first()?.base.gateway);
    let mut starts = prefixes.filter_map(|prefix| prefix.split('{').next()).chain(["/oauth/", "/authorize"]);
    match origin {
        Origin::Site if starts.any(|start| path.starts_with(start)) => Origin::Gateway,
        origin => origin,
    }
}

fn find_target(origins: &Origins, raw: &RawRequest, origin: Origin) -> Target {
    // The gateway serves all sites, and knows them by the cloud id in the path.
    let sites = match origin {
        Origin::Gateway => 0..origins.others.len() + 1,
        Origin::Site | Origin::Media => {
            let site = origins.site_at(raw.header("host"));
            site..site + 1
        }
    };
    for (api, site) in APIS.iter().flat_map(|api| sites.clone().map(move |site| (api, site))) {
        let Some(first) = api.operations.first() else { continue };
        let (prefix, address) = match origin {
            Origin::Site => (first.base.site, origins.url(site)),
            Origin::Gateway => (first.base.gateway, origins.gateway.as_str()),
            Origin::Media => return Target::File(operation_of_file(raw)),
        };
        let Some(prefix) = prefix.map(|prefix| prefix.replace("{cloudId}", origins.cloud_id(site))) else {
            continue;
        };
        let Some(rest) = raw.path.strip_prefix(&prefix) else { continue };
        let all = api.operations.iter().map(|info| (*info, info.method, info.path));
        match find(all, &raw.method, rest) {
            Found::Operation(info, path) => {
                let (base, api_path) = (format!("{address}{prefix}"), rest.to_owned());
                return Target::Operation(Operation { api, info, origin, site, path, base, api_path });
            }
            Found::OtherMethod => return Target::Nothing { api: api.name, status: 405 },
            // On a site, every path begins like those of an API that has no prefix there.
            Found::Nothing if prefix.is_empty() && !rest.starts_with("/rest/") => {}
            Found::Nothing => return Target::Nothing { api: api.name, status: 404 },
        }
    }
    Target::Platform
}

/// The operation whose response led to a file.
fn operation_of_file(raw: &RawRequest) -> Option<&'static OperationInfo> {
    let query = raw.query_pairs();
    let name = query.iter().find(|(name, _)| name == "operation").map(|(_, value)| value.as_str());
    let mut all = APIS.iter().flat_map(|api| api.operations).copied();
    all.find(|info| is_download(info) && Some(info.name) == name)
}

fn is_download(info: &OperationInfo) -> bool {
    info.response == ResponseBody::Bytes
}

/// What a path leads to.
enum Found<'a, T> {
    Operation(T, BTreeMap<&'a str, String>),
    /// The path exists, with other methods.
    OtherMethod,
    Nothing,
}

/// Finds an operation. Fixed segments take precedence over placeholders.
fn find<'a, T>(all: impl Iterator<Item = (T, &'a str, &'a str)>, method: &str, path: &str) -> Found<'a, T> {
    let mut best: Option<(T, BTreeMap<&'a str, String>)> = None;
    let mut exists = false;
    for (operation, its_method, template) in all {
        let Some(values) = match_path(template, path) else { continue };
        exists = true;
        if its_method == method && best.as_ref().is_none_or(|(_, others)| values.len() < others.len()) {
            best = Some((operation, values));
        }
    }
    match best {
        Some((operation, values)) => Found::Operation(operation, values),
        None if exists => Found::OtherMethod,
        None => Found::Nothing,
    }
}

/// The values of a template's placeholders, where the path fits.
fn match_path<'a>(template: &'a str, path: &str) -> Option<BTreeMap<&'a str, String>> {
    let mut values = BTreeMap::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        // A route that was added has its text as it is read, or as it is sent.
        let is_same = || segment == expected || percent_decode_str(segment).eq(expected.bytes());
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                values.insert(name, percent_decode_str(segment).decode_utf8().ok()?.into_owned());
            }
            None if !is_same() => return None,
            None => {}
        }
    }
    segments.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_segments_take_precedence_over_placeholders() {
        let all = [("one", "GET", "/customer/{id}"), ("fixed", "GET", "/customer/details")];
        let name = |path| match find(all.into_iter(), "GET", path) {
            Found::Operation(name, values) => format!("{name} {values:?}"),
            Found::OtherMethod => "other method".to_owned(),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(name("/customer/details"), "fixed {}");
        assert_eq!(name("/customer/qm%3A1"), r#"one {"id": "qm:1"}"#);
        assert_eq!(name("/customer/"), "nothing");
        assert_eq!(name("/customer/1/more"), "nothing");
    }
}
