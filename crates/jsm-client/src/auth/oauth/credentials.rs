//! Credentials made from an app and from what it was granted.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use secrecy::SecretString;

use super::app::App;
use super::store::TokenStore;
use super::tokens::Tokens;
use crate::auth::credentials::BoxError;
use crate::error::Error;

pub(crate) type Save = Arc<dyn Fn(Tokens) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;
pub(crate) type Reload =
    Arc<dyn Fn() -> BoxFuture<'static, Result<Option<SecretString>, BoxError>> + Send + Sync>;

/// Where tokens come from and where they go.
pub(crate) enum Source {
    /// A refresh token, and functions of the program.
    Functions { refresh_token: SecretString, save: Save },
    /// A store, from which the tokens are loaded too.
    Store(Arc<dyn TokenStore>),
    /// The app's own id and secret. There is nothing to store.
    ClientCredentials,
}

/// Credentials that renew themselves, for [`ClientBuilder::oauth`](crate::ClientBuilder::oauth).
///
/// | for | use |
/// | --- | --- |
/// | an account that has authorised the app | [`from_store`](Self::from_store) |
/// | the same, with functions of the program in place of a store | [`new`](Self::new) |
/// | a service account | [`client_credentials`](Self::client_credentials) |
///
/// One renewal runs at a time, however many calls wait for it, and it goes on when they are cancelled, as long as the tokio
/// runtime of the first of them runs. A token of an hour is renewed a minute before its end. Within that minute, calls wait
/// for the renewal for five seconds at most, and use the old token if there is no new one.
///
/// ```
/// use jsm_client::{Client, oauth::{App, FileTokenStore, OAuth}};
///
/// let app = App::new("client id", "client secret");
/// let oauth = OAuth::from_store(app, FileTokenStore::new("/var/lib/helper/tokens.json"));
/// let jira = Client::builder("https://acme.atlassian.net").oauth(oauth).build()?;
/// # Ok::<(), jsm_client::Error>(())
/// ```
pub struct OAuth {
    pub(crate) app: App,
    pub(crate) source: Source,
    pub(crate) access: Option<(SecretString, Option<Duration>)>,
    pub(crate) reload: Option<Reload>,
}

impl OAuth {
    /// Credentials of an app with the tokens in a store. They are loaded by the first call.
    ///
    /// A renewal saves the new tokens before they are used. If the store fails, the call fails with an error of kind
    /// [`TokenStore`](crate::ErrorKind::TokenStore); the new tokens are kept, and the next call saves them again. A store
    /// without tokens fails the call with an error of kind [`Authentication`](crate::ErrorKind::Authentication); as soon
    /// as the program has saved some, calls succeed.
    pub fn from_store(app: App, store: impl TokenStore) -> Self {
        Self { app, source: Source::Store(Arc::new(store)), access: None, reload: None }
    }

    /// Credentials of a service account (2LO): the client id and secret of the OAuth 2.0 credential that an
    /// administrator created for it. A token is requested when one is needed, and nothing has to be stored.
    ///
    /// The scopes are those that were selected for the credential.
    ///
    /// ```
    /// use jsm_client::{Client, oauth::{App, OAuth}};
    ///
    /// let oauth = OAuth::client_credentials(App::new("client id", "client secret"));
    /// let jira = Client::builder("https://acme.atlassian.net").oauth(oauth).build()?;
    /// # Ok::<(), jsm_client::Error>(())
    /// ```
    pub fn client_credentials(app: App) -> Self {
        Self { app, source: Source::ClientCredentials, access: None, reload: None }
    }

    /// Credentials of an app with a refresh token.
    ///
    /// `store` is called with the tokens after each renewal, and has to finish before the new ones are used: the refresh
    /// token before them is no longer valid. If it fails, the call fails with an error of kind
    /// [`TokenStore`](crate::ErrorKind::TokenStore); the new tokens are kept, and the next call stores them again.
    ///
    /// ```
    /// use jsm_client::{Client, oauth::{App, OAuth, Tokens}};
    /// # async fn save(tokens: &Tokens) -> std::io::Result<()> { Ok(()) }
    ///
    /// let app = App::new("client id", "client secret");
    /// let oauth = OAuth::new(app, "the refresh token that was stored last", |tokens: Tokens| async move {
    ///     save(&tokens).await?;
    ///     Ok(())
    /// });
    /// let jira = Client::builder("https://acme.atlassian.net").oauth(oauth).build()?;
    /// # Ok::<(), jsm_client::Error>(())
    /// ```
    pub fn new<F, S>(app: App, refresh_token: impl Into<SecretString>, store: S) -> Self
    where
        S: Fn(Tokens) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let save: Save = Arc::new(move |tokens| store(tokens).boxed());
        let source = Source::Functions { refresh_token: refresh_token.into(), save };
        Self { app, source, access: None, reload: None }
    }

    /// Sets the first access token, and how long it is valid from now on, if that is known. Without one, the first call
    /// loads or renews the tokens.
    #[must_use]
    pub fn access_token(mut self, token: impl Into<SecretString>, expires_in: Option<Duration>) -> Self {
        self.access = Some((token.into(), expires_in));
        self
    }

    /// Sets a function that loads the stored refresh token, for several processes that share one, with
    /// [`new`](Self::new). A store has its own.
    ///
    /// When the token endpoint refuses the refresh token, another process may have used it and stored the next one. The
    /// function is then called once before the call fails, and once by every later call: a token that differs is used. If
    /// the function fails, the call fails with an error of kind [`TokenStore`](crate::ErrorKind::TokenStore).
    ///
    /// ```
    /// # use jsm_client::oauth::{App, OAuth, Tokens};
    /// # async fn save(tokens: &Tokens) -> std::io::Result<()> { Ok(()) }
    /// # async fn load() -> std::io::Result<String> { Ok("stored".to_owned()) }
    /// # let app = App::new("client id", "client secret");
    /// let oauth = OAuth::new(app, "the refresh token that was stored last", |tokens: Tokens| async move {
    ///     save(&tokens).await?;
    ///     Ok(())
    /// })
    /// .reload(|| async { Ok(Some(load().await?.into())) });
    /// ```
    #[must_use]
    pub fn reload<F, R>(mut self, reload: R) -> Self
    where
        R: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<Option<SecretString>, BoxError>> + Send + 'static,
    {
        self.reload = Some(Arc::new(move || reload().boxed()));
        self
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("app", &self.app).finish_non_exhaustive()
    }
}

pub(crate) fn not_a_token(source: BoxError) -> Error {
    Error::configuration("the access token is not a valid token").with_source(source)
}
