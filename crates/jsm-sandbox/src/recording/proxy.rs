//! Settings, start and stop of the server that records.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::BuilderVerifierExt;

use super::background::Background;
use super::exchange::Exchange;
use super::fixture::{self, Fixture};
use super::forward::{Files, Forward, Record};
use super::ids;
use super::redact;
use super::texts::{Origins, Replacer};
use crate::wire::server;

/// Atlassian's gateway.
const GATEWAY: &str = "https://api.atlassian.com";

/// How the name of a fixture ends until the fixture is whole.
const UNFINISHED: &str = ".json.unfinished";

/// A server on loopback ports of this machine that forwards what a client sends to a site, and writes what both sent as
/// redacted fixtures. It stops when it is dropped.
///
/// Give the client the recorder's [`url`](RecordingProxy::url) in place of the site's, and the credentials of the site.
/// They are forwarded to the site and to the gateway, and written nowhere. Each exchange becomes one file in the folder,
/// which is whole at any moment. [`Replay`](crate::Replay) serves the folder to tests.
///
/// # What is in the files
/// What the documents of the APIs know is kept: names of properties, values of enums, counts, flags, statuses, and the form of
/// the JSON, however odd. All other texts and numbers are replaced: equal ones by equal ones in the whole recording, in
/// bodies, paths, queries and links, and with the same form. An email address becomes `person-1@example.com`, an issue key
/// `DESK-1`, a UUID a UUID, a sentence `Summary 3`. Dates are moved by the same random number of days. Of the headers, those
/// that clients read are kept. Files are replaced by their lengths.
///
/// The names of unknown properties and new values of enums are kept if they consist of words that the platform uses;
/// [`keep`](RecordingProxyBuilder::keep) allows more. The table of pseudonyms is in memory alone. An exchange that the client
/// gives up before its end is left out. Read the files before you give them away: they are made to be read.
///
/// ```
/// # use std::io::{Read, Write};
/// use jsm_sandbox::{RecordingProxy, Sandbox};
///
/// // The site is a sandbox here.
/// let site = Sandbox::builder().start_blocking().unwrap();
/// # let folder = std::env::temp_dir().join(format!("jsm-recording-{}", std::process::id()));
/// let recorder = RecordingProxy::builder(site.url(), &folder).start_blocking().unwrap();
///
/// let mut stream = std::net::TcpStream::connect(recorder.url().trim_start_matches("http://")).unwrap();
/// stream.write_all(b"GET /rest/servicedeskapi/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
/// stream.read_to_string(&mut String::new()).unwrap();
///
/// assert!(recorder.files()[0].ends_with("0001-servicedesk-get-info.json"));
/// assert_eq!(recorder.problem(), None);
/// # std::fs::remove_dir_all(folder).unwrap();
/// ```
pub struct RecordingProxy {
    forward: Arc<Forward<Recording>>,
    _background: Background,
}

/// Settings for a [`RecordingProxy`].
#[derive(Clone, Debug)]
pub struct RecordingProxyBuilder {
    target: String,
    folder: PathBuf,
    gateway: Option<String>,
    port: u16,
    keep: HashSet<String>,
    days: Option<i64>,
}

/// Where exchanges are redacted and written.
struct Recording {
    folder: PathBuf,
    state: Mutex<State>,
}

struct State {
    replacer: Replacer,
    files: Vec<PathBuf>,
    problem: Option<String>,
}

impl RecordingProxy {
    /// Settings for a recorder in front of a site, such as `https://acme.atlassian.net`, which writes to a folder. The folder
    /// is made if it is not there, and must have no fixtures: pseudonyms are equal within one recording only.
    pub fn builder(target: impl Into<String>, folder: impl Into<PathBuf>) -> RecordingProxyBuilder {
        RecordingProxyBuilder {
            target: target.into(),
            folder: folder.into(),
            gateway: None,
            port: 0,
            keep: HashSet::new(),
            days: None,
        }
    }

    /// The address to give to the client in place of the site's, without a slash at the end. What belongs to the gateway is
    /// forwarded to the gateway.
    pub fn url(&self) -> &str {
        &self.forward.own
    }

    /// The files that were written so far, in the order in which their exchanges ended.
    pub fn files(&self) -> Vec<PathBuf> {
        self.forward.record.lock().files.clone()
    }

    /// Why the first exchange that is missing from the recording could not be written, for example because the disk is full.
    pub fn problem(&self) -> Option<String> {
        self.forward.record.lock().problem.clone()
    }

    /// The pseudonym of a text that went over the wire, which a test has to use when it runs against the recording. None if
    /// the text did not occur, or was kept.
    pub fn pseudonym(&self, text: &str) -> Option<String> {
        ids::seen(&self.forward.record.lock().replacer.pseudonyms, text)
    }
}

impl fmt::Debug for RecordingProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RecordingProxy").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl RecordingProxyBuilder {
    /// The address of the gateway. By default `https://api.atlassian.com`, and the target itself where that is on this
    /// machine.
    pub fn gateway(mut self, gateway: impl Into<String>) -> RecordingProxyBuilder {
        self.gateway = Some(gateway.into());
        self
    }

    /// The port of the recorder; a free one by default. Files always have a free port.
    pub fn port(mut self, port: u16) -> RecordingProxyBuilder {
        self.port = port;
        self
    }

    /// Keeps a text as it is wherever it occurs as a whole: as a value, or as the name of a property. Use it for words that
    /// are not about people, such as a new value of an enum.
    pub fn keep(mut self, text: impl Into<String>) -> RecordingProxyBuilder {
        self.keep.insert(text.into());
        self
    }

    /// By how many days dates are moved; a random number by default.
    pub fn move_dates(mut self, days: i32) -> RecordingProxyBuilder {
        self.days = Some(days.into());
        self
    }

    /// Starts the recorder.
    ///
    /// # Errors
    /// Fails when an address is not one, when the folder cannot be made or has fixtures, when the system's certificates
    /// cannot be read, and when the port is taken or the machine has no free port or no thread left.
    pub async fn start(self) -> io::Result<RecordingProxy> {
        self.start_blocking()
    }

    /// Starts the recorder in a program without an asynchronous runtime.
    ///
    /// # Errors
    /// Fails as [`start`](RecordingProxyBuilder::start) does.
    pub fn start_blocking(self) -> io::Result<RecordingProxy> {
        let target = origin("target", &self.target)?;
        let gateway = match &self.gateway {
            Some(gateway) => origin("gateway", gateway)?,
            // As clients do: a server on this machine is the gateway of itself.
            None if is_loopback(&target) => target.clone(),
            None => origin("gateway", GATEWAY)?,
        };
        let http = client(&target, &gateway)?;
        let (site_listener, own) = server::bind(self.port)?;
        let (files_listener, own_files) = server::bind(0)?;
        prepare(&self.folder)?;
        let origins = Origins {
            site: target.origin().ascii_serialization(),
            gateway: gateway.origin().ascii_serialization(),
            own: own.clone(),
            own_files: own_files.clone(),
        };
        let days = self.days.unwrap_or_else(random_days);
        let replacer = Replacer::new(&origins, self.keep, days);
        let state = Mutex::new(State { replacer, files: Vec::new(), problem: None });
        let record = Recording { folder: self.folder, state };
        let (count, files) = (AtomicU64::new(0), Mutex::new(Files::default()));
        let forward = Arc::new(Forward { http, target, gateway, own, own_files, record, count, files });
        let shared = Arc::clone(&forward);
        let respond = move |to_files, request| Arc::clone(&shared).respond(to_files, request);
        let background = Background::start("jsm-recorder", site_listener, files_listener, respond)?;
        Ok(RecordingProxy { forward, _background: background })
    }
}

impl Recording {
    /// The state. A panic in one request must not end the others, so that a poisoned lock stays in use.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record for Recording {
    fn record(&self, exchange: &Exchange) {
        let mut state = self.lock();
        let fixture = redact::redact(&mut state.replacer, exchange);
        match write(&self.folder, exchange, &fixture) {
            Ok(path) => state.files.push(path),
            Err(error) => {
                state.problem.get_or_insert(error.to_string());
            }
        }
    }

    fn lost(&self, number: u64) {
        let problem = format!("the recorder failed to redact exchange {number}");
        self.lock().problem.get_or_insert(problem);
    }
}

/// Writes a fixture under its own name once it is whole.
fn write(folder: &Path, exchange: &Exchange, fixture: &Fixture) -> io::Result<PathBuf> {
    let name = match (&fixture.operation, exchange.to_files) {
        (Some((api, operation)), _) => format!("{api}-{}", name_of(api, operation)),
        (None, true) => "file".to_owned(),
        (None, false) => "other".to_owned(),
    };
    let path = folder.join(format!("{:04}-{name}.json", exchange.number));
    let unfinished = path.with_extension(&UNFINISHED[1..]);
    let mut json = fixture.to_json();
    // By name, also where a program makes maps of JSON keep the order of insertion.
    json.sort_all_objects();
    let text = format!("{json:#}\n");
    publish(&text, &unfinished, &path).map_err(|error| fixture::of(&path, &error))?;
    Ok(path)
}

/// Writes a file and gives it its name. Another recorder that writes to the same folder loses nothing by it.
fn publish(text: &str, unfinished: &Path, path: &Path) -> io::Result<()> {
    let taken = || io::Error::new(ErrorKind::AlreadyExists, "another recorder writes to this folder");
    let mut file = fs::File::create_new(unfinished).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => taken(),
        _ => error,
    })?;
    // As long as the unfinished file exists, no one else gives this name to a file.
    let free = if path.exists() { Err(taken()) } else { Ok(()) };
    let published =
        free.and_then(|()| file.write_all(text.as_bytes())).and_then(|()| fs::rename(unfinished, path));
    if published.is_err() {
        // Part of a fixture on a full disk helps no one.
        let _ = fs::remove_file(unfinished);
    }
    published
}

/// The name of an operation in small letters: `get-customers`.
fn name_of(api: &str, operation: &str) -> String {
    let apis = crate::handlers::table::APIS.iter().filter(|known| known.name == api);
    let mut all = apis.flat_map(|api| api.operations);
    let info = all.find(|info| operation.split_once(' ') == Some((info.method, info.path)));
    let mut name = String::new();
    for letter in info.map_or("", |info| info.name).chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Makes the folder, and refuses one with fixtures.
fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder).map_err(|error| fixture::of(folder, &error))?;
    for entry in fs::read_dir(folder).map_err(|error| fixture::of(folder, &error))? {
        let path = entry?.path();
        if fixture::is_fixture(&path) {
            let problem = format!(
                "{} has a recording already; record into an empty folder, because pseudonyms are equal within one recording only",
                folder.display()
            );
            return Err(io::Error::new(ErrorKind::AlreadyExists, problem));
        }
        if path.to_string_lossy().ends_with(UNFINISHED) {
            // A recorder left it that was killed.
            fs::remove_file(&path).map_err(|error| fixture::of(&path, &error))?;
        }
    }
    Ok(())
}

/// An address that requests can be forwarded to. What else an address has is not repeated in the error: it can be secret.
fn origin(what: &str, text: &str) -> io::Result<Url> {
    let refused = |why: &str| Err(io::Error::new(ErrorKind::InvalidInput, format!("the {what} {why}")));
    let Ok(url) = Url::parse(text.trim()) else {
        return refused("is not an address; write it like https://acme.atlassian.net");
    };
    match url.scheme() {
        _ if url.host_str().is_none() => refused("has no host; write it like https://acme.atlassian.net"),
        _ if !url.username().is_empty() || url.password().is_some() => {
            refused("has credentials, which belong to the client")
        }
        _ if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() => {
            refused("has more than a scheme and a host; write it like https://acme.atlassian.net")
        }
        "http" if !is_loopback(&url) => refused(
            "would get credentials in the clear; write it with https, like https://acme.atlassian.net",
        ),
        "http" | "https" => Ok(url),
        _ => refused("is neither https nor http; write it like https://acme.atlassian.net"),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A client that follows no redirect, keeps no cookie, and leaves timeouts to the client in front of the recorder.
fn client(target: &Url, gateway: &Url) -> io::Result<reqwest::Client> {
    let provider =
        CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()));
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.and_then(|config| config.with_platform_verifier()).map_err(io::Error::other)?;
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(config);
    if is_loopback(target) && is_loopback(gateway) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(io::Error::other)
}

/// A number of days that nothing leads to: one to ten years back.
fn random_days() -> i64 {
    let random = RandomState::new().hash_one("days") % 3_287;
    -365 - i64::try_from(random).unwrap_or_default()
}
