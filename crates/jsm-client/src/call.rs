//! A call: an operation, the client, and options.

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jsm_raw::{FilePart, Operation, OperationInfo};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap};

use crate::client::{CALL_DEADLINE, Client};
use crate::error::{self, Error, ErrorKind, Result};
use crate::http;
use crate::language::Language;
use crate::response::{self, Repair};
use crate::retry::{FOREVER, RetryPolicy};
use crate::send::{Options, Received};

/// An operation that is about to be called.
///
/// Awaiting it sends it. Dropping it, or the future it becomes, ends it; what was sent by then may have been done.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Debug)]
pub struct Call<O> {
    client: Client,
    operation: O,
    options: Options,
    wrong: Option<Error>,
}

/// An answer with what came along.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    /// What the operation answers with.
    pub value: T,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The id under which the server logged the request.
    pub request_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// What was odd in the response and read all the same; mostly nothing.
    pub repairs: Vec<Repair>,
}

impl<O: Operation> Call<O> {
    pub(crate) fn new(client: Client, operation: O) -> Self {
        Self { client, operation, options: Options::default(), wrong: None }
    }

    /// How long one attempt may take.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.options.attempt_timeout = Some(time);
        self
    }

    /// How long the call may take in all, waits and retries included.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.options.deadline = Some(time);
        self
    }

    /// When the request is sent again, and how often.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// Declares that sending the request twice does no harm, or that it does. By default the operation's own facts decide.
    ///
    /// A call that is idempotent is sent again after a broken connection, a timeout of an attempt, and a failure of the
    /// server.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::comment::CreateComment};
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// // Rather the same comment twice than none.
    /// let comment = CreateComment::new("HELP-12", "The printer is out of paper.", true);
    /// jira.call(comment).idempotent(true).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.options.idempotent = Some(idempotent);
        self
    }

    /// Opts in to experimental operations for this call, or out of them. With `true`, the opt-in header is sent
    /// whatever the operation.
    pub fn experimental(mut self, opt_in: bool) -> Self {
        self.options.experimental = Some(opt_in);
        self
    }

    /// Adds a header to the request.
    ///
    /// A name or value that is not valid makes the call fail before anything is sent, with an error of kind
    /// `Configuration`. So do the headers that the client or the connection sets: `Authorization`, `Host`,
    /// `Content-Length`, `Transfer-Encoding`, `Connection` and their like.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match http::header(name, value) {
            Ok((name, value)) => {
                self.options.headers.insert(name, value);
            }
            Err(error) => self.wrong = Some(error),
        }
        self
    }

    /// In which language the server is asked to respond; that of the client by default. See [`Language`].
    pub fn language<L>(mut self, language: L) -> Self
    where
        L: TryInto<Language>,
        L::Error: Into<Error>,
    {
        match language.try_into() {
            Ok(language) => {
                self.options.headers.insert(ACCEPT_LANGUAGE, language.header());
            }
            Err(error) => self.wrong = Some(error.into()),
        }
        self
    }

    /// Answers with status, headers and request id besides the value.
    pub fn with_meta(self) -> WithMeta<O> {
        WithMeta(self)
    }

    async fn run(self) -> Result<Response<O::Output>> {
        let Self { client, mut operation, mut options, wrong } = self;
        if let Some(error) = wrong {
            return Err(error.with_operation(O::INFO));
        }
        options.once = operation.is_single_use();
        let files = operation.files_mut();
        if !files.is_empty() {
            let shared = client.shared();
            let time = options.deadline.or(shared.deadline).unwrap_or(CALL_DEADLINE).min(FOREVER);
            let until = shared.clock.now() + time;
            let attempt = options.attempt_timeout.unwrap_or(shared.attempt_timeout);
            measure(O::INFO, files, time.min(attempt)).await?;
            options.deadline = Some(until.saturating_duration_since(shared.clock.now()));
        }
        let build = |http: &reqwest::Client, base: &str| operation.request(http, base);
        let (received, decoded) = response::ask::<O>(client.shared(), &options, &build).await?;
        let Received { status, headers, attempts, .. } = received;
        Ok(Response {
            value: decoded.value,
            repairs: decoded.repairs.listed,
            status,
            request_id: error::request_id(&headers).map(str::to_owned),
            headers,
            attempts,
        })
    }
}

/// Looks at the files that a request will carry: folders and what is not there are refused before anything is sent.
pub(crate) async fn measure(
    info: &'static OperationInfo,
    files: &mut [FilePart],
    time: Duration,
) -> Result<()> {
    let measured = tokio::time::timeout(time, FilePart::measure(files)).await;
    let error = match measured {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => Error::configuration(error.to_string()).with_source(error),
        Err(_) => Error::new(ErrorKind::Timeout, "the disk did not say in time how long the files are"),
    };
    Err(error.with_operation(info))
}

impl<O: Operation> IntoFuture for Call<O> {
    type Output = Result<O::Output>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.run().await.map(|answer| answer.value) })
    }
}

/// A call whose answer comes with status, headers and request id.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Debug)]
pub struct WithMeta<O>(Call<O>);

impl<O: Operation> IntoFuture for WithMeta<O> {
    type Output = Result<Response<O::Output>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}
