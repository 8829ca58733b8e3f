//! Files to the server.

use jsm_client::servicedesk::attachment::{
    AttachTemporaryFiles, GetAttachmentContent, GetRequestAttachments,
};
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::{Client, FilePart, Place, Visibility};
use jsm_sandbox::{Fault, Sandbox};

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
        error.files[..60].iter().all(|file| matches!(&file.place, Place::Uploaded(id) if !id.is_empty()))
    );
    assert_eq!((error.files[60].name.as_str(), &error.files[60].place), ("large.bin", &Place::NotSent));
    assert_eq!(calls(&sandbox, ATTACH), 0);
    let text = error.to_string();
    assert!(text.ends_with("; files not sent: 1; files uploaded and not attached: 60"), "{text}");
}

#[tokio::test]
async fn files_that_were_not_attached_are_where_the_error_says() {
    type Is = fn(&Place) -> bool;
    let cases: [(Option<Fault>, &str, Is); 4] = [
        // Refused: what is uploaded to one desk is no use at another.
        (None, "2", |place| matches!(place, Place::Uploaded(_))),
        (Some(Fault::drop_after()), "1", |place| matches!(place, Place::Unclear(_))),
        (Some(Fault::status(500)), "1", |place| matches!(place, Place::Unclear(_))),
        // Done, to judge by the status, whatever the rest of the answer is.
        (Some(Fault::status(201).text("{")), "1", |place| matches!(place, Place::Attached(_))),
    ];
    for (fault, desk, is) in cases {
        let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
        let jira = client(&sandbox);
        let key = request(&jira).await;
        if let Some(fault) = fault.clone() {
            sandbox.fault(fault.on(ATTACH));
        }
        let error = jira.attach(&*key, Visibility::Public, [notes(1)]).desk(desk).await.unwrap_err();
        assert!(is(&error.files[0].place), "{fault:?}: {:?}", error.files);
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
    assert!(error.files.iter().all(|file| file.place == Place::NotSent));
    assert_eq!(calls(&sandbox, UPLOAD), 3);

    let operation = AttachTemporaryFiles::new("1", [reader()]);
    jira.call(operation.clone()).await.unwrap();
    let error = jira.call(operation).await.unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("read already"), "{error}");
}
