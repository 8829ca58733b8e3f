//! Files to the server.

use std::time::Duration;

use jsm_client::attachments::{FileStatus, Visibility};
use jsm_client::servicedesk::attachment::{
    AttachTemporaryFiles, GetAttachmentContent, GetRequestAttachments,
};
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::{Client, ErrorKind, FilePart, RetryPolicy};
use jsm_sandbox::{Fault, Sandbox};

use super::super::clock::TestClock;
use super::super::script::{Script, json, silence};
use super::super::to;
use super::client;
use futures_util::TryStreamExt;

const UPLOAD: &str = "AttachTemporaryFiles";
const ATTACH: &str = "AddRequestAttachments";

/// The key of a request at the first desk.
async fn request(jira: &Client) -> String {
    let mut requests = jira.items(GetRequests::new().service_desk_id("1"));
    requests.try_next().await.unwrap().unwrap().issue_key.as_str().to_owned()
}

fn calls(sandbox: &Sandbox, operation: &str) -> usize {
    sandbox.requests().iter().filter(|request| request.operation == Some(operation)).count()
}

fn notes(number: usize) -> FilePart {
    FilePart::bytes(format!("{number}.txt"), format!("note {number}"))
}

#[tokio::test]
async fn sixty_one_files_take_two_uploads_and_one_comment() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = client(&sandbox);
    let key = request(&jira).await;
    let attached =
        jira.attach(&*key, Visibility::Internal, (0..61).map(notes)).comment("All of them.").await.unwrap();
    let comment = attached.comment.unwrap();
    assert_eq!((comment.body.as_str(), comment.public), ("All of them.", Some(false)));
    assert_eq!((calls(&sandbox, UPLOAD), calls(&sandbox, ATTACH)), (2, 1));
    let files: Vec<_> = jira.items(GetRequestAttachments::new(&*key)).try_collect().await.unwrap();
    let named = |number: usize| files.iter().filter(|file| file.filename == format!("{number}.txt")).count();
    assert!((0..61).all(|number| named(number) == 1));
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn content_arrives_from_bytes_paths_readers_and_streams() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = client(&sandbox);
    let key = request(&jira).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("path.txt");
    std::fs::write(&path, "from a path").unwrap();
    let pieces = ["from ", "a stream"].map(|piece| Ok(bytes::Bytes::from(piece)));
    let files = [
        FilePart::bytes("bytes.txt", "from bytes").content_type("text/plain"),
        FilePart::path(&path).named("renamed.txt"),
        FilePart::reader("reader.txt", &b"from a reader"[..]),
        FilePart::stream("stream.txt", futures_util::stream::iter(pieces)).length(13),
    ];
    let attached = jira.attach(&*key, Visibility::Public, files).desk("1").await.unwrap();
    let mut found = Vec::new();
    for file in attached.attachments.unwrap().values {
        let content = jira.call(GetAttachmentContent::new(&*key, file.id().unwrap())).await;
        // A call follows no redirect; a download does.
        assert!(content.is_err());
        let bytes =
            jira.download(GetAttachmentContent::new(&*key, file.id().unwrap())).stream().await.unwrap();
        let text: Vec<bytes::Bytes> = bytes.try_collect().await.unwrap();
        found.push((file.filename, String::from_utf8(text.concat()).unwrap()));
    }
    let expected = [
        ("bytes.txt", "from bytes"),
        ("renamed.txt", "from a path"),
        ("reader.txt", "from a reader"),
        ("stream.txt", "from a stream"),
    ];
    assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[tokio::test]
async fn an_upload_that_breaks_off_says_which_file_is_where() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = client(&sandbox);
    let key = request(&jira).await;
    let large = FilePart::bytes("large.bin", vec![0; 10 * 1024 * 1024 + 1]);
    let error = jira.attach(&*key, Visibility::Public, (0..60).map(notes).chain([large])).await.unwrap_err();
    assert!(error.error.is_invalid_request(), "{error}");
    assert_eq!(error.files.len(), 61);
    assert!(
        error.files[..60]
            .iter()
            .all(|file| matches!(&file.status, FileStatus::Uploaded(id) if !id.is_empty()))
    );
    assert_eq!((error.files[60].name.as_str(), &error.files[60].status), ("large.bin", &FileStatus::NotSent));
    assert_eq!(calls(&sandbox, ATTACH), 0);
    let text = error.to_string();
    assert!(text.ends_with("; files not sent: 1; files uploaded and not attached: 60"), "{text}");
}

#[tokio::test]
async fn files_that_were_not_attached_are_where_the_error_says() {
    type Is = fn(&FileStatus) -> bool;
    let cases: [(Option<Fault>, &str, Is); 4] = [
        // Refused: what is uploaded to one desk is no use at another.
        (None, "2", |place| matches!(place, FileStatus::Uploaded(_))),
        (Some(Fault::drop_after()), "1", |place| matches!(place, FileStatus::Unclear(_))),
        (Some(Fault::status(500)), "1", |place| matches!(place, FileStatus::Unclear(_))),
        // Done, by the status, whatever the rest of the response is.
        (Some(Fault::status(201).text("{")), "1", |place| matches!(place, FileStatus::Attached(_))),
    ];
    for (fault, desk, is) in cases {
        let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
        let jira = client(&sandbox);
        let key = request(&jira).await;
        if let Some(fault) = fault.clone() {
            sandbox.fault(fault.on(ATTACH));
        }
        let error = jira.attach(&*key, Visibility::Public, [notes(1)]).desk(desk).await.unwrap_err();
        assert!(is(&error.files[0].status), "{fault:?}: {:?}", error.files);
        assert_eq!(calls(&sandbox, ATTACH), 1, "attaching twice makes two comments");
    }
}

#[tokio::test]
async fn what_can_be_read_once_is_sent_once() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = client(&sandbox);
    sandbox.fault(Fault::status(503).on(UPLOAD));
    let again = jira.upload("1", [notes(1)]).await.unwrap();
    assert_eq!((again.len(), calls(&sandbox, UPLOAD)), (1, 2));

    sandbox.fault(Fault::status(503).on(UPLOAD));
    let reader = || FilePart::reader("reader.txt", &b"once"[..]);
    let error = jira.upload("1", [notes(1), reader()]).await.unwrap_err();
    assert_eq!(error.error.status().unwrap().as_u16(), 503, "{error}");
    assert!(error.files.iter().all(|file| file.status == FileStatus::NotSent));
    assert_eq!(calls(&sandbox, UPLOAD), 3);

    let operation = AttachTemporaryFiles::new("1", [reader()]);
    jira.call(operation.clone()).await.unwrap();
    let error = jira.call(operation).await.unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("read already"), "{error}");
}

/// The head of the part of a file, as it is sent.
async fn part_head(file: FilePart) -> (Option<String>, Option<usize>, String) {
    let done = json(
        201,
        &serde_json::json!({"temporaryAttachments": [{"temporaryAttachmentId": "t", "fileName": "f"}]}),
    );
    let script = Script::of([done]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    jira.call(AttachTemporaryFiles::new("1", [file])).await.unwrap();
    let asked = script.requests().remove(0);
    let head = asked.body.split_once("\r\n").unwrap().1.split_once("\r\n\r\n").unwrap().0.to_owned();
    let length = asked.header("content-length").map(|length| length.parse().unwrap());
    (asked.header("x-atlassian-token").map(str::to_owned), length, head)
}

#[tokio::test]
async fn names_are_sent_as_browsers_send_them() {
    for (name, written, media_type) in [
        ("Prüfbericht 東京.pdf", "Prüfbericht 東京.pdf", "application/pdf"),
        ("19\" rack;1.txt", "19%22 rack;1.txt", "text/plain"),
        ("a\r\nX-Injected: 1.txt", "a%0D%0AX-Injected: 1.txt", "text/plain"),
        ("a\nb.json", "a%0Ab.json", "application/json"),
        ("H1/H2.csv", "H1/H2.csv", "text/csv"),
        ("back\\slash.HTML", "back\\slash.HTML", "text/html"),
        ("🦉.jpeg", "🦉.jpeg", "image/jpeg"),
        ("README", "README", "application/octet-stream"),
        ("what.ever-this-is", "what.ever-this-is", "application/octet-stream"),
        ("", "", "application/octet-stream"),
    ] {
        let (token, length, head) = part_head(FilePart::bytes(name, "x")).await;
        let expected = format!(
            "Content-Disposition: form-data; name=\"file\"; filename=\"{written}\"\r\nContent-Type: {media_type}"
        );
        assert_eq!((token.as_deref(), head), (Some("no-check"), expected));
        assert!(length.is_some_and(|length| length > 0), "the length is known");
    }
    let (_, _, head) = part_head(FilePart::bytes("a.txt", "x").content_type("text/markdown")).await;
    assert!(head.ends_with("Content-Type: text/markdown"), "{head}");
    let jira = to("http://127.0.0.1:9", &TestClock::new()).build().unwrap();
    for wrong in ["markdown", "text/plain\r\nX-Injected: 1", ""] {
        let error = jira.upload("1", [FilePart::bytes("a", "x").content_type(wrong)]).await.unwrap_err();
        assert!(
            error.error.is_configuration() && error.to_string().contains("is not a media type"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_file_of_another_length_than_announced_is_an_error() {
    let pieces = |count: usize| {
        futures_util::stream::iter((0..count).map(|_| Ok(bytes::Bytes::from_static(b"12345"))))
    };
    for (file, why) in [
        (
            FilePart::reader("r.txt", &[0; 20][..]).length(10),
            "r.txt cannot be sent: it has more than the announced 10 bytes",
        ),
        (
            FilePart::reader("r.txt", &[0; 5][..]).length(10),
            "r.txt cannot be sent: it has 5 of the announced 10 bytes",
        ),
        (
            FilePart::stream("s.txt", pieces(4)).length(10),
            "s.txt cannot be sent: it has more than the announced 10 bytes",
        ),
        (
            FilePart::stream("s.txt", pieces(1)).length(10),
            "s.txt cannot be sent: it has 5 of the announced 10 bytes",
        ),
        (FilePart::reader("r.txt", &[][..]).length(1), "it has 0 of the announced 1 bytes"),
        (
            FilePart::stream(
                "s.txt",
                futures_util::stream::iter([Err(std::io::Error::other("disk on fire"))]),
            ),
            "disk on fire",
        ),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let error = client(&sandbox).upload("1", [notes(1), file]).await.unwrap_err();
        assert_eq!(error.error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.files.iter().all(|file| file.status == FileStatus::NotSent));
        assert!(sandbox.requests().iter().all(|request| request.status.is_none_or(|status| status >= 400)));
    }
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let exact = FilePart::stream("s.txt", pieces(2)).length(10);
    assert_eq!(client(&sandbox).upload("1", [exact]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_folder_or_nothing_is_refused_by_name_before_anything_is_sent() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = client(&sandbox);
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.txt");
    for (path, why) in [(directory.path(), "it is a folder"), (missing.as_path(), "No such file")] {
        let name = path.display().to_string();
        // It is the last of many, so that it would be in the second request.
        let files = || (0..60).map(notes).chain([FilePart::path(path)]);
        let errors: [jsm_client::Error; 3] = [
            jira.attach("HELP-1", Visibility::Public, files()).await.unwrap_err().into(),
            jira.upload("1", files()).await.unwrap_err().into(),
            jira.call(AttachTemporaryFiles::new("1", [FilePart::path(path)])).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_configuration(), "{error}");
            assert!(error.to_string().contains(&name) && error.to_string().contains(why), "{error}");
        }
    }
    assert_eq!(sandbox.requests().len(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_blocks_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let [silent, path] = ["silent", "pipe"].map(|name| directory.path().join(name));
    let made = std::process::Command::new("mkfifo").args([&silent, &path]).status().unwrap();
    assert!(made.success());
    let moment = Duration::from_millis(50);
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    // Nobody writes: the timeout fires, and the runtime can end.
    let jira = super::super::of(&sandbox, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
    let error = jira.upload("1", [FilePart::path(&silent)]).timeout(moment).await.unwrap_err();
    assert_eq!(error.error.kind(), ErrorKind::Timeout, "{error}");
    // Ends the thread that waits for a writer, if it has come so far; opening a pipe for both never waits.
    drop(std::fs::File::options().read(true).write(true).open(&silent).unwrap());

    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, "through the pipe")
    });
    let uploaded = jira.upload("1", [FilePart::path(&path)]).await.unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(uploaded[0].file_name, "pipe");
}

#[tokio::test]
async fn one_deadline_holds_for_all_requests_of_an_upload() {
    let moment = Duration::from_millis(60);
    let script = Script::serve(|_| silence()).await;
    let client = |deadline: bool| {
        let builder = to(&script.url, &TestClock::new());
        if deadline { builder.deadline(moment) } else { builder }.build().unwrap()
    };
    let errors = [
        client(true).upload("1", [notes(1)]).await.unwrap_err(),
        client(true).attach("HELP-1", Visibility::Public, [notes(1)]).await.unwrap_err(),
        client(false).upload("1", [notes(1)]).deadline(moment).await.unwrap_err(),
        client(false).attach("HELP-1", Visibility::Public, [notes(1)]).deadline(moment).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.error.kind(), ErrorKind::Timeout, "{error}");
    }
}
