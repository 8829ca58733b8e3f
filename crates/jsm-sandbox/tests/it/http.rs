//! A reqwest client for plain http.

pub(crate) fn client() -> reqwest::Client {
    builder().build().expect("it needs nothing from the system")
}

/// Where another crate of the build enables TLS in reqwest, reqwest needs a crypto provider of the process.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
