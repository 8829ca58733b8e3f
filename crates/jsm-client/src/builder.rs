//! The builder of a client: its site, its credentials, and the defaults of its requests.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use crate::auth::credentials::{Credentials, Fixed};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::response::{Decoding, DriftObserver, DriftReport, Observer, Session};
use crate::transport::clock::{Clock, SystemClock};
use crate::transport::http::{Http, Origin, Setup};
use crate::transport::language::Language;
use crate::transport::rate_limit::{Limits, Throttling};
use crate::transport::retry::RetryPolicy;
use crate::transport::site::Site;
#[cfg(feature = "oauth")]
use crate::transport::token_endpoint;
use crate::transport::{Transport, UndecodedObserver};

/// How many requests may be in flight at a time, by default.
const MAX_IN_FLIGHT: usize = 512;

/// The configuration of a client. [`Client::builder`] makes it.
#[must_use = "a builder does nothing until build is called"]
pub struct ClientBuilder {
    site: String,
    gateway: Option<String>,
    prefer_gateway: bool,
    cloud_id: Option<String>,
    variables: BTreeMap<String, String>,
    allow_http: bool,
    credentials: Option<Result<Box<dyn Credentials>>>,
    #[cfg(feature = "oauth")]
    oauth: Option<crate::auth::oauth::OAuth>,
    clock: Arc<dyn Clock>,
    http: Origin,
    user_agent: Option<String>,
    retry: RetryPolicy,
    connect_timeout: Duration,
    timeout: Duration,
    deadline: Option<Duration>,
    max_body: usize,
    decoding: Decoding,
    observer: Option<Arc<dyn Observer>>,
    experimental: bool,
    language: Option<Result<Language>>,
    throttle: Option<bool>,
    max_in_flight: usize,
}

impl Client {
    /// Starts to configure a client of a site, for example `https://acme.atlassian.net`.
    ///
    /// The gateway's address of a site, `https://api.atlassian.com/ex/jira/{cloudId}`, is accepted too: all requests then
    /// go through the gateway, and the cloud id is not looked up. Any other path is an error of
    /// [`build`](ClientBuilder::build).
    pub fn builder(site: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(site.into())
    }
}

impl ClientBuilder {
    fn new(site: String) -> Self {
        Self {
            site,
            gateway: None,
            prefer_gateway: false,
            cloud_id: None,
            variables: BTreeMap::new(),
            allow_http: false,
            credentials: None,
            #[cfg(feature = "oauth")]
            oauth: None,
            clock: Arc::new(SystemClock),
            http: Origin::Own,
            user_agent: None,
            retry: RetryPolicy::default(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            deadline: None,
            max_body: 64 * 1024 * 1024,
            decoding: Decoding::default(),
            observer: None,
            experimental: false,
            language: None,
            throttle: None,
            max_in_flight: MAX_IN_FLIGHT,
        }
    }

    /// Authenticates with the email address of an account and one of its API tokens.
    ///
    /// White space and a byte order mark around them are removed, as with every secret that the builder takes. An empty
    /// or damaged one is an error of [`build`](Self::build).
    pub fn api_token(self, email: impl Into<String>, token: impl Into<SecretString>) -> Self {
        self.checked(Fixed::api_token(&email.into(), &token.into(), false))
    }

    /// Authenticates with an email address and a scoped API token, as service accounts have. Requests go through the
    /// gateway, which alone accepts it.
    pub fn scoped_api_token(self, email: impl Into<String>, token: impl Into<SecretString>) -> Self {
        self.checked(Fixed::api_token(&email.into(), &token.into(), true))
    }

    /// Authenticates with an access token of OAuth 2.0 that the program renews itself. Requests go through the gateway,
    /// which alone accepts it.
    pub fn bearer_token(self, token: impl Into<SecretString>) -> Self {
        self.checked(Fixed::bearer(&token.into()))
    }

    /// Authenticates with tokens of OAuth 2.0 that renew themselves. Requests go through the gateway, which alone accepts
    /// them.
    #[cfg(feature = "oauth")]
    pub fn oauth(mut self, oauth: crate::auth::oauth::OAuth) -> Self {
        self.oauth = Some(oauth);
        self.credentials = None;
        self
    }

    /// Authenticates with an implementation of [`Credentials`](crate::Credentials).
    pub fn credentials(self, credentials: impl Credentials) -> Self {
        self.checked(Ok(credentials))
    }

    fn checked<C: Credentials>(mut self, credentials: Result<C>) -> Self {
        self.credentials = Some(credentials.map(|credentials| Box::new(credentials) as Box<dyn Credentials>));
        #[cfg(feature = "oauth")]
        {
            self.oauth = None;
        }
        self
    }

    /// Sets the site's cloud id. Without it, it is looked up at the site once, when the first request needs it.
    pub fn cloud_id(mut self, id: impl Into<String>) -> Self {
        self.cloud_id = Some(id.into());
        self
    }

    /// Sends all requests through the gateway, even those that could go to the site; `false` by default.
    pub fn through_gateway(mut self, through: bool) -> Self {
        self.prefer_gateway = through;
        self
    }

    /// Sets another gateway than Atlassian's, for tests. A site on a loopback address is its own gateway by default.
    pub fn gateway(mut self, address: impl Into<String>) -> Self {
        self.gateway = Some(address.into());
        self
    }

    /// Sets a variable in the base path of an API, for example a `workspaceId`.
    ///
    /// The cloud id is not one of them: see [`cloud_id`](Self::cloud_id). A call to an API whose base path has a variable
    /// without a value fails with an error of kind [`Configuration`](crate::ErrorKind::Configuration) that names the variable.
    pub fn base_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Allows plain http to any host; `false` by default, which allows it to this machine only. Credentials are then
    /// readable on the network.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Opts in to operations that Atlassian marks as experimental, which may change without notice; `false` by default.
    ///
    /// Without it, a call of such an operation fails before anything is sent. With it, the opt-in header is sent with
    /// every request to the site, so that operations that became experimental after this version was made work too.
    pub fn experimental(mut self, opt_in: bool) -> Self {
        self.experimental = opt_in;
        self
    }

    /// Sets when requests are retried, and how often. See [`RetryPolicy`](crate::RetryPolicy) for the default.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the timeout of making a connection; 10 s by default. It has no effect on a client given to
    /// [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Sets the timeout of one attempt, from sending the request to the last byte of the response; 60 s by default. A call
    /// or workflow can have its own.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets the deadline of a call or of a page of a list, with retries and waits; 5 minutes by default.
    ///
    /// If it is set, it is the deadline of each workflow too, of all its requests together: uploads, downloads, bulk
    /// changes, lookups by ids and waiting for a task. If not, a workflow has an hour.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Sets the language in which the server is asked to respond; the account's by default. See
    /// [`Language`](crate::Language).
    pub fn language<L>(mut self, language: L) -> Self
    where
        L: TryInto<Language>,
        L::Error: Into<Error>,
    {
        self.language = Some(language.try_into().map_err(Into::into));
        self
    }

    /// Sets client-side throttling: whether requests wait so that they keep the rate limits of the server.
    ///
    /// By default the documented rate limits are kept from the start on sites of Atlassian (`*.atlassian.net`). On other
    /// hosts, such as a loopback address, only those of single operations are, and the others are learned when the server
    /// refuses a request with 429. `true` keeps all documented rate limits on any host; `false` keeps and learns none, so
    /// that only the pauses that the server requires are left.
    ///
    /// The rate limits are shared by all clones of a client. Other processes have their own, and learn.
    pub fn throttle(mut self, throttle: bool) -> Self {
        self.throttle = Some(throttle);
        self
    }

    /// Sets how many requests may be in flight at a time; 512 by default, at least 1. Further calls wait, first in first
    /// out, until their deadline.
    ///
    /// It limits the resources of requests in flight: without HTTP/2, each has a connection, of the 1,024 files that a
    /// process commonly may open, and each has a body. 512 is enough for five operations at the 100 requests per second
    /// that Atlassian documents, each of which takes a second. It does not limit the rate:
    /// [`throttle`](Self::throttle) does.
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.max_in_flight = requests;
        self
    }

    /// Sets how many bytes the body of a request or of a response may have; 64 MiB by default. Files are not limited. A
    /// larger body is an error of kind [`TooLarge`](crate::ErrorKind::TooLarge).
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets how many items one list in a response may have; 10,000 by default.
    ///
    /// A longer list, or so many empty items that they would take far more memory than the body has bytes, is an error
    /// of kind [`TooLarge`](crate::ErrorKind::TooLarge).
    pub fn max_page_items(mut self, items: usize) -> Self {
        self.decoding.items = items;
        self
    }

    /// Sets how deep objects and lists in a response may be nested; 128 levels by default and at most.
    ///
    /// A body that is nested deeper is an error of kind [`TooLarge`](crate::ErrorKind::TooLarge). With fewer levels than
    /// 128, every body is scanned once more.
    pub fn max_depth(mut self, levels: usize) -> Self {
        self.decoding.depth = levels;
        self
    }

    /// Sets whether a value that does not fit the operation's output is an error; `false` by default.
    ///
    /// Without it, such a value is repaired: `null` in a list is dropped, `"5"` is read as a number, and an optional
    /// property of another shape is read as absent. The repairs are listed in
    /// [`Response::repairs`](crate::Response::repairs) and [`ListPage::repairs`](crate::ListPage::repairs), and traced at
    /// level WARN. Tests that look for changes in the API want `true`.
    pub fn strict_decoding(mut self, strict: bool) -> Self {
        self.decoding.strict = strict;
        self
    }

    /// Sets a function that observes drift: how responses differ from the documents that this version was made from. By
    /// default nothing is compared, and a program contains neither the documents nor the code that compares.
    ///
    /// Every response of an operation is compared, also within lists and workflows and before a retry, and the function is
    /// called for each that differs: an unknown field or enum value, a missing field that is documented as always present,
    /// a value of another type or a repair, a status that is not documented. The [report](crate::DriftReport) has JSON paths
    /// and types, never values. The body of an error is compared if it is a JSON object or array. Of files, and of other
    /// errors, only the status is.
    ///
    /// The function is called within the call and by any thread, so it should be quick. A panic in it does not reach the
    /// call. Each response is parsed a second time. The first one of an API waits until its document was read, which takes
    /// some milliseconds, and a few megabytes of memory from then on.
    ///
    /// ```
    /// # use jsm_client::Client;
    /// # fn example() -> jsm_client::Result<()> {
    /// let jira = Client::builder("https://acme.atlassian.net")
    ///     .api_token("ada@example.com", "token")
    ///     .observe_drift(|report| eprintln!("{report}"))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn observe_drift(mut self, observe: impl Fn(&DriftReport) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(DriftObserver(observe)));
        self
    }

    /// Sets the header `User-Agent`; `jsm-client/` and the version by default.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Configures the reqwest clients that the client sends with, for example with a proxy or certificates.
    ///
    /// Whatever the function sets, redirects are not followed, and addresses on this machine are not reached through a
    /// proxy. The function can be called several times: the site, its gateway and other hosts of files have reqwest
    /// clients of their own where they are reached differently.
    ///
    /// With the feature `rustls`, reqwest's TLS settings need a crypto provider for the whole process. If the program has
    /// not installed one, [`build`](Self::build) installs ring. Without `configure_http`, nothing is installed.
    ///
    /// ```
    /// # use jsm_client::Client;
    /// # fn example(certificate: reqwest::Certificate) -> jsm_client::Result<()> {
    /// let jira = Client::builder("https://acme.atlassian.net")
    ///     .api_token("ada@example.com", "token")
    ///     .configure_http(move |http| http.tls_certs_merge([certificate.clone()]))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http = Origin::Configured(Arc::new(configure));
        self
    }

    /// Sends every request with a reqwest client of the program, unchanged. Prefer
    /// [`configure_http`](Self::configure_http), which ensures what cannot be checked here:
    ///
    /// - Build it with `redirect(Policy::none())`. Secrets of OAuth do not follow a redirect in any case: their requests
    ///   cannot be sent again, and a response from another address is an error.
    /// - For a site on this machine, build it with `no_proxy()`.
    /// - To download files, build it with `gzip(false)`: a file that it decompresses has no limit but
    ///   [`Download::max_bytes`](crate::downloads::Download::max_bytes).
    /// - Its type is that of the reqwest version which is re-exported as [`jsm_client::reqwest`](crate::reqwest). Where
    ///   only `jsm-client` enables TLS in it, reqwest panics without a crypto provider: install one first, for
    ///   example with `rustls::crypto::ring::default_provider().install_default()`.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Origin::Brought(http);
        self
    }

    /// Sets another clock, for tests in which waiting takes no time.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when the address is not a scheme and a host, is plain http to another machine, contradicts
    /// the cloud id, or needs TLS while neither the feature `rustls` nor `native-tls` is enabled; when there are no
    /// credentials, or they are empty or damaged; and when the language is not valid.
    pub fn build(self) -> Result<Client> {
        let credentials = self.credentials.transpose()?;
        let needs_gateway = credentials.as_ref().is_some_and(|credentials| credentials.needs_gateway());
        #[cfg(feature = "oauth")]
        let needs_gateway = needs_gateway || self.oauth.is_some();
        let prefer_gateway = self.prefer_gateway || needs_gateway;
        let site =
            Site::new(&self.site, self.gateway.as_deref(), prefer_gateway, self.cloud_id, self.allow_http)?
                .with_variables(self.variables)?;
        let setup =
            Setup { user_agent: self.user_agent, connect_timeout: self.connect_timeout, origin: self.http };
        let http = Http::new(setup, site.url(), site.gateway())?;
        if prefer_gateway {
            http.client_for(site.gateway())?;
        }
        #[cfg(feature = "oauth")]
        let credentials = match self.oauth {
            Some(oauth) => Some(token_endpoint::credentials(oauth, &http, Arc::clone(&self.clock))?),
            None => credentials,
        };
        let credentials = credentials.ok_or_else(|| {
            Error::configuration("there are no credentials; give the builder api_token(..) or another kind")
        })?;
        let throttling = match self.throttle {
            Some(false) => Throttling::Off,
            Some(true) => Throttling::Documented,
            None if is_atlassian(site.url()) => Throttling::Documented,
            None => Throttling::Learned,
        };
        let transport = Transport {
            http,
            site,
            credentials,
            clock: self.clock,
            limits: Limits::new(throttling, self.max_in_flight),
            retry: self.retry,
            timeout: self.timeout,
            deadline: self.deadline,
            max_body: self.max_body,
            experimental: self.experimental,
            language: self.language.transpose()?,
            observer: self.observer.clone().map(|observer| observer as Arc<dyn UndecodedObserver>),
        };
        Ok(Client::new(Session { transport, decoding: self.decoding, observer: self.observer }))
    }
}

/// Whether the documented limits hold for a site.
fn is_atlassian(site: &Url) -> bool {
    site.domain().is_some_and(|host| host.ends_with(".atlassian.net"))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Url;

    use super::is_atlassian;

    #[test]
    fn knows_the_sites_of_atlassian() {
        for (site, known) in [
            ("https://acme.atlassian.net", true),
            ("https://ACME.Atlassian.NET", true),
            ("https://acme.atlassian.net.example.com", false),
            ("https://myatlassian.net", false),
            ("http://127.0.0.1:1", false),
        ] {
            assert_eq!(is_atlassian(&Url::parse(site).unwrap()), known, "{site}");
        }
    }
}
