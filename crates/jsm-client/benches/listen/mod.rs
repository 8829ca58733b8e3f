//! A server on a loopback port, with a thread of its own.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// Starts a server that responds with what a function makes of path and query, each time after this latency. Where the
/// function returns nothing, the connection breaks. It ends with the process.
pub(crate) fn listen(
    latency: Duration,
    respond: impl Fn(&str) -> Option<Response<Full<Bytes>>> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.set_nonblocking(true).expect("it is a socket");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let respond = Arc::new(respond);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be built").block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it is a socket");
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let respond = Arc::clone(&respond);
                let service = service_fn(move |request: Request<Incoming>| {
                    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
                    let response = respond(target).ok_or_else(|| io::Error::other("broken on purpose"));
                    async move {
                        if latency > Duration::ZERO {
                            tokio::time::sleep(latency).await;
                        }
                        response
                    }
                });
                tokio::spawn(async move {
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    url
}
