//! Calls of operations: requests that are sent until their response decodes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;
use jsm_raw::{FilePart, Operation, OperationInfo, PageParts, Paginated};
use serde::de::DeserializeOwned;

use super::decode::{Decoded, Decoding, decode, decode_any, decode_page};
use super::drift::Observer;
use super::repairs::{Repair, Repairs};
use crate::error::{Error, ErrorKind, Result, request_id};
use crate::transport::classify::NoValue;
use crate::transport::idempotency_key;
use crate::transport::options::RequestOptions;
use crate::transport::{Build, Busy, Head, Received, RequestSpec, Transport, send};

/// What the clones of a client share.
pub(crate) struct Session {
    pub(crate) transport: Transport,
    pub(crate) decoding: Decoding,
    /// Observes the responses that are decoded.
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// A response: the value with status, headers and request id. [`Call::with_meta`](crate::Call::with_meta) and
/// [`HttpRequest::send_raw`](crate::HttpRequest::send_raw) return it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    /// The output of the operation, or what the program decodes the body as.
    pub value: T,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The id under which the server logged the request. Atlassian's support asks for it.
    pub request_id: Option<String>,
    /// How many times the request was sent, retries included.
    pub attempts: u32,
    /// What did not fit the operation's output and was decoded all the same; usually empty.
    pub repairs: Vec<Repair>,
}

/// Decodes a response.
type Decode<'a, T> = &'a (dyn Fn(&Head, &Bytes) -> Result<Decoded<T>, NoValue> + Send + Sync);

impl<T> Response<T> {
    /// The same response with another value, which is made from this one.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, status, headers, request_id, attempts, repairs } = self;
        Response { value: change(value), status, headers, request_id, attempts, repairs }
    }

    fn of(received: Received, decoded: Decoded<T>) -> Self {
        let Received { status, headers, attempts, .. } = received;
        Self {
            value: decoded.value,
            repairs: decoded.repairs.listed,
            status,
            request_id: request_id(&headers).map(str::to_owned),
            headers,
            attempts,
        }
    }
}

impl Response<Bytes> {
    /// A response whose body is not decoded.
    pub(crate) fn raw(received: Received) -> Self {
        let value = received.body.clone();
        Self::of(received, Decoded { value, repairs: Repairs::default() })
    }
}

impl Session {
    /// Calls an operation.
    pub(crate) async fn call<O: Operation>(
        &self,
        operation: O,
        options: &RequestOptions,
    ) -> Result<Response<O::Output>> {
        self.call_unless_busy(operation, options, None).await
    }

    /// Calls an operation, again and again as long as `busy` says that the server is.
    pub(crate) async fn call_unless_busy<O: Operation>(
        &self,
        mut operation: O,
        options: &RequestOptions,
        busy: Option<Busy<'_>>,
    ) -> Result<Response<O::Output>> {
        options.check().map_err(|error| error.with_operation(O::INFO))?;
        check_batch_size(&operation)?;
        // One key for all attempts: the server recognizes a request that is sent again.
        operation.ensure_idempotency_key(idempotency_key::random);
        let single_use = operation.is_single_use();
        let shortened = self.measure(O::INFO, operation.files_mut(), options).await?;
        let options = shortened.as_ref().unwrap_or(options);
        let build = |http: &reqwest::Client, base: &str| operation.request(http, base);
        let key = operation.rate_limit_key();
        let spec = RequestSpec {
            info: O::INFO,
            template: O::INFO.path,
            gateway_path: None,
            options,
            build: &build,
            single_use,
            rate_limit_key: key,
            busy,
        };
        let decode =
            |head: &Head, body: &Bytes| decode::<O>(&self.decoding, self.observer.as_deref(), head, body);
        let (received, decoded) = self.send(&spec, &decode).await?;
        Ok(Response::of(received, decoded))
    }

    /// Sends a request of which no document says what its response is.
    pub(crate) async fn request<T: DeserializeOwned + Send>(
        &self,
        spec: &RequestSpec<'_>,
    ) -> Result<Response<T>> {
        let decode = |head: &Head, body: &Bytes| decode_any(spec.info, &self.decoding, head, body);
        let (received, decoded) = self.send(spec, &decode).await?;
        Ok(Response::of(received, decoded))
    }

    /// Measures the files that a request carries, and returns the options with what is left of the deadline.
    pub(crate) async fn measure(
        &self,
        info: &'static OperationInfo,
        files: &mut [FilePart],
        options: &RequestOptions,
    ) -> Result<Option<RequestOptions>> {
        if files.is_empty() {
            return Ok(None);
        }
        let transport = &self.transport;
        let time = transport.call_time(options);
        let deadline = transport.clock.now() + time;
        let timeout = options.timeout.unwrap_or(transport.timeout);
        measure(info, files, time.min(timeout)).await?;
        Ok(Some(options.clone().deadline(transport.time_to(deadline))))
    }

    /// Requests one page of a list.
    pub(crate) async fn page<O: Paginated>(
        &self,
        operation: &O,
        options: &RequestOptions,
        build: Build<'_>,
    ) -> Result<(Received, Decoded<PageParts<O::Item>>)> {
        let spec = RequestSpec {
            info: operation.info(),
            template: operation.template(),
            gateway_path: operation.gateway_path(),
            options,
            build,
            single_use: false,
            rate_limit_key: None,
            busy: None,
        };
        let observer = self.observer.as_deref();
        let decode = |head: &Head, body: &Bytes| decode_page(operation, &self.decoding, observer, head, body);
        self.send(&spec, &decode).await
    }

    /// Sends a request until its response decodes, or until it cannot succeed any more.
    async fn send<T: Send>(
        &self,
        spec: &RequestSpec<'_>,
        decode: Decode<'_, T>,
    ) -> Result<(Received, Decoded<T>)> {
        // An attempt decodes, and the value outlives it.
        let decoded = Mutex::new(None);
        let check = |head: &Head, body: &Bytes| {
            let value = decode(head, body)?;
            *decoded.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        };
        let received = send(&self.transport, spec, &check).await?;
        let decoded = decoded.into_inner().unwrap_or_else(PoisonError::into_inner);
        let decoded = decoded.ok_or_else(|| Error::new(ErrorKind::Decode, "the response was not decoded"))?;
        Ok((received, decoded))
    }
}

/// Rejects more entries than the server takes in one request.
fn check_batch_size<O: Operation>(operation: &O) -> Result<()> {
    let Some(limit) = O::INFO.batch_limit else { return Ok(()) };
    let size = operation.batch_size();
    if size <= limit as usize {
        return Ok(());
    }
    let note = format!(
        "the request has {size} entries, and the server takes {limit} at once; \
         Client::in_batches, or bulk, fetch or upload, sends them in several requests"
    );
    Err(Error::configuration(note).with_operation(O::INFO))
}

/// Measures the files that a request carries. Folders and missing files are refused before anything is sent.
pub(crate) async fn measure(
    info: &'static OperationInfo,
    files: &mut [FilePart],
    time: Duration,
) -> Result<()> {
    let measured = tokio::time::timeout(time, FilePart::measure(files)).await;
    let error = match measured {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => Error::configuration(error.to_string()).with_source(error),
        Err(_) => Error::new(ErrorKind::Timeout, "the disk did not report in time how long the files are"),
    };
    Err(error.with_operation(info))
}
