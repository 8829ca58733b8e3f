//! A reqwest client of the tests' own.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// A client for plain http.
pub(crate) fn client() -> reqwest::Client {
    builder().build().expect("it needs nothing from the system")
}

/// A builder of clients for plain http. Their TLS trusts no certificate; without it, reqwest would need a crypto provider
/// for the whole process.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has them all")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(config)
}
