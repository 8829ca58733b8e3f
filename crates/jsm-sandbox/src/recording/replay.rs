//! A server that responds from fixtures.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::json;

use super::background::{self, Background, Broken, Sent};
use super::compare::{self, Asked, Recorded, Route};
use super::fixture::{self, Content, FILES, Fixture, FixtureResponse, GATEWAY, SITE};
use crate::handlers::table::APIS;
use crate::pipeline::violation::{Side, Violation, Violations};
use crate::wire::server;

/// The largest body of a request, in bytes. Longer ones are refused.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// The largest body that is made up for recorded bytes.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;
/// The most differences that an error lists.
const MOST_LISTED: usize = 3;

/// A server on loopback ports of this machine that responds as a recording says. It stops when it is dropped.
///
/// `RecordingProxy` (feature `record`) or the program `jsm-sandbox record` makes recordings: folders with a file for each
/// exchange. A request gets the response of the exchange with the same method, path, query and JSON body. Several such
/// exchanges are served in their order, each once; after that, a GET gets the last one again. Headers do not count,
/// credentials above all: any will do. Nor do the contents of uploads.
///
/// Recordings contain pseudonyms, and so must the requests: a test asks for the customer `person-1@example.com` and the
/// request `DESK-1`, as its recording calls them. A request that was not recorded gets the status 501, and is
/// a [violation](Replay::violations) which names the nearest one that was, and the difference.
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
    addresses: Addresses,
    cloud_id: Option<String>,
    state: Mutex<State>,
}

/// The addresses of this server.
struct Addresses {
    site: String,
    files: String,
}

struct State {
    exchanges: Vec<Exchange>,
    /// The exchanges by method, origin and path.
    by_route: HashMap<Route, Vec<usize>>,
    violations: Violations,
}

struct Exchange {
    file: String,
    recorded: Recorded,
    response: FixtureResponse,
    served: bool,
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
        let addresses = Addresses { site, files };
        let state = Mutex::new(State::new(fixtures, &addresses));
        let service = Arc::new(Service { addresses, cloud_id, state });
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
        &self.service.addresses.site
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
}

impl Addresses {
    /// A text of a fixture, with the addresses of this server in place of the recorded ones.
    fn fill(&self, text: &str) -> String {
        text.replace(FILES, &self.files).replace(GATEWAY, &self.site).replace(SITE, &self.site)
    }

    /// The opposite. What fixtures have of the gateway is the site's here.
    fn placeholders(&self, text: &str) -> String {
        text.replace(&self.files, FILES).replace(&self.site, SITE).replace(GATEWAY, SITE)
    }
}

impl State {
    fn new(fixtures: Vec<(String, Fixture)>, addresses: &Addresses) -> State {
        let mut by_route: HashMap<Route, Vec<usize>> = HashMap::new();
        let mut exchanges = Vec::new();
        for (file, Fixture { request, response, .. }) in fixtures {
            let recorded = Recorded::new(&request, |text| addresses.placeholders(text));
            by_route.entry(recorded.route.clone()).or_default().push(exchanges.len());
            exchanges.push(Exchange { file, recorded, response, served: false });
        }
        State { exchanges, by_route, violations: Violations::default() }
    }

    /// The response to a request, or why there is none.
    fn find(&mut self, asked: &Asked) -> Result<FixtureResponse, String> {
        let Some(route) = self.by_route.get(&asked.route) else {
            let nearest =
                self.exchanges.iter().min_by_key(|exchange| exchange.recorded.distance(&asked.route));
            let nearest = nearest.map_or_else(String::new, |Exchange { file, recorded, .. }| {
                format!("; the nearest is {} in {file}", recorded.name)
            });
            return Err(format!("the recording has no request with this method and path{nearest}"));
        };
        let mut nearest = None;
        let mut last = None;
        for index in route {
            let Exchange { file, recorded, served, .. } = &self.exchanges[*index];
            let found = recorded.differences(asked);
            if found.count > 0 {
                let is_nearer = |(count, _, _): &(usize, &String, Vec<String>)| found.count < *count;
                if nearest.as_ref().is_none_or(is_nearer) {
                    nearest = Some((found.count, file, found.texts));
                }
                continue;
            }
            last = Some(*index);
            if !served {
                break;
            }
        }
        let Some(index) = last else {
            let nearest = nearest.map(|(_, file, mut texts)| {
                texts.truncate(MOST_LISTED);
                format!("; the nearest is {file}: {}", texts.join("; "))
            });
            return Err(format!("the recording has no such request{}", nearest.unwrap_or_default()));
        };
        let exchange = &mut self.exchanges[index];
        if exchange.served && !matches!(asked.route.0.as_str(), "GET" | "HEAD") {
            return Err(format!(
                "the request was sent more often than recorded; the last is {}",
                exchange.file
            ));
        }
        exchange.served = true;
        Ok(exchange.response.clone())
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
    let query = head.uri.query().unwrap_or_default();
    let name = format!("{method} {path}");
    let route = compare::route(&method, to_files, path);
    let placeholders = |text: &str| service.addresses.placeholders(text);
    let asked = Asked::new(route, query, body.to_bytes(), placeholders);
    let problem = {
        let mut state = service.lock();
        match state.find(&asked) {
            Ok(response) => return write(&service, response),
            Err(problem) => problem,
        }
    };
    if let (true, Some(cloud_id)) = (name == "GET /_edge/tenant_info", &service.cloud_id) {
        let body = json!({"cloudId": cloud_id}).to_string();
        return finished(http::Response::builder().header("content-type", "application/json"), whole(body));
    }
    service.lock().violations.add(&name, Side::Request, problem.as_str());
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
        head = head.header(name, service.addresses.fill(value));
        if name == "content-type" {
            media_type = value;
        }
    }
    let body = match &response.content {
        Content::Empty | Content::Parts(_) => Bytes::new(),
        Content::Json(value) => service.addresses.fill(&value.to_string()).into(),
        Content::Text(text) => service.addresses.fill(text).into(),
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

/// The cloud id in a path of the gateway.
fn cloud_id(path: &str) -> Option<String> {
    let prefixes =
        APIS.iter().filter_map(|api| api.operations.first()?.base.gateway?.strip_suffix("{cloudId}"));
    let rest = prefixes.filter_map(|prefix| path.strip_prefix(prefix)).next()?;
    Some(rest.split('/').next()?.to_owned()).filter(|id| !id.is_empty())
}
