//! Starting a sandbox, asking it what it saw, telling it what to break, and stopping it.
//!
//! What it answers is the site's business.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::auth::{Account, Credentials, Grant, Role};
use crate::clock::Clock;
use crate::contract::Violation;
use crate::fault::Fault;
use crate::limits::RateLimits;
use crate::log::Received;
use crate::quirks::Quirk;
use crate::seed::{self, Seed};
use crate::server;
use crate::site::{CLOUD_ID, Door, Origins, Settings, Site, State};
use crate::world::World;

/// A site that answers on ports of this machine until it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    site: Arc<Site>,
    accounts: [Account; 3],
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    strict: bool,
}

/// How a sandbox shall be. Without further words: the demo world, nothing limited, no quirks.
#[derive(Clone, Debug)]
pub struct Builder {
    seed: Seed,
    port: u16,
    settings: Settings,
    strict: bool,
}

impl Sandbox {
    /// Starts the demo world on free ports.
    ///
    /// # Errors
    /// When the machine has no port or thread left to give.
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

    /// Settings for a sandbox of one's own.
    pub fn builder() -> Builder {
        let settings = Settings {
            page_cap: 50,
            task_limit: 5,
            limits: RateLimits::none(),
            quirks: Vec::new(),
            tick: Duration::ZERO,
        };
        Builder { seed: Seed::demo(), port: 0, settings, strict: false }
    }

    /// The site's address, without a slash at the end. What is the gateway's is served here too, as a convenience
    /// that no real site offers: a client needs no other address.
    pub fn url(&self) -> &str {
        &self.site.origins.site
    }

    /// The address of the gateway, which serves programs with OAuth tokens, scoped API tokens, and all of Customer
    /// Service Management.
    pub fn gateway_url(&self) -> &str {
        &self.site.origins.gateway
    }

    /// The id by which the gateway knows the site.
    pub fn cloud_id(&self) -> &str {
        CLOUD_ID
    }

    /// The email address of the administrator.
    pub fn email(&self) -> &str {
        &self.account(Role::Admin).email
    }

    /// The API token of the administrator.
    pub fn token(&self) -> &str {
        &self.account(Role::Admin).token
    }

    /// The account that logs in with a role. Nobody logs in as [`Role::Anonymous`]; asking for it gives the customer.
    pub fn account(&self, role: Role) -> &Account {
        let [admin, agent, customer] = &self.accounts;
        match role {
            Role::Admin => admin,
            Role::Agent => agent,
            Role::Customer | Role::Anonymous => customer,
        }
    }

    /// An API token of that account that is good for these scopes alone, and on the gateway alone.
    pub fn scoped_token(&self, role: Role, scopes: &[&str]) -> Account {
        self.site.lock().credentials.scoped_token(self.account(role), scopes)
    }

    /// Lets a program act for that account, within these scopes.
    pub fn grant(&self, role: Role, scopes: &[&str]) -> Grant {
        let token_url = format!("{}/oauth/token", self.site.origins.gateway);
        let now = self.site.clock.now_millis();
        self.site.lock().credentials.grant(self.account(role), scopes, token_url, now)
    }

    /// The site's time.
    pub fn clock(&self) -> &Clock {
        &self.site.clock
    }

    /// Lets something go wrong. Faults wait in the order in which they were given.
    pub fn fault(&self, fault: Fault) {
        self.site.lock().faults.push(fault);
    }

    /// Forgets the faults that still wait.
    pub fn clear_faults(&self) {
        self.site.lock().faults.clear();
    }

    /// The requests that arrived so far, the oldest first; of very many, the last ten thousand.
    pub fn requests(&self) -> Vec<Received> {
        self.site.lock().log.all()
    }

    /// What was sent so far and is not allowed by the documents: the first thousand violations.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let sandbox = jsm_sandbox::Sandbox::start().await.unwrap();
    /// // ... the program under test runs ...
    /// assert_eq!(sandbox.violations(), []);
    /// # });
    /// ```
    pub fn violations(&self) -> Vec<Violation> {
        self.site.lock().violations.clone()
    }
}

impl Builder {
    /// The world to start from; the demo world by default.
    pub fn seed(mut self, seed: Seed) -> Builder {
        self.seed = seed;
        self
    }

    /// The port of the site; a free one by default. The gateway and the origin of files take free ones always.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// The most items that a page carries, whatever is asked for; 50 by default.
    pub fn page_cap(mut self, items: usize) -> Builder {
        self.settings.page_cap = items.max(1);
        self
    }

    /// How many bulk tasks can be unfinished before the next one is refused; 5 by default.
    pub fn task_limit(mut self, tasks: usize) -> Builder {
        self.settings.task_limit = tasks;
        self
    }

    /// Which limits requests are held to; none by default.
    pub fn rate_limits(mut self, limits: RateLimits) -> Builder {
        self.settings.limits = limits;
        self
    }

    /// Makes dropping the sandbox panic when a request did not keep to the documented API, so that a test fails which
    /// did not look at [`Sandbox::violations`] itself.
    ///
    /// ```should_panic
    /// # use std::io::{Read, Write};
    /// let sandbox = jsm_sandbox::Sandbox::builder().no_violations().start_blocking().unwrap();
    /// let mut stream = std::net::TcpStream::connect(sandbox.url().trim_start_matches("http://")).unwrap();
    /// let request = "GET /rest/servicedeskapi/info?colour=blue HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    /// stream.write_all(request.as_bytes()).unwrap();
    /// stream.read_to_string(&mut String::new()).unwrap();
    /// ```
    pub fn no_violations(mut self) -> Builder {
        self.strict = true;
        self
    }

    /// A habit of real servers that this one shall have, too. Several add up.
    pub fn quirk(mut self, quirk: Quirk) -> Builder {
        self.settings.quirks.push(quirk);
        self
    }

    /// How far each request moves the clock; not at all by default. With it, what waits for a task sees it end.
    pub fn tick(mut self, by: Duration) -> Builder {
        self.settings.tick = by;
        self
    }

    /// Starts the sandbox.
    ///
    /// # Errors
    /// When the port is taken, or the machine has no port or thread left to give.
    pub async fn start(self) -> io::Result<Sandbox> {
        self.start_blocking()
    }

    /// Starts the sandbox for a program that has no asynchronous runtime.
    ///
    /// # Errors
    /// When the port is taken, or the machine has no port or thread left to give.
    pub fn start_blocking(self) -> io::Result<Sandbox> {
        let (site_listener, site) = listen(self.port)?;
        let (gateway_listener, gateway) = listen(0)?;
        let (media_listener, media) = listen(0)?;
        let clock = Clock::new();
        let mut world = World::new(clock.now_millis());
        let accounts = seed::staff(&mut world);
        self.seed.fill(&mut world, &accounts);
        let credentials = Credentials::new(&accounts);
        let site = Arc::new(Site {
            origins: Origins { site, gateway, media },
            settings: self.settings,
            clock,
            state: Mutex::new(State::new(world, credentials)),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&site);
        // A thread of its own: a test that blocks its runtime still gets answers.
        let thread = thread::Builder::new().name("jsm-sandbox".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let doors = [
                    (site_listener, Door::Site),
                    (gateway_listener, Door::Gateway),
                    (media_listener, Door::Media),
                ];
                for (listener, door) in doors {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                    tokio::spawn(server::serve(listener, Arc::clone(&shared), door));
                }
                // It ends when the sender is dropped; what is still going on ends with the runtime.
                let _ = stopped.await;
            });
        })?;
        Ok(Sandbox { site, accounts, stop: Some(stop), thread: Some(thread), strict: self.strict })
    }
}

fn listen(port: u16) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    let origin = format!("http://{}", listener.local_addr()?);
    Ok((listener, origin))
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Afterwards the ports are free again.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // A test that fails already has its own reason to tell.
        if self.strict && !std::thread::panicking() {
            let told: Vec<String> = self.violations().iter().map(ToString::to_string).collect();
            assert!(told.is_empty(), "the documented API was not kept to:\n{}", told.join("\n"));
        }
    }
}
