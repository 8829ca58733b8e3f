//! TLS of the client's own reqwest clients.
//!
//! With the feature `rustls`, reqwest is given a finished configuration. Otherwise it would need a crypto provider that
//! is installed for the whole process, which is the program's to choose.

use std::error::Error as StdError;

use reqwest::ClientBuilder;

/// TLS that is configured here: rustls with ring, or with the provider that the program has installed, and with the
/// certificates that the system trusts. Plain http needs no certificates, which take a while to read.
#[cfg(feature = "rustls")]
pub(super) fn by_us(
    builder: ClientBuilder,
    certificates: bool,
) -> Result<ClientBuilder, Box<dyn StdError + Send + Sync>> {
    use std::sync::Arc;

    use rustls::crypto::{CryptoProvider, ring};
    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::BuilderVerifierExt;

    let provider =
        CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()));
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = match certificates {
        true => config.with_platform_verifier()?,
        false => config.with_root_certificates(RootCertStore::empty()),
    };
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(builder.tls_backend_preconfigured(config))
}

/// TLS of the system, or none.
#[cfg(not(feature = "rustls"))]
#[expect(clippy::unnecessary_wraps, reason = "rustls can fail to read certificates")]
pub(super) fn by_us(
    builder: ClientBuilder,
    certificates: bool,
) -> Result<ClientBuilder, Box<dyn StdError + Send + Sync>> {
    Ok(by_reqwest(builder, certificates))
}

/// TLS that reqwest configures, so that its own settings have an effect, such as certificates to trust.
pub(super) fn by_reqwest(builder: ClientBuilder, certificates: bool) -> ClientBuilder {
    #[cfg(feature = "rustls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that another thread has installed one meanwhile.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    // Another crate may have enabled native-tls too, which would be reqwest's choice then.
    #[cfg(feature = "rustls")]
    let builder = builder.tls_backend_rustls();
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let builder = if certificates { builder } else { builder.tls_certs_only([]) };
    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    let _ = certificates;
    builder
}
