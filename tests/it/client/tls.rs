//! TLS, and what of it the client shares with the rest of the process.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsm_client::Client;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_sandbox::RecordingProxy;
use rcgen::CertificateParams;
use rustls::crypto::{CryptoProvider, ring};

use super::CLOUD_ID;
use super::connections::speaks_tls;

/// Where the child process finds the address of the server.
const ADDRESS: &str = "JSM_TESTS_TLS_ADDRESS";

/// The crypto provider is one for the whole process, so the test starts this binary again, for itself alone.
#[tokio::test]
async fn https_works_and_the_crypto_provider_of_the_process_stays_the_programs_choice() {
    if let Ok(url) = std::env::var(ADDRESS) {
        return in_a_process_of_its_own(&url).await;
    }
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let (url, authority) = speaks_tls(params).await;
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    let encoded = STANDARD.encode(authority.der());
    std::fs::write(&trusted, format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n"))
        .unwrap();
    let name = "client::tls::https_works_and_the_crypto_provider_of_the_process_stays_the_programs_choice";
    let mut child = Command::new(std::env::current_exe().unwrap());
    // The first variable is how the certificates that the system trusts are replaced.
    child.args(["--exact", name]).env("SSL_CERT_FILE", trusted).env(ADDRESS, url);
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

async fn in_a_process_of_its_own(url: &str) {
    let client = Client::builder(url).api_token("ada@example.com", "token").cloud_id(CLOUD_ID);
    client.build().unwrap().call(GetOrganization::new(1)).await.unwrap();
    assert!(CryptoProvider::get_default().is_none(), "the client has installed a crypto provider");
    let folder = tempfile::tempdir().unwrap();
    let recorder = RecordingProxy::builder(url, folder.path()).start().await.unwrap();
    let client = Client::builder(recorder.url()).api_token("ada@example.com", "token").cloud_id(CLOUD_ID);
    client.build().unwrap().call(GetOrganization::new(1)).await.unwrap();
    assert_eq!(recorder.files().len(), 1);
    assert!(CryptoProvider::get_default().is_none(), "the recorder has installed a crypto provider");
    ring::default_provider().install_default().expect("the program is the first to install one");
    drop(reqwest::Client::new());
}
