//! Starting a sandbox, reading what it saw, adding faults, and stopping it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock::{Clock, millis};
use crate::domain::credentials::Credentials;
use crate::domain::entities::account::Account;
use crate::domain::entities::person::Role;
use crate::domain::seed::Seed;
use crate::domain::site::{Site, TaskSettings};
use crate::message::origin::{CLOUD_ID, Origin, Origins, SiteAddress};
use crate::pipeline::added_routes::{Route, RouteRequest, RouteResponse};
use crate::pipeline::fault::Fault;
use crate::pipeline::log::RecordedRequest;
use crate::pipeline::quirk::Quirk;
use crate::pipeline::rate_limits::RateLimits;
use crate::pipeline::state::{Service, Settings, State};
use crate::pipeline::violation::Violation;
use crate::wire::server;

/// A service management site on loopback ports of this machine, which stops when it is dropped.
///
/// It runs on a thread of its own, and serves the runtime of the caller even while that is blocked.
pub struct Sandbox {
    pub(crate) service: Arc<Service>,
    accounts: [Account; 3],
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    no_violations: bool,
}

/// Settings for a sandbox. By default it has the demo data, no limits and no quirks.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use jsm_sandbox::{Sandbox, Seed};
///
/// let seed = Seed::empty().desk("BOOKS", "Book Shop");
/// let sandbox = Sandbox::builder().seed(seed).no_violations().start().await.unwrap();
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct SandboxBuilder {
    seed: Seed,
    others: Vec<(String, Seed)>,
    port: u16,
    settings: Settings,
    task_limit: usize,
    task_duration: Duration,
    no_violations: bool,
}

impl Sandbox {
    /// Starts a sandbox with the demo data on free ports.
    ///
    /// # Errors
    /// Fails when the machine has no free port or no thread left.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let sandbox = jsm_sandbox::Sandbox::start().await.unwrap();
    /// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
    /// # });
    /// ```
    pub async fn start() -> io::Result<Sandbox> {
        Sandbox::builder().start().await
    }

    /// Settings for a sandbox that is to be started.
    pub fn builder() -> SandboxBuilder {
        let settings =
            Settings { page_cap: 50, limits: RateLimits::none(), quirks: Vec::new(), tick: Duration::ZERO };
        SandboxBuilder {
            seed: Seed::demo(),
            others: Vec::new(),
            port: 0,
            settings,
            task_limit: 5,
            task_duration: Duration::ZERO,
            no_violations: false,
        }
    }

    /// The address of the site, such as `http://127.0.0.1:41234`, without a slash at the end.
    ///
    /// It also serves what real sites leave to the gateway, so that a client needs this address alone.
    pub fn url(&self) -> &str {
        &self.service.origins.site
    }

    /// The address of the gateway, which a real site has at `https://api.atlassian.com`. It serves OAuth tokens, API
    /// tokens with scopes, and all of Customer Service Management.
    pub fn gateway_url(&self) -> &str {
        &self.service.origins.gateway
    }

    /// The cloud id, by which the gateway knows the site.
    pub fn cloud_id(&self) -> &str {
        CLOUD_ID
    }

    /// The email address of the administrator: short for `account(Role::Admin).email`.
    pub fn email(&self) -> &str {
        &self.account(Role::Admin).email
    }

    /// The API token of the administrator: short for `account(Role::Admin).token`.
    pub fn token(&self) -> &str {
        &self.account(Role::Admin).token
    }

    /// The account with this role. There is none for [`Role::Anonymous`], which returns the customer's.
    ///
    /// The customer sees few service desks: [`Role::Customer`] says which.
    pub fn account(&self, role: Role) -> &Account {
        let [admin, agent, customer] = &self.accounts;
        match role {
            Role::Admin => admin,
            Role::Agent => agent,
            Role::Customer | Role::Anonymous => customer,
        }
    }

    /// Creates an API token with scopes for the account with this role. The gateway alone takes it.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// use jsm_sandbox::Role;
    ///
    /// let reader = sandbox.scoped_token(Role::Agent, &["read:servicedesk-request"]);
    /// assert_eq!(reader.email, sandbox.account(Role::Agent).email);
    /// ```
    pub fn scoped_token(&self, role: Role, scopes: &[&str]) -> Account {
        self.service.lock().credentials.scoped_token(self.account(role), scopes)
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.service.clock
    }

    /// Serves a path with a function, for what the sandbox does not serve, or to serve an operation in another way.
    ///
    /// The method is text or an `http::Method`. A part of the path in braces stands for any text; fixed parts take
    /// precedence. The route takes precedence over all that the sandbox serves itself, and takes the place of a route
    /// with the same method and path. It is a path of the site: the gateway serves it below `/ex/jira/{cloudId}`, and as
    /// it is where it does not begin with `/rest/`. With [several sites](SandboxBuilder::site), the function serves all of
    /// them; [`RouteRequest::site`] is the one that a request is for.
    ///
    /// A request needs the credentials of an account, any, or gets a 401. Faults happen to it, and it is
    /// [recorded](Sandbox::requests); documents and rate limits do not apply. The function runs on a thread of its own
    /// for each request. Where it panics, the response has the status 500.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// use jsm_sandbox::{Fault, RouteResponse};
    /// use serde_json::json;
    ///
    /// sandbox.route("GET", "/rest/api/3/serverInfo", |_| json!({"deploymentType": "Cloud"}));
    /// sandbox.route("GET", "/rest/api/3/project/{key}", |request| match request.parameter("key") {
    ///     "HELP" => RouteResponse::json(200, json!({"key": "HELP"})).header("ETag", "\"1\""),
    ///     _ => RouteResponse::json(404, json!({"errorMessages": ["No project"], "errors": {}})),
    /// });
    /// sandbox.fault(Fault::status(503).on("/rest/api/3/project/{key}"));
    /// ```
    ///
    /// # Panics
    /// Panics when the path does not begin with a slash, has a query, or has a placeholder without a name or twice.
    #[track_caller]
    pub fn route<R: Into<RouteResponse>>(
        &self,
        method: impl AsRef<str>,
        path: &str,
        handler: impl Fn(&RouteRequest) -> R + Send + Sync + 'static,
    ) {
        assert!(Route::is_path(path), "{path:?} is not a path like /rest/api/3/project/{{key}}");
        let route = Route::new(method.as_ref(), path, Box::new(move |request| handler(request).into()));
        self.service.lock().routes.add(route);
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.service.lock().faults.add(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.service.lock().faults.clear();
    }

    /// The last 10,000 requests that arrived, the oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.service.lock().log.all()
    }

    /// The first 1,000 things that were sent and are not allowed by the documents, the oldest first.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let sandbox = jsm_sandbox::Sandbox::start().await.unwrap();
    /// // ... the program under test runs ...
    /// assert_eq!(sandbox.violations(), []);
    /// # });
    /// ```
    pub fn violations(&self) -> Vec<Violation> {
        self.service.lock().violations.all().to_vec()
    }
}

impl SandboxBuilder {
    /// The data to start with; [`Seed::demo`] by default.
    pub fn seed(mut self, seed: Seed) -> SandboxBuilder {
        self.seed = seed;
        self
    }

    /// Adds another site with data of its own, for programs that serve several. It has its own address and cloud id, which
    /// [`Sandbox::sites`] lists, and the same accounts; all sites share the gateway, the clock and the record of requests.
    ///
    /// ```
    /// use jsm_sandbox::{Sandbox, Seed};
    ///
    /// let seed = Seed::empty().desk("BOOKS", "Book Shop");
    /// let sandbox = Sandbox::builder().site("Moss", seed).start_blocking().unwrap();
    /// let sites = sandbox.sites();
    /// assert_eq!((sites[0].url.as_str(), sites[1].name.as_str()), (sandbox.url(), "Moss"));
    /// ```
    pub fn site(mut self, name: &str, seed: Seed) -> SandboxBuilder {
        self.others.push((name.to_owned(), seed));
        self
    }

    /// The port of the site; a free one by default. The gateway and the origin of files always take free ports.
    pub fn port(mut self, port: u16) -> SandboxBuilder {
        self.port = port;
        self
    }

    /// The most items of a page, whatever limit a request has; 50 by default, at least 1.
    pub fn page_cap(mut self, items: usize) -> SandboxBuilder {
        self.settings.page_cap = items.max(1);
        self
    }

    /// How many bulk tasks can be unfinished before the next one is refused; 5 by default.
    pub fn task_limit(mut self, tasks: usize) -> SandboxBuilder {
        self.task_limit = tasks;
        self
    }

    /// How long a bulk task takes for each of its entries, by the sandbox's clock; zero by default.
    ///
    /// With the default, a task is finished by the next request. A real site takes about 5 seconds for an entry. With
    /// any other duration than zero, a task ends once the clock has moved so far: let it [run](Clock::run),
    /// [advance](Clock::advance) it, or use [`tick`](SandboxBuilder::tick).
    ///
    /// ```
    /// # use std::time::Duration;
    /// let sandbox =
    ///     jsm_sandbox::Sandbox::builder().task_duration(Duration::from_secs(5)).start_blocking().unwrap();
    /// // ... a program submits a task of a hundred entries, and reads that it is in progress ...
    /// sandbox.clock().advance(Duration::from_secs(500));
    /// ```
    pub fn task_duration(mut self, per_entry: Duration) -> SandboxBuilder {
        self.task_duration = per_entry;
        self
    }

    /// The rate limits that requests are held to; none by default.
    pub fn rate_limits(mut self, limits: RateLimits) -> SandboxBuilder {
        self.settings.limits = limits;
        self
    }

    /// Makes dropping the sandbox panic when there are [violations](Sandbox::violations), so that a test fails that does
    /// not look at them itself.
    ///
    /// ```should_panic
    /// # use std::io::{Read, Write};
    /// let sandbox = jsm_sandbox::Sandbox::builder().no_violations().start_blocking().unwrap();
    /// let mut stream = std::net::TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    /// let request = "GET /rest/servicedeskapi/info?colour=blue HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    /// stream.write_all(request.as_bytes()).unwrap();
    /// stream.read_to_string(&mut String::new()).unwrap();
    /// ```
    pub fn no_violations(mut self) -> SandboxBuilder {
        self.no_violations = true;
        self
    }

    /// Adds a quirk; none by default.
    pub fn quirk(mut self, quirk: Quirk) -> SandboxBuilder {
        self.settings.quirks.push(quirk);
        self
    }

    /// How far each request moves the clock; not at all by default.
    pub fn tick(mut self, by: Duration) -> SandboxBuilder {
        self.settings.tick = by;
        self
    }

    /// Starts the sandbox.
    ///
    /// # Errors
    /// Fails when the port is taken, the machine has no free port or no thread left, or the seed names what does not
    /// exist.
    pub async fn start(self) -> io::Result<Sandbox> {
        self.start_blocking()
    }

    /// Starts the sandbox in a program without an asynchronous runtime.
    ///
    /// # Errors
    /// Fails when the port is taken, the machine has no free port or no thread left, or the seed names what does not
    /// exist.
    pub fn start_blocking(self) -> io::Result<Sandbox> {
        let (site_listener, site_address) = server::bind(self.port)?;
        let (gateway_listener, gateway) = server::bind(0)?;
        let (media_listener, media) = server::bind(0)?;
        let mut listeners = vec![
            (site_listener, Origin::Site),
            (gateway_listener, Origin::Gateway),
            (media_listener, Origin::Media),
        ];
        let clock = Clock::new();
        let tasks = TaskSettings { limit: self.task_limit, entry_millis: millis(self.task_duration) };
        let mut site = Site::new(clock.now_millis(), tasks);
        let refused = |problem| io::Error::new(io::ErrorKind::InvalidInput, problem);
        let accounts = self.seed.fill(&mut site).map_err(refused)?;
        let (mut others, mut addresses) = (Vec::new(), Vec::new());
        for (number, (name, seed)) in self.others.into_iter().enumerate() {
            let (listener, url) = server::bind(0)?;
            listeners.push((listener, Origin::Site));
            let mut site = Site::new(clock.now_millis(), tasks);
            seed.fill(&mut site).map_err(refused)?;
            others.push(site);
            let cloud_id = format!("5a4db0c5-0000-4000-8000-{:012x}", 0x0001_0000 + number);
            addresses.push(SiteAddress { cloud_id, name, url });
        }
        let state = State::new(site, others, Credentials::new(&accounts));
        let service = Arc::new(Service {
            origins: Origins { site: site_address, others: addresses, gateway, media },
            settings: self.settings,
            clock,
            state: Mutex::new(state),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&service);
        let thread = thread::Builder::new().name("jsm-sandbox".to_owned()).spawn(move || {
            runtime.block_on(async {
                for (listener, origin) in listeners {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                    tokio::spawn(server::serve(listener, Arc::clone(&shared), origin));
                }
                // It ends when the sender is dropped, and all connections with the runtime.
                let _ = stopped.await;
            });
            // A function of a route may wait for something that never comes.
            runtime.shutdown_background();
        })?;
        let no_violations = self.no_violations;
        Ok(Sandbox { service, accounts, stop: Some(stop), thread: Some(thread), no_violations })
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The ports are free once the thread has ended.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // A test that fails already has its own reason.
        if self.no_violations && !thread::panicking() {
            let violations: Vec<String> = self.violations().iter().map(ToString::to_string).collect();
            assert!(violations.is_empty(), "requests violate the documented API:\n{}", violations.join("\n"));
        }
    }
}
