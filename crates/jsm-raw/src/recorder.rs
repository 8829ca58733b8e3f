//! Requests of progenitor's methods: sent, or recorded without being sent.
//!
//! Only progenitor's methods know how each request is built. To get a request without sending it, the method runs with
//! a recorder that keeps the request and never completes; the method awaits nothing before that.

use std::future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use progenitor_client::{Error, ResponseValue};
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Response};
use serde::de::DeserializeOwned;

use crate::request_error::RequestError;
use crate::response;

/// The header that progenitor's methods put first into every request; no server asks for it.
static API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// Whether a generated client sends its requests, which is the default, or records them.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    kept: Option<Kept>,
}

/// Where a request is kept.
type Kept = Arc<Mutex<Option<Request>>>;

impl Recorder {
    pub(crate) async fn exec(&self, client: &Client, mut request: Request) -> reqwest::Result<Response> {
        remove_api_version(request.headers_mut());
        if request.body().is_none() && matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH)
        {
            // Otherwise HTTP/1.1 leaves open whether a body follows, and some proxies respond with 411.
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        match &self.kept {
            None => client.execute(request).await,
            Some(kept) => {
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
                future::pending().await
            }
        }
    }
}

/// Removes progenitor's header, and keeps the values of a documented parameter of the same name.
fn remove_api_version(headers: &mut HeaderMap) {
    let documented: Vec<HeaderValue> = headers.get_all(&API_VERSION).iter().skip(1).cloned().collect();
    headers.remove(&API_VERSION);
    for value in documented {
        headers.append(&API_VERSION, value);
    }
}

/// The request that a generated method would send.
pub(crate) fn record<F>(http: &Client, base: &str, send: F) -> Result<Request, RequestError>
where
    F: AsyncFnOnce(String, Client, Recorder) -> Result<(), Error<()>>,
{
    let kept = Kept::default();
    let recorder = Recorder { kept: Some(Arc::clone(&kept)) };
    // What is generic is compiled for every operation, so it is short.
    take(&kept, pin!(send(base.to_owned(), http.clone(), recorder)))
}

/// The request that a method has built when it was polled once.
fn take(
    kept: &Kept,
    method: Pin<&mut dyn Future<Output = Result<(), Error<()>>>>,
) -> Result<Request, RequestError> {
    let sent = method.poll(&mut Context::from_waker(Waker::noop()));
    let request = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    request.ok_or_else(|| match sent {
        Poll::Ready(Err(error)) => RequestError::build(&error),
        _ => RequestError::build(&"the request was not built"),
    })
}

/// The value of a response to a request that was sent, decoded as operations decode it.
pub(crate) async fn value<T: DeserializeOwned>(response: Response) -> Result<ResponseValue<T>, Error<()>> {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map_err(Error::ResponseBodyError)?;
    match response::json(&body) {
        Ok(value) => Ok(ResponseValue::new(value, status, headers)),
        Err(error) => Err(Error::InvalidResponsePayload(body, error)),
    }
}
