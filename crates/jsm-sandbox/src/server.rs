//! The wire: connections come in, requests are read, answers are written.
//!
//! What is answered is decided by the site; this file knows no operation.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::reply::{Payload, Reply};
use crate::site::{Arrived, Site};

/// The largest body that is read.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// Takes connections until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, site: Arc<Site>) {
    loop {
        // A connection that is gone before it is taken concerns nobody else.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let site = Arc::clone(&site);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&site), request));
            // A client that leaves early is no error of the site.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(site: Arc<Site>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let reply = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => site.answer(&Arrived {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body: body.to_bytes(),
        }),
        Err(_) => Reply::refuse(413, "sd.rest.error.toolarge", "The body is too large."),
    };
    Ok(write(reply))
}

fn write(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(reply.status);
    let body = match reply.body {
        Payload::Empty => Bytes::new(),
        Payload::Json(value) => {
            response = response.header("content-type", "application/json;charset=UTF-8");
            Bytes::from(value.to_string())
        }
        Payload::Raw { media_type, bytes } => {
            response = response.header("content-type", media_type);
            bytes
        }
    };
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    // Statuses and headers are all made here, so the other arm is never taken; it still must not end the server.
    response.body(Full::new(body)).unwrap_or_else(|_| Response::new(Full::new(Bytes::new())))
}
