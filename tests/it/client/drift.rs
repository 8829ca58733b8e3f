//! Drift between documents and servers: what an observer is given, and what it is not.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jsm_client::csm::customer::{BulkManageCustomerProfiles, FetchCustomerProfiles, GetCustomer};
use jsm_client::csm::types::{
    BulkCustomerProfilePayload, BulkManageCustomerProfileOperation, ProfileOperationType,
};
use jsm_client::servicedesk::attachment::GetAttachmentContent;
use jsm_client::servicedesk::organization::{DeleteOrganization, GetOrganizations};
use jsm_client::servicedesk::queue::GetQueueIssues;
use jsm_client::servicedesk::request::{CreateRequest, GetRequest, GetRequests, ValidateRequest};
use jsm_client::servicedesk::service_desk::{GetServiceDesk, GetServiceDesks};
use jsm_client::servicedesk::status::GetStatusHistory;
use jsm_client::tasks::TaskResult;
use jsm_client::{ClientBuilder, DriftReport, Operation, RetryPolicy};
use jsm_sandbox::{Fault, Quirk, Sandbox};
use serde_json::{Value, json};

use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, body_of, empty, text};
use super::{of, script, to};

/// The reports of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Reports(Arc<Mutex<Vec<DriftReport>>>);

impl Reports {
    fn observe(&self, builder: ClientBuilder) -> ClientBuilder {
        let reports = self.clone();
        builder.observe_drift(move |report| reports.lock().push(report.clone()))
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Vec<DriftReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The differences as text, in their order.
    fn lines(&self) -> Vec<String> {
        self.lock().iter().flat_map(|report| &report.drift).map(ToString::to_string).collect()
    }

    fn operations(&self) -> BTreeSet<&'static str> {
        self.lock().iter().map(|report| report.operation.name).collect()
    }
}

/// What is reported of one response to an operation.
pub(super) async fn reports<O: Operation>(operation: O, response: ScriptedResponse) -> Reports {
    let script = Script::of([response]).await;
    let reports = Reports::default();
    let client = reports.observe(to(&script.url, &TestClock::new()).retry(RetryPolicy::never()));
    // Whether the call succeeds is not what these tests are about.
    let _ = client.build().unwrap().call(operation).await;
    reports
}

#[tokio::test]
async fn what_differs_is_reported_by_its_path() {
    let desk = |more: Value| {
        let mut desk = json!({"id": "1", "projectKey": "HELP", "projectName": "Help"});
        desk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        desk
    };
    let cases: &[(Value, &[&str])] = &[
        (desk(json!({})), &[]),
        (desk(json!({"projectId": null, "_links": {}})), &[]),
        (
            desk(json!({"ownerTeam": {"id": 7}, "x_y": null})),
            &["$.ownerTeam: unknown field of type object", "$.x_y: unknown field of type null"],
        ),
        (
            desk(json!({"_links": {"self": "x", "portal": "y"}})),
            &["$._links.portal: unknown field of type string"],
        ),
        (
            json!({"id": "1", "projectKey": null}),
            &[
                "$.projectKey: missing, though documented as always present",
                "$.projectName: missing, though documented as always present",
            ],
        ),
        // Ids are read from numbers without a repair, other texts are repaired.
        (desk(json!({"id": 1})), &["$.id: number, documented as string"]),
        (desk(json!({"projectKey": 1})), &["$.projectKey: number read as string"]),
        (desk(json!({"projectId": ["1"]})), &["$.projectId: array read as absent"]),
        (json!([]), &["$: array, documented as object"]),
        (json!("Help"), &["$: string, documented as object"]),
        (json!(null), &["$: null, documented as object"]),
        // It has none of the properties, and is no error that a server explains.
        (
            json!({"name": "Help"}),
            &[
                "$.id: missing, though documented as always present",
                "$.projectKey: missing, though documented as always present",
                "$.projectName: missing, though documented as always present",
                "$.name: unknown field of type string",
            ],
        ),
        // An error with a status of success is an error.
        (json!({"errorMessage": "no"}), &[]),
        (json!({"code": 401, "message": "no"}), &[]),
    ];
    for (body, expected) in cases {
        let found = reports(GetServiceDesk::new(1), script::json(200, body)).await;
        assert_eq!(found.lines(), *expected, "{body}");
    }
}

#[tokio::test]
async fn items_of_lists_and_entries_of_maps_are_one_path() {
    let page =
        |values: Value| json!({"size": 2, "start": 0, "limit": 50, "isLastPage": true, "values": values});
    let body = page(
        json!([{"id": "1", "name": "A", "tier": "gold"}, {"id": "2", "tier": 3}, null, {"id": 3, "name": "C"}]),
    );
    let found = reports(GetOrganizations::new(), script::json(200, &body)).await;
    assert_eq!(
        found.lines(),
        [
            "$.values[*].tier: unknown field of type string",
            "$.values[*].name: missing, though documented as always present",
            "$.values[*].tier: unknown field of type number",
            "$.values[*].id: number, documented as string",
            "$.values[*]: null dropped from the list",
        ]
    );
    let report = found.lock()[0].clone();
    assert_eq!(report.drift[0].pointer, "/components/schemas/Organization");
    assert_eq!(report.drift[3].pointer, "/components/schemas/OrganizationId");

    let names = json!({"summary": 5, "customfield_10001": 6, "a b": 7});
    let body = page(json!([{"id": "1", "key": "HELP-1", "names": names}]));
    let found = reports(GetQueueIssues::new(1, 2), script::json(200, &body)).await;
    assert_eq!(found.lines(), ["$.values[*].names.*: number read as string"]);

    let body = page(
        json!([{"status": "Zu", "statusCategory": "PAUSED"}, {"status": "Zu", "statusCategory": "LOST"}]),
    );
    let found = reports(GetStatusHistory::new("HELP-1"), script::json(200, &body)).await;
    assert_eq!(found.lines(), ["$.values[*].statusCategory: unknown enum value"]);

    // What has another type is no new value.
    let body = page(json!([{"status": "Zu", "statusCategory": ["DONE"]}]));
    let found = reports(GetStatusHistory::new("HELP-1"), script::json(200, &body)).await;
    assert_eq!(found.lines(), ["$.values[*].statusCategory: array read as absent"]);
}

#[tokio::test]
async fn statuses_are_reported_where_the_document_does_not_have_them() {
    let body = json!({"id": "1", "projectKey": "HELP", "projectName": "Help", "new": 1});
    let error = json!({"errorMessage": "no", "reason": {"new": 1}});
    let undocumented: &[&str] = &["$: undocumented status"];
    let cases: Vec<(ScriptedResponse, &[&str])> = vec![
        (script::json(200, &body), &["$.new: unknown field of type number"]),
        // The body is compared with that of the documented success.
        (script::json(202, &body), &["$: undocumented status", "$.new: unknown field of type number"]),
        (script::json(404, &error), &["$.reason: unknown field of type object"]),
        (script::json(418, &error), undocumented),
        (empty(409), undocumented),
        (text(502, "<html>"), undocumented),
        (empty(302).header("Location", "/login"), undocumented),
        // There is a body to compare, and it is not JSON.
        (text(200, "nonsense"), &["$: no JSON, though JSON is documented"]),
        (empty(200), &["$: no JSON, though JSON is documented"]),
        (empty(204), &["$: undocumented status", "$: no JSON, though JSON is documented"]),
        // A login page and a broken connection say nothing about the API.
        (body_of(200, "text/html", b"<html><title>Log in</title>".to_vec()), &[]),
        (text(200, r#"{"id": "1", "projectKey": "HE"#), &[]),
        (script::json(200, &body).cut(10), &[]),
    ];
    for (response, expected) in cases {
        let shown = format!("{response:?}");
        let found = reports(GetServiceDesk::new(1), response).await;
        assert_eq!(found.lines(), expected, "{shown}");
    }
    // A result with a status of errors, an operation without a body, and a file.
    let found =
        reports(ValidateRequest::new(1, 2), script::json(400, &json!({"valid": false, "hint": "x"}))).await;
    assert_eq!(found.lines(), ["$.hint: unknown field of type string"]);
    let found = reports(DeleteOrganization::new(1), script::json(204, &json!({"x": 1}))).await;
    assert_eq!(found.lines(), Vec::<String>::new());
    let found = reports(GetAttachmentContent::new("HELP-1", 1), text(200, "x")).await;
    assert_eq!(found.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn errors_are_compared_with_what_is_documented_for_their_status() {
    let error = json!({"errorMessage": "no", "i18nErrorMessage": {"i18nKey": "sd.no", "parameters": []}});
    let long = json!({"errorMessage": "no", "stack": "x".repeat(100_000)});
    let cases: Vec<(ScriptedResponse, &[&str])> = vec![
        (script::json(404, &error), &[]),
        (script::json(500, &json!({"errorMessage": null})), &[]),
        (
            script::json(404, &json!({"errorMessage": 7, "i18nErrorMessage": {"i18nKey": "k", "at": []}})),
            &[
                "$.errorMessage: number, documented as string",
                "$.i18nErrorMessage.at: unknown field of type array",
            ],
        ),
        (
            script::json(401, &json!({"code": 401, "message": "no"})),
            &["$.code: unknown field of type number", "$.message: unknown field of type string"],
        ),
        (script::json(404, &json!([error])), &["$: array, documented as object"]),
        // A server in front of the API, or nothing that can be compared.
        (empty(403), &[]),
        (text(404, "404"), &[]),
        (text(404, "\"no\""), &[]),
        (body_of(404, "text/html", b"<html><title>Not found</title>".to_vec()), &[]),
        (script::json(404, &json!({"errorMessage": "no", "new": 1})).cut(20), &[]),
        (script::json(404, &long), &[]),
    ];
    for (response, expected) in cases {
        let shown = format!("{response:?}").chars().take(200).collect::<String>();
        let found = reports(GetServiceDesk::new(1), response).await;
        assert_eq!(found.lines(), expected, "{shown}");
    }
    let busy =
        json!({"errorMessage": "Maximum number of tasks", "errors": ["BAD_REQUEST"], "statusCode": 400});
    let found = reports(FetchCustomerProfiles::new(["qm:1"]), script::json(400, &busy)).await;
    assert_eq!(found.lines(), Vec::<String>::new());
    // The status of an error and that of a result.
    let found = reports(ValidateRequest::new(1, 2), script::json(400, &json!({"message": "no"}))).await;
    assert_eq!(
        found.lines(),
        ["$.valid: missing, though documented as always present", "$.message: unknown field of type string"]
    );

    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let reports = Reports::default();
    let client = reports.observe(of(&sandbox, &TestClock::new())).build().unwrap();
    client.call(GetServiceDesk::new(999)).await.unwrap_err();
    client.call(GetRequest::new("NONE-1")).await.unwrap_err();
    client.call(CreateRequest::new(1, 999)).await.unwrap_err();
    client.call(GetCustomer::new("qm:none")).await.unwrap_err();
    let stranger = reports.observe(of(&sandbox, &TestClock::new())).api_token("eve@example.com", "wrong");
    stranger.build().unwrap().call(GetServiceDesk::new(1)).await.unwrap_err();
    assert_eq!(reports.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_report_names_the_operation_and_the_request() {
    let body = json!({"id": "1", "projectKey": "HELP", "a": 1, "b": "x"});
    let response = script::json(200, &body).header("ATL-TraceId", "7f1c");
    let found = reports(GetServiceDesk::new(1), response).await;
    let report = found.lock()[0].clone();
    assert_eq!(report.operation.name, "GetServiceDesk");
    assert_eq!((report.status.as_u16(), report.request_id.as_deref()), (200, Some("7f1c")));
    let lines = "\
        servicedesk GetServiceDesk 200: $.projectName: missing, though documented as always present\n\
        servicedesk GetServiceDesk 200: $.a: unknown field of type number\n\
        servicedesk GetServiceDesk 200: $.b: unknown field of type string";
    assert_eq!(report.to_string(), lines);
    let at = "/components/schemas/ServiceDesk";
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "api": "servicedesk",
            "operation": "GetServiceDesk",
            "method": "GET",
            "path": "/rest/servicedeskapi/servicedesk/{serviceDeskId}",
            "status": 200,
            "request_id": "7f1c",
            "drift": [
                {"kind": "missing_field", "path": "$.projectName", "pointer": at,
                    "text": "missing, though documented as always present"},
                {"kind": "unknown_field", "path": "$.a", "pointer": at, "text": "unknown field of type number"},
                {"kind": "unknown_field", "path": "$.b", "pointer": at, "text": "unknown field of type string"},
            ],
        })
    );
}

/// Texts that only the server knows, as values, as keys of maps, and as names where names are expected.
#[tokio::test]
async fn no_value_is_in_a_report() {
    let secrets = [
        "hunter2 the cat",
        "ada@example.com",
        "5b10a2844c20165700ede21g",
        "qm:11:22",
        "Grüße",
        "HELP-12",
        "HELP",
        "Ada",
    ];
    for secret in secrets {
        let nested = json!({secret: secret, "names": {secret: 5}, "fields": {secret: {secret: [secret]}}, "list": [secret]});
        let odd = json!([
            {"id": {secret: 1}, "key": [secret], "names": {secret: {secret: 1}}, secret: secret, "later": nested},
            {"id": 1, "key": 2, "names": [secret], "schema": {secret: {"type": [secret], secret: 1}}},
            secret,
            [secret],
        ]);
        let page = json!({"values": odd, secret: secret, "size": secret, "isLastPage": "true", "_links": {secret: secret}});
        let status = json!({"values": [{"status": 1, "statusCategory": secret, "statusDate": secret}]});
        let desk = json!({"id": secret, "projectKey": {secret: secret}, secret: 1});
        let found = [
            reports(GetQueueIssues::new(1, 2), script::json(200, &page)).await,
            reports(GetStatusHistory::new("A-1"), script::json(200, &status)).await,
            reports(GetServiceDesk::new(1), script::json(200, &desk)).await,
            reports(GetServiceDesk::new(1), script::json(200, &json!(secret))).await,
            reports(GetServiceDesk::new(1), script::json(418, &json!({secret: secret}))).await,
            reports(
                GetServiceDesk::new(1),
                script::json(
                    404,
                    &json!({"errorMessage": nested, secret: 1, "i18nErrorMessage": {secret: 1}}),
                ),
            )
            .await,
            reports(
                GetServiceDesk::new(1),
                text(200, &format!("{{\"id\": \"{secret}\", \"id\": \"\\ud800{secret}\"}}")),
            )
            .await,
        ];
        for reports in found {
            let lock = reports.lock();
            assert!(!lock.is_empty(), "{secret}");
            for report in lock.iter() {
                let shown = format!("{report} {:?} {}", report.drift, serde_json::to_string(report).unwrap());
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_report_has_an_end() {
    let many: serde_json::Map<String, Value> =
        (0..5_000).map(|number| (format!("field_{}", letters(number)), json!(1))).collect();
    let found = reports(GetServiceDesk::new(1), script::json(200, &Value::Object(many))).await;
    assert_eq!(found.lines().len(), 1_000);
}

/// A number in letters: names with many digits are taken for ids.
fn letters(mut number: u32) -> String {
    let mut text = String::new();
    for _ in 0..4 {
        text.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    text
}

#[tokio::test]
async fn a_healthy_site_has_no_drift_and_an_odd_one_has_it_everywhere() {
    for odd in [false, true] {
        let clock = TestClock::new();
        let sandbox = if odd { Sandbox::builder().quirk(Quirk::UnknownFields) } else { Sandbox::builder() };
        let sandbox = Arc::new(sandbox.start().await.unwrap());
        let clock = if odd { TestClock::along_with(&sandbox) } else { clock };
        let reports = Reports::default();
        let client = reports.observe(of(&sandbox, &clock)).build().unwrap();
        let mut requests = client.items(GetRequests::new()).page_size(1).prefetch(3);
        let mut keys = Vec::new();
        while let Some(request) = requests.try_next().await.unwrap() {
            keys.push(request.issue_key);
        }
        client.pages(GetServiceDesks::new()).try_next().await.unwrap();
        client.call(GetRequest::new(&keys[0])).with_meta().await.unwrap();
        let ada = BulkCustomerProfilePayload::new().email("ada@example.com").display_name("Ada");
        let entries = [BulkManageCustomerProfileOperation::new(ProfileOperationType::Upsert, ada)];
        for task in client.bulk(BulkManageCustomerProfiles::new(entries)).await.unwrap() {
            assert_eq!(task.wait().await.unwrap().result, TaskResult::Succeeded);
        }
        client.fetch(FetchCustomerProfiles::new(["qm:none"])).await.unwrap();
        // Before a retry, too.
        sandbox.fault(Fault::status(503).on("GetServiceDesk"));
        client.call(GetServiceDesk::new(1)).await.unwrap();
        let statuses: Vec<u16> = reports.lock().iter().map(|report| report.status.as_u16()).collect();
        match odd {
            false => {
                assert_eq!(reports.operations(), BTreeSet::from(["GetServiceDesk"]), "{:?}", reports.lines())
            }
            true => {
                let expected = ["GetRequest", "GetRequests", "GetServiceDesk", "GetServiceDesks", "GetTask"];
                let operations = reports.operations();
                assert!(expected.iter().all(|name| operations.contains(name)), "{operations:?}");
                // Each page of a list is a response.
                let pages =
                    reports.lock().iter().filter(|report| report.operation.name == "GetRequests").count();
                assert!(pages >= keys.len(), "{pages}");
                assert!(
                    reports
                        .lines()
                        .iter()
                        .any(|line| line == "$.introducedLater: unknown field of type object")
                );
            }
        }
        assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_that_panics_breaks_no_call() {
    let sandbox = Sandbox::builder().quirk(Quirk::UnknownFields).start().await.unwrap();
    let called = Arc::new(Mutex::new(0_usize));
    let counted = Arc::clone(&called);
    let client = of(&sandbox, &TestClock::new()).observe_drift(move |report| {
        *counted.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        // The hook of the process would write 512 messages.
        std::panic::resume_unwind(Box::new(report.to_string()));
    });
    let client = client.build().unwrap();
    let calls: Vec<_> = (0..512)
        .map(|number| {
            let call = client.call(GetServiceDesk::new(1)).send();
            let time =
                if number % 2 == 0 { Duration::from_secs(60) } else { Duration::from_millis(number % 40) };
            tokio::spawn(tokio::time::timeout(time, call))
        })
        .collect();
    let ended = join_all(calls).await.into_iter().map(Result::unwrap);
    let served: Vec<_> = ended.filter_map(Result::ok).collect();
    assert!(served.len() >= 256 && served.iter().all(Result::is_ok));
    assert!(*called.lock().unwrap() >= served.len());
}
