//! What requests are sent with: reqwest, set up once.
//!
//! To read the system's certificates takes as long as some twenty pages of a list, and tests make many clients. So
//! a client of a site at a loopback address goes without, until a download leads elsewhere.

use std::time::Duration;

use reqwest::{Client, Url};

use crate::error::{Error, Result};

/// What requests are sent with, to the site, to its gateway, and elsewhere.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    elsewhere: Option<Setup>,
}

/// What a client is set up with.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) user_agent: Option<String>,
    pub(crate) connect_timeout: Duration,
}

impl Http {
    /// Sends with a client that was brought along.
    pub(crate) fn with(client: Client) -> Self {
        Self { client, elsewhere: None }
    }

    /// Sends with a client of its own. `local` says that neither the site nor the gateway speaks TLS.
    pub(crate) fn new(setup: Setup, local: bool) -> Result<Self> {
        let client = setup.client(!local)?;
        Ok(Self { client, elsewhere: local.then_some(setup) })
    }

    /// What requests to the site and its gateway are sent with.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// What a request to any address is sent with.
    pub(crate) fn client_for(&self, address: &Url) -> Result<Client> {
        match &self.elsewhere {
            Some(setup) if address.scheme() == "https" => setup.client(true),
            _ => Ok(self.client.clone()),
        }
    }
}

impl Setup {
    /// A client, which knows whom to trust if `certificates` are read.
    pub(crate) fn client(&self, certificates: bool) -> Result<Client> {
        #[cfg(feature = "rustls")]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Whoever was faster has chosen for the whole process, which is fine.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let name = self.user_agent.as_deref();
        let builder = Client::builder()
            .user_agent(name.unwrap_or(concat!("jsm-client/", env!("CARGO_PKG_VERSION"))))
            .connect_timeout(self.connect_timeout)
            // No operation redirects but downloads, which look at the target first.
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder = if certificates { builder } else { builder.tls_certs_only([]) };
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        let _ = certificates;
        builder.build().map_err(|error| {
            Error::configuration("the HTTP client cannot be set up").with_source(error.without_url())
        })
    }
}
