//! Files from the server.

use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use jsm_client::servicedesk::attachment::{GetAttachmentContent, GetAttachmentThumbnail};
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::{FilePart, Kind, RetryPolicy, Visibility};
use jsm_sandbox::Sandbox;

use super::super::clock::TestClock;
use super::super::script::{Answer, Script, body_of, empty, text};
use super::super::to;
use super::client;

fn content() -> GetAttachmentContent {
    GetAttachmentContent::new("HELP-1", "30000")
}

fn file(body: &str) -> Answer {
    body_of(200, "application/octet-stream", body.as_bytes().to_vec())
}

fn leads_to(place: &str) -> Answer {
    empty(303).header("Location", place)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn credentials_stay_with_the_site() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = client(&sandbox);
    let mut requests = jira.items(GetRequests::new().service_desk_id("1"));
    let key = requests.try_next().await.unwrap().unwrap().issue_key;
    let picture = FilePart::bytes("p.png", "no picture at all").content_type("image/png");
    let attached = jira.attach(&key, Visibility::Public, [picture]).await.unwrap();
    let id = attached.attachments.unwrap().values[0].id().unwrap();

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p.png");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let download = jira.download(GetAttachmentContent::new(&key, &id));
    let length = download.progress(move |progress| told.lock().unwrap().push(progress)).to_file(&path).await;
    assert_eq!(length.unwrap(), 17);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "no picture at all");
    assert_eq!(names(directory.path()), ["p.png"]);
    let last = *seen.lock().unwrap().last().unwrap();
    assert_eq!((last.bytes, last.total), (17, Some(17)));

    let thumbnail = jira.download(GetAttachmentThumbnail::new(key, id)).stream().await.unwrap();
    assert_eq!(thumbnail.content_type(), Some("image/png"));
    assert_eq!(thumbnail.progress().total, Some(17));
    let pieces: Vec<bytes::Bytes> = thumbnail.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"no picture at all");

    let requests = sandbox.requests();
    let (files, others): (Vec<_>, Vec<_>) = requests.iter().partition(|r| r.path.starts_with("/file/"));
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|request| request.header("authorization").is_none()));
    assert!(others.iter().all(|request| request.header("authorization").is_some()));
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn a_relative_redirect_leads_to_the_site() {
    let script = Script::of([leads_to("../content?a=b"), file("the file")]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let pieces: Vec<bytes::Bytes> =
        jira.download(content()).stream().await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"the file");
    let asked = script.asked();
    assert_eq!(asked[1].path, "/rest/servicedeskapi/request/HELP-1/content");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_some()));
}

#[tokio::test]
async fn half_a_file_is_no_file() {
    let elsewhere = Script::of([file("the whole file").cut(5)]).await;
    let script = Script::of([leads_to(&elsewhere.url), file("the whole file").cut(5)]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    for (name, before) in [("new.txt", None), ("old.txt", Some("what was there"))] {
        let path = directory.path().join(name);
        if let Some(before) = before {
            std::fs::write(&path, before).unwrap();
        }
        let error = jira.download(content()).to_file(&path).await.unwrap_err();
        assert!(error.is_connection() && error.to_string().contains("5 of 14 bytes"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), before);
    }
    assert_eq!(names(directory.path()), ["old.txt"]);
}

#[tokio::test]
async fn a_file_that_comes_without_a_redirect_is_a_file() {
    let script = Script::of([file("at once")]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(jira.download(content()).to_file(directory.path().join("f")).await.unwrap(), 7);
}

#[tokio::test]
async fn redirects_that_lead_astray_are_errors() {
    let cases: [(&[Answer], Kind, &str); 7] = [
        (&[empty(303)], Kind::Other, "without saying where to"),
        (&[leads_to("/login.jsp?os_destination=x")], Kind::Authentication, "login page"),
        (&[leads_to("https://id.atlassian.com/login")], Kind::Authentication, "login page"),
        (&[leads_to("ftp://files.example.com/x")], Kind::Other, "without encryption"),
        (&[leads_to("https://127.0.0.1:1/x")], Kind::Connection, "no connection"),
        (&[leads_to("/a"), leads_to("/b")], Kind::Other, "once more"),
        (&[leads_to("/a"), text(403, "The address has expired.")], Kind::Permission, "has expired"),
    ];
    for (answers, kind, why) in cases {
        let script = Script::of(answers.to_vec()).await;
        let jira = to(&script.url, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
        let error = jira.download(content()).stream().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.to_string().starts_with("get attachment content: "), "{error}");
        assert_eq!(script.asked().len(), answers.len());
    }
}

#[tokio::test]
async fn where_the_file_lies_may_fail_for_a_moment() {
    let clock = TestClock::new();
    let script = Script::of([leads_to("/a"), text(503, ""), leads_to("/b"), file("the file")]).await;
    let jira = to(&script.url, &clock).build().unwrap();
    let pieces: Vec<bytes::Bytes> =
        jira.download(content()).stream().await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"the file");
    assert_eq!(clock.waits(), [2.0]);
    let paths: Vec<String> = script.asked().into_iter().skip(1).map(|asked| asked.path).collect();
    assert_eq!((paths[0].as_str(), paths[2].as_str()), ("/a", "/b"), "the second address is a fresh one");
}
