//! The client and how it is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsm_raw::{Operation, Paginated};
use reqwest::Url;
use secrecy::SecretString;

use crate::call::Call;
use crate::clock::{Clock, SystemClock};
use crate::credentials::{Credentials, Fixed};
use crate::error::{Error, Result};
use crate::http::{Http, Origin, Setup};
use crate::language::Language;
use crate::pagination::{Items, Pages};
use crate::response::Decoding;
use crate::retry::RetryPolicy;
use crate::site::Site;
use crate::transport::{Limits, Throttling};

/// How long a call may take in all, where the program does not say.
pub(crate) const CALL_DEADLINE: Duration = Duration::from_secs(300);

/// A client of one site. Clones share everything and cost next to nothing.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// What the clones of a client share.
pub(crate) struct Shared {
    pub(crate) http: Http,
    pub(crate) site: Site,
    pub(crate) credentials: Box<dyn Credentials>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) retry: RetryPolicy,
    pub(crate) attempt_timeout: Duration,
    /// The deadline of calls and workflows, where the program has set one.
    pub(crate) deadline: Option<Duration>,
    pub(crate) max_body: usize,
    pub(crate) decoding: Decoding,
    pub(crate) experimental: bool,
    pub(crate) language: Option<Language>,
}

/// How many requests may be in flight at a time, by default.
const MAX_IN_FLIGHT: usize = 512;

impl Client {
    /// Starts to set up a client of a site, for example `https://acme.atlassian.net`.
    ///
    /// The gateway's address of a site, `https://api.atlassian.com/ex/jira/{cloudId}`, is taken too: everything then
    /// goes through the gateway, and the cloud id need not be looked up. Anything else behind the host is refused.
    pub fn builder(site: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(site.into())
    }

    /// Calls an operation. Await it as it is, or give it options first.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::customer::CreateCustomer};
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let fred = jira.call(CreateCustomer::new("fred@example.com", "Fred F. User")).await?;
    /// println!("{}", fred.account_id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<O: Operation>(&self, operation: O) -> Call<O> {
        Call::new(self.clone(), operation)
    }

    /// Reads a list item by item: a stream over all its pages.
    ///
    /// ```
    /// # use jsm_client::{Client, servicedesk::customer::GetCustomers};
    /// # async fn example(jira: Client) -> jsm_client::Result<()> {
    /// let mut people = jira.items(GetCustomers::new("1").query("smi"));
    /// while let Some(person) = people.try_next().await? {
    ///     println!("{}", person.display_name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items<O: Paginated>(&self, operation: O) -> Items<O> {
        Items::new(self.pages(operation))
    }

    /// Reads a list page by page.
    pub fn pages<O: Paginated>(&self, operation: O) -> Pages<O> {
        Pages::new(self.clone(), operation)
    }

    /// The address of the site, as it was given to the builder: a scheme and a host, or the gateway's address of the
    /// site with its cloud id.
    pub fn site(&self) -> &Url {
        self.0.site.url()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("site", &self.0.site.url().as_str()).finish_non_exhaustive()
    }
}

/// How a client is set up.
#[must_use = "a builder does nothing until build is called"]
pub struct ClientBuilder {
    site: String,
    gateway: Option<String>,
    prefer_gateway: bool,
    cloud_id: Option<String>,
    allow_http: bool,
    credentials: Option<Result<Box<dyn Credentials>>>,
    #[cfg(feature = "oauth")]
    oauth: Option<crate::oauth::OAuth>,
    clock: Arc<dyn Clock>,
    http: Origin,
    user_agent: Option<String>,
    retry: RetryPolicy,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    deadline: Option<Duration>,
    max_body: usize,
    decoding: Decoding,
    experimental: bool,
    language: Option<Result<Language>>,
    throttle: Option<bool>,
    max_in_flight: usize,
}

impl ClientBuilder {
    fn new(site: String) -> Self {
        Self {
            site,
            gateway: None,
            prefer_gateway: false,
            cloud_id: None,
            allow_http: false,
            credentials: None,
            #[cfg(feature = "oauth")]
            oauth: None,
            clock: Arc::new(SystemClock),
            http: Origin::Own,
            user_agent: None,
            retry: RetryPolicy::default(),
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(60),
            deadline: None,
            max_body: 64 * 1024 * 1024,
            decoding: Decoding::default(),
            experimental: false,
            language: None,
            throttle: None,
            max_in_flight: MAX_IN_FLIGHT,
        }
    }

    /// An account's email address with one of its API tokens.
    ///
    /// White space and a byte order mark around either are cut off, as around every secret that the builder takes.
    /// What is empty then, or was not copied whole, is refused by [`build`](Self::build).
    pub fn api_token(self, email: impl Into<String>, token: impl Into<SecretString>) -> Self {
        self.checked(Fixed::api_token(&email.into(), &token.into(), false))
    }

    /// An email address with a scoped API token, as service accounts have; it is taken by the gateway alone.
    pub fn scoped_api_token(self, email: impl Into<String>, token: impl Into<SecretString>) -> Self {
        self.checked(Fixed::api_token(&email.into(), &token.into(), true))
    }

    /// An access token of OAuth 2.0 that is kept fresh elsewhere; it is taken by the gateway alone.
    pub fn bearer_token(self, token: impl Into<SecretString>) -> Self {
        self.checked(Fixed::bearer(&token.into()))
    }

    /// Tokens of OAuth 2.0 that renew themselves; they are taken by the gateway alone.
    #[cfg(feature = "oauth")]
    pub fn oauth(mut self, oauth: crate::oauth::OAuth) -> Self {
        self.oauth = Some(oauth);
        self.credentials = None;
        self
    }

    /// Any other way to authenticate.
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

    /// The site's cloud id. Without it, the site is asked for it once, when the first request needs it.
    pub fn cloud_id(mut self, id: impl Into<String>) -> Self {
        self.cloud_id = Some(id.into());
        self
    }

    /// Sends everything through the gateway, even what could go to the site.
    pub fn through_gateway(mut self, through: bool) -> Self {
        self.prefer_gateway = through;
        self
    }

    /// Another gateway than Atlassian's, for tests. A site on a loopback address is its own gateway already.
    pub fn gateway(mut self, address: impl Into<String>) -> Self {
        self.gateway = Some(address.into());
        self
    }

    /// Lets plain http go to any host. Credentials are readable on the way: only for networks of your own.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Opts in to operations that Atlassian calls experimental: they may change without notice.
    ///
    /// Without it, a call of such an operation fails before anything is sent. With it, the opt-in header goes out on
    /// every request to the site, also of operations that became experimental after this version was made.
    pub fn experimental(mut self, opt_in: bool) -> Self {
        self.experimental = opt_in;
        self
    }

    /// When requests are sent again, and how often.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long making a connection may take; 10 s by default. Without effect on a client brought along.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long one attempt may take, from sending to the last byte of the answer; 60 s by default.
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = time;
        self
    }

    /// How long a call may take in all, waits and retries included; 5 minutes by default.
    ///
    /// Once set, it is the deadline of each workflow too, of all its requests together: uploads, downloads, bulk
    /// changes, fetching by ids and waiting for a task. Without it, each of these has a longer default of its own.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// In which language the server is asked to respond; that of the account by default. See [`Language`].
    pub fn language<L>(mut self, language: L) -> Self
    where
        L: TryInto<Language>,
        L::Error: Into<Error>,
    {
        self.language = Some(language.try_into().map_err(Into::into));
        self
    }

    /// Whether requests are held back on the client's side so that they keep to the rate limits of the server.
    ///
    /// By default the documented limits are kept from the start on sites of Atlassian (`*.atlassian.net`). Elsewhere, as
    /// on a loopback address, only those of single operations are, and the others are learnt when the server refuses a
    /// request with 429. `true` keeps all documented limits everywhere; `false` keeps and learns none, so that only the
    /// pauses that the server asks for are left.
    ///
    /// The limits hold for all clones of a client. Programs that run side by side do not know of each other, and learn.
    pub fn throttle(mut self, throttle: bool) -> Self {
        self.throttle = Some(throttle);
        self
    }

    /// How many requests may be in flight at a time; 512 by default, at least 1. Further calls wait in the order in which
    /// they came, until their deadline.
    ///
    /// The bound is for what requests hold while they are in flight: a connection each where HTTP/2 is not spoken, of
    /// the 1,024 files that a process commonly may open, and a body each. 512 is enough for five operations at the 100
    /// requests per second that Atlassian documents, each of which takes a second. It does not set the pace:
    /// [`throttle`](Self::throttle) does.
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.max_in_flight = requests;
        self
    }

    /// How many bytes the body of a request or an answer may have; 64 MiB by default. Files are not counted.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// How many items one list in a response may have; 10,000 by default.
    ///
    /// A longer list, or so many empty items that they would take far more memory than the body has bytes, is an error
    /// of kind [`TooLarge`](crate::ErrorKind::TooLarge).
    pub fn max_page_items(mut self, items: usize) -> Self {
        self.decoding.items = items;
        self
    }

    /// How deep objects and lists in a response may be nested; 128 levels by default and at most.
    ///
    /// A body that is nested deeper is an error of kind [`TooLarge`](crate::ErrorKind::TooLarge). With fewer levels than
    /// 128, every body is looked through once more.
    pub fn max_depth(mut self, levels: usize) -> Self {
        self.decoding.depth = levels;
        self
    }

    /// Whether a response with an odd value is an error; `false` by default.
    ///
    /// Without it, one odd value costs no more than itself: `null` in a list is dropped, `"5"` is read as a number,
    /// and an optional property of another shape reads as absent. What was repaired is listed in
    /// [`Response::repairs`](crate::Response::repairs) and [`ListPage::repairs`](crate::ListPage::repairs), and traced at
    /// level WARN. Tests that look for changes in the API want `true`.
    pub fn strict_decoding(mut self, strict: bool) -> Self {
        self.decoding.strict = strict;
        self
    }

    /// What the client calls itself.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Changes how the client's HTTP clients are set up, for proxies, certificates and the like.
    ///
    /// Redirects are never followed, and addresses on this machine are never asked through a proxy, whatever the
    /// function sets. It can be called several times: the site, its gateway and files elsewhere have clients of their
    /// own where they are reached differently.
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

    /// A reqwest client of your own, used as it is for every request. Prefer
    /// [`configure_http`](Self::configure_http), which keeps what this cannot check:
    ///
    /// - Build it with `redirect(Policy::none())`. Secrets of OAuth do not follow a redirect even so: they are sent in
    ///   a way that cannot be repeated, and a response from another address is refused.
    /// - For a site on this machine, build it with `no_proxy()`.
    /// - To download files, build it with `gzip(false)`: what it unpacks has no limit but
    ///   [`Download::max_bytes`](crate::Download::max_bytes).
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Origin::Brought(http);
        self
    }

    /// A clock of your own, for tests in which waiting takes no time.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when the address is not a scheme and a host, would get credentials in the clear, contradicts
    /// the cloud id, or needs TLS while neither the feature `rustls` nor `native-tls` is enabled, and when there are no
    /// credentials or they are empty or damaged.
    pub fn build(self) -> Result<Client> {
        let credentials = self.credentials.transpose()?;
        let needs_gateway = credentials.as_ref().is_some_and(|credentials| credentials.needs_gateway());
        #[cfg(feature = "oauth")]
        let needs_gateway = needs_gateway || self.oauth.is_some();
        let prefer_gateway = self.prefer_gateway || needs_gateway;
        let site =
            Site::new(&self.site, self.gateway.as_deref(), prefer_gateway, self.cloud_id, self.allow_http)?;
        let setup =
            Setup { user_agent: self.user_agent, connect_timeout: self.connect_timeout, origin: self.http };
        if !matches!(setup.origin, Origin::Brought(_)) {
            check_tls(site.url(), cfg!(any(feature = "rustls", feature = "native-tls")))?;
        }
        let http = Http::new(setup, site.url(), site.gateway())?;
        #[cfg(feature = "oauth")]
        let credentials = match self.oauth {
            Some(oauth) => Some(oauth.into_credentials(&http, Arc::clone(&self.clock))?),
            None => credentials,
        };
        let credentials = credentials.ok_or_else(|| {
            Error::configuration("there are no credentials; give the builder api_token(..) or another kind")
        })?;
        let throttling = match self.throttle {
            Some(false) => Throttling::Off,
            Some(true) => Throttling::Documented,
            None if is_atlassian(site.url()) => Throttling::Documented,
            None => Throttling::Learnt,
        };
        Ok(Client(Arc::new(Shared {
            http,
            site,
            credentials,
            clock: self.clock,
            limits: Limits::new(throttling, self.max_in_flight),
            retry: self.retry,
            attempt_timeout: self.attempt_timeout,
            deadline: self.deadline,
            max_body: self.max_body,
            decoding: self.decoding,
            experimental: self.experimental,
            language: self.language.transpose()?,
        })))
    }
}

/// Refuses an address that would need TLS where there is none.
fn check_tls(site: &Url, has_tls: bool) -> Result<()> {
    if site.scheme() != "https" || has_tls {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "{site} needs TLS; enable the feature rustls or native-tls of jsm-client, or give the builder an http_client(..)"
    )))
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

    use super::{check_tls, is_atlassian};

    #[test]
    fn needs_tls_for_https_alone() {
        let https = Url::parse("https://acme.atlassian.net").unwrap();
        let error = check_tls(&https, false).unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains("rustls"), "{error}");
        assert!(check_tls(&https, true).is_ok());
        assert!(check_tls(&Url::parse("http://127.0.0.1:1").unwrap(), false).is_ok());
    }

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
