//! OAuth 2.0 (3LO): an app, the tokens that accounts grant it, and their renewal.
//!
//! An [`App`] sends a person's browser to its [`authorize_url`](App::authorize_url), exchanges the code that comes back
//! for [`Tokens`], and lists the sites they are good for. [`OAuth`] are credentials that renew themselves.

mod app;
pub(crate) mod grant;
pub(crate) mod refresh;

pub use app::{AccessibleResource, App, OAuth, Tokens};
pub use secrecy::{ExposeSecret, SecretString};

pub(crate) use app::{HttpClients, not_a_token, secret_address};
