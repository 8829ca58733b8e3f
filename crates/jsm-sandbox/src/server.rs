//! The wire: connections come in, requests are read, answers are written, connections are dropped.
//!
//! What is answered is decided by the site; this file knows no operation.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::Sleep;

use crate::fault::Manner;
use crate::reply::{Payload, Reply};
use crate::site::{Arrived, Door, Site};
use crate::world::File;

/// The largest body that is read.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// How large the pieces of a body are that comes slowly.
const PIECE: usize = 64;

/// How long to wait after a connection could not be taken, doubled each time it fails again.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The connection ends here: hyper closes it when a service or a body fails.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Takes connections until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, site: Arc<Site>, door: Door) -> Infallible {
    let mut pause = SHORTEST_PAUSE;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // A connection that is gone before it is taken concerns nobody else. Where descriptors have run out, the
            // error comes again at once until some are closed.
            Err(_) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
        };
        pause = SHORTEST_PAUSE;
        let site = Arc::clone(&site);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&site), door, request));
            // A client that leaves early is no error of the site.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    site: Arc<Site>,
    door: Door,
    request: Request<Incoming>,
) -> Result<Response<Pieces>, Dropped> {
    let (head, body) = request.into_parts();
    let (reply, manner) = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            site.answer(&Arrived {
                door: door.meant(head.uri.path()),
                method: head.method.as_str().to_owned(),
                path: head.uri.path().to_owned(),
                query: head.uri.query().unwrap_or_default().to_owned(),
                parts: parts(&head.headers, body.clone()).await,
                headers: head.headers,
                body,
            })
        }
        Err(_) => (Reply::raw(413, "text/plain;charset=UTF-8", "The body is too large."), Manner::default()),
    };
    if manner.delay > Duration::ZERO {
        tokio::time::sleep(manner.delay).await;
    }
    if manner.drop {
        return Err(Dropped);
    }
    write(reply, manner).map_err(|_| Dropped)
}

/// The parts of a multipart body, as far as they can be read.
async fn parts(headers: &HeaderMap, body: Bytes) -> Vec<(String, File)> {
    let media_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Ok(boundary) = multer::parse_boundary(media_type) else { return Vec::new() };
    let stream = futures_util::stream::once(async move { Ok::<Bytes, Infallible>(body) });
    let mut form = multer::Multipart::new(stream, boundary);
    let mut parts = Vec::new();
    while let Ok(Some(field)) = form.next_field().await {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().unwrap_or("file").to_owned();
        let media_type =
            field.content_type().map_or("application/octet-stream".to_owned(), ToString::to_string);
        let Ok(bytes) = field.bytes().await else { break };
        parts.push((name, File { name: file_name, media_type, bytes }));
    }
    parts
}

fn write(reply: Reply, manner: Manner) -> Result<Response<Pieces>, http::Error> {
    let mut response = Response::builder().status(reply.status);
    let body = match reply.body {
        Payload::Empty => Bytes::new(),
        Payload::Json(value) => {
            response = response.header("content-type", "application/json;charset=UTF-8");
            Bytes::from(value.to_string())
        }
        // What no API answers is said plainly.
        Payload::Refusal { message, .. } => {
            response = response.header("content-type", "text/plain;charset=UTF-8");
            Bytes::from(message)
        }
        Payload::Raw { media_type, bytes } => {
            response = response.header("content-type", media_type);
            bytes
        }
    };
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    for (name, value) in reply.extra {
        response = response.header(name, value);
    }
    if manner.truncate {
        // The length promises what the body then does not keep.
        response = response.header("content-length", body.len());
    }
    response.body(Pieces::new(body, manner))
}

/// A body in pieces, which may come slowly or break off.
struct Pieces {
    left: VecDeque<Bytes>,
    pause: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    breaks: bool,
}

impl Pieces {
    fn new(body: Bytes, manner: Manner) -> Pieces {
        let body = if manner.truncate { body.slice(..body.len() / 2) } else { body };
        let left = match manner.slow {
            Some(_) => body.chunks(PIECE).map(|piece| body.slice_ref(piece)).collect(),
            None if body.is_empty() => VecDeque::new(),
            None => VecDeque::from([body]),
        };
        Pieces { left, pause: manner.slow, sleep: None, breaks: manner.truncate }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(pause) = self.pause.filter(|_| !self.left.is_empty()) {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.sleep = None;
        }
        Poll::Ready(match self.left.pop_front() {
            Some(piece) => Some(Ok(Frame::data(piece))),
            None if self.breaks => Some(Err(Dropped)),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        match self.breaks {
            true => SizeHint::default(),
            false => SizeHint::with_exact(self.left.iter().map(|piece| piece.len() as u64).sum()),
        }
    }
}
