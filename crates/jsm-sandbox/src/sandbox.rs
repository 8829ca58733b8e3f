//! Starting a sandbox, asking it what it is, and stopping it.
//!
//! What it answers is the site's business.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::auth::{Account, Role};
use crate::clock::Clock;
use crate::seed::Seed;
use crate::server;
use crate::site::{self, Site};
use crate::world::World;

/// A site that answers on a port of this machine until it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    site: Arc<Site>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How a sandbox shall be.
#[derive(Clone, Debug)]
pub struct Builder {
    seed: Seed,
    page_cap: usize,
    port: u16,
}

impl Sandbox {
    /// Starts the demo world on a free port.
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
        Builder { seed: Seed::demo(), page_cap: 50, port: 0 }
    }

    /// The site's address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.site.base
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
        let accounts = &self.site.accounts;
        // There are always three of them, in this order.
        match role {
            Role::Admin => &accounts[0],
            Role::Agent => &accounts[1],
            Role::Customer | Role::Anonymous => &accounts[2],
        }
    }

    /// The site's time.
    pub fn clock(&self) -> &Clock {
        &self.site.clock
    }
}

impl Builder {
    /// The world to start from; the demo world by default.
    pub fn seed(mut self, seed: Seed) -> Builder {
        self.seed = seed;
        self
    }

    /// The most items that a page carries, whatever is asked for; 50 by default.
    pub fn page_cap(mut self, items: usize) -> Builder {
        self.page_cap = items.max(1);
        self
    }

    /// The port to listen on; a free one by default.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
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
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))?;
        listener.set_nonblocking(true)?;
        let clock = Clock::new();
        let mut world = World::new(clock.now_millis());
        let accounts = site::staff(&mut world);
        self.seed.fill(&mut world);
        let site = Arc::new(Site {
            base: format!("http://{}", listener.local_addr()?),
            page_cap: self.page_cap,
            accounts,
            clock,
            world: Mutex::new(world),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&site);
        // A thread of its own: a test that blocks its runtime still gets answers.
        let thread = thread::Builder::new().name("jsm-sandbox".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = server::serve(listener, served) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Sandbox { site, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Dropping the sender is signal enough; afterwards the port is free again.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
