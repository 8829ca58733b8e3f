//! Files of new requests, and what exists after a failure.

use jsm_client::attachments::FileStatus;
use jsm_client::requests::{CreateRequestError, Creation};
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::{Client, ErrorKind, FilePart};
use jsm_sandbox::{Fault, Role, Sandbox};

use super::super::clock::TestClock;
use super::super::of;

const UPLOAD: &str = "AttachTemporaryFiles";
const CREATE: &str = "CreateRequest";
const ATTACH: &str = "AddRequestAttachments";

async fn start() -> (Sandbox, Client) {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let jira = of(&sandbox, &TestClock::new()).build().unwrap();
    (sandbox, jira)
}

fn calls(sandbox: &Sandbox, operation: &str) -> usize {
    sandbox.requests().iter().filter(|request| request.operation == Some(operation)).count()
}

fn notes(number: usize) -> FilePart {
    FilePart::bytes(format!("{number}.txt"), format!("note {number}"))
}

/// A request type without a field for files.
async fn ask(jira: &Client, files: usize) -> Result<String, CreateRequestError> {
    let request = jira
        .create_request("HELP", "Ask for access")
        .field("summary", "Stocktaking")
        .field("System", "warehouse");
    let request = (0..files).fold(request, |request, number| request.file(notes(number)));
    request.await.map(|created| created.issue_key.to_string())
}

#[tokio::test]
async fn files_go_along_where_the_type_has_a_field_for_them() {
    let (sandbox, jira) = start().await;
    let created = jira
        .create_request("HELP", "Get help")
        .field("summary", "x")
        .file(notes(1))
        .file(notes(2))
        .await
        .unwrap();
    assert!(created.issue_key.as_str().starts_with("HELP-"));
    assert_eq!((calls(&sandbox, UPLOAD), calls(&sandbox, CREATE), calls(&sandbox, ATTACH)), (1, 1, 0));
    let create = sandbox.requests().into_iter().find(|request| request.operation == Some(CREATE)).unwrap();
    let body: serde_json::Value = serde_json::from_str(&create.body).unwrap();
    assert_eq!(body["requestFieldValues"]["attachment"].as_array().map(Vec::len), Some(2), "{body}");

    // Ids of files that the program has uploaded itself stay.
    let own = jira.upload(1, [notes(3)]).await.unwrap().remove(0).temporary_attachment_id;
    let more =
        jira.create_request("HELP", "Get help").field("summary", "x").field("Files", &own).file(notes(4));
    more.await.unwrap();
    let create = sandbox.requests().into_iter().rfind(|request| request.operation == Some(CREATE)).unwrap();
    let body: serde_json::Value = serde_json::from_str(&create.body).unwrap();
    assert_eq!(body["requestFieldValues"]["attachment"][0], own.as_str());
    assert_eq!(body["requestFieldValues"]["attachment"].as_array().map(Vec::len), Some(2), "{body}");
}

#[tokio::test]
async fn files_are_attached_afterwards_where_the_type_has_none() {
    let (sandbox, jira) = start().await;
    let key = ask(&jira, 2).await.unwrap();
    assert_eq!((calls(&sandbox, UPLOAD), calls(&sandbox, CREATE), calls(&sandbox, ATTACH)), (1, 1, 1));
    let list = jsm_client::servicedesk::attachment::GetRequestAttachments::new(&key);
    let mut files = jira.items(list);
    let mut names = Vec::new();
    while let Some(file) = files.try_next().await.unwrap() {
        names.push(file.filename);
    }
    names.sort();
    assert_eq!(names, ["0.txt", "1.txt"]);
}

#[tokio::test]
async fn an_error_tells_what_exists() {
    type Is = fn(&CreateRequestError) -> bool;
    let not_created: Is = |error| matches!(error.creation, Creation::NotCreated);
    let unclear: Is = |error| matches!(error.creation, Creation::Unclear);
    let created: Is = |error| matches!(&error.creation, Creation::Created(request) if error.to_string().contains(request.issue_key.as_str()));
    let cases: [(Fault, Is, FileStatusOf, &str); 10] = [
        (Fault::status(400).on(UPLOAD), not_created, FileStatusOf::NotSent, "files not sent: 1"),
        (
            Fault::status(400).on(CREATE),
            not_created,
            FileStatusOf::Uploaded,
            "files uploaded and not attached: 1",
        ),
        (
            Fault::status(403).on(CREATE),
            not_created,
            FileStatusOf::Uploaded,
            "files uploaded and not attached: 1",
        ),
        (
            Fault::status(500).on(CREATE),
            unclear,
            FileStatusOf::Uploaded,
            "look for it before you create it again",
        ),
        (
            Fault::drop_after().on(CREATE),
            unclear,
            FileStatusOf::Uploaded,
            "look for it before you create it again",
        ),
        (Fault::status(201).text("{").on(CREATE), unclear, FileStatusOf::Uploaded, "look for it"),
        // What describes an error does not prove that the files are attached.
        (
            Fault::status(200).text(r#"{"errorMessages": ["No."]}"#).on(ATTACH),
            created,
            FileStatusOf::Unclear,
            "files uploaded and perhaps attached: 1",
        ),
        (Fault::html().on(ATTACH), created, FileStatusOf::Unclear, "files uploaded and perhaps attached: 1"),
        (
            Fault::status(400).on(ATTACH),
            created,
            FileStatusOf::Uploaded,
            "was created; files uploaded and not attached: 1",
        ),
        (
            Fault::drop_after().on(ATTACH),
            created,
            FileStatusOf::Unclear,
            "files uploaded and perhaps attached: 1",
        ),
    ];
    for (fault, is, status, text) in cases {
        let (sandbox, jira) = start().await;
        sandbox.fault(fault.clone());
        let error = ask(&jira, 1).await.expect_err("it fails");
        assert!(is(&error), "{fault:?}: {error:?}");
        assert!(status.is(&error.files[0].status), "{fault:?}: {:?}", error.files);
        assert!(error.to_string().contains(text), "{fault:?}: {error}");
        assert!(calls(&sandbox, CREATE) <= 1, "creating twice makes two requests");
        assert_eq!(error.files[0].name, "0.txt");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_is_created() {
    let (sandbox, jira) = start().await;
    let create =
        || jira.create_request("HELP", "Ask for access").field("summary", "x").field("System", "Wiki");
    create().await.unwrap();
    drop(sandbox);
    // The connection that is kept open breaks, so that the request may have arrived.
    let error = create().await.unwrap_err();
    assert!(matches!(error.creation, Creation::Unclear), "{error}");
    let error = create().await.unwrap_err();
    assert!(error.error.is_connection() && error.error.attempts() > 1, "{error}");
    assert!(matches!(error.creation, Creation::NotCreated), "{error}");
    // Where the program declares it idempotent, an attempt before can have created it.
    let error = create().idempotent(true).await.unwrap_err();
    assert!(matches!(error.creation, Creation::Unclear), "{error}");
}

#[tokio::test]
async fn a_new_request_may_come_without_its_key() {
    for (response, text) in [
        (
            r#"{"issueId": "7"}"#,
            "; the request with the id 7 was created; files uploaded and not attached: 1",
        ),
        (
            r#"{"issueId": null, "issueKey": null}"#,
            "without a key and an id; the request may have been created",
        ),
    ] {
        let (sandbox, jira) = start().await;
        sandbox.fault(Fault::status(201).text(response).on(CREATE));
        let error = ask(&jira, 1).await.expect_err("the file is not attached");
        assert!(error.to_string().contains(text), "{error}");
        let is_created =
            matches!(&error.creation, Creation::Created(request) if request.issue_id.as_str() == "7");
        assert!(is_created || matches!(error.creation, Creation::Unclear), "{error:?}");
        assert!(matches!(error.files[0].status, FileStatus::Uploaded(_)), "{error:?}");
    }
    let (sandbox, jira) = start().await;
    sandbox.fault(Fault::status(201).text("{\"issueKey\": null}").on(CREATE));
    assert!(matches!(ask(&jira, 0).await.unwrap_err().creation, Creation::Unclear));
}

/// The status of a file, without its id.
#[derive(Clone, Copy, Debug)]
enum FileStatusOf {
    NotSent,
    Uploaded,
    Unclear,
}

impl FileStatusOf {
    fn is(self, status: &FileStatus) -> bool {
        matches!(
            (self, status),
            (Self::NotSent, FileStatus::NotSent)
                | (Self::Uploaded, FileStatus::Uploaded(_))
                | (Self::Unclear, FileStatus::Unclear(_))
        )
    }
}

#[tokio::test]
async fn a_request_that_got_lost_is_created_once() {
    let (sandbox, jira) = start().await;
    let count = async || {
        let mut list = jira.items(GetRequests::new().search_term("Stocktaking"));
        let mut count = 0;
        while list.try_next().await.unwrap().is_some() {
            count += 1;
        }
        count
    };
    sandbox.fault(Fault::drop_after().on(CREATE));
    let error = ask(&jira, 0).await.unwrap_err();
    assert_eq!((error.error.kind(), count().await), (ErrorKind::Connection, 1));
    assert!(matches!(error.creation, Creation::Unclear));
    // Where no server can have created it, it is sent again.
    sandbox.fault(Fault::status(429).header("Retry-After", "1").on(CREATE));
    ask(&jira, 0).await.unwrap();
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn wrong_files_and_wrong_fields_are_refused_before_anything_is_uploaded() {
    let (sandbox, jira) = start().await;
    let error = jira
        .create_request("HELP", "Get help")
        .field("summary", "x")
        .file(FilePart::path("/no/such/file"))
        .await;
    let error = error.unwrap_err();
    assert!(error.error.is_configuration(), "{error}");
    assert!(sandbox.requests().is_empty());
    let error = jira.create_request("HELP", "Get help").file(notes(1)).await.unwrap_err();
    assert_eq!((error.fields.len(), &error.files[0].status), (1, &FileStatus::NotSent));
    assert_eq!((calls(&sandbox, UPLOAD), calls(&sandbox, CREATE)), (0, 0));
}

#[tokio::test]
async fn validating_uploads_no_optional_file() {
    let (sandbox, jira) = start().await;
    let result = jira
        .create_request("HELP", "Get help")
        .field("summary", "x")
        .file(notes(1))
        .validate()
        .await
        .unwrap();
    assert!(result.valid);
    assert_eq!((calls(&sandbox, UPLOAD), calls(&sandbox, CREATE)), (0, 0));
}

#[tokio::test]
async fn a_customer_is_refused_what_only_agents_may_do() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let customer = sandbox.account(Role::Customer);
    let clock = TestClock::new();
    let jira = of(&sandbox, &clock).api_token(&customer.email, customer.token.clone()).build().unwrap();
    let admin = sandbox.account(Role::Admin).account_id.clone();
    let error =
        jira.create_request("SHOP", "Get help").field("summary", "x").on_behalf_of(&admin).await.unwrap_err();
    assert_eq!(error.fields[0].field, "raiseOnBehalfOf");
    assert_eq!(calls(&sandbox, CREATE), 0);
    jira.create_request("SHOP", "Get help").field("summary", "x").await.unwrap();
}
