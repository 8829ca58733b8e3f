//! OAuth 2.0: an app, the tokens that accounts grant it (3LO) or that a service account gets (2LO), and their renewal.
//!
//! | step | function |
//! | --- | --- |
//! | send the person's browser to Atlassian | [`App::authorize`] |
//! | exchange the code with which it returns for [`Tokens`] | [`App::finish`] |
//! | list the account's sites, and choose one | [`App::accessible_resources`], [`AccessibleResource::choose`] |
//! | keep the tokens | [`TokenStore`], [`FileTokenStore`] |
//! | make calls with tokens that renew themselves | [`OAuth::from_store`] |
//! | make calls as a service account, without a browser | [`OAuth::client_credentials`] |
//!
//! Secrets are kept in [`SecretString`], which is wiped from memory when it is dropped. None shows in `Debug` or in an
//! error. [`Tokens`] and [`AuthorizationRequest`] are serializable, because programs have to store them.

mod app;
mod authorization;
mod credentials;
mod exposed;
mod file_store;
pub(crate) mod grant;
pub(crate) mod refresh;
mod secrets;
mod site;
mod store;
pub(crate) mod tokens;

pub use app::App;
pub use authorization::{AuthorizationRequest, Callback};
pub use credentials::OAuth;
pub use file_store::FileTokenStore;
pub use secrecy::{ExposeSecret, SecretString};
pub use site::AccessibleResource;
pub use store::{StoreLock, TokenStore};
pub use tokens::Tokens;

pub(crate) use app::{HttpClients, secret_address};
pub(crate) use credentials::not_a_token;
