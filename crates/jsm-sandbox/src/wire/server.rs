//! A server of one origin: its socket, its connections, and the requests on them.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Context;

use futures_util::FutureExt;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::accept::accept_all;
use super::deliver::{Broken, SentBody, deliver};
use super::multipart::parts;
use crate::message::origin::Origin;
use crate::message::raw::RawRequest;
use crate::message::response::Response;
use crate::pipeline;
use crate::pipeline::fault::Delivery;
use crate::pipeline::state::Service;

/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// A socket on a port of this machine, and its address. Port 0 takes a free one.
pub(crate) fn bind(port: u16) -> io::Result<(TcpListener, String)> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let cannot =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {wanted}: {error}"));
    let listener = TcpListener::bind(wanted).map_err(cannot)?;
    listener.set_nonblocking(true)?;
    let address = format!("http://{}", listener.local_addr()?);
    Ok((listener, address))
}

/// Serves connections until the future is dropped.
pub(crate) async fn serve(
    listener: tokio::net::TcpListener,
    service: Arc<Service>,
    origin: Origin,
) -> Infallible {
    let accept = |context: &mut Context<'_>| listener.poll_accept(context).map_ok(|(stream, _)| stream);
    accept_all(accept, |stream| {
        tokio::spawn(serve_connection(stream, Arc::clone(&service), origin));
    })
    .await
}

async fn serve_connection(stream: TcpStream, service: Arc<Service>, origin: Origin) {
    let respond = service_fn(move |request| respond(Arc::clone(&service), origin, request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), respond);
    // A client that closes the connection early is no error.
    let _ = connection.await;
}

async fn respond(
    service: Arc<Service>,
    origin: Origin,
    request: http::Request<Incoming>,
) -> Result<http::Response<SentBody>, Broken> {
    let (response, delivery) = match read(origin, request).await {
        // The conditions of faults are a test's own, and may panic.
        Ok(raw) => match AssertUnwindSafe(pipeline::respond(&service, &raw)).catch_unwind().await {
            Ok(responded) => responded,
            Err(_) => (Response::text(500, "The sandbox panicked."), Delivery::default()),
        },
        Err(refusal) => (refusal, Delivery::default()),
    };
    deliver(response, delivery).await
}

/// Reads a request to its end.
async fn read(origin: Origin, request: http::Request<Incoming>) -> Result<RawRequest, Response> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await;
    let body = body.map_err(|_| Response::text(413, "The body is too large."))?.to_bytes();
    Ok(RawRequest {
        origin,
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        parts: parts(&head.headers, body.clone()).await,
        headers: head.headers,
        body,
    })
}
