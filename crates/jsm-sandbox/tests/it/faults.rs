//! Faults, as clients see them.
//!
//! How long a delayed response takes is tested with the wire, where time is paused.

use std::time::Duration;

use jsm_sandbox::{Fault, Sandbox};
use serde_json::json;

use crate::client::{TestClient, read};
use crate::steps::upload;

const DESKS: &str = "/rest/servicedeskapi/servicedesk";
const CUSTOMERS: &str = "/rest/servicedeskapi/servicedesk/1/customer";

#[tokio::test]
async fn a_response_comes_in_the_place_of_others_as_often_as_it_should() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    sandbox.fault(Fault::status(503).header("Retry-After", "2").text("later").times(2));
    sandbox.fault(Fault::status(400).json(&json!({"errors": ["A"]})).on("GetInfo"));
    sandbox.fault(Fault::html().on("GetServiceDesks"));
    let mut seen = Vec::new();
    for path in [CUSTOMERS, CUSTOMERS, DESKS, DESKS, "/rest/servicedeskapi/info", "/rest/servicedeskapi/info"]
    {
        let response = client.get(path).await;
        let start: String = response.text.chars().take(9).collect();
        seen.push((response.status, response.header("retry-after").to_owned(), start));
    }
    let seen: Vec<(u16, &str, &str)> =
        seen.iter().map(|(status, wait, text)| (*status, wait.as_str(), text.as_str())).collect();
    assert_eq!(
        seen,
        [
            (503, "2", "later"),
            (503, "2", "later"),
            (200, "", "<!DOCTYPE"),
            (200, "", "{\"_expand"),
            (400, "", "{\"errors\""),
            (200, "", "{\"_links\""),
        ]
    );
    sandbox.fault(Fault::status(500).always());
    assert_eq!(client.get(DESKS).await.status, 500);
    sandbox.clear_faults();
    assert_eq!(client.get(DESKS).await.status, 200);
}

#[tokio::test]
async fn a_fault_happens_to_the_requests_whose_turn_it_is() {
    let fault = || Fault::status(503);
    for (fault, failed) in [
        (fault(), vec![1]),
        (fault().times(0), vec![]),
        (fault().times(3), vec![1, 2, 3]),
        (fault().after(2), vec![3]),
        (fault().after(2).times(2), vec![3, 4]),
        (fault().times(2).after(2), vec![3, 4]),
        (fault().after(10).always(), vec![11, 12]),
        (fault().after(12), vec![]),
        (fault().every(3), vec![3, 6, 9, 12]),
        (fault().every(1), (1..=12).collect()),
        (fault().every(0), (1..=12).collect()),
        (fault().every(1).after(9), vec![10, 11, 12]),
        (fault().every(1).times(1), vec![1]),
        (fault().every(3).times(2), vec![3, 6]),
        (fault().after(2).every(3), vec![5, 8, 11]),
        (fault().every(3).after(2).times(1), vec![5]),
        (fault().every(5).always(), vec![5, 10]),
        (fault().on("GetInfo").after(1), vec![2]),
        (fault().on("GetServiceDesks").always(), vec![]),
        (fault().matching(|request| request.query.ends_with('7')).always(), vec![7]),
        (fault().matching(|request| request.query.ends_with('1')).after(1), vec![11]),
        (fault().matching(|request| request.query.as_str() >= "n=4").every(2), vec![5, 7, 9]),
        (fault().matching(|_| true).matching(|_| false).always(), vec![]),
        (fault().matching(|request| request.status.is_some()), vec![]),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let client = TestClient::admin(&sandbox);
        let described = format!("{fault:?}");
        sandbox.fault(fault);
        let mut seen = Vec::new();
        for number in 1..=12 {
            if client.get(&format!("/rest/servicedeskapi/info?n={number}")).await.status == 503 {
                seen.push(number);
            }
        }
        assert_eq!(seen, failed, "{described}");
    }
}

#[tokio::test]
async fn the_third_post_fails_whatever_else_was_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    sandbox.fault(Fault::status(500).on("CreateOrganization"));
    sandbox.fault(Fault::status(503).matching(|request| request.method == "POST").after(2));
    let mut statuses = Vec::new();
    for name in ["Ash", "Beech", "Cedar", "Dogwood"] {
        client.get(DESKS).await;
        let body = json!({"name": name});
        statuses.push(client.send("POST", "/rest/servicedeskapi/organization", &body).await.status);
    }
    // The first one met the other fault, and was counted.
    assert_eq!(statuses, [500, 201, 503, 201]);
}

#[tokio::test]
async fn of_many_requests_at_once_each_is_counted_once() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox
        .fault(Fault::status(503).matching(|request| request.header("accept").is_some()).after(20).every(4));
    let client = TestClient::admin(&sandbox);
    let requests = (0..120).map(|_| client.get(DESKS));
    let responses = futures_util::future::join_all(requests).await;
    assert_eq!(responses.iter().filter(|response| response.status == 503).count(), 25);
}

#[tokio::test]
async fn a_condition_sees_a_request_without_its_secrets() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let (sender, seen) = std::sync::mpsc::channel();
    sandbox.fault(Fault::status(503).matching(move |request| {
        sender.send(request.clone()).unwrap();
        request.operation == Some("CreateOrganization") && request.body.contains("Moss")
    }));
    client.get(DESKS).await;
    let body = json!({"name": "Moss"});
    let status = client.send("POST", "/rest/servicedeskapi/organization", &body).await.status;
    assert_eq!(status, 503);
    let seen: Vec<_> = seen.try_iter().collect();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[1].header("authorization"), seen[1].status), (Some("[redacted]"), None));
    assert_eq!(sandbox.requests()[1].status, Some(503));
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_work() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let organizations = async || {
        let page = client.get("/rest/servicedeskapi/organization").await.json();
        page["size"].as_u64().unwrap()
    };
    // A status below 200 is no response.
    for (fault, made) in [
        (Fault::drop_before(), 0),
        (Fault::drop_after(), 1),
        (Fault::status(101), 0),
        (Fault::status(100), 0),
    ] {
        let before = organizations().await;
        sandbox.fault(fault.on("CreateOrganization"));
        let request =
            client.request("POST", "/rest/servicedeskapi/organization").json(&json!({"name": "Moss"}));
        assert!(read(request).await.is_err(), "there is no response");
        assert_eq!(organizations().await, before + made);
    }
    let dropped: Vec<_> = sandbox.requests().into_iter().filter(|request| request.status.is_none()).collect();
    assert_eq!(dropped.len(), 2);
}

#[tokio::test]
async fn a_truncated_response_has_its_status_and_headers() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    // Of the small response, half is 14 bytes.
    let cloud_id = "/_edge/tenant_info";
    for path in [DESKS, cloud_id] {
        let whole = client.get(path).await.text;
        for _ in 0..20 {
            sandbox.fault(Fault::truncate());
            let response = client.request("GET", path).send().await.expect("the head is sent");
            assert_eq!(
                (response.status().as_u16(), response.content_length()),
                (200, Some(whole.len() as u64))
            );
            assert!(response.text().await.is_err(), "the length promised more");
        }
    }
}

#[tokio::test]
async fn a_body_in_pieces_or_after_a_delay_is_complete() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let whole = client.get(DESKS).await.text;
    for fault in [Fault::slow_body(Duration::ZERO), Fault::delay(Duration::ZERO)] {
        sandbox.fault(fault);
        assert_eq!(client.get(DESKS).await.text, whole);
    }
}

#[tokio::test]
async fn a_page_repeats_itself_or_never_ends() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let first = client.get(&format!("{CUSTOMERS}?start=0&limit=2")).await.json();
    sandbox.fault(Fault::repeat_page());
    assert_eq!(client.get(&format!("{CUSTOMERS}?start=2&limit=2")).await.json(), first);
    sandbox.fault(Fault::endless());
    let beyond = client.get(&format!("{CUSTOMERS}?start=1000&limit=2")).await.json();
    assert_eq!((&beyond["start"], &beyond["isLastPage"]), (&json!(1000), &json!(false)));
    assert_eq!(beyond["values"].as_array().unwrap().len(), 2);
    assert!(beyond["_links"]["next"].as_str().unwrap().ends_with("start=1002"));
    let products = client.get("/api/v1/product").await.json();
    let cursor = products["nextPageCursor"].as_str().unwrap();
    let more = client.get(&format!("/api/v1/product?cursor={cursor}")).await.json();
    assert_ne!(more["nextPageCursor"], cursor);
    assert_eq!(more["results"], products["results"]);
}

#[tokio::test]
async fn all_links_lead_to_another_host() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    sandbox.fault(Fault::foreign_links("https://elsewhere.example.com"));
    let page = client.get(&format!("{CUSTOMERS}?limit=1")).await;
    assert!(
        page.json()["_links"]["next"].as_str().unwrap().starts_with("https://elsewhere.example.com/rest/")
    );
    assert!(!page.text.contains(sandbox.url()));
}

#[tokio::test]
async fn what_goes_wrong_with_a_body_goes_wrong_with_the_file() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let uploaded = read(upload(&client, &format!("{DESKS}/1/attachTemporaryFile"))).await.unwrap().json();
    let files = uploaded["temporaryAttachments"].as_array().unwrap();
    let ids: Vec<_> = files.iter().map(|file| file["temporaryAttachmentId"].clone()).collect();
    let attach = json!({"temporaryAttachmentIds": ids, "public": true});
    let all = "/rest/servicedeskapi/request/HELP-1/attachment";
    assert_eq!(client.send("POST", all, &attach).await.status, 201);
    let (content, thumbnail) = (format!("{all}/30000"), format!("{all}/30001/thumbnail"));
    // Whether the request for the operation succeeds, and the one for the file.
    let download = async |path: &str| {
        let redirect =
            client.request("GET", path).send().await.is_ok_and(|response| response.status() == 303);
        let Ok(response) = client.request("GET", path).send().await else { return [redirect, false] };
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let Some(location) = location else { return [redirect, false] };
        [redirect, read(crate::http::client().get(&location)).await.is_ok()]
    };
    for (fault, path, expected) in [
        (Fault::truncate().on("GetAttachmentContent"), &content, [true, false]),
        (Fault::truncate().on("GetAttachmentThumbnail"), &thumbnail, [true, false]),
        (Fault::truncate().on("GetAttachmentContent"), &thumbnail, [true, true]),
        (Fault::truncate().on("GetAttachmentThumbnail"), &content, [true, true]),
        (Fault::slow_body(Duration::ZERO).on("GetAttachmentContent"), &content, [true, true]),
        (Fault::status(503).on("GetAttachmentContent"), &content, [false, true]),
        (Fault::drop_after().on("GetAttachmentContent"), &content, [false, true]),
        (Fault::truncate().matching(|request| request.path.starts_with("/file/")), &content, [true, false]),
    ] {
        let described = format!("{fault:?} {path}");
        sandbox.fault(fault);
        assert_eq!(download(path).await, expected, "{described}");
        sandbox.clear_faults();
    }
    // Each download is counted once.
    sandbox.fault(Fault::truncate().on("GetAttachmentContent").after(1));
    let seen = [download(&content).await, download(&content).await, download(&content).await];
    assert_eq!(seen.map(|[_, file]| file), [true, false, true]);
}

#[test]
fn a_fault_on_an_operation_that_no_document_has_is_refused() {
    for (name, expected) in [
        ("GetCustomer", None),
        ("GetCustomers", None),
        ("/rest/api/3/project/{key}", None),
        ("GetCustomrs", Some("similar ones are \"GetCustomers\"")),
        ("createcustomer", Some("similar ones are \"CreateCustomer\"")),
        ("Create Request", Some("similar ones are \"CreateRequest\"")),
        ("POST /rest/servicedeskapi/customer", Some("use `matching` to choose")),
        ("", Some("use `matching` to choose")),
    ] {
        let refused = std::panic::catch_unwind(|| Fault::drop_before().on(name)).err();
        let message = refused.map(|refused| refused.downcast_ref::<String>().unwrap().clone());
        let quoted = message.as_ref().is_none_or(|message| message.contains(&format!("{name:?}")));
        let fits = message.as_deref().map(|message| message.contains(expected.unwrap_or("\0")));
        assert_eq!((fits, quoted), (expected.map(|_| true), true), "{name}: {message:?}");
    }
}

#[tokio::test]
async fn the_first_thousand_violations_are_kept() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    for number in 0..1_010 {
        client.get(&format!("/rest/servicedeskapi/info?unknown{number}=x")).await;
    }
    let violations = sandbox.violations();
    assert_eq!(violations.len(), 1_000);
    assert!(violations[0].to_string().contains("unknown0 "), "{}", violations[0]);
}
