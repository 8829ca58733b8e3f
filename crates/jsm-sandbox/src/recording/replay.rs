//! A server that responds from fixtures.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::background::{self, Background, Broken, Sent};
use super::fixture::{self, Content, FILES, Fixture, FixtureResponse, GATEWAY, SITE};
use crate::handlers::table::APIS;
use crate::pipeline::violation::{Side, Violation, Violations};
use crate::wire::server;

/// The largest body of a request, in bytes. Longer ones are refused.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// The largest body that is made up for recorded bytes.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;

/// A server on loopback ports of this machine that responds as a recording says. It stops when it is dropped.
///
/// `RecordingProxy` (feature `record`) or the program `jsm-sandbox record` makes recordings: folders with a file for each
/// exchange. A request gets the response of the exchange with the same method, path, query and JSON body. Several such
/// exchanges are served in their order, each once; after that, a GET gets the last one again. Headers do not count,
/// credentials above all: any will do. Nor do the contents of uploads.
///
/// Recordings contain pseudonyms, and so must the requests: a test asks for the customer `person-1@example.com` and the
/// request `DESK-1`, as its recording calls them. A request that was not recorded gets the status 501, and is
/// a [violation](Replay::violations) which names the difference to what was.
///
/// ```
/// use std::io::{Read, Write};
/// use jsm_sandbox::Replay;
///
/// # let folder = std::env::temp_dir().join(format!("jsm-replay-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # std::fs::write(folder.join("0001-servicedesk-get-info.json"), r#"{
/// #   "format": 1,
/// #   "request": {"method": "GET", "path": "/rest/servicedeskapi/info"},
/// #   "response": {"status": 200, "json": {"version": "1.0"}}
/// # }"#).unwrap();
/// let replay = Replay::start_blocking(&folder).unwrap();
///
/// let mut stream = std::net::TcpStream::connect(replay.url().trim_start_matches("http://")).unwrap();
/// stream.write_all(b"GET /rest/servicedeskapi/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
/// let mut response = String::new();
/// stream.read_to_string(&mut response).unwrap();
///
/// assert!(response.ends_with(r#"{"version":"1.0"}"#));
/// assert_eq!(replay.violations(), []);
/// assert_eq!(replay.unused(), [""; 0]);
/// # std::fs::remove_dir_all(folder).unwrap();
/// ```
pub struct Replay {
    service: Arc<Service>,
    background: Background,
    no_violations: bool,
}

struct Service {
    site: String,
    files: String,
    cloud_id: Option<String>,
    state: Mutex<State>,
}

struct State {
    exchanges: Vec<Exchange>,
    /// The exchanges by method, origin and path.
    by_route: HashMap<Route, Vec<usize>>,
    violations: Violations,
}

type Route = (String, bool, Vec<String>);

struct Exchange {
    file: String,
    fixture: Fixture,
    query: Vec<(String, String)>,
    served: bool,
}

/// A request, as far as it is compared.
struct Asked {
    route: Route,
    /// Method and path as they were sent.
    name: String,
    query: Vec<(String, String)>,
    body: Bytes,
}

impl Replay {
    /// Serves the recording in this folder on free ports.
    ///
    /// # Errors
    /// Fails when the folder cannot be read, when it has no fixture, when a file is not one (the error names it), and when
    /// the machine has no free port or no thread left.
    pub async fn start(folder: impl AsRef<Path>) -> io::Result<Replay> {
        Replay::start_blocking(folder)
    }

    /// Serves the recording in this folder, in a program without an asynchronous runtime.
    ///
    /// # Errors
    /// Fails as [`start`](Replay::start) does.
    pub fn start_blocking(folder: impl AsRef<Path>) -> io::Result<Replay> {
        Replay::on_port(folder, 0)
    }

    /// Serves the recording in this folder on this port; on a free one for 0.
    ///
    /// # Errors
    /// Fails as [`start`](Replay::start) does, and when the port is taken.
    pub fn on_port(folder: impl AsRef<Path>, port: u16) -> io::Result<Replay> {
        let folder = folder.as_ref();
        let fixtures = fixture::read_folder(folder)?;
        if fixtures.is_empty() {
            let problem = format!("{} has no fixtures, which are files called *.json", folder.display());
            return Err(io::Error::new(ErrorKind::NotFound, problem));
        }
        let cloud_id = fixtures.iter().find_map(|(_, fixture)| cloud_id(&fixture.request.path));
        let (site_listener, site) = server::bind(port)?;
        let (files_listener, files) = server::bind(0)?;
        let state = Mutex::new(State::new(fixtures));
        let service = Arc::new(Service { site, files, cloud_id, state });
        let shared = Arc::clone(&service);
        let respond = move |to_files, request| respond(Arc::clone(&shared), to_files, request);
        let background = Background::start("jsm-replay", site_listener, files_listener, respond)?;
        Ok(Replay { service, background, no_violations: false })
    }

    /// Makes dropping the replay panic when there are [violations](Replay::violations), so that a test fails that does not
    /// look at them itself.
    pub fn no_violations(mut self) -> Replay {
        self.no_violations = true;
        self
    }

    /// The address to give to the client in place of the site's, without a slash at the end. It also serves what real
    /// sites leave to the gateway.
    pub fn url(&self) -> &str {
        &self.service.site
    }

    /// The cloud id of the site, as the recording calls it; none if no request went to the gateway. A client that needs it
    /// can also look it up, as on a real site.
    pub fn cloud_id(&self) -> Option<&str> {
        self.service.cloud_id.as_deref()
    }

    /// The first 1,000 requests that were not recorded, the oldest first.
    pub fn violations(&self) -> Vec<Violation> {
        self.service.lock().violations.all().to_vec()
    }

    /// The names of the files whose exchange was not requested so far.
    pub fn unused(&self) -> Vec<String> {
        let state = self.service.lock();
        let unused = state.exchanges.iter().filter(|exchange| !exchange.served);
        unused.map(|exchange| exchange.file.clone()).collect()
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Replay").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.background.stop();
        // A test that fails already has its own reason.
        if self.no_violations && !std::thread::panicking() {
            let violations: Vec<String> = self.violations().iter().map(ToString::to_string).collect();
            assert!(violations.is_empty(), "requests are not in the recording:\n{}", violations.join("\n"));
        }
    }
}

impl Service {
    /// The state. A panic in one request must not end the others, so that a poisoned lock stays in use.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text of a fixture, with the addresses of this server in place of the recorded ones.
    fn with_addresses(&self, text: &str) -> String {
        text.replace(FILES, &self.files).replace(GATEWAY, &self.site).replace(SITE, &self.site)
    }
}

impl State {
    fn new(fixtures: Vec<(String, Fixture)>) -> State {
        let mut by_route: HashMap<Route, Vec<usize>> = HashMap::new();
        let mut exchanges = Vec::new();
        for (file, fixture) in fixtures {
            let request = &fixture.request;
            let route = (request.method.clone(), request.to_files, segments(&request.path));
            by_route.entry(route).or_default().push(exchanges.len());
            let query = pairs(&request.query);
            exchanges.push(Exchange { file, fixture, query, served: false });
        }
        State { exchanges, by_route, violations: Violations::default() }
    }

    /// The response to a request, or why there is none.
    fn find(&mut self, asked: &Asked) -> Result<FixtureResponse, String> {
        let Some(route) = self.by_route.get(&asked.route) else {
            return Err("the recording has no request with this method and path".to_owned());
        };
        let body = serde_json::from_slice::<Value>(&asked.body).ok();
        let mut difference = None;
        let mut last = None;
        for index in route {
            let exchange = &self.exchanges[*index];
            match differs(exchange, asked, body.as_ref()) {
                Some(found) => {
                    difference.get_or_insert_with(|| format!("{}: {found}", exchange.file));
                }
                None if !exchange.served => {
                    last = Some(*index);
                    break;
                }
                None => last = Some(*index),
            }
        }
        let Some(index) = last else {
            return Err(format!("the recording has no such request; {}", difference.unwrap_or_default()));
        };
        let exchange = &mut self.exchanges[index];
        if exchange.served && !matches!(asked.route.0.as_str(), "GET" | "HEAD") {
            return Err(format!(
                "the request was sent more often than recorded; the last is {}",
                exchange.file
            ));
        }
        exchange.served = true;
        Ok(exchange.fixture.response.clone())
    }
}

/// The first difference between a recorded request and another one with the same method and path.
fn differs(exchange: &Exchange, asked: &Asked, body: Option<&Value>) -> Option<String> {
    if exchange.query != asked.query {
        let text = |pairs: &[(String, String)]| {
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            if pairs.is_empty() { "none".to_owned() } else { pairs.join("&") }
        };
        return Some(format!("the query is {}, recorded is {}", text(&asked.query), text(&exchange.query)));
    }
    match &exchange.fixture.request.content {
        Content::Empty if asked.body.is_empty() => None,
        Content::Empty => Some("recorded is a request without a body".to_owned()),
        Content::Json(recorded) => match body {
            Some(body) => first_difference(body, recorded, "body"),
            None => Some("recorded is a body of JSON".to_owned()),
        },
        Content::Text(recorded) => {
            let text = String::from_utf8_lossy(&asked.body);
            let is_same_json =
                || body.is_some() && serde_json::from_str::<Value>(recorded).ok().as_ref() == body;
            // A form can be encoded in several ways.
            let is_same = *recorded == text || is_same_json() || pairs(recorded) == pairs(&text);
            (!is_same).then(|| "the body is another text".to_owned())
        }
        Content::Bytes(_) | Content::Parts(_) => None,
    }
}

fn first_difference(value: &Value, recorded: &Value, at: &str) -> Option<String> {
    match (value, recorded) {
        (Value::Object(members), Value::Object(others)) => {
            let missing = others.keys().find(|name| !members.contains_key(*name));
            if let Some(name) = missing {
                return Some(format!("{at}.{name} is missing"));
            }
            members.iter().find_map(|(name, member)| match others.get(name) {
                Some(other) => first_difference(member, other, &format!("{at}.{name}")),
                None => Some(format!("{at}.{name} is not recorded")),
            })
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            let mut pairs = items.iter().zip(others).enumerate();
            pairs.find_map(|(index, (item, other))| first_difference(item, other, &format!("{at}[{index}]")))
        }
        _ if value == recorded => None,
        _ => Some(format!("{at} is {value}, recorded is {recorded}")),
    }
}

async fn respond(
    service: Arc<Service>,
    to_files: bool,
    request: http::Request<Incoming>,
) -> Result<http::Response<Sent>, Broken> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return refused(413, "the body is too large or incomplete");
    };
    let (method, path) = (head.method.as_str().to_owned(), head.uri.path());
    let asked = Asked {
        name: format!("{method} {path}"),
        route: (method, to_files, segments(path)),
        query: pairs(head.uri.query().unwrap_or_default()),
        body: body.to_bytes(),
    };
    let problem = {
        let mut state = service.lock();
        match state.find(&asked) {
            Ok(response) => return write(&service, response),
            Err(problem) => problem,
        }
    };
    if let (true, Some(cloud_id)) = (asked.name == "GET /_edge/tenant_info", &service.cloud_id) {
        let body = json!({"cloudId": cloud_id}).to_string();
        return finished(http::Response::builder().header("content-type", "application/json"), whole(body));
    }
    service.lock().violations.add(&asked.name, Side::Request, problem.as_str());
    refused(501, &format!("not recorded: {problem}"))
}

fn whole(body: String) -> Sent {
    background::whole(body)
}

fn refused(status: u16, message: &str) -> Result<http::Response<Sent>, Broken> {
    let head = http::Response::builder().status(status).header("content-type", "application/json");
    finished(head, whole(json!({"errorMessage": message}).to_string()))
}

fn finished(head: http::response::Builder, body: Sent) -> Result<http::Response<Sent>, Broken> {
    head.body(body).map_err(|_| Broken)
}

fn write(service: &Service, response: FixtureResponse) -> Result<http::Response<Sent>, Broken> {
    let Some(status) = response.status else { return Err(Broken) };
    let mut head = http::Response::builder().status(status);
    let mut media_type = "";
    for (name, value) in &response.headers {
        head = head.header(name, service.with_addresses(value));
        if name == "content-type" {
            media_type = value;
        }
    }
    let body = match &response.content {
        Content::Empty | Content::Parts(_) => Bytes::new(),
        Content::Json(value) => service.with_addresses(&value.to_string()).into(),
        Content::Text(text) => service.with_addresses(text).into(),
        Content::Bytes(count) => made_up(media_type, *count),
    };
    if response.broken {
        let head = head.header("content-length", body.len() + 1);
        return finished(head, background::broken(body));
    }
    finished(head, background::whole(body))
}

/// So many bytes that begin as files of the media type do.
fn made_up(media_type: &str, count: u64) -> Bytes {
    let start: &[u8] = match media_type.split(';').next().unwrap_or_default().trim() {
        "image/png" => b"\x89PNG\r\n\x1a\n",
        "image/jpeg" => b"\xff\xd8\xff\xe0",
        "image/gif" => b"GIF89a",
        "application/pdf" => b"%PDF-1.7\n",
        "application/zip" => b"PK\x03\x04",
        "text/html" => b"<!DOCTYPE html>",
        _ => b"",
    };
    let count = usize::try_from(count.min(LARGEST_FILE)).unwrap_or(usize::MAX);
    let mut bytes = start.to_vec();
    bytes.resize(count, b'x');
    bytes.into()
}

fn segments(path: &str) -> Vec<String> {
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect()
}

/// The parameters of a query, decoded and in alphabetical order.
fn pairs(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs
}

/// The cloud id in a path of the gateway.
fn cloud_id(path: &str) -> Option<String> {
    let prefixes =
        APIS.iter().filter_map(|api| api.operations.first()?.base.gateway?.strip_suffix("{cloudId}"));
    let rest = prefixes.filter_map(|prefix| path.strip_prefix(prefix)).next()?;
    Some(rest.split('/').next()?.to_owned()).filter(|id| !id.is_empty())
}
