//! Recordings of sites, made through the client and replayed to it: both times it sees the same.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::TryStreamExt;
use jsm_client::attachments::Visibility;
use jsm_client::csm::customer::{
    BulkManageCustomerAccounts, CreateCustomerAccount, CreateCustomerProfile, DeleteCustomerAccount,
    FetchCustomerProfiles, GetCustomerAccount, GetCustomerDetailFields, UpdateCustomerAccount,
};
use jsm_client::csm::product::GetProducts;
use jsm_client::csm::types::{
    BulkCustomerAccountOperationRequest, BulkCustomerAccountPayload, BulkOperationType,
};
use jsm_client::servicedesk::attachment::GetAttachmentContent;
use jsm_client::servicedesk::customer::{
    AddCustomers, CreateCustomer, GetCustomers, RemoveCustomers, RevokePortalOnlyAccess,
};
use jsm_client::servicedesk::info::GetInfo;
use jsm_client::servicedesk::request::{GetRequest, GetRequests};
use jsm_client::servicedesk::service_desk::GetServiceDesks;
use jsm_client::{Client, FilePart, Result, RetryPolicy};
use jsm_sandbox::{Fault, RecordingProxy, Replay, Sandbox};
use serde::Serialize;
use serde_json::Value;
use xtask::files;

use crate::script::{Script, ScriptedResponse, body_of, text};

/// A recording in the repository.
pub(crate) struct Recording {
    pub(crate) folder: PathBuf,
    /// Each exchange, with the place of its file.
    pub(crate) exchanges: Vec<(String, Value)>,
}

/// All recordings in the repository: the folders in `tests/fixtures/recorded`.
pub(crate) fn recordings() -> Vec<Recording> {
    let sorted = |folder: PathBuf| {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths
    };
    let folders =
        sorted(files::root().join("tests/fixtures/recorded")).into_iter().filter(|path| path.is_dir());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a fixture is text");
        let name = path.strip_prefix(files::root()).unwrap_or(&path).display().to_string();
        let exchange = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, exchange)
    };
    folders
        .map(|folder| Recording { exchanges: sorted(folder.clone()).into_iter().map(read).collect(), folder })
        .collect()
}

#[tokio::test]
async fn every_recording_in_the_repository_replays_and_its_errors_are_read() {
    let recordings = recordings();
    assert!(!recordings.is_empty(), "the sandbox's own recording is in the repository");
    for Recording { folder, exchanges } in recordings {
        let replay = Replay::start(&folder).await.unwrap().no_violations();
        for (file, exchange) in exchanges {
            let (request, response) = (&exchange["request"], &exchange["response"]);
            if request["origin"] == "files" || response["broken"] == true {
                continue;
            }
            let [method, path, query] =
                ["method", "path", "query"].map(|name| request[name].as_str().unwrap_or_default());
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let mut sent = crate::http::client().request(method, format!("{}{path}?{query}", replay.url()));
            if let Some(body) = request.get("json") {
                sent = sent.body(body.to_string());
            }
            if let Some(body) = request["text"].as_str() {
                sent = sent.body(body.to_owned());
            }
            let served = sent.send().await.unwrap();
            let status = response["status"].as_u64().unwrap();
            assert_eq!(u64::from(served.status().as_u16()), status, "{file}");
            if status < 400 {
                continue;
            }
            let body = served.text().await.unwrap();
            let script = Script::of([text(u16::try_from(status).unwrap(), &body)]).await;
            let error = client(&script.url)
                .retry(RetryPolicy::never())
                .build()
                .unwrap()
                .call(GetInfo::new())
                .await
                .unwrap_err();
            assert_eq!(error.status().map(|status| u64::from(status.as_u16())), Some(status), "{file}");
            assert!(!error.to_string().is_empty(), "{file}");
        }
    }
}

fn client(url: &str) -> jsm_client::ClientBuilder {
    Client::builder(url).api_token("ada@example.com", "ada's token").experimental(true)
}

/// What a value is without its texts and numbers.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, member)| format!("{name}:{}", shape(member))).collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// What a program sees of a call.
fn seen<T: Serialize>(outcome: &Result<T>) -> String {
    match outcome {
        Ok(value) => shape(&serde_json::to_value(value).unwrap()),
        Err(error) => format!("{:?} {:?}", error.kind(), error.status().map(|status| status.as_u16())),
    }
}

/// What a program needs to know before it runs.
struct Given {
    email: String,
    name: String,
    other_email: String,
    other_name: String,
    third_email: String,
}

/// A program that creates, lists, adds and removes customers in both APIs, and what it sees.
async fn program(client: &Client, given: &Given) -> Vec<String> {
    let mut all = Vec::new();
    let new = CreateCustomer::new(&given.email, &given.name).strict_conflict_status_code(true);
    let fred = client.call(new.clone()).await;
    all.push(seen(&fred));
    let fred = fred.unwrap().account_id;
    all.push(seen(&client.call(new).await));
    let desks: Vec<_> = client.items(GetServiceDesks::new()).try_collect().await.unwrap();
    let desk = desks[0].id.clone();
    all.push(seen(&client.call(AddCustomers::new(&desk, [&fred])).await));
    let found: Result<Vec<_>> =
        client.items(GetCustomers::new(&desk).query(&given.email)).try_collect().await;
    all.push(seen(&found));
    assert_eq!(found.unwrap()[0].account_id, fred);
    let customers: Result<Vec<_>> =
        client.items(GetCustomers::new(&desk)).page_size(40).max_items(130).try_collect().await;
    all.push(seen(&customers));
    all.push(seen(&client.call(RemoveCustomers::new(&desk, [&fred])).await));
    all.push(seen(&client.call(RevokePortalOnlyAccess::new(&fred)).await));

    let requests: Vec<_> =
        client.items(GetRequests::new().service_desk_id(&desk)).max_items(3).try_collect().await.unwrap();
    let key = &requests[0].issue_key;
    all.push(seen(&client.call(GetRequest::new(key)).await));
    let attached = client
        .attach(key, Visibility::Public, [FilePart::bytes("n.txt", "five.").content_type("text/plain")])
        .await;
    let id = attached.unwrap().attachments.unwrap().values[0].id().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let download = client.download(GetAttachmentContent::new(key, id));
    all.push(format!("{} bytes", download.to_file(folder.path().join("n.txt")).await.unwrap()));

    let account =
        client.call(CreateCustomerAccount::new(&given.other_email).display_name(&given.other_name)).await;
    all.push(seen(&account));
    let account = account.unwrap().customer_id;
    all.push(seen(&client.call(GetCustomerAccount::new(&account)).await));
    all.push(seen(&client.call(UpdateCustomerAccount::new(&account, &given.name)).await));
    let profile = CreateCustomerProfile::new(&given.third_email).display_name(&given.name);
    all.push(seen(&client.call(profile).await));
    all.push(seen(&client.call(GetCustomerDetailFields::new()).await));
    all.push(seen(&client.call(FetchCustomerProfiles::new([&account])).await));
    let products: Result<Vec<_>> = client.items(GetProducts::new()).page_size(2).try_collect().await;
    all.push(seen(&products));
    let payload = BulkCustomerAccountPayload::new().customer_id(&account).display_name(&given.other_name);
    let entry = BulkCustomerAccountOperationRequest::new(BulkOperationType::Update, payload);
    for task in client.bulk(BulkManageCustomerAccounts::new([entry])).await.unwrap() {
        all.push(format!("{:?}", task.wait().await.unwrap().result));
    }
    all.push(seen(&client.call(DeleteCustomerAccount::new(&account)).await));
    all
}

#[tokio::test]
async fn a_program_sees_the_same_on_a_replay_as_it_saw_through_the_recorder() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let recorder = RecordingProxy::builder(sandbox.url(), folder.path()).start().await.unwrap();
    sandbox.fault(Fault::status(429).header("Retry-After", "0").on("GetCustomers"));
    sandbox.fault(Fault::drop_before().on("GetServiceDesks"));
    let given = Given {
        email: "Fred.Fallow@example.org".to_owned(),
        name: "Fréd Fallow".to_owned(),
        other_email: "gita.gorse@example.org".to_owned(),
        other_name: "Gita Gorse".to_owned(),
        third_email: "hanna@example.org".to_owned(),
    };
    let through = client(recorder.url()).api_token(sandbox.email(), sandbox.token()).build().unwrap();
    let recorded = program(&through, &given).await;
    assert_eq!(recorder.problem(), None);

    // A test knows people by their pseudonyms.
    let pseudonym = |text: &str| recorder.pseudonym(text).unwrap();
    let replaced = Given {
        email: pseudonym(&given.email),
        name: pseudonym(&given.name),
        other_email: pseudonym(&given.other_email),
        other_name: pseudonym(&given.other_name),
        third_email: pseudonym(&given.third_email),
    };
    for file in recorder.files() {
        let text = fs::read_to_string(&file).unwrap();
        for secret in [
            &given.email,
            &given.name,
            &given.other_email,
            &given.other_name,
            sandbox.email(),
            sandbox.token(),
        ] {
            assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{}: {text}", file.display());
        }
    }
    let replay = Replay::start(folder.path()).await.unwrap().no_violations();
    let replayed = program(&client(replay.url()).build().unwrap(), &replaced).await;
    for (step, (replayed, recorded)) in replayed.iter().zip(&recorded).enumerate() {
        assert_eq!(replayed, recorded, "step {step}: {:?}", replay.violations());
    }
    assert_eq!(replayed.len(), recorded.len());
    assert_eq!(replay.unused(), [""; 0]);
}

#[tokio::test]
async fn odd_bodies_are_decoded_from_a_replay_as_they_were() {
    // `{"version":"1.0","buildChangeSet":"Ada Lovelace"}`
    const ZIPPED: [u8; 68] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 171, 86, 42, 75, 45, 42, 206, 204, 207, 83, 178, 82, 50, 212, 51,
        80, 210, 81, 74, 42, 205, 204, 73, 113, 206, 72, 204, 75, 79, 13, 78, 45, 1, 10, 59, 166, 36, 42,
        248, 228, 151, 165, 230, 36, 38, 167, 42, 213, 2, 0, 149, 0, 201, 71, 49, 0, 0, 0,
    ];
    let bodies = || {
        [
            body_of(200, "application/json", ZIPPED.to_vec()).header("Content-Encoding", "gzip"),
            json(r#"{"version":"Ada","version":"Bob"}"#),
            json(r#"{"version":"half \ud83d"}"#),
            json(r#"{"version":12.50,"isLicensedForUse":"true"}"#),
            json(r#"{"version":null,"newField":{"Ada":["Bob"]},"buildDate":{"epochMillis":1707171300000}}"#),
            json(r#"{"version":"#),
            json("[]"),
            json(""),
            text(200, "<!DOCTYPE html><title>Log in, Ada</title>"),
            text(
                404,
                r#"{"errorMessage":"Site temporarily unavailable","i18nErrorMessage":{"i18nKey":"sd.ada"}}"#,
            ),
            text(401, r#"{"code":401,"message":"Unauthorized; scope does not match"}"#),
            text(400, r#"{"errorMessages":["Ada is wrong"],"errors":{"duedate":"Ada","Ada":"Bob"}}"#),
        ]
    };
    let folder = tempfile::tempdir().unwrap();
    let site = Script::of(bodies()).await;
    let recorder = RecordingProxy::builder(&site.url, folder.path()).start().await.unwrap();
    let recorded = outcomes(recorder.url(), bodies().len()).await;
    for file in recorder.files() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("Ada") && !text.contains("Bob"), "{}: {text}", file.display());
    }
    assert!(site.requests().iter().all(|request| request.header("authorization").is_some()));
    let replay = Replay::start(folder.path()).await.unwrap();
    assert_eq!(outcomes(replay.url(), bodies().len()).await, recorded);
    assert_eq!(replay.violations(), []);
}

/// A response that says that it is JSON.
fn json(body: &str) -> ScriptedResponse {
    body_of(200, "application/json", body.as_bytes().to_vec())
}

/// What a client sees of so many calls, one after the other.
async fn outcomes(url: &str, count: usize) -> Vec<String> {
    let client = client(url).retry(RetryPolicy::never()).build().unwrap();
    let mut all = Vec::new();
    for _ in 0..count {
        let outcome = client.call(GetInfo::new()).timeout(Duration::from_secs(20)).with_meta().await;
        all.push(match &outcome {
            Ok(response) => {
                let value = shape(&serde_json::to_value(&response.value).unwrap());
                format!("{value} {} repairs", response.repairs.len())
            }
            Err(error) => format!(
                "{:?} {:?} unavailable: {} fields: {}",
                error.kind(),
                error.status().map(|status| status.as_u16()),
                error.is_site_unavailable(),
                error.field_errors().count()
            ),
        });
    }
    all
}
