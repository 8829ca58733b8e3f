//! OAuth apps of a sandbox: registering them, granting them access, and consenting at the consent page.

use std::io;

use crate::domain::entities::person::Role;
use crate::domain::oauth::{Consent, Grant, OAuthApp};
use crate::handlers::oauth;
use crate::message::origin::SiteAddress;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// Registers an OAuth 2.0 (3LO) app with its callback URL, as a person does in Atlassian's developer console.
    ///
    /// A browser that comes to its [`authorize_url`](OAuthApp::authorize_url) is sent back at once, with a code or as
    /// [`consent`](Self::consent) says. The code is exchanged for tokens at its [`token_url`](OAuthApp::token_url), once and
    /// within ten minutes of the sandbox's clock. A challenge (PKCE, method S256) is checked if there is one.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// let app = sandbox.oauth_app("https://app.example.com/callback");
    /// assert!(app.authorize_url.starts_with(sandbox.gateway_url()));
    /// ```
    pub fn oauth_app(&self, redirect_uri: &str) -> OAuthApp {
        let keys = self.service.lock().credentials.oauth.register(Some(redirect_uri));
        self.with_addresses(keys)
    }

    /// Creates a service account that may do what the account with this role may, with an OAuth 2.0 credential (2LO) of
    /// these scopes.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// # use jsm_sandbox::Role;
    /// let robot = sandbox.service_account(Role::Agent, &["read:servicedesk-request"]);
    /// ```
    pub fn service_account(&self, role: Role, scopes: &[&str]) -> OAuthApp {
        let account = self.account(role);
        let keys = self.service.lock().credentials.oauth.register_service_account(account, scopes);
        self.with_addresses(keys)
    }

    /// Sets what the person at the consent page does from now on; by default, the administrator authorises the app for all
    /// sites.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// use jsm_sandbox::{Consent, Role};
    ///
    /// sandbox.consent(Consent::by(Role::Agent).site(sandbox.cloud_id()));
    /// sandbox.consent(Consent::denied());
    /// ```
    pub fn consent(&self, consent: Consent) {
        self.service.lock().credentials.oauth.set_consent(consent);
    }

    /// Opens the consent page in place of a person's browser, and returns the address to which the browser is sent back: the
    /// app's callback URL with a code or an error.
    ///
    /// A browser or an HTTP client can open the page too. This function needs neither, and is not recorded.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// let app = sandbox.oauth_app("https://app.example.com/callback");
    /// let page = format!(
    ///     "{}?client_id={}&redirect_uri=https://app.example.com/callback&response_type=code\
    ///      &audience=api.atlassian.com&scope=read:servicedesk-request&state=xyz",
    ///     app.authorize_url, app.client_id
    /// );
    /// let callback = sandbox.visit(&page)?;
    /// assert!(callback.starts_with("https://app.example.com/callback?code="));
    /// assert!(callback.ends_with("&state=xyz"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// Fails when the page is not this sandbox's, and when the browser stays there: because the client id is unknown, or
    /// the `redirect_uri` is not the app's callback URL.
    pub fn visit(&self, page: &str) -> io::Result<String> {
        let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why);
        let (address, query) = page.split_once('?').unwrap_or((page, ""));
        let pages = [self.gateway_url(), self.url()].map(|origin| format!("{origin}/authorize"));
        if !pages.iter().any(|page| page == address) {
            return Err(refused("it is not the consent page of this sandbox"));
        }
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let now = self.clock().now_millis();
        let response = oauth::authorize(&mut self.service.lock().credentials, &query, now);
        let location = response.headers.into_iter().find(|(name, _)| name == "Location");
        location.map(|(_, location)| location).ok_or_else(|| {
            refused("the client_id is unknown, or the redirect_uri is not the app's callback URL")
        })
    }

    /// Registers an OAuth 2.0 (3LO) app, and grants it these scopes for the account with this role, without a browser.
    pub fn grant(&self, role: Role, scopes: &[&str]) -> Grant {
        let token_url = format!("{}/oauth/token", self.gateway_url());
        let now = self.clock().now_millis();
        self.service.lock().credentials.oauth.grant(self.account(role), scopes, token_url, now)
    }

    /// The sites: the one at [`url`](Self::url), and those of [`SandboxBuilder::site`](crate::SandboxBuilder::site).
    pub fn sites(&self) -> Vec<SiteAddress> {
        self.service.origins.sites()
    }

    fn with_addresses(&self, (client_id, client_secret): (String, String)) -> OAuthApp {
        let gateway = self.gateway_url();
        OAuthApp {
            client_id,
            client_secret,
            authorize_url: format!("{gateway}/authorize"),
            token_url: format!("{gateway}/oauth/token"),
            resources_url: format!("{gateway}/oauth/token/accessible-resources"),
        }
    }
}
