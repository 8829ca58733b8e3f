//! Bulk changes, the tasks that they become, and reading what is there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use jsm_client::attachments::Visibility;
use jsm_client::csm::customer::{
    BulkManageCustomerAccounts, BulkManageCustomerDetails, BulkManageCustomerProfiles, FetchCustomerProfiles,
};
use jsm_client::csm::organization::FetchOrganizations;
use jsm_client::csm::types::{
    BulkCustomerAccountOperationRequest, BulkCustomerAccountPayload, BulkCustomerDetailFieldOperation,
    BulkCustomerProfilePayload, BulkManageCustomerProfileOperation, BulkOperationType, DetailFieldOperation,
    DetailFieldOperationPayload, DetailFieldOperationType, ProfileOperationType,
};
use jsm_client::servicedesk::attachment::GetAttachmentContent;
use jsm_client::servicedesk::customer::GetCustomers;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::tasks::{Task, TaskResult, TaskState};
use jsm_client::{BulkOperation, Client, FilePart, Operation, RetryPolicy};
use jsm_sandbox::{Fault, Quirk, RecordedRequest, Sandbox};
use serde_json::{Value, json};

use super::super::clock::TestClock;
use super::super::of;
use super::super::script::{Script, json};

/// How long a site takes for an entry of a task.
const ENTRY: Duration = Duration::from_millis(4_800);

const PROFILES: &str = "BulkManageCustomerProfiles";

fn profiles(kind: ProfileOperationType, count: usize) -> BulkManageCustomerProfiles {
    let entry = |number| {
        let payload = BulkCustomerProfilePayload::new()
            .email(format!("new{number}@example.com"))
            .display_name(format!("New {number}"));
        BulkManageCustomerProfileOperation::new(kind.clone(), payload)
    };
    BulkManageCustomerProfiles::new((0..count).map(entry))
}

fn upserts(count: usize) -> BulkManageCustomerProfiles {
    profiles(ProfileOperationType::Upsert, count)
}

/// The bulk calls so far: key and number of entries.
fn sent(sandbox: &Sandbox) -> Vec<(String, usize)> {
    let bulk = |request: &RecordedRequest| request.operation.is_some_and(|name| name.starts_with("Bulk"));
    let report = |request: RecordedRequest| {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let entries =
            body.as_object().and_then(|body| body.values().find_map(Value::as_array)).map_or(0, Vec::len);
        (request.header("idempotency-key").unwrap_or_default().to_owned(), entries)
    };
    sandbox.requests().into_iter().filter(bulk).map(report).collect()
}

fn pair(sandbox: Sandbox) -> (Arc<Sandbox>, TestClock, Client) {
    let sandbox = Arc::new(sandbox);
    let clock = TestClock::along_with(&sandbox);
    let csm = of(&sandbox, &clock).build().unwrap();
    (sandbox, clock, csm)
}

#[tokio::test]
async fn a_long_change_becomes_tasks_of_the_length_that_is_taken() {
    let (sandbox, clock, csm) =
        pair(Sandbox::builder().no_violations().task_duration(ENTRY).start().await.unwrap());
    let tasks = csm.bulk(upserts(130)).await.unwrap();
    let sent = sent(&sandbox);
    assert_eq!(sent.iter().map(|(_, entries)| *entries).collect::<Vec<_>>(), [100, 30]);
    assert_ne!(sent[0].0, sent[1].0);
    assert_eq!(
        tasks.iter().map(|task| task.idempotency_key().unwrap().to_owned()).collect::<Vec<_>>(),
        [&*sent[0].0, &*sent[1].0]
    );
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().result, TaskResult::Succeeded);
    }
    // Eight minutes for a hundred, and asked for ever more seldom.
    let waits = clock.waits();
    assert_eq!(waits[..3], [2.0, 3.0, 4.5]);
    assert!(waits.iter().all(|wait| *wait <= 30.0) && waits.len() < 30, "{waits:?}");
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn what_an_entry_holds_is_counted_where_that_is_the_limit() {
    let (sandbox, _, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    let entry = |operations: usize| {
        let one = DetailFieldOperation::new(
            DetailFieldOperationType::Update,
            DetailFieldOperationPayload::new("Region").values(["EU"]),
        );
        BulkCustomerDetailFieldOperation::new("qm:1", vec![one; operations])
    };
    let entries = [600, 400, 1, 999, 1].map(entry);
    csm.bulk(BulkManageCustomerDetails::new(entries).idempotency_key("mine")).await.unwrap();
    let sent: Vec<(String, usize)> = sent(&sandbox);
    let keys: Vec<&str> = sent.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["mine-1", "mine-2", "mine-3"]);
}

#[tokio::test]
async fn a_key_stays_with_its_part_however_often_it_is_sent() {
    let (sandbox, _, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    sandbox.fault(Fault::drop_after().on(PROFILES));
    sandbox.fault(Fault::status(503).on(PROFILES));
    let tasks = csm.bulk(upserts(2)).await.unwrap();
    let keys: BTreeSet<String> = sent(&sandbox).into_iter().map(|(key, _)| key).collect();
    assert_eq!((sent(&sandbox).len(), keys.len(), tasks.len()), (3, 1, 1));
    assert_eq!(keys.first().map(String::as_str), tasks[0].idempotency_key());

    let given = upserts(2).idempotency_key("import of monday");
    let first = csm.bulk(given.clone()).await.unwrap();
    let again = csm.bulk(given).await.unwrap();
    assert_eq!((first[0].idempotency_key(), first[0].id()), (Some("import of monday"), again[0].id()));
}

#[tokio::test]
async fn a_bulk_operation_called_by_itself_has_one_random_key_for_all_attempts() {
    let (sandbox, _, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    let keys = |sandbox: &Sandbox| sent(sandbox).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    sandbox.fault(Fault::drop_after().on(PROFILES));
    let first = csm.call(upserts(1)).with_meta().await.unwrap();
    assert_eq!(first.attempts, 2);
    csm.call(upserts(1)).await.unwrap();
    let random = keys(&sandbox);
    assert_eq!(random[0], random[1], "attempts of one call");
    assert_ne!(random[1], random[2], "two calls");
    assert!(random.iter().all(|key| key.len() == 36), "{random:?}");

    let given = upserts(1).idempotency_key("mine");
    csm.call(given).await.unwrap();
    assert_eq!(keys(&sandbox).last().map(String::as_str), Some("mine"));
}

#[test]
fn bindings_reject_a_bulk_operation_without_a_key() {
    let request = upserts(1).request(&crate::http::client(), "https://acme.example");
    let error = request.unwrap_err().to_string();
    assert_eq!(error, "Idempotency-Key is missing; set it with idempotency_key(..)");
}

#[tokio::test]
async fn a_server_that_is_full_is_asked_until_it_is_not() {
    let full = async || {
        let builder = Sandbox::builder().no_violations().task_limit(1).task_duration(ENTRY);
        pair(builder.start().await.unwrap())
    };
    let (sandbox, clock, csm) = full().await;
    let tasks = csm.bulk(upserts(250)).await.unwrap();
    assert_eq!(tasks.len(), 3);
    let keys: BTreeSet<String> = sent(&sandbox).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 3, "a part has one key");
    assert_eq!(clock.waits()[..3], [5.0, 10.0, 20.0]);

    let (sandbox, clock, csm) = full().await;
    let error = csm.bulk(upserts(250)).deadline(Duration::from_secs(60)).await.unwrap_err();
    assert_eq!((error.submitted.len(), error.left.len()), (1, 2));
    assert!(error.to_string().ends_with("; 1 of 3 batches were submitted before"), "{error}");
    assert!(error.error.is_rate_limited(), "a busy server is no invalid request");
    assert!(clock.passed() > 57.0, "it is asked until shortly before the deadline: {} s", clock.passed());
    // What is left can be submitted later, under the keys it had. The entries keep their positions.
    sandbox.clock().advance(Duration::from_secs(3600));
    let keys: Vec<_> = error.left.iter().map(|batch| batch.idempotency_key().map(str::to_owned)).collect();
    let tasks = error.resume().await.unwrap();
    let resumed: Vec<_> = tasks[1..].iter().map(|task| task.idempotency_key().map(str::to_owned)).collect();
    assert_eq!(resumed, keys);
    let positions: Vec<_> = tasks.iter().map(|task| task.positions().unwrap()).collect();
    assert_eq!(positions, [0..100, 100..200, 200..250]);
}

#[tokio::test]
async fn an_error_of_another_kind_ends_it() {
    let (sandbox, clock, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    sandbox.fault(Fault::status(400).text("no").on(PROFILES));
    let error = csm.bulk(upserts(101)).await.unwrap_err();
    assert_eq!((error.submitted.len(), error.left.len()), (0, 2));
    assert!(jsm_client::Error::from(error).is_invalid_request());
    assert_eq!(clock.waits(), [0.0; 0]);
    assert!(csm.bulk(upserts(0)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_task_says_what_failed_or_that_nobody_knows() {
    let (_sandbox, _, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    let tasks = csm.bulk(profiles(ProfileOperationType::Update, 3)).await.unwrap();
    let outcome = tasks[0].wait().await.unwrap();
    assert_eq!((outcome.result, outcome.response.failures.len()), (TaskResult::Failed, 3));
    assert_eq!(outcome.response.failures[0].entity_id.as_deref(), Some("new0@example.com"));

    let (_sandbox, _, csm) =
        pair(Sandbox::builder().no_violations().quirk(Quirk::FailedTasks).start().await.unwrap());
    let tasks = csm.bulk(upserts(1)).await.unwrap();
    let outcome = tasks[0].wait().await.unwrap();
    assert_eq!((outcome.result, outcome.response.status.as_str()), (TaskResult::Unexplained, "FAILED"));
}

#[tokio::test]
async fn a_wait_ends_and_can_begin_again() {
    let (_sandbox, clock, csm) =
        pair(Sandbox::builder().no_violations().task_duration(ENTRY).start().await.unwrap());
    let id = csm.bulk(upserts(50)).await.unwrap()[0].id().clone();
    let minute = Duration::from_secs(60);
    let error = csm.task(&id).wait().poll_interval(minute, minute).deadline(minute * 2).await.unwrap_err();
    assert!(
        error.is_timeout() && error.to_string().contains("has the status IN_PROGRESS after 120 s"),
        "{error}"
    );
    let error = csm.task(&id).wait().poll_interval(minute, minute).deadline(minute).await.unwrap_err();
    assert!(
        error.is_timeout() && error.to_string().contains("has the status IN_PROGRESS after 60 s"),
        "{error}"
    );
    let error = csm.task(&id).wait().deadline(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.to_string().contains("has the status IN_PROGRESS after 300 ms"), "{error}");
    let error = csm.task(&id).wait().deadline(Duration::ZERO).await.unwrap_err();
    assert!(error.to_string().contains("could not be polled within 0 ms"), "{error}");
    assert_eq!(clock.waits(), [60.0, 55.0, 55.0, 0.15, 0.0], "the last poll is shortly before the deadline");
    assert_eq!(csm.task(id).wait().await.unwrap().result, TaskResult::Succeeded);
    let error = csm.task("unknown").status().await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn an_unknown_status_is_no_success() {
    let status = |status: &str| json(200, &json!({"id": "1", "type": "T", "status": status, "failures": []}));
    let mut statuses = ["ARCHIVED", "完了", "FINI", "COMPLETED"].into_iter();
    let script = Script::serve(move |_| status(statuses.next().unwrap_or("FINI"))).await;
    let clock = TestClock::new();
    let csm = super::super::to(&script.url, &clock).build().unwrap();
    assert_eq!(csm.task("1").wait().await.unwrap().result, TaskResult::Succeeded);
    assert_eq!(clock.waits().len(), 4, "what is not known is not the end");

    let state = TaskState::of(&csm.task("1").status().await.unwrap());
    assert_eq!(state, TaskState::Unknown("FINI".to_owned()));
    let minute = Duration::from_secs(60);
    let error = csm.task("1").wait().deadline(minute).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(
        error.to_string().contains("the status \"FINI\" after 60 s, which is not known to mean success"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refusal_in_another_language_stays_an_error() {
    for (message, attempts) in [("Maximum number of tasks reached", 2), ("Zu viele Aufgaben", 1)] {
        let full = json(400, &json!({"errorMessage": message, "errors": ["BAD_REQUEST"], "statusCode": 400}));
        let taken = json(202, &json!({"id": "1", "statusUrl": "/api/v1/tasks/1"}));
        let script = Script::of([full, taken]).await;
        let csm = super::super::to(&script.url, &TestClock::new()).build().unwrap();
        let submitted = csm.bulk(upserts(1)).await;
        assert_eq!((submitted.is_ok(), script.requests().len()), (attempts == 2, attempts), "{message}");
    }
}

#[tokio::test]
async fn the_deadline_of_the_client_holds_for_workflows() {
    let builder = Sandbox::builder().no_violations().task_limit(1).task_duration(ENTRY);
    let (sandbox, clock, _) = pair(builder.start().await.unwrap());
    let csm = of(&sandbox, &clock).deadline(Duration::from_secs(60)).build().unwrap();
    let error = csm.bulk(upserts(250)).await.unwrap_err();
    assert_eq!((error.submitted.len(), error.left.len()), (1, 2));
    assert!(clock.passed() <= 60.0, "{} s", clock.passed());
    let before = clock.passed();
    let error = error.submitted[0].wait().await.unwrap_err();
    assert!(error.is_timeout() && clock.passed() - before <= 60.0, "{error}");
    // What the workflow says goes before.
    let day = Duration::from_secs(24 * 60 * 60);
    assert_eq!(csm.bulk(upserts(250)).deadline(day).await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_longest_duration_means_no_deadline() {
    const MAX: Duration = Duration::MAX;
    let (sandbox, clock, _) =
        pair(Sandbox::builder().no_violations().task_duration(ENTRY).start().await.unwrap());
    let patient = RetryPolicy::default().backoff(MAX, MAX);
    let client = of(&sandbox, &clock)
        .deadline(MAX)
        .timeout(MAX)
        .connect_timeout(MAX)
        .retry(patient.clone())
        .build()
        .unwrap();
    let request =
        client.items(GetRequests::new()).deadline(MAX).retry(patient).try_next().await.unwrap().unwrap();
    client.call(GetOrganization::new(1)).timeout(MAX).deadline(MAX).await.unwrap();
    let notes = || [FilePart::bytes("a.txt", "x")];
    client.upload("1", notes()).timeout(MAX).deadline(MAX).await.unwrap();
    let attach = client.attach(&request.issue_key, Visibility::Public, notes()).timeout(MAX).deadline(MAX);
    let id = attach.await.unwrap().attachments.unwrap().values[0].id().unwrap();
    let content =
        || client.download(GetAttachmentContent::new(&request.issue_key, &id)).timeout(MAX).idle_timeout(MAX);
    let pieces: Vec<bytes::Bytes> = content().stream().await.unwrap().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"x");
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(content().to_file(directory.path().join("a.txt")).await.unwrap(), 1);
    let fetched = client.fetch(FetchOrganizations::new().organization_ids([1])).deadline(MAX).await.unwrap();
    assert_eq!(fetched.found.len(), 1);
    let tasks = client.bulk(upserts(1)).deadline(MAX).await.unwrap();
    let outcome = tasks[0].wait().poll_interval(Duration::ZERO, MAX).deadline(MAX).await.unwrap();
    assert_eq!(outcome.result, TaskResult::Succeeded);
    let tasks = client.bulk(upserts(1)).await.unwrap();
    let outcome = tasks[0].wait().poll_interval(MAX, MAX).await.unwrap();
    assert_eq!(outcome.result, TaskResult::Succeeded, "the last poll is within the hour");
}

#[tokio::test]
async fn what_is_not_found_is_named() {
    let (sandbox, _, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    let people: Vec<_> = csm.items(GetCustomers::new("1")).max_items(59).try_collect().await.unwrap();
    let mut ids: Vec<String> = people.iter().map(|person| person.account_id.to_string()).collect();
    ids.insert(30, "qm:gone".to_owned());
    // ScriptedRequest for twice, found once.
    ids.push(ids[0].clone());
    let fetched = csm.fetch(FetchCustomerProfiles::new(ids.clone())).await.unwrap();
    let found: BTreeSet<&str> = fetched.found.iter().map(|profile| profile.customer_id.as_str()).collect();
    assert_eq!((fetched.found.len(), found.len()), (59, 59));
    assert_eq!(fetched.missing, ["qm:gone".into()]);
    let calls = sandbox.requests().iter().filter(|r| r.operation == Some("FetchCustomerProfiles")).count();
    assert_eq!(calls, 3);
    assert!(csm.fetch(FetchCustomerProfiles::new(Vec::<String>::new())).await.unwrap().found.is_empty());
}

#[tokio::test]
async fn what_is_asked_for_by_name_is_asked_for_besides() {
    let (sandbox, _, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    let name = csm.call(GetOrganization::new(1)).await.unwrap().name;
    let fetch = || FetchOrganizations::new().organization_names([&name]);
    let calls = || sandbox.requests().iter().filter(|r| r.operation == Some("FetchOrganizations")).count();
    let by_name = csm.fetch(fetch()).await.unwrap();
    assert_eq!((by_name.found.len(), by_name.missing.len(), calls()), (1, 0, 1));
    let both = csm.fetch(fetch().organization_ids((1..=60).chain([9_999]))).await.unwrap();
    assert!(both.missing.contains(&9_999.into()), "{both:?}");
    assert_eq!(both.found.len() + both.missing.len(), 61, "the one found by name has an id");
    assert_eq!(calls(), 4);
}

#[tokio::test]
async fn customer_accounts_go_out_as_the_list_of_that_name() {
    let (sandbox, _, csm) = pair(Sandbox::builder().no_violations().start().await.unwrap());
    let entry = |number: usize| {
        let payload =
            BulkCustomerAccountPayload::new().email(format!("n{number}@example.com")).display_name("N");
        BulkCustomerAccountOperationRequest::new(BulkOperationType::Create, payload)
    };
    let tasks = csm
        .bulk(BulkManageCustomerAccounts::new((0..120).map(entry)).idempotency_key("night"))
        .await
        .unwrap();
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().result, TaskResult::Succeeded);
    }
    let bodies: Vec<Value> = sandbox
        .requests()
        .iter()
        .filter(|request| request.operation == Some("BulkManageCustomerAccounts"))
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect();
    let lengths: Vec<usize> =
        bodies.iter().map(|body| body["customerAccounts"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(lengths, [50, 50, 20]);
    let first = serde_json::json!({
        "operationType": "CREATE", "payload": {"email": "n0@example.com", "displayName": "N"},
    });
    assert_eq!(bodies[0]["customerAccounts"][0], first);
    // The same keys and bodies again: the same tasks.
    let again = csm
        .bulk(BulkManageCustomerAccounts::new((0..120).map(entry)).idempotency_key("night"))
        .await
        .unwrap();
    let ids = |tasks: &[Task]| tasks.iter().map(|task| task.id().clone()).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&tasks));
}
