//! Connections that end, that are not trusted, and that a paused clock waits for.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use jsm_client::servicedesk::organization::{CreateOrganization, GetOrganization};
use jsm_client::{Client, ErrorKind};
use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::clock::TestClock;
use super::script::{Script, dropped, empty, json};
use super::{CLOUD_ID, to};

const FINE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"id\":\"1\"}";

/// Reads to the end of a request's head; false where the connection ends before.
async fn read_head(stream: &mut tokio::net::TcpStream) -> bool {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
            return false;
        }
    }
    true
}

/// A server that closes every connection just as it is used for the second time.
async fn closes_idle_connections() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                if read_head(&mut stream).await && stream.write_all(FINE).await.is_ok() {
                    read_head(&mut stream).await;
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn connections_closed_as_they_are_used_again_are_replaced_at_once() {
    let url = closes_idle_connections().await;
    let clock = TestClock::new();
    let client = to(&url, &clock).build().unwrap();
    for _ in 0..300 {
        let response = client.call(GetOrganization::new(1)).with_meta().await.unwrap();
        assert!(response.attempts <= 2);
    }
    assert!(clock.waits().is_empty(), "{:?}", clock.waits());
    // One connection is idle now: what is sent on it may have been done.
    let error = client.call(CreateOrganization::new("Acme")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 1));
    client.call(GetOrganization::new(1)).await.unwrap();
    let call = client.call(CreateOrganization::new("Acme")).idempotent(true);
    assert_eq!(call.with_meta().await.unwrap().attempts, 2, "the caller says that it does no harm");
}

#[tokio::test]
async fn a_server_that_drops_every_connection_is_left_alone() {
    let script = Script::serve(|_| dropped()).await;
    let clock = TestClock::new();
    let client = to(&script.url, &clock).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Connection, 8),
        "three at once, four with backoff"
    );
    assert_eq!(clock.waits(), [2.0, 4.0, 8.0, 16.0]);
}

#[tokio::test]
async fn an_http2_connection_that_breaks_fails_no_call() {
    const CALLS: usize = 200;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, counted) = watch::channel(0_usize);
    let connections = Arc::new(AtomicUsize::new(0));
    let opened = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let first = opened.fetch_add(1, Ordering::SeqCst) == 0;
            let asked = asked.clone();
            let service = service_fn(move |_| {
                asked.send_modify(|asked| *asked += 1);
                async move {
                    if first {
                        std::future::pending::<()>().await;
                    }
                    let body = Full::new(Bytes::from_static(br#"{"id":"1"}"#));
                    let response = hyper::Response::builder().header("content-type", "application/json");
                    Ok::<_, Infallible>(response.body(body).unwrap())
                }
            });
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .max_concurrent_streams(1_000)
                .serve_connection(TokioIo::new(stream), service);
            let mut counted = counted.clone();
            tokio::spawn(async move {
                let all = async {
                    counted.wait_for(|asked| *asked >= CALLS).await.unwrap();
                };
                tokio::select! {
                    _ = connection => {}
                    () = all, if first => {}
                }
            });
        }
    });
    let http = crate::http::builder().http2_prior_knowledge().build().unwrap();
    let client = to(&url, &TestClock::new()).http_client(http).build().unwrap();
    let calls = (0..CALLS).map(|_| async { client.call(GetOrganization::new(1)).with_meta().await });
    let attempts: Vec<u32> =
        join_all(calls).await.into_iter().map(|result| result.unwrap().attempts).collect();
    assert!(attempts.iter().all(|attempts| *attempts == 2), "{attempts:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_waits_in_no_time() {
    let script = Script::of([
        empty(429).header("Retry-After", "3"),
        empty(503).header("Retry-After", "3"),
        json(200, &json!({"id": "1"})),
    ])
    .await;
    let (real, paused) = (Instant::now(), tokio::time::Instant::now());
    let client = Client::builder(&script.url).api_token("ada@example.com", "token").build().unwrap();
    let response = client.call(GetOrganization::new(1)).with_meta().await.unwrap();
    assert_eq!(response.attempts, 3);
    assert!(paused.elapsed() >= Duration::from_secs(6));
    assert!(real.elapsed() < paused.elapsed());
}

/// A server that speaks TLS with this certificate, and the authority that signed it.
pub(super) async fn speaks_tls(params: CertificateParams) -> (String, rcgen::Certificate) {
    let issuer_key = KeyPair::generate().unwrap();
    let mut issuer = CertificateParams::new(Vec::new()).unwrap();
    issuer.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = issuer.self_signed(&issuer_key).unwrap();
    let issuer = rcgen::Issuer::new(issuer, issuer_key);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut byte = [0; 4_096];
                if matches!(stream.read(&mut byte).await, Ok(1..)) {
                    let _ = stream.write_all(FINE).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    (url, authority)
}

#[tokio::test]
async fn certificates_that_are_not_accepted_are_named_at_once() {
    let names = |name: &str| CertificateParams::new(vec![name.to_owned()]).unwrap();
    let expired = || {
        let mut params = names("localhost");
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
        params
    };
    for (params, trusted, wrong) in [
        (names("localhost"), false, Some("UnknownIssuer")),
        (expired(), true, Some("xpired")),
        (names("other.example.com"), true, Some("not valid for name")),
        (names("localhost"), true, None),
    ] {
        let (url, authority) = speaks_tls(params).await;
        let clock = TestClock::new();
        let builder = Client::builder(url)
            .api_token("ada@example.com", "token")
            .cloud_id(CLOUD_ID)
            .clock(clock.clone());
        let builder = if trusted {
            let authority = reqwest::Certificate::from_der(authority.der()).unwrap();
            builder.configure_http(move |http| http.tls_certs_merge([authority.clone()]))
        } else {
            builder
        };
        let result = builder.build().unwrap().call(GetOrganization::new(1)).await;
        match wrong {
            None => drop(result.unwrap()),
            Some(wrong) => {
                let error = result.unwrap_err();
                assert_eq!(
                    (error.kind(), error.attempts(), clock.waits()),
                    (ErrorKind::Connection, 1, vec![])
                );
                assert!(error.to_string().contains("certificate"), "{error}");
                assert!(error.to_string().contains(wrong), "{error}");
            }
        }
    }
}
