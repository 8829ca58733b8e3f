//! A server of two origins, on a thread of its own: the site with its gateway, and the files.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::task::Context;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use crate::wire::accept::accept_all;

/// The body of a response, which may break off.
pub(crate) type Sent = UnsyncBoxBody<Bytes, Broken>;

/// The connection breaks here: hyper closes it where a service or a body fails.
#[derive(Debug)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection to the target is broken")
    }
}

impl std::error::Error for Broken {}

/// A whole body.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Sent {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A body that breaks off after these bytes.
pub(crate) fn broken(bytes: Bytes) -> Sent {
    let pieces = futures_util::stream::unfold(Some(bytes), |left| async move {
        match left {
            Some(bytes) if !bytes.is_empty() => Some((Ok(Frame::data(bytes)), Some(Bytes::new()))),
            Some(_) => {
                // hyper sends what it has buffered while a body has nothing more to give.
                tokio::task::yield_now().await;
                Some((Err(Broken), None))
            }
            None => None,
        }
    });
    StreamBody::new(pieces).boxed_unsync()
}

/// A running server, which stops when it is dropped.
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Serves connections. `respond` gets each request, and whether it came to the origin of files.
    pub(crate) fn start<R, F>(
        name: &str,
        site: TcpListener,
        files: TcpListener,
        respond: R,
    ) -> io::Result<Background>
    where
        R: Fn(bool, http::Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<http::Response<Sent>, Broken>> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async move {
                for (listener, to_files) in [(site, false), (files, true)] {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                    tokio::spawn(serve(listener, to_files, respond.clone()));
                }
                // It ends when the sender is dropped, and all connections with the runtime.
                let _ = stopped.await;
            });
        })?;
        Ok(Background { stop: Some(stop), thread: Some(thread) })
    }

    /// Stops the server, and waits until its ports are free.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn serve<R, F>(listener: tokio::net::TcpListener, to_files: bool, respond: R)
where
    R: Fn(bool, http::Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<http::Response<Sent>, Broken>> + Send + 'static,
{
    let accept = |context: &mut Context<'_>| listener.poll_accept(context).map_ok(|(stream, _)| stream);
    accept_all(accept, |stream| {
        let respond = respond.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(to_files, request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that closes the connection early is no error.
            let _ = connection.await;
        });
    })
    .await;
}
