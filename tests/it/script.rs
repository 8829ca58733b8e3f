//! A server that responds as a test wrote down, right or wrong, and records the requests.
//!
//! What a healthy site responds with is the sandbox's.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A server that responds until it is dropped. Each connection serves one request.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<ScriptedRequest>>>,
    task: JoinHandle<()>,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// A response, and how it ends.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    end: End,
    /// Whether the response says how long its body is.
    measured: bool,
    /// How long it says that the body is, where that is not true.
    promised: Option<usize>,
    /// Whether there is no response at all.
    silent: bool,
    /// How many requests have to arrive before the response is sent.
    after: usize,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    /// The connection breaks.
    Breaks,
    /// Nothing more comes, and the connection stays open.
    Stalls,
    /// It never ends: the same bytes come again and again.
    Repeats,
}

type Responses = dyn FnMut(&ScriptedRequest) -> ScriptedResponse + Send;

/// What all connections of a server share.
#[derive(Clone)]
struct Shared {
    requests: Arc<Mutex<Vec<ScriptedRequest>>>,
    responses: Arc<Mutex<Box<Responses>>>,
    count: watch::Sender<usize>,
}

impl Script {
    /// Sends these responses, one after the other, whatever is requested.
    pub(crate) async fn of(responses: impl IntoIterator<Item = ScriptedResponse>) -> Script {
        let responses: Vec<ScriptedResponse> = responses.into_iter().collect();
        let mut responses = responses.into_iter();
        Script::serve(move |_| responses.next().unwrap_or_else(|| text(500, "the script is over"))).await
    }

    /// Sends the responses that a function returns.
    pub(crate) async fn serve(
        respond: impl FnMut(&ScriptedRequest) -> ScriptedResponse + Send + 'static,
    ) -> Script {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let requests: Arc<Mutex<Vec<ScriptedRequest>>> = Arc::default();
        let responses: Arc<Mutex<Box<Responses>>> = Arc::new(Mutex::new(Box::new(respond)));
        let shared = Shared { requests: Arc::clone(&requests), responses, count: watch::channel(0).0 };
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve_connection(stream, shared.clone()));
            }
        });
        Script { url: format!("http://{address}"), requests, task }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<ScriptedRequest> {
        lock(&self.requests).clone()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve_connection(stream: TcpStream, shared: Shared) {
    let service = service_fn(move |request| respond(shared.clone(), request));
    let mut server = hyper::server::conn::http1::Builder::new();
    let server = server.keep_alive(false).auto_date_header(false);
    // A client that closes the connection early is what some tests are about.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(shared: Shared, request: Request<Incoming>) -> Result<Response<SentBody>, Broken> {
    let request = read(request).await.map_err(|_| Broken)?;
    let response = {
        // The lock is held over both, so that requests are recorded in the order of their responses.
        let mut requests = lock(&shared.requests);
        let response = lock(&shared.responses)(&request);
        requests.push(request);
        shared.count.send_replace(requests.len());
        response
    };
    let mut count = shared.count.subscribe();
    count.wait_for(|count| *count >= response.after).await.map_err(|_| Broken)?;
    match (response.silent, response.end) {
        (true, End::Stalls) => std::future::pending().await,
        (true, _) => Err(Broken),
        (false, _) => Ok(response.into_http()),
    }
}

async fn read(request: Request<Incoming>) -> hyper::Result<ScriptedRequest> {
    let (head, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(ScriptedRequest {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned(),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScriptedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number in the query.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name)?.1.parse().ok()
    }
}

/// A response in JSON.
pub(crate) fn json(status: u16, body: &Value) -> ScriptedResponse {
    body_of(status, "application/json;charset=UTF-8", body.to_string().into_bytes())
}

/// A response in plain text.
pub(crate) fn text(status: u16, body: &str) -> ScriptedResponse {
    body_of(status, "text/plain", body.as_bytes().to_vec())
}

/// A response of any type.
pub(crate) fn body_of(status: u16, content_type: &str, body: Vec<u8>) -> ScriptedResponse {
    ScriptedResponse {
        status,
        headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
        body: body.into(),
        end: End::Complete,
        measured: true,
        promised: None,
        silent: false,
        after: 0,
    }
}

/// A response without a body and without a type.
pub(crate) fn empty(status: u16) -> ScriptedResponse {
    ScriptedResponse { headers: Vec::new(), ..text(status, "") }
}

/// The connection breaks in the place of a response.
pub(crate) fn dropped() -> ScriptedResponse {
    ScriptedResponse { silent: true, ..empty(200) }
}

/// The server reads the request and never responds.
pub(crate) fn silence() -> ScriptedResponse {
    ScriptedResponse { end: End::Stalls, ..dropped() }
}

impl ScriptedResponse {
    pub(crate) fn header(mut self, name: &str, value: &str) -> ScriptedResponse {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> ScriptedResponse {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn with_status(self, status: u16) -> ScriptedResponse {
        ScriptedResponse { status, ..self }
    }

    /// How many bytes the body has.
    pub(crate) fn length(&self) -> usize {
        self.body.len()
    }

    /// The response does not say how long its body is.
    pub(crate) fn unmeasured(self) -> ScriptedResponse {
        ScriptedResponse { measured: false, ..self }
    }

    /// The body breaks off here, and the connection with it.
    pub(crate) fn cut(mut self, at: usize) -> ScriptedResponse {
        self.promised = Some(self.body.len());
        self.body.truncate(at);
        ScriptedResponse { end: End::Breaks, ..self }
    }

    /// The body stops here, and the connection stays open.
    pub(crate) fn stalls(self, at: usize) -> ScriptedResponse {
        ScriptedResponse { end: End::Stalls, ..self.cut(at) }
    }

    /// The body never ends.
    pub(crate) fn endless(self) -> ScriptedResponse {
        ScriptedResponse { end: End::Repeats, measured: false, ..self }
    }

    /// The response is sent once so many requests have arrived.
    pub(crate) fn after(self, requests: usize) -> ScriptedResponse {
        ScriptedResponse { after: requests, ..self }
    }

    fn into_http(self) -> Response<SentBody> {
        let length = self.promised.unwrap_or(self.body.len());
        let measured = self.measured && self.status != 204;
        let body = SentBody { body: self.body, end: self.end, is_sent: false };
        let mut response = Response::new(body);
        *response.status_mut() = self.status.try_into().expect("it is a status");
        let mut header = |name: &str, value: &str| {
            let name = HeaderName::try_from(name).expect("it is the name of a header");
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("it is the value of a header");
            response.headers_mut().append(name, value);
        };
        for (name, value) in &self.headers {
            header(name, value);
        }
        if measured {
            header("Content-Length", &length.to_string());
        }
        response
    }
}

/// The body of a response, whose length hyper does not know.
struct SentBody {
    body: Bytes,
    end: End,
    is_sent: bool,
}

/// The connection breaks here: hyper closes it where a service or a body fails.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the script breaks the connection")
    }
}

impl std::error::Error for Broken {}

impl Body for SentBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if !self.body.is_empty() {
            let body = match self.end {
                End::Repeats => self.body.clone(),
                _ => std::mem::take(&mut self.body),
            };
            return Poll::Ready(Some(Ok(Frame::data(body))));
        }
        match self.end {
            End::Complete | End::Repeats => Poll::Ready(None),
            End::Stalls => Poll::Pending,
            End::Breaks if self.is_sent => Poll::Ready(Some(Err(Broken))),
            End::Breaks => {
                // hyper sends what it has buffered while a body has nothing more to give.
                self.is_sent = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}
