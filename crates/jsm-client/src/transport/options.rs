//! The options of a request, which are the same for everything that can be awaited.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_LANGUAGE, HeaderMap};

use super::http::header;
use super::language::Language;
use super::retry::RetryPolicy;
use crate::error::{Error, Result};

/// Options of a request, for calls, lists and workflows alike.
///
/// Each of them has the same setters, and takes prepared options with `options`. What is not set is the client's, or
/// the default of the workflow.
///
/// ```
/// use std::time::Duration;
///
/// use jsm_client::{Client, RequestOptions, RetryPolicy, servicedesk::organization::GetOrganizations};
///
/// # async fn example(jira: Client) -> jsm_client::Result<()> {
/// let quick = RequestOptions::new()
///     .timeout(Duration::from_secs(2))
///     .deadline(Duration::from_secs(5))
///     .retry(RetryPolicy::never())
///     .header("X-Request-Source", "dashboard");
/// let page = jira.call(GetOrganizations::new()).options(quick.clone()).await?;
/// let mut all = jira.items(GetOrganizations::new()).options(quick);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to a request"]
pub struct RequestOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) experimental: Option<bool>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) headers: HeaderMap,
    /// Why the options cannot be used.
    invalid: Option<Arc<Error>>,
}

impl RequestOptions {
    /// Options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the timeout of one attempt: the time from sending the request to the last byte of the response.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Sets the deadline: the time in which all that is awaited has to be done, with all requests, retries and waits.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Sets when a request is retried, and how often.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Declares that the request is idempotent, or that it is not. The default is a fact of the operation.
    ///
    /// An idempotent request is retried after a broken connection, a timeout of an attempt, and a failure of the server.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Opts in to experimental operations, or out of them. With `true`, the opt-in header is sent with every request.
    pub fn experimental(mut self, opt_in: bool) -> Self {
        self.experimental = Some(opt_in);
        self
    }

    /// Adds a header to every request; a header of the same name is replaced.
    ///
    /// A name or value that is not valid is an error of kind [`Configuration`](crate::ErrorKind::Configuration) before
    /// anything is sent. So are the headers that the client or the connection sets: `Authorization`, `Host`,
    /// `Content-Length`, `Transfer-Encoding`, `Connection` and the like.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match header(name, value) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(error) => self.invalid = Some(Arc::new(error)),
        }
        self
    }

    /// Sets the language in which the server is asked to respond; see [`Language`].
    ///
    /// A text that is not a language is an error of kind [`Configuration`](crate::ErrorKind::Configuration) before
    /// anything is sent.
    pub fn language<L>(mut self, language: L) -> Self
    where
        L: TryInto<Language>,
        L::Error: Into<Error>,
    {
        match language.try_into() {
            Ok(language) => {
                self.headers.insert(ACCEPT_LANGUAGE, language.header());
            }
            Err(error) => self.invalid = Some(Arc::new(error.into())),
        }
        self
    }

    /// Fails if a header or a language is not valid.
    pub(crate) fn check(&self) -> Result<()> {
        self.invalid.as_ref().map_or(Ok(()), |error| Err(error.duplicate()))
    }
}

/// Writes the setters of [`RequestOptions`] into an `impl` block of a type with a field `options`, or of one that says with
/// `map_options` of its own how they are changed. What the timeout and the deadline mean for the type, with their
/// defaults, is documented where it is used.
macro_rules! option_setters {
    (timeout: $timeout:literal, deadline: $deadline:literal) => {
        fn map_options(
            mut self,
            change: impl ::std::ops::FnOnce(
                $crate::transport::options::RequestOptions,
            ) -> $crate::transport::options::RequestOptions,
        ) -> Self {
            self.options = change(self.options);
            self
        }

        $crate::transport::options::option_setters! {
            with map_options, timeout: $timeout, deadline: $deadline
        }
    };
    (with map_options, timeout: $timeout:literal, deadline: $deadline:literal) => {
        /// Sets all options at once, in place of those set before. See
        /// [`RequestOptions`](crate::RequestOptions).
        pub fn options(self, options: $crate::transport::options::RequestOptions) -> Self {
            self.map_options(|_| options)
        }

        #[doc = $timeout]
        pub fn timeout(self, time: ::std::time::Duration) -> Self {
            self.map_options(|options| options.timeout(time))
        }

        #[doc = $deadline]
        pub fn deadline(self, time: ::std::time::Duration) -> Self {
            self.map_options(|options| options.deadline(time))
        }

        /// Sets when a request is retried, and how often. The default is the client's policy.
        pub fn retry(self, policy: $crate::transport::retry::RetryPolicy) -> Self {
            self.map_options(|options| options.retry(policy))
        }

        /// Declares that the requests are idempotent, or that they are not. See
        /// [`RequestOptions::idempotent`](crate::RequestOptions::idempotent).
        pub fn idempotent(self, idempotent: bool) -> Self {
            self.map_options(|options| options.idempotent(idempotent))
        }

        /// Opts in to experimental operations, or out of them. The default is the client's setting.
        pub fn experimental(self, opt_in: bool) -> Self {
            self.map_options(|options| options.experimental(opt_in))
        }

        /// Adds a header to every request. See [`RequestOptions::header`](crate::RequestOptions::header).
        pub fn header(self, name: &str, value: &str) -> Self {
            self.map_options(|options| options.header(name, value))
        }

        /// Sets the language in which the server is asked to respond; see [`Language`](crate::Language). The default is
        /// the client's.
        pub fn language<L>(self, language: L) -> Self
        where
            L: TryInto<$crate::transport::language::Language>,
            L::Error: Into<$crate::error::Error>,
        {
            self.map_options(|options| options.language(language))
        }
    };
}

pub(crate) use option_setters;
