//! Requests to endpoints that no document describes: any path of the site or of the gateway.
//!
//! `path` checks and encodes paths, `prepared` is a request that can be sent, `file` downloads its response, `list` reads
//! it as a list, and `style` is the pagination style of that list. Everything else is what calls of operations have.

mod file;
mod list;
mod path;
mod prepared;
mod style;

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::sync::Arc;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::Method;
use jsm_raw::{FilePart, RequestError, ResponseBody};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use file::HttpFile;
pub use list::HttpList;
pub use style::ListStyle;

use crate::error::{Error, Result};
use crate::pagination::{Items, Pages};
use crate::response::{Response, Session};
use crate::transport::options::{RequestOptions, option_setters};
use crate::transport::{RequestSpec, send};
use crate::workflows::downloads::Download;
use prepared::{Body, JSON_TYPE, Prepared, info};

/// A request to an endpoint that this crate does not cover. [`Client::request`](crate::Client::request) makes it.
///
/// It has the credentials, rate limits, retries, timeouts, errors and traces of a call.
///
/// # Path
///
/// The path begins with a slash. It is below the site, or below the gateway's address of the site where the credentials
/// need the gateway, as with operations. `{name}` in place of a segment is a placeholder for
/// [`path_param`](Self::path_param). Characters that no path can have are percent-encoded; what is percent-encoded stays
/// as it is.
///
/// A path with the placeholder `{cloudId}`, or with that of a
/// [`base_variable`](crate::ClientBuilder::base_variable), is one of the gateway, and the client fills in the value:
/// `/jsm/csm/cloudid/{cloudId}/api/v1/product`. So is a path after [`at_gateway`](Self::at_gateway).
///
/// Refused before anything is sent, with an error of kind [`Configuration`](crate::ErrorKind::Configuration): addresses
/// and other hosts, `.` and `..` as segments in any encoding, empty segments, backslashes, control characters, a query
/// and a fragment. Credentials go to the site and its gateway only, and no redirect is followed.
///
/// # Idempotency
///
/// As HTTP has it, all methods but `POST` and `PATCH` are idempotent, and are retried after broken connections and
/// failures of the server. [`idempotent`](Self::idempotent) declares otherwise.
///
/// # Errors, traces and rate limits
///
/// A path that is a literal, such as `"/rest/api/3/issue/{key}"`, is in errors and in traces, and its requests share a
/// rate limit and a retry budget like those of an operation. A path that was put together, for example by `format!`, may
/// hold ids. It is in neither, and the requests of a method with such paths share one limit and one budget. Values of
/// placeholders and of the query are never in errors or traces.
///
/// # Cancel safety
///
/// As of a [`Call`](crate::Call): dropping the future cancels the request, and the server may have done what it asked
/// for.
#[must_use = "a request does nothing until it is sent"]
pub struct HttpRequest {
    session: Arc<Session>,
    method: Method,
    path: Cow<'static, str>,
    params: Vec<(String, String)>,
    at_gateway: bool,
    query: String,
    body: Body,
    options: RequestOptions,
    /// Why the request cannot be sent.
    invalid: Option<RequestError>,
}

impl HttpRequest {
    pub(crate) fn new(session: Arc<Session>, method: Method, path: Cow<'static, str>) -> Self {
        Self {
            session,
            method,
            path,
            params: Vec::new(),
            at_gateway: false,
            query: String::new(),
            body: Body::None,
            options: RequestOptions::new(),
            invalid: None,
        }
    }

    /// Sets the value of a placeholder in the path.
    ///
    /// It is one segment of the path: a value that would lead to another endpoint, such as `..` or `a/b`, is refused
    /// before anything is sent, as an id is.
    ///
    /// ```
    /// # use jsm_client::{Client, http::Method, serde_json::Value};
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let request = jira.request(Method::GET, "/rest/api/3/issue/{key}").path_param("key", "HELP-12");
    /// let issue: Value = request.send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn path_param(mut self, name: &str, value: impl Display) -> Self {
        self.params.push((name.to_owned(), value.to_string()));
        self
    }

    /// Takes the path as one of the gateway, not of the site.
    ///
    /// It is needed where the path has no `{cloudId}` that the client fills in.
    pub fn at_gateway(mut self) -> Self {
        self.at_gateway = true;
        self
    }

    /// Adds parameters to the query: pairs, a map or a struct. Values are encoded, names may repeat, and `None` is left
    /// out.
    ///
    /// ```
    /// # use jsm_client::{Client, http::Method};
    /// # fn example(jira: Client, account: Option<&str>) {
    /// let request = jira.request(Method::GET, "/rest/api/3/user/search").query(&[("query", "fred@example.com")]);
    /// let request = request.query(&[("maxResults", 10)]).query(&[("accountId", account)]);
    /// # }
    /// ```
    pub fn query(mut self, parameters: &(impl Serialize + ?Sized)) -> Self {
        match serde_urlencoded::to_string(parameters) {
            Ok(more) => prepared::append(&mut self.query, &more),
            Err(error) => {
                self.refuse(RequestError::argument("the query", &format_args!("cannot be encoded: {error}")));
            }
        }
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body(bytes, JSON_TYPE),
            Err(error) => {
                self.refuse(RequestError::argument("the body", &format_args!("cannot be encoded: {error}")));
                self
            }
        }
    }

    /// Sets a body of bytes, with its media type.
    pub fn body(mut self, body: impl Into<Bytes>, media_type: &str) -> Self {
        match media_type.parse() {
            Ok(media_type) => self.body = Body::Bytes(body.into(), media_type),
            Err(_) => {
                let why = format_args!("has a media type that is not valid: {media_type:?}");
                self.refuse(RequestError::argument("the body", &why));
            }
        }
        self
    }

    /// Sets a body of files, as multipart form data with parts of this name. Atlassian's endpoints want the name `file`.
    ///
    /// As with [`upload`](crate::Client::upload), the files are streamed, and a request with a
    /// [reader](FilePart::reader) or a [stream](FilePart::stream) is sent once only.
    pub fn files(mut self, name: &str, files: impl IntoIterator<Item = FilePart>) -> Self {
        self.body = Body::Files(name.to_owned(), files.into_iter().collect());
        self
    }

    fn refuse(&mut self, error: RequestError) {
        self.invalid.get_or_insert(error);
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt, from sending the request to the last byte of the response. The \
                  default is the client's, which is 60 s.",
        deadline: "Sets the deadline of the request, with retries and waits. The default is the client's, which is 5 \
                   minutes."
    }

    /// Sends the request, and decodes the JSON of the response.
    ///
    /// Where a response can have no body (status 204), decode it as `()` or as an `Option`. `()` ignores a body.
    ///
    /// Decoding is lenient: `null` in a list is dropped, `"5"` is read as a number, and an optional property of the wrong
    /// type reads as absent. Anything else that the type does not fit is an error, so a list is never silently short. A
    /// body that describes an error is an error whatever its status, and so is an HTML page.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub fn send<T: DeserializeOwned + Send + 'static>(self) -> BoxFuture<'static, Result<T>> {
        Box::pin(async move { Ok(self.send_with_meta().await?.value) })
    }

    /// Sends the request as [`send`](Self::send) does, and returns a [`Response`], which has the status, the headers and
    /// the request id besides the value.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub fn send_with_meta<T: DeserializeOwned + Send + 'static>(
        self,
    ) -> BoxFuture<'static, Result<Response<T>>> {
        Box::pin(async move {
            let (session, mut prepared, options) = self.prepare()?;
            let expected = match std::any::TypeId::of::<T>() == std::any::TypeId::of::<()>() {
                true => ResponseBody::Nothing,
                false => ResponseBody::Json,
            };
            prepared.info = info(&prepared.method, expected);
            let options = prepared.measure(&session, options).await?;
            session.request(&spec(&prepared, &options, &|_, base| prepared.build(base, JSON_TYPE))).await
        })
    }

    /// Sends the request, and returns the body as it is, with status, headers and request id.
    ///
    /// The body is not examined, so an HTML page is a response like any other. A status other than 2xx is an error all
    /// the same, whose [`body`](Error::body) has the first 64 KiB. The body is held in memory, and may have 64 MiB by
    /// default; for files, see [`download`](Self::download).
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub fn send_raw(self) -> BoxFuture<'static, Result<Response<Bytes>>> {
        Box::pin(async move {
            let (session, mut prepared, options) = self.prepare()?;
            let options = prepared.measure(&session, options).await?;
            let build = |_: &reqwest::Client, base: &str| prepared.build(base, "*/*");
            let spec = spec(&prepared, &options, &build);
            Ok(Response::raw(send(&session.transport, &spec, &|_, _| Ok(())).await?))
        })
    }

    /// Downloads the response as a file: to a stream or to the disk, of any size.
    ///
    /// What holds for [`Client::download`](crate::Client::download) holds here: redirects to the file are followed, with
    /// credentials for the site's own addresses only, and a download that breaks off is resumed. The options that were set
    /// before are those of the download; the [timeout](Download::timeout) and the [deadline](Download::deadline) have
    /// other defaults.
    ///
    /// ```
    /// # use jsm_client::{Client, http::Method};
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let content = jira.request(Method::GET, "/rest/api/3/attachment/content/{id}").path_param("id", 10_000);
    /// let mut file = content.download().stream().await?;
    /// while let Some(bytes) = file.try_next().await? {
    ///     println!("{} bytes", bytes.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn download(mut self) -> Download<HttpFile> {
        let (session, options) = (Arc::clone(&self.session), std::mem::take(&mut self.options));
        Download::new(session, HttpFile::new(self.prepared())).options(options)
    }

    /// Reads a list item by item: a stream over all its pages. See [`ListStyle`].
    ///
    /// ```
    /// use jsm_client::{ListStyle, http::Method};
    /// # use jsm_client::{Client, serde_json::Value};
    ///
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let search = jira.request(Method::GET, "/rest/api/3/search/jql").query(&[("jql", "project = HELP")]);
    /// let mut issues = search.items::<Value>(ListStyle::cursor("nextPageToken", "maxResults")).max_items(500);
    /// while let Some(issue) = issues.try_next().await? {
    ///     println!("{}", issue["id"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items<T: DeserializeOwned + Send + 'static>(self, style: ListStyle) -> Items<HttpList<T>> {
        Items::new(self.pages(style))
    }

    /// Reads a list page by page: a stream of [`ListPage`](crate::ListPage). See [`ListStyle`].
    pub fn pages<T: DeserializeOwned + Send + 'static>(mut self, style: ListStyle) -> Pages<HttpList<T>> {
        let (session, options) = (Arc::clone(&self.session), std::mem::take(&mut self.options));
        Pages::new(session, HttpList::new(self.prepared(), style)).options(options)
    }

    /// The request, ready to be sent; or why it cannot be.
    fn prepare(mut self) -> Result<(Arc<Session>, Prepared, RequestOptions)> {
        let (session, options) = (Arc::clone(&self.session), std::mem::take(&mut self.options));
        let prepared = self.prepared();
        match &prepared.invalid {
            Some(invalid) => Err(prepared.name(Error::configuration(invalid.to_string()))),
            None => Ok((session, prepared, options)),
        }
    }

    fn prepared(self) -> Prepared {
        let Self { session, method, path, params, at_gateway, query, body, invalid, .. } = self;
        let is_variable = |name: &str| session.transport.site.has_variable(name);
        let filled = path::fill(&path, &params, &is_variable);
        let supported = prepared::check_method(&method);
        let (filled, invalid) = match supported.and(filled) {
            Ok(filled) => (filled, invalid),
            Err(error) => (path::Filled::default(), Some(error)),
        };
        Prepared {
            info: info(&method, ResponseBody::Json),
            method,
            template: match path {
                Cow::Borrowed(literal) if invalid.is_none() => literal,
                _ => "",
            },
            at_gateway: at_gateway || filled.has_variables,
            path: filled.path,
            query,
            body,
            invalid,
        }
    }
}

/// What is sent for a prepared request.
fn spec<'a>(
    prepared: &'a Prepared,
    options: &'a RequestOptions,
    build: crate::transport::Build<'a>,
) -> RequestSpec<'a> {
    RequestSpec {
        info: prepared.info,
        template: prepared.template,
        gateway_path: prepared.gateway_path(),
        options,
        build,
        single_use: prepared.is_single_use(),
        rate_limit_key: None,
        busy: None,
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &prepared::names(&self.query))
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
