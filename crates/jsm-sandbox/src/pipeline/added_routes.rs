//! Routes that a test adds: endpoints that its own functions serve.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::log::without_credentials;
use crate::domain::entities::person::{Caller, Role};
use crate::message::origin::SiteAddress;
use crate::message::raw::RawRequest;
use crate::message::response::Response;

/// A request to a route that was added with [`Sandbox::route`](crate::Sandbox::route).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RouteRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path as it was sent, percent-encoded, without what the gateway puts before it.
    pub path: String,
    /// The headers in alphabetical order, with names in lower case. Credentials are replaced by `[redacted]`.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
    /// The account that the credentials stand for.
    pub account_id: String,
    /// What this account may do.
    pub role: Role,
    /// The site that the request is for, of those in [`Sandbox::sites`](crate::Sandbox::sites); none where a path of the
    /// gateway names none.
    pub site: Option<SiteAddress>,
    parameters: BTreeMap<String, String>,
    query: Vec<(String, String)>,
}

impl RouteRequest {
    /// The part of the path that a placeholder of the route stands for, decoded.
    ///
    /// # Panics
    /// Panics when the route has no such placeholder. The client then gets a response with status 500.
    #[track_caller]
    pub fn parameter(&self, name: &str) -> &str {
        match self.parameters.get(name) {
            Some(value) => value,
            None => panic!("the route has no placeholder {{{name}}}"),
        }
    }

    /// The first value of a query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The parameters of the query in their order, decoded.
    pub fn query_pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The response of a route. JSON alone is a response with status 200.
///
/// A status that is not between 200 and 999 breaks the connection, and so does a header that HTTP does not allow.
#[derive(Clone, Debug)]
pub struct RouteResponse(Response);

impl RouteResponse {
    /// A response without a body.
    pub fn empty(status: u16) -> RouteResponse {
        RouteResponse(Response::empty(status))
    }

    /// A response with a body of JSON.
    pub fn json(status: u16, body: impl Into<Value>) -> RouteResponse {
        RouteResponse(Response::json(status, body))
    }

    /// A response with a body of plain text.
    pub fn text(status: u16, body: impl Into<String>) -> RouteResponse {
        RouteResponse::bytes(status, "text/plain;charset=UTF-8", body.into())
    }

    /// A response with any body, and its media type.
    pub fn bytes(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> RouteResponse {
        RouteResponse(Response::raw(status, media_type, body.into()))
    }

    /// Adds a header.
    pub fn header(self, name: &str, value: impl Into<String>) -> RouteResponse {
        RouteResponse(self.0.header(name, value))
    }
}

impl From<Value> for RouteResponse {
    fn from(body: Value) -> RouteResponse {
        RouteResponse::json(200, body)
    }
}

type Handler = Box<dyn Fn(&RouteRequest) -> RouteResponse + Send + Sync>;

/// A method and a path, and the function that serves them.
pub(crate) struct Route {
    pub(super) method: String,
    /// The path, with placeholders such as `{id}`.
    pub(super) path: String,
    handler: Handler,
}

impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

impl Route {
    pub(crate) fn new(method: &str, path: &str, handler: Handler) -> Route {
        Route { method: method.to_uppercase(), path: path.to_owned(), handler }
    }

    /// Whether a text can be the path of a route: a part of it is fixed, or a placeholder with a name of its own.
    pub(crate) fn is_path(text: &str) -> bool {
        let mut names = BTreeSet::new();
        let mut is_part = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => !name.is_empty() && !name.contains(['{', '}']) && names.insert(name.to_owned()),
            None => !part.contains(['{', '}']),
        };
        text.starts_with('/') && !text.contains(['?', '#']) && text.split('/').all(&mut is_part)
    }
}

/// The routes that were added. A newer one takes the place of an older one with the same method and path.
#[derive(Debug, Default)]
pub(crate) struct AddedRoutes(Vec<Arc<Route>>);

impl AddedRoutes {
    pub(crate) fn add(&mut self, route: Route) {
        self.0.retain(|other| (&other.method, &other.path) != (&route.method, &route.path));
        self.0.push(Arc::new(route));
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.0.iter()
    }
}

/// A request that found an added route.
#[derive(Debug)]
pub(super) struct RouteCall {
    pub(super) route: Arc<Route>,
    /// The path below the site or the gateway.
    pub(super) path: String,
    /// The number of the site, if the path is one of a site.
    pub(super) site: Option<usize>,
    /// The values of the placeholders, decoded.
    pub(super) parameters: BTreeMap<String, String>,
}

impl RouteCall {
    pub(super) fn request(
        &self,
        raw: &RawRequest,
        caller: Caller,
        site: Option<SiteAddress>,
        query: Vec<(String, String)>,
    ) -> RouteRequest {
        RouteRequest {
            method: raw.method.clone(),
            path: self.path.clone(),
            headers: without_credentials(&raw.headers),
            body: raw.body.to_vec(),
            account_id: caller.account_id,
            role: caller.role,
            site,
            parameters: self.parameters.clone(),
            query,
        }
    }

    /// Runs the function of the route on a thread of its own: it may wait for anything, and it may panic.
    pub(super) async fn run(&self, request: RouteRequest) -> Response {
        let route = Arc::clone(&self.route);
        match tokio::task::spawn_blocking(move || (route.handler)(&request)).await {
            Ok(response) => response.0,
            Err(_) => Response::text(500, "The handler of the route panicked."),
        }
    }
}
