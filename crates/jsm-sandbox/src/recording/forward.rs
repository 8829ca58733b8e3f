//! Requests on their way to the target, and responses on their way back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use jsm_raw::ResponseBody;
use reqwest::Url;
use serde_json::json;

use super::background::{self, Broken, Sent};
use super::exchange::{Body, Exchange};
use super::operations;
use super::redact;
use super::sent::{LARGEST_TEXT, sent_body};
use crate::handlers::table::APIS;

/// How many addresses of files are kept. Older ones are forgotten.
const KEPT_ADDRESSES: u64 = 10_000;

/// Headers of one connection, and those that the recorder's own connections have of their own.
const NOT_FORWARDED: [HeaderName; 10] = [
    header::CONNECTION,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// The headers that a server of files gets.
const OF_FILES: [HeaderName; 6] = [
    header::ACCEPT,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::RANGE,
    header::USER_AGENT,
];

/// Where exchanges are written.
pub(super) trait Record: Send + Sync + 'static {
    fn record(&self, exchange: &Exchange);

    /// The exchange with this number could not be recorded.
    fn lost(&self, number: u64);
}

/// What all connections share.
pub(super) struct Forward<R> {
    pub(super) http: reqwest::Client,
    pub(super) target: Url,
    pub(super) gateway: Url,
    /// The recorder's addresses of the site and of files.
    pub(super) own: String,
    pub(super) own_files: String,
    pub(super) record: R,
    pub(super) count: AtomicU64,
    pub(super) files: Mutex<Files>,
}

/// Addresses of files on other hosts, which the recorder gives numbers.
#[derive(Default)]
pub(super) struct Files {
    by_number: HashMap<u64, Url>,
    count: u64,
}

impl Files {
    fn add(&mut self, url: Url) -> u64 {
        self.count += 1;
        self.by_number.insert(self.count, url);
        self.by_number.remove(&self.count.wrapping_sub(KEPT_ADDRESSES));
        self.count
    }
}

impl<R: Record> Forward<R> {
    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a request goes, or why it goes nowhere.
    fn upstream(&self, to_files: bool, path: &str, query: Option<&str>) -> Result<Url, &'static str> {
        if to_files {
            let number = path.strip_prefix("/file/").and_then(|number| number.parse().ok());
            let url = number.and_then(|number: u64| self.files().by_number.get(&number).cloned());
            return url.ok_or("the recorder has given out no such address of a file");
        }
        let mut prefixes =
            APIS.iter().filter_map(|api| api.operations.first()?.base.gateway?.split('{').next());
        let is_of_gateway = prefixes.any(|prefix| path.starts_with(prefix));
        let origin = match path {
            "/oauth/token/accessible-resources" => &self.gateway,
            _ if path.starts_with("/oauth/") => {
                return Err(
                    "the recorder forwards no requests for tokens; send them to the server of tokens itself",
                );
            }
            _ if is_of_gateway => &self.gateway,
            _ => &self.target,
        };
        let mut url = origin.clone();
        url.set_path(path);
        url.set_query(query);
        Ok(url)
    }

    /// Forwards a request, and returns the response once it was recorded, or while it is a file.
    pub(super) async fn respond(
        self: Arc<Self>,
        to_files: bool,
        request: http::Request<Incoming>,
    ) -> Result<http::Response<Sent>, Broken> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let (head, body) = request.into_parts();
        let (path, query) = (head.uri.path().to_owned(), head.uri.query());
        let url = match self.upstream(to_files, &path, query) {
            Ok(url) => url,
            Err(problem) => return refused(404, problem),
        };
        let sent = match sent_body(&head.headers, body).await {
            Ok(sent) => sent,
            Err(problem) => return refused(413, problem),
        };
        let mut exchange = Exchange {
            number,
            to_files,
            method: head.method.as_str().to_owned(),
            path,
            query: query.unwrap_or_default().to_owned(),
            request_headers: head.headers,
            request_body: Body::empty(),
            status: None,
            response_headers: HeaderMap::new(),
            response_body: Body::empty(),
            broken: false,
        };
        let headers = forwarded(&exchange.request_headers, to_files);
        let mut upstream = self.http.request(head.method, url.clone()).headers(headers);
        if let Some(body) = sent.body {
            upstream = upstream.body(body);
        }
        let response = upstream.send().await;
        exchange.request_body = sent.kept.body().await;
        match response {
            Ok(response) => self.deliver(exchange, &url, response).await,
            Err(error) if error.is_connect() || error.is_builder() => {
                // Without the address, which can be a signed one.
                let error = error.without_url();
                let cause =
                    std::error::Error::source(&error).map_or(String::new(), |cause| format!(": {cause}"));
                refused(
                    502,
                    &format!(
                        "the recorder cannot connect to {}: {error}{cause}",
                        url.origin().ascii_serialization()
                    ),
                )
            }
            Err(_) => {
                exchange.broken = true;
                self.keep(exchange).await;
                Err(Broken)
            }
        }
    }

    /// Records an exchange, while others go on: redacting a long text takes seconds.
    async fn keep(self: &Arc<Self>, exchange: Exchange) {
        let (forward, number) = (Arc::clone(self), exchange.number);
        if tokio::task::spawn_blocking(move || forward.record.record(&exchange)).await.is_err() {
            self.record.lost(number);
        }
    }

    async fn deliver(
        self: Arc<Self>,
        mut exchange: Exchange,
        url: &Url,
        mut response: reqwest::Response,
    ) -> Result<http::Response<Sent>, Broken> {
        let status = response.status();
        exchange.status = Some(status.as_u16());
        exchange.response_headers = std::mem::take(response.headers_mut());
        let is_file = exchange.to_files || is_file_operation(&exchange);
        if let Some(location) = self.location(&exchange.response_headers, url, is_file) {
            exchange.response_headers.insert(header::LOCATION, location);
        }
        let media_type = exchange.response_headers.get(header::CONTENT_TYPE);
        let media_type = media_type
            .map_or(String::new(), |value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
        let is_encoded = redact::is_encoded(&exchange.response_headers);
        let is_text = !is_encoded && (media_type.is_empty() || redact::is_text(&media_type));
        let mut head = http::Response::builder().status(status);
        for (name, value) in &exchange.response_headers {
            if !NOT_FORWARDED.contains(name) && (name != header::CONTENT_LENGTH || !is_text) {
                head = head.header(name, value);
            }
        }
        if is_file && status.is_success() || !is_text {
            let body = self.stream(exchange, response, Bytes::new()).await;
            return head.body(body).map_err(|_| Broken);
        }
        let mut bytes = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => {
                    bytes.extend_from_slice(&piece);
                    if bytes.len() > LARGEST_TEXT {
                        // Too long to be redacted: it goes on as a file does.
                        let body = self.stream(exchange, response, bytes.freeze()).await;
                        return head.body(body).map_err(|_| Broken);
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    exchange.broken = true;
                    break;
                }
            }
        }
        let bytes = bytes.freeze();
        let sent = self.with_own_addresses(&bytes);
        exchange.response_body = Body::Whole(bytes);
        let is_broken = exchange.broken;
        let has_length = exchange.response_headers.contains_key(header::CONTENT_LENGTH);
        self.keep(exchange).await;
        if is_broken {
            let head = match has_length {
                true => head.header(header::CONTENT_LENGTH, sent.len() + 1),
                false => head,
            };
            return head.body(background::broken(sent)).map_err(|_| Broken);
        }
        head.body(background::whole(sent)).map_err(|_| Broken)
    }

    /// The body of a file, or of a very long text, passed on piece by piece, and recorded at its end. `read` is what was read
    /// of it so far.
    async fn stream(self: Arc<Self>, exchange: Exchange, response: reqwest::Response, read: Bytes) -> Sent {
        let length = exchange.response_headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let passing = Passing { forward: self, exchange, response, read, passed: 0, length };
        if passing.is_without_body() {
            passing.keep(false).await;
            return background::whole(Bytes::new());
        }
        let pieces = futures_util::stream::unfold(Some(passing), |passing| async move {
            let mut passing = passing?;
            match passing.next().await {
                Ok(Some(piece)) => {
                    passing.passed += piece.len() as u64;
                    // hyper never asks for the end of a body whose length it knows.
                    if passing.length.is_some_and(|length| passing.passed >= length) {
                        passing.keep(false).await;
                        return Some((Ok(Frame::data(piece)), None));
                    }
                    Some((Ok(Frame::data(piece)), Some(passing)))
                }
                Ok(None) => {
                    passing.keep(false).await;
                    None
                }
                Err(_) => {
                    passing.keep(true).await;
                    Some((Err(Broken), None))
                }
            }
        });
        StreamBody::new(pieces).boxed_unsync()
    }

    /// A body in which links to the target lead to the recorder.
    fn with_own_addresses(&self, bytes: &Bytes) -> Bytes {
        let Ok(text) = std::str::from_utf8(bytes) else { return bytes.clone() };
        let mut text = text.to_owned();
        for origin in [&self.target, &self.gateway] {
            let origin = origin.origin().ascii_serialization();
            for (origin, own) in [
                (format!("\"{origin}"), format!("\"{}", self.own)),
                // Slashes can be escaped.
                (format!("\"{}", origin.replace('/', "\\/")), format!("\"{}", self.own.replace('/', "\\/"))),
            ] {
                text = with_own_address(&text, &origin, &own);
            }
        }
        text.into()
    }

    /// The recorder's address for the target of a redirect. Other addresses stay, unless they are a file's.
    fn location(&self, headers: &HeaderMap, from: &Url, is_file: bool) -> Option<HeaderValue> {
        let location = headers.get(header::LOCATION)?;
        let target = from.join(String::from_utf8_lossy(location.as_bytes()).trim()).ok()?;
        let is_own = [&self.target, &self.gateway].iter().any(|own| own.origin() == target.origin());
        let own = match (is_own, is_file) {
            (true, _) => {
                let part = |mark: &str, part: Option<&str>| {
                    part.map_or(String::new(), |part| format!("{mark}{part}"))
                };
                let (query, fragment) = (part("?", target.query()), part("#", target.fragment()));
                format!("{}{}{query}{fragment}", self.own, target.path())
            }
            // Clients do not follow redirects to a page for logging in, nor from https to http.
            (false, true)
                if target.host_str() != Some("id.atlassian.com") && target.scheme() == from.scheme() =>
            {
                format!("{}/file/{}", self.own_files, self.files().add(target))
            }
            (false, _) => return None,
        };
        HeaderValue::try_from(own).ok()
    }
}

/// A body on its way.
struct Passing<R> {
    forward: Arc<Forward<R>>,
    exchange: Exchange,
    response: reqwest::Response,
    /// What was read and not passed on.
    read: Bytes,
    passed: u64,
    /// The length of the whole body, where the server has said it.
    length: Option<u64>,
}

impl<R: Record> Passing<R> {
    /// Whether no body follows, whatever the headers say of its length.
    fn is_without_body(&self) -> bool {
        self.length == Some(0)
            || self.exchange.method == "HEAD"
            || matches!(self.exchange.status, Some(204 | 304))
    }

    async fn next(&mut self) -> reqwest::Result<Option<Bytes>> {
        match self.read.is_empty() {
            true => self.response.chunk().await,
            false => Ok(Some(std::mem::take(&mut self.read))),
        }
    }

    async fn keep(mut self, is_broken: bool) {
        self.exchange.response_body = Body::Length(self.passed);
        self.exchange.broken = is_broken;
        self.forward.keep(self.exchange).await;
    }
}

fn is_file_operation(exchange: &Exchange) -> bool {
    let template = operations::find(&exchange.method, &exchange.path);
    template.is_some_and(|template| {
        template.info.response == ResponseBody::Bytes && template.info.method == exchange.method
    })
}

/// Replaces an origin where nothing but a path, a query or the end follows it.
fn with_own_address(text: &str, origin: &str, own: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(origin) {
        let after = &rest[at + origin.len()..];
        made += &rest[..at];
        made += if after.starts_with(['/', '\\', '"', '?', '#']) { own } else { origin };
        rest = after;
    }
    made + rest
}

/// The headers that the target gets. A server of files gets none that could be credentials.
fn forwarded(headers: &HeaderMap, to_files: bool) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let is_kept = match *name {
            // reqwest asks for what it can decode.
            header::ACCEPT_ENCODING => value == "identity",
            _ if to_files => OF_FILES.contains(name),
            _ => !NOT_FORWARDED.contains(name),
        };
        if is_kept {
            kept.append(name, value.clone());
        }
    }
    kept
}

/// What the recorder itself refuses. It is not recorded.
fn refused(status: u16, message: &str) -> Result<http::Response<Sent>, Broken> {
    let body = background::whole(json!({"errorMessage": message}).to_string());
    let head = http::Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    head.body(body).map_err(|_| Broken)
}
