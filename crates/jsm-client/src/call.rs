//! A call of one operation.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use jsm_raw::Operation;

use crate::error::Result;
use crate::response::{Response, Session};
use crate::transport::options::{RequestOptions, option_setters};

/// A call of an operation. [`Client::call`](crate::Client::call) makes it; await it, or [`send`](Self::send) it.
///
/// # Cancel safety
///
/// Dropping the future cancels the call: it leaves the queues of rate limits, and a request in flight is abandoned. The
/// server may have done what that request asked for. A call that was dropped cannot be continued; call again.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    session: Arc<Session>,
    operation: O,
    options: RequestOptions,
}

impl<O: Operation> Call<O> {
    pub(crate) fn new(session: Arc<Session>, operation: O) -> Self {
        Self { session, operation, options: RequestOptions::new() }
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt, from sending the request to the last byte of the response. The \
                  default is the client's, which is 60 s.",
        deadline: "Sets the deadline of the call, with retries and waits. The default is the client's, which is 5 minutes."
    }

    /// Returns a [`Response`], which has the status, the headers and the request id besides the value.
    pub fn with_meta(self) -> WithMeta<O> {
        WithMeta(self)
    }

    /// Returns the future of the call, which is `Send` and `'static`: for `tokio::spawn`, `join_all`,
    /// `buffer_unordered` and others that take a future. Like any future, it does nothing until it is polled.
    ///
    /// ```
    /// use futures_util::future::join_all;
    /// use futures_util::stream::{self, StreamExt};
    /// use jsm_client::servicedesk::service_desk::GetServiceDesk;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = jsm_sandbox::Sandbox::builder().no_violations().start().await?;
    /// # let jira = jsm_client::Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token()).build()?;
    /// // A task of its own.
    /// let desk = tokio::spawn(jira.call(GetServiceDesk::new(1)).send()).await??;
    ///
    /// // Several calls at once.
    /// let desks = join_all([1, 1, 1].map(|id| jira.call(GetServiceDesk::new(id)).send())).await;
    /// assert!(desks.iter().all(|found| found.as_ref().is_ok_and(|found| found.id == desk.id)));
    ///
    /// // Any number of calls, at most eight at a time.
    /// let ids = stream::iter(std::iter::repeat_n(1, 20));
    /// let mut desks = ids.map(|id| jira.call(GetServiceDesk::new(id)).send()).buffer_unordered(8);
    /// while let Some(desk) = desks.next().await {
    ///     println!("{}", desk?.project_name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub fn send(self) -> BoxFuture<'static, Result<O::Output>> {
        Box::pin(async move { Ok(self.run().await?.value) })
    }

    async fn run(self) -> Result<Response<O::Output>> {
        self.session.call(self.operation, &self.options).await
    }
}

impl<O: Operation> IntoFuture for Call<O> {
    type Output = Result<O::Output>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<O: fmt::Debug> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A call that returns a [`Response`]. [`Call::with_meta`] makes it.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Debug)]
pub struct WithMeta<O>(Call<O>);

impl<O: Operation> WithMeta<O> {
    /// Returns the future of the call. See [`Call::send`].
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub fn send(self) -> BoxFuture<'static, Result<Response<O::Output>>> {
        Box::pin(self.0.run())
    }
}

impl<O: Operation> IntoFuture for WithMeta<O> {
    type Output = Result<Response<O::Output>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}
