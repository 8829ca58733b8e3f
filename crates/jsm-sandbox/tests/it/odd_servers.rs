//! A recorder in front of servers that send what no sandbox does.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use jsm_sandbox::{RecordingProxy, Replay};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::read;
use crate::recording::fixtures;

/// A server that sends these bytes, one after the other, each on a connection of its own.
struct Server {
    url: String,
    /// The heads of the requests so far.
    seen: Arc<Mutex<Vec<String>>>,
}

fn server(responses: Vec<Vec<u8>>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&seen);
    std::thread::spawn(move || {
        for response in responses {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut piece) = (Vec::new(), [0; 65_536]);
            loop {
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let lower = head.to_lowercase();
                    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                    if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                        heads.lock().unwrap().push(head.to_owned());
                        break;
                    }
                }
                let count = stream.read(&mut piece).unwrap();
                assert!(count > 0, "the request ends early");
                request.extend_from_slice(&piece[..count]);
            }
            stream.write_all(&response).unwrap();
        }
    });
    Server { url, seen }
}

fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {}\r\nConnection: close\r\n\r\n", head.replace('\n', "\r\n")).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_file_is_recorded_however_its_end_is_marked() {
    const FILE: &str = "/rest/servicedeskapi/request/HELP-1/attachment/30000";
    let folder = tempfile::tempdir().unwrap();
    let compressed = gzip("hello");
    let cases: Vec<(Method, Vec<u8>, Option<&str>, Value)> = vec![
        // hyper does not read a body beyond the length that it knows.
        (
            Method::GET,
            response("200 OK\nContent-Type: image/png\nContent-Length: 5", b"hello"),
            Some("hello"),
            json!({"bytes": 5, "status": 200}),
        ),
        (
            Method::GET,
            response("200 OK\nContent-Type: image/png", b"hello"),
            Some("hello"),
            json!({"bytes": 5, "status": 200}),
        ),
        (
            Method::GET,
            response(
                "200 OK\nContent-Type: image/png\nTransfer-Encoding: chunked",
                b"5\r\nhello\r\n0\r\n\r\n",
            ),
            Some("hello"),
            json!({"bytes": 5, "status": 200}),
        ),
        (
            Method::GET,
            response(
                &format!(
                    "200 OK\nContent-Type: image/png\nContent-Encoding: gzip\nContent-Length: {}",
                    compressed.len()
                ),
                &compressed,
            ),
            Some("hello"),
            json!({"bytes": 5, "status": 200}),
        ),
        (
            Method::GET,
            response("200 OK\nContent-Type: image/png\nContent-Length: 0", b""),
            Some(""),
            json!({"status": 200}),
        ),
        (
            Method::GET,
            response("304 Not Modified\nContent-Type: image/png\nContent-Length: 5", b""),
            Some(""),
            json!({"status": 304}),
        ),
        (
            Method::HEAD,
            response("200 OK\nContent-Type: image/png\nContent-Length: 5", b""),
            Some(""),
            json!({"status": 200}),
        ),
        (
            Method::GET,
            response("200 OK\nContent-Type: image/png\nContent-Length: 9", b"hello"),
            None,
            json!({"bytes": 5, "status": 200, "broken": true}),
        ),
        (
            Method::GET,
            response("200 OK\nContent-Type: text/csv; charset=json\nContent-Length: 5", b"hello"),
            Some("hello"),
            json!({"bytes": 5, "status": 200}),
        ),
    ];
    let target = server(cases.iter().map(|(_, bytes, ..)| bytes.clone()).collect());
    let recorder = RecordingProxy::builder(&target.url, folder.path()).start().await.unwrap();
    let http = crate::http::client();
    for (number, (method, _, received, expected)) in cases.into_iter().enumerate() {
        let result = read(http.request(method, format!("{}{FILE}", recorder.url()))).await;
        assert_eq!(result.ok().map(|response| response.text).as_deref(), received, "case {number}");
        let written = fixtures(folder.path());
        assert_eq!(written.len(), number + 1, "case {number} is not recorded");
        let mut fixture: Value = serde_json::from_str(&written[number].1).unwrap();
        let response = fixture["response"].as_object_mut().unwrap();
        response.remove("headers");
        assert_eq!(fixture["response"], expected, "case {number}");
    }
    assert_eq!(recorder.problem(), None);
    // The first of them is served again.
    let first: Value = serde_json::from_str(&fixtures(folder.path())[0].1).unwrap();
    let path = first["request"]["path"].as_str().unwrap();
    let replay = Replay::start(folder.path()).await.unwrap().no_violations();
    let response = read(http.get(format!("{}{path}", replay.url()))).await.unwrap();
    assert_eq!(
        (response.status, response.header("content-type"), response.header("content-length")),
        (200, "image/png", "5")
    );
}

#[tokio::test]
async fn a_text_that_is_too_long_to_be_redacted_passes_as_a_file_does() {
    let folder = tempfile::tempdir().unwrap();
    let text = "person ".repeat(9_700_000);
    let target = server(vec![response("200 OK\nContent-Type: text/plain", text.as_bytes())]);
    let recorder = RecordingProxy::builder(&target.url, folder.path()).start().await.unwrap();
    let http = crate::http::client();
    let received = read(http.get(format!("{}/rest/api/3/export", recorder.url()))).await.unwrap();
    assert_eq!((received.status, received.text.len()), (200, text.len()));
    let (_, fixture) = &fixtures(folder.path())[0];
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    assert_eq!(fixture["response"]["bytes"], text.len());
}

#[tokio::test]
async fn people_and_secrets_are_replaced_alike_wherever_a_server_or_a_program_puts_them() {
    const EMAIL: &str = "zorvath@quendelin.example";
    const SECRETS: [&str; 6] = ["zorvath", "quendelin", "atatt3xsecret", "660555", "em9ydmf0a", "s3ssion"];
    let folder = tempfile::tempdir().unwrap();
    let json_of = |text: &str| response("200 OK\nContent-Type: application/json", text.as_bytes());
    let basic = "em9ydmF0aEBxdWVuZGVsaW4uZXhhbXBsZTpBVEFUVDN4U0VDUkVU";
    let mut latin = format!("{{\"emailAddress\":\"{EMAIL}\",\"displayName\":\"Zorvath Qu").into_bytes();
    latin.extend_from_slice(b"\xe9ndelin\"}");
    let responses = vec![
        // Names of properties, JSON in a text, and a document of Atlassian's format.
        json_of(&format!("{{\"{EMAIL}\": {{\"Zorvath Quendelin\": [\"{EMAIL}\"]}}}}")),
        json_of(&json!({"payload": json!({"email": EMAIL, "token": "ATATT3xSECRET"}).to_string()}).to_string()),
        json_of(
            &json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [
                {"type": "mention", "attrs": {"id": "61a9c4e2d7b3f0a8600005550000", "text": "@Zorvath Quendelin"}},
                {"type": "text", "text": format!("Call {EMAIL}, +43 660555")},
            ]}]})
            .to_string(),
        ),
        response(
            "200 OK\nContent-Type: application/json\nContent-Encoding: gzip",
            &gzip(&json!({"emailAddress": EMAIL, "phone": "+43660555"}).to_string()),
        ),
        response("200 OK\nContent-Type: application/json", &latin),
        response(
            "403 Forbidden\nContent-Type: text/html\nSet-Cookie: s3ssion=ATATT3xSECRET\nX-AACCOUNTID: zorvath",
            format!("<!DOCTYPE html><title>Zorvath</title><p>{EMAIL} {basic}</p>").as_bytes(),
        ),
        response(
            &format!(
                "302 Found\nLocation: https://zorvath.example/login?user={}&token=ATATT3xSECRET#Zorvath\n\
                 Link: <https://quendelin.example/?u=zorvath>; rel=\"next\"",
                EMAIL.replace('@', "%40")
            ),
            b"",
        ),
        response("500 No\nContent-Type: application/json", format!("{{\"message\":\"{EMAIL} {basic}\"").as_bytes()),
        json_of("{}"),
    ];
    let target = server(responses);
    let recorder = RecordingProxy::builder(&target.url, folder.path()).start().await.unwrap();
    let http = crate::http::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"Zorvath\"; filename=\"{EMAIL}.pdf\"\r\n\r\n{EMAIL}\r\n--edge--\r\n"
    );
    let encoded = EMAIL.replace('@', "%40");
    for number in 0..9 {
        let url = recorder.url();
        let request = match number {
            0 => http.get(format!("{url}/rest/api/3/user/{encoded}?query={encoded}&Zorvath=1")),
            1 => http
                .put(format!("{url}/rest/api/3/x"))
                .header("content-type", "Application/JSON")
                .body(format!("[\"{EMAIL}\"]")),
            2 => http
                .post(format!("{url}/rest/api/3/x"))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("user={encoded}&password=ATATT3xSECRET")),
            3 => http
                .post(format!("{url}/rest/api/3/x"))
                .header("content-type", "application/json")
                .header("content-encoding", "gzip")
                .body(gzip(EMAIL)),
            8 => http
                .post(format!("{url}/rest/servicedeskapi/servicedesk/1/attachTemporaryFile"))
                .header("content-type", "Multipart/form-data; boundary=edge")
                .body(form.clone()),
            _ => http.get(format!("{url}/rest/api/3/x?n={number}")),
        };
        let request = request
            .header("authorization", format!("Basic {basic}"))
            .header("cookie", "s3ssion=ATATT3xSECRET");
        read(request).await.unwrap();
    }
    // The credentials have reached the target.
    assert!(target.seen.lock().unwrap().iter().all(|head| head.contains(basic) && head.contains("s3ssion")));
    assert_eq!(recorder.problem(), None);

    let person = recorder.pseudonym(EMAIL).unwrap();
    assert_eq!(person, "person-1@example.com");
    let written = fixtures(folder.path());
    assert_eq!(written.len(), 9);
    for (number, (name, text)) in written.iter().enumerate() {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy().to_lowercase();
        for secret in SECRETS {
            assert!(!decoded.contains(secret), "{name} holds {secret}:\n{text}");
        }
        assert!(number == 8 || decoded.contains(&person), "{name} does not name the person:\n{text}");
    }
    let fixture = |number: usize| serde_json::from_str::<Value>(&written[number].1).unwrap();
    assert_eq!(fixture(0)["request"]["path"], format!("/rest/api/3/user/{person}"));
    assert_eq!(fixture(1)["request"]["json"], json!([person]));
    assert_eq!(
        fixture(2)["request"]["text"].as_str().unwrap().split('&').next(),
        Some("id-3=person-1%40example.com")
    );
    assert_eq!(fixture(3)["request"]["bytes"], gzip(EMAIL).len());
    assert_eq!(fixture(3)["response"]["json"]["emailAddress"], person);
    let location = fixture(6)["response"]["headers"]["location"].as_str().unwrap().to_owned();
    assert!(
        location.starts_with("https://host-") && location.contains("=person-1%40example.com&"),
        "{location}"
    );
    let parts = fixture(8)["request"]["parts"].clone();
    assert_eq!((&parts[0]["file"], &parts[0]["bytes"]), (&json!("file-1.pdf"), &json!(EMAIL.len())));
}
