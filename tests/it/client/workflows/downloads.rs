//! Files from the server.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use jsm_client::attachments::Visibility;
use jsm_client::servicedesk::attachment::{GetAttachmentContent, GetAttachmentThumbnail};
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::{ErrorKind, FilePart, RetryPolicy};
use jsm_sandbox::Sandbox;

use super::super::clock::TestClock;
use super::super::script::{Script, ScriptedResponse, body_of, empty, silence, text};
use super::super::to;
use super::client;

fn content() -> GetAttachmentContent {
    GetAttachmentContent::new("HELP-1", "30000")
}

fn file(body: &str) -> ScriptedResponse {
    body_of(200, "application/octet-stream", body.as_bytes().to_vec())
}

fn leads_to(place: &str) -> ScriptedResponse {
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
    let report = Arc::clone(&seen);
    let download = jira.download(GetAttachmentContent::new(&key, &id));
    let length =
        download.progress(move |progress| report.lock().unwrap().push(progress)).to_file(&path).await;
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
    let asked = script.requests();
    assert_eq!(asked[1].path, "/rest/servicedeskapi/request/HELP-1/content");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_some()));
}

#[tokio::test]
async fn half_a_file_is_no_file() {
    let elsewhere = Script::of([file("the whole file").cut(5)]).await;
    let script = Script::of([leads_to(&elsewhere.url), file("the whole file").cut(5)]).await;
    let jira = to(&script.url, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
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
    let cases: [(&[ScriptedResponse], ErrorKind, &str); 10] = [
        (&[empty(303)], ErrorKind::Other, "without a target"),
        (&[leads_to("/login.jsp?os_destination=x")], ErrorKind::Authentication, "login page"),
        (&[leads_to("https://id.atlassian.com/login")], ErrorKind::Authentication, "login page"),
        (&[leads_to("ftp://files.example.com/x")], ErrorKind::Other, "without encryption"),
        (&[leads_to("https://127.0.0.1:1/x")], ErrorKind::Connection, "no connection"),
        (
            &[leads_to("/a"), leads_to("/b"), leads_to("/c"), leads_to("/d"), leads_to("/e"), leads_to("/f")],
            ErrorKind::Other,
            "more than 5 times",
        ),
        (&[leads_to("/a"), leads_to("/login.jsp")], ErrorKind::Authentication, "login page"),
        (&[leads_to("/a"), leads_to("ftp://files.example.com/x")], ErrorKind::Other, "without encryption"),
        (&[leads_to("/a"), empty(302)], ErrorKind::Other, "without a target"),
        (&[leads_to("/a"), text(403, "The address has expired.")], ErrorKind::Permission, "has expired"),
    ];
    for (responses, kind, why) in cases {
        let script = Script::of(responses.to_vec()).await;
        let jira = to(&script.url, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
        let error = jira.download(content()).stream().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.to_string().starts_with("get attachment content: "), "{error}");
        assert_eq!(script.requests().len(), responses.len());
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
    let paths: Vec<String> = script.requests().into_iter().skip(1).map(|asked| asked.path).collect();
    assert_eq!((paths[0].as_str(), paths[2].as_str()), ("/a", "/b"), "the second address is a fresh one");
}

fn page(content_type: &str, body: &str) -> ScriptedResponse {
    body_of(200, content_type, body.as_bytes().to_vec())
}

#[tokio::test]
async fn what_comes_in_place_of_a_file_is_an_error_and_leaves_no_file() {
    let login = "<!doctype html><html><head><title>Sign in</title></head></html>";
    let cases = [
        (page("text/html;charset=UTF-8", login), ErrorKind::Html, "Sign in"),
        (page("TEXT/HTML", "<p>Maintenance</p>"), ErrorKind::Html, "HTML page"),
        (page("application/xhtml+xml", login), ErrorKind::Html, "Sign in"),
        (page("text/html", login).without("Content-Type"), ErrorKind::Html, "HTML page"),
        (page("text/html", login).header("Content-Disposition", "inline"), ErrorKind::Html, "Sign in"),
        (
            page("application/json", r#"{"code":401,"message":"Log in first."}"#),
            ErrorKind::Authentication,
            "Log in first",
        ),
        (
            page("application/problem+json", r#"{"status":404,"title":"Gone"}"#),
            ErrorKind::NotFound,
            "JSON document",
        ),
        (
            page("application/json", r#"{"statusCode":"429","message":"Slow down."}"#),
            ErrorKind::RateLimited,
            "Slow down",
        ),
        (page("application/json", "[]"), ErrorKind::Other, "JSON document"),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (response, kind, why) in cases {
        for redirected in [false, true] {
            let elsewhere = Script::of([response.clone()]).await;
            let first = if redirected {
                leads_to(&format!("{}/f/report.pdf", elsewhere.url))
            } else {
                response.clone()
            };
            let script = Script::of([first]).await;
            let jira = to(&script.url, &TestClock::new()).build().unwrap();
            let error =
                jira.download(content()).to_file(directory.path().join("report.pdf")).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(why), "{error}");
            assert_eq!(names(directory.path()), [""; 0]);
        }
    }
    // The same holds where the operation is called, not downloaded.
    let script = Script::of([page("text/html", login)]).await;
    let error = to(&script.url, &TestClock::new()).build().unwrap().call(content()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Html, "{error}");
}

#[tokio::test]
async fn a_file_may_be_a_page_or_json() {
    let html = || page("text/html;charset=UTF-8", "<!doctype html><p>A report.</p>");
    let json = || page("application/json", "{\"code\":401}");
    let attachment = |response: ScriptedResponse| {
        response.header("Content-Disposition", "attachment; filename=\"größe.html\"")
    };
    let directory = tempfile::tempdir().unwrap();
    for (response, place, media_type, name) in [
        (attachment(html()), None, None, "a.bin"),
        (attachment(json()), None, None, "a.bin"),
        (html().header("Content-Disposition", "inline; filename=a.html"), None, None, "a.bin"),
        (html(), None, Some("text/html"), "a.bin"),
        (json(), None, Some("application/json; charset=utf-8"), "a.bin"),
        (html(), Some("/f/1/report.html?token=x"), None, "a.bin"),
        (json(), Some("/f/1?name=report.json"), None, "a.bin"),
        (html(), Some("/f/1"), None, "report.htm"),
        (page("text/plain", "{}"), None, None, "a.bin"),
        (file("<html>"), None, None, "a.bin"),
    ] {
        let elsewhere = Script::of([response.clone()]).await;
        let first = place.map_or(response, |place| leads_to(&format!("{}{place}", elsewhere.url)));
        let script = Script::of([first]).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let download = jira.download(content());
        let download = match media_type {
            Some(media_type) => download.media_type(media_type),
            None => download,
        };
        let length = download.to_file(directory.path().join(name)).await;
        assert!(length.unwrap_or_else(|error| panic!("{place:?} {media_type:?}: {error}")) > 0);
    }
}

#[tokio::test]
async fn every_hop_of_a_redirect_is_checked() {
    let last = Script::of([file("the file")]).await;
    let between = Script::of([
        leads_to("relative/größe 東.pdf?n=a b"),
        leads_to(&format!("{}/last?name=ü ü", last.url)),
    ])
    .await;
    let script = Script::of([leads_to("/a"), leads_to(&format!("{}/x/y", between.url))]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let pieces: Vec<bytes::Bytes> =
        jira.download(content()).stream().await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"the file");
    let has_credentials = |script: &Script| {
        script.requests().iter().map(|asked| asked.header("authorization").is_some()).collect::<Vec<_>>()
    };
    assert_eq!(has_credentials(&script), [true, true]);
    assert_eq!(has_credentials(&between), [false, false]);
    assert_eq!(has_credentials(&last), [false]);
    let second = between.requests().remove(1);
    assert_eq!(
        (second.path.as_str(), second.query.as_str()),
        ("/x/relative/gr%C3%B6%C3%9Fe%20%E6%9D%B1.pdf", "n=a%20b")
    );
    assert_eq!(last.requests()[0].query, "name=%C3%BC%20%C3%BC");
}

#[tokio::test]
async fn a_file_that_comes_compressed_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for redirected in [false, true] {
        let packed = file("not really gzip").header("Content-Encoding", "gzip");
        let responses = if redirected { vec![leads_to("/f"), packed] } else { vec![packed] };
        let script = Script::of(responses).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let error = jira.download(content()).to_file(directory.path().join("f")).await.unwrap_err();
        assert!(error.to_string().contains("compressed although that was not asked for"), "{error}");
        assert!(script.requests().iter().all(|asked| asked.header("accept-encoding") == Some("identity")));
    }
    assert_eq!(names(directory.path()), [""; 0]);
}

#[tokio::test]
async fn a_download_that_stalls_ends() {
    let moment = Duration::from_millis(50);
    let directory = tempfile::tempdir().unwrap();
    for (responses, why) in [
        (vec![file("the whole file").stalls(5)], "sent nothing for 0.05 s after 5 of 14 bytes"),
        (vec![leads_to("/f"), file("the whole file").stalls(0)], "after 0 of 14 bytes"),
        (vec![silence()], "no response in time"),
        (vec![leads_to("/f"), silence()], "no response in time"),
    ] {
        let script = Script::of(responses).await;
        let jira = to(&script.url, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
        let download = jira.download(content()).idle_timeout(moment);
        let error = download.to_file(directory.path().join("f")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert!(error.to_string().contains(why), "{error}");
        let script = Script::of([file("the whole file").stalls(5)]).await;
        let jira = to(&script.url, &TestClock::new()).deadline(moment).build().unwrap();
        let error = jira.download(content()).to_file(directory.path().join("f")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "the client's deadline holds: {error}");
    }
    assert_eq!(names(directory.path()), [""; 0]);
}

#[tokio::test]
async fn a_file_has_only_so_many_bytes() {
    let script = Script::of([file("the whole file"), file("the whole file")]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    let error = jira.download(content()).max_bytes(13).to_file(&path).await.unwrap_err();
    assert_eq!((error.kind(), path.exists()), (ErrorKind::TooLarge, false));
    assert_eq!(jira.download(content()).max_bytes(14).to_file(&path).await.unwrap(), 14);
}

#[test]
fn a_cancelled_download_leaves_nothing_while_the_pool_is_busy() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let script = Script::serve(|_| file("the whole file")).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let (free, busy) = std::sync::mpsc::channel::<()>();
        let occupied = tokio::task::spawn_blocking(move || busy.recv());
        for number in 0..20 {
            let path = directory.path().join(format!("{number}.txt"));
            let mut download = Box::pin(jira.download(content()).to_file(path));
            assert!(futures_util::poll!(&mut download).is_pending());
        }
        free.send(()).unwrap();
        occupied.await.unwrap().unwrap();
        // What was queued before this has run.
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        assert_eq!(names(directory.path()), [""; 0]);

        // Cancelled while the file comes.
        let stalling = Script::serve(|_| file("the whole file").stalls(5)).await;
        let jira = to(&stalling.url, &TestClock::new()).build().unwrap();
        let path = directory.path().join("f");
        let (report, telling) = tokio::sync::oneshot::channel();
        let mut report = Some(report);
        let report = move |_| {
            if let Some(report) = report.take() {
                report.send(()).unwrap();
            }
        };
        let download = tokio::spawn(jira.download(content()).progress(report).to_file(path));
        telling.await.unwrap();
        assert_eq!(names(directory.path()), [".f.part"]);
        download.abort();
        download.await.unwrap_err();
        assert_eq!(names(directory.path()), [""; 0]);
    });
}

#[tokio::test]
async fn a_partial_file_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
    let script = Script::serve(|_| file("the whole file")).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("f");
    for left in [".f.part", ".f.1.part", ".g.part"] {
        std::fs::write(directory.path().join(left), "from before, and longer").unwrap();
    }
    assert_eq!(jira.download(content()).to_file(&path).await.unwrap(), 14);
    let mut there = names(directory.path());
    there.sort();
    assert_eq!(there, [".g.part", "f"], "the partial file of another file is left alone");

    let used = std::fs::File::create(directory.path().join(".f.part")).unwrap();
    used.lock().unwrap();
    let downloads = (0..20).map(|_| jira.download(content()).to_file(&path));
    for length in futures_util::future::join_all(downloads).await {
        assert_eq!(length.unwrap(), 14);
    }
    let mut there = names(directory.path());
    there.sort();
    assert_eq!(there, [".f.part", ".g.part", "f"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "the whole file");
}

#[tokio::test]
async fn long_names_folders_and_what_is_no_file() {
    let script = Script::serve(|_| file("the whole file")).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    for length in [232, 233, 251, 255] {
        let path = directory.path().join("a".repeat(length));
        assert_eq!(jira.download(content()).to_file(&path).await.unwrap(), 14, "{length}");
    }
    let before = script.requests().len();
    for (path, why) in [
        (directory.path().to_owned(), "is a folder"),
        (directory.path().join("missing").join("f"), "cannot write"),
        (directory.path().join("missing/"), "names no file"),
        (directory.path().join("missing/."), "names no file"),
        (directory.path().join("a".repeat(256)), "cannot write"),
        #[cfg(unix)]
        ("/dev/null".into(), "not a regular file"),
    ] {
        let error = jira.download(content()).to_file(&path).await.unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains(why), "{error}");
    }
    assert_eq!(script.requests().len(), before, "nothing is asked for that cannot be written");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_replaces_another_keeps_its_mode() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let script = Script::serve(|_| file("the whole file")).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let usual = directory.path().join("usual");
    std::fs::write(&usual, "").unwrap();
    for kept in [0o600, 0o640, 0o444, 0o755] {
        let path = directory.path().join(format!("{kept:o}"));
        std::fs::write(&path, "before").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(kept)).unwrap();
        jira.download(content()).to_file(&path).await.unwrap();
        assert_eq!(format!("{:o}", mode(&path)), format!("{kept:o}"));
    }
    let new = directory.path().join("new");
    jira.download(content()).to_file(&new).await.unwrap();
    assert_eq!(mode(&new), mode(&usual), "a new file has the mode of the umask");
    let link = directory.path().join("link");
    symlink(&new, &link).unwrap();
    jira.download(content()).to_file(&link).await.unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink(), "a link still leads to the file");
}
