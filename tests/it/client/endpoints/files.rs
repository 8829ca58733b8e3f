//! Files of endpoints that the crate does not cover, of any size.

use jsm_client::http::Method;
use jsm_client::{Client, ErrorKind, FilePart};
use serde_json::json;

use crate::client::clock::TestClock;
use crate::client::script::{Script, ScriptedResponse, body_of, empty, json};
use crate::client::{CLOUD_ID, to};

const PATH: &str = "/rest/api/3/attachment/content/{id}";

fn client(script: &Script) -> Client {
    to(&script.url, &TestClock::new()).build().unwrap()
}

fn file(body: &str) -> ScriptedResponse {
    body_of(200, "application/octet-stream", body.as_bytes().to_vec()).header("ETag", "\"a\"")
}

fn rest(body: &str, range: &str) -> ScriptedResponse {
    let part = body_of(206, "application/octet-stream", body.as_bytes().to_vec());
    part.header("ETag", "\"a\"").header("Content-Range", range)
}

#[tokio::test]
async fn a_file_is_streamed_and_resumed_wherever_it_is() {
    let elsewhere = Script::of([file("the whole file").cut(5), rest("hole file", "bytes 5-13/14")]).await;
    let address = elsewhere.url.clone();
    let script = Script::serve(move |_| empty(303).header("Location", &format!("{address}/größe"))).await;
    let request = client(&script).request(Method::GET, PATH).path_param("id", 7).query(&[("redirect", true)]);
    let mut stream = request.header("X-Source", "test").download().stream().await.unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = stream.try_next().await.unwrap() {
        bytes.extend(piece);
    }
    assert_eq!(bytes, b"the whole file");
    assert!(stream.try_next().await.unwrap().is_none());
    let (asked, served) = (script.requests(), elsewhere.requests());
    assert_eq!((asked.len(), served.len()), (2, 2));
    assert!(
        asked
            .iter()
            .all(|asked| asked.path == "/rest/api/3/attachment/content/7" && asked.query == "redirect=true")
    );
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("authorization").is_some() && asked.header("x-source") == Some("test"))
    );
    assert!(served.iter().all(|served| served.header("authorization").is_none()));
    assert_eq!(served[1].header("range"), Some("bytes=5-"));
}

#[tokio::test]
async fn a_file_below_the_gateway_is_written_to_disk() {
    let script = Script::of([file("the file")]).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    let request = client(&script).request(Method::GET, "/x/{cloudId}/file");
    assert_eq!(request.download().to_file(&path).await.unwrap(), 8);
    assert_eq!(std::fs::read(&path).unwrap(), b"the file");
    assert_eq!(script.requests()[0].path, format!("/x/{CLOUD_ID}/file"));
}

#[tokio::test]
async fn a_post_is_downloaded_once_unless_it_is_idempotent() {
    for (idempotent, requests) in [(false, 1), (true, 2)] {
        let script = Script::of([file("the file").cut(3), rest(" file", "bytes 3-7/8")]).await;
        let request = client(&script).request(Method::POST, "/export").json(&json!({"all": true}));
        let mut stream = request.idempotent(idempotent).download().stream().await.unwrap();
        let outcome = loop {
            match stream.try_next().await {
                Ok(Some(_)) => {}
                end => break end,
            }
        };
        assert_eq!((outcome.is_ok(), script.requests().len()), (idempotent, requests));
        assert!(script.requests().iter().all(|asked| asked.body == r#"{"all":true}"#));
    }
    let script = Script::of([file("the file")]).await;
    let request =
        client(&script).request(Method::POST, "/convert").files("file", [FilePart::bytes("a.txt", "x")]);
    request.download().stream().await.unwrap();
    assert!(script.requests()[0].body.contains("a.txt"));
}

#[tokio::test]
async fn what_is_no_file_is_an_error_that_names_the_path() {
    let login = || body_of(200, "text/html", b"<!doctype html><title>Sign in</title>".to_vec());
    let part = || rest("the", "bytes 0-2/14");
    for (response, kind, why) in [
        (login(), ErrorKind::Html, "an HTML page came in place of the file"),
        (json(404, &json!({"errorMessages": ["gone"]})), ErrorKind::NotFound, "404 Not Found: gone"),
        (part(), ErrorKind::Other, "the server sent a part of the file, and the whole was requested"),
        (file("the whole file"), ErrorKind::TooLarge, "more than the 13 bytes that are allowed"),
    ] {
        let first = response.clone();
        let script = Script::serve(move |_| first.clone()).await;
        let directory = tempfile::tempdir().unwrap();
        let jira = client(&script);
        let request = || jira.request(Method::GET, PATH).path_param("id", 7).download().max_bytes(13);
        for error in [
            request().stream().await.map(drop).unwrap_err(),
            request().to_file(directory.path().join("f")).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().starts_with(&format!("GET {PATH}: ")), "{error}");
            assert!(error.to_string().contains(why) && error.attempts() == 1, "{error}");
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
    let script = Script::of([]).await;
    let error = client(&script).request(Method::GET, "/a/../b").download().stream().await.unwrap_err();
    assert!(error.is_configuration() && script.requests().is_empty(), "{error}");
}
