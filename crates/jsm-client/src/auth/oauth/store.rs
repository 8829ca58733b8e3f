//! Where tokens are kept between two runs of a program, and shared by several processes.

use std::sync::Arc;

use futures_core::future::BoxFuture;

use super::tokens::Tokens;
use crate::auth::credentials::BoxError;

/// Held while the tokens of a store are renewed; dropping it releases the lock.
pub type StoreLock = Box<dyn Send>;

/// A place for the tokens of one grant, for [`OAuth::from_store`](super::OAuth::from_store).
/// [`FileTokenStore`](super::FileTokenStore) is a file; implement it for a database or a vault.
///
/// A renewal locks the store, loads the tokens, and uses them if another process has renewed them meanwhile. Otherwise it
/// renews them, saves the new ones before they are used, and releases the lock.
///
/// ```
/// use std::sync::Mutex;
/// use jsm_client::BoxError;
/// use jsm_client::futures_core::future::BoxFuture;
/// use jsm_client::oauth::{TokenStore, Tokens};
///
/// #[derive(Default)]
/// struct InMemory(Mutex<Option<Tokens>>);
///
/// impl TokenStore for InMemory {
///     fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, BoxError>> {
///         Box::pin(async { Ok(self.0.lock().map_err(|_| "the lock is poisoned")?.clone()) })
///     }
///
///     fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), BoxError>> {
///         Box::pin(async {
///             *self.0.lock().map_err(|_| "the lock is poisoned")? = Some(tokens.clone());
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait TokenStore: Send + Sync + 'static {
    /// Loads the tokens that were saved last; `None` when there are none.
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, BoxError>>;

    /// Saves tokens in place of those before, all or nothing. Once the future is ready, they must survive a crash: the
    /// refresh token before them is no longer valid.
    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Waits for the lock of the store, which one process has at a time. By default there is no lock, which suffices for
    /// a store that only one client uses.
    ///
    /// A renewal holds the lock while it loads, renews and saves: at most a minute. `load` and `save` are called with it.
    /// A program that saves the tokens of a new authorisation takes it too, so that a renewal does not overwrite them.
    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, BoxError>> {
        Box::pin(std::future::ready(Ok(Box::new(()) as StoreLock)))
    }
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, BoxError>> {
        (**self).load()
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), BoxError>> {
        (**self).save(tokens)
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, BoxError>> {
        (**self).lock()
    }
}
