//! What goes wrong on order, seen from the client's end of the wire.
//!
//! How the project's own client copes is tested with the client.

use std::time::{Duration, Instant};

use jsm_sandbox::{Fault, Sandbox};
use serde_json::json;

use super::{Visitor, read};

const DESKS: &str = "/rest/servicedeskapi/servicedesk";
const CUSTOMERS: &str = "/rest/servicedeskapi/servicedesk/1/customer";

#[tokio::test]
async fn an_answer_comes_as_ordered_as_often_as_ordered() {
    let sandbox = Sandbox::start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    sandbox.fault(Fault::status(503).header("Retry-After", "2").text("later").times(2));
    sandbox.fault(Fault::status(400).json(&json!({"errors": ["A"]})).on("GetInfo"));
    sandbox.fault(Fault::html().on("GetServiceDesks"));
    let mut seen = Vec::new();
    for path in [CUSTOMERS, CUSTOMERS, DESKS, DESKS, "/rest/servicedeskapi/info", "/rest/servicedeskapi/info"]
    {
        let answer = visitor.get(path).await;
        let start: String = answer.text.chars().take(9).collect();
        seen.push((answer.status, answer.header("retry-after").to_owned(), start));
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
    assert_eq!(visitor.get(DESKS).await.status, 500);
    sandbox.clear_faults();
    assert_eq!(visitor.get(DESKS).await.status, 200);
}

#[tokio::test]
async fn a_connection_drops_before_or_after_the_work() {
    let sandbox = Sandbox::start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    let organizations = async || {
        let page = visitor.get("/rest/servicedeskapi/organization").await.json();
        page["size"].as_u64().unwrap()
    };
    for (fault, made) in [(Fault::drop_before(), 0), (Fault::drop_after(), 1)] {
        let before = organizations().await;
        sandbox.fault(fault.on("CreateOrganization"));
        let request =
            visitor.request("POST", "/rest/servicedeskapi/organization").json(&json!({"name": "Moss"}));
        assert!(read(request).await.is_err(), "there is no answer");
        assert_eq!(organizations().await, before + made);
    }
    let dropped: Vec<_> = sandbox.requests().into_iter().filter(|request| request.status.is_none()).collect();
    assert_eq!(dropped.len(), 2);
}

#[tokio::test]
async fn a_body_breaks_off_or_takes_its_time() {
    let sandbox = Sandbox::start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    let whole = visitor.get(DESKS).await.text;
    sandbox.fault(Fault::truncate());
    assert!(read(visitor.request("GET", DESKS)).await.is_err(), "the length promised more");
    sandbox.fault(Fault::slow_body(Duration::from_millis(1)));
    let (start, slow) = (Instant::now(), visitor.get(DESKS).await.text);
    assert_eq!(slow, whole);
    assert!(start.elapsed() >= Duration::from_millis(whole.len() as u64 / 64), "each piece has its pause");
    sandbox.fault(Fault::delay(Duration::from_millis(5)));
    let (start, late) = (Instant::now(), visitor.get(DESKS).await.text);
    assert_eq!(late, whole);
    assert!(start.elapsed() >= Duration::from_millis(5));
}

#[tokio::test]
async fn a_page_repeats_itself_or_never_ends() {
    let sandbox = Sandbox::start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    let first = visitor.get(&format!("{CUSTOMERS}?start=0&limit=2")).await.json();
    sandbox.fault(Fault::repeat_page());
    assert_eq!(visitor.get(&format!("{CUSTOMERS}?start=2&limit=2")).await.json(), first);
    sandbox.fault(Fault::endless());
    let beyond = visitor.get(&format!("{CUSTOMERS}?start=1000&limit=2")).await.json();
    assert_eq!((&beyond["start"], &beyond["isLastPage"]), (&json!(1000), &json!(false)));
    assert_eq!(beyond["values"].as_array().unwrap().len(), 2);
    assert!(beyond["_links"]["next"].as_str().unwrap().ends_with("start=1002"));
    let products = visitor.get("/api/v1/product").await.json();
    let cursor = products["nextPageCursor"].as_str().unwrap();
    let more = visitor.get(&format!("/api/v1/product?cursor={cursor}")).await.json();
    assert_ne!(more["nextPageCursor"], cursor);
    assert_eq!(more["results"], products["results"]);
}

#[tokio::test]
async fn links_lead_to_another_host() {
    let sandbox = Sandbox::start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    sandbox.fault(Fault::foreign_links("https://elsewhere.example.com"));
    let page = visitor.get(&format!("{CUSTOMERS}?limit=1")).await;
    assert!(
        page.json()["_links"]["next"].as_str().unwrap().starts_with("https://elsewhere.example.com/rest/")
    );
    assert!(!page.text.contains(sandbox.url()));
}

#[tokio::test]
async fn the_first_thousand_violations_are_kept() {
    let sandbox = Sandbox::start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    for number in 0..1_010 {
        visitor.get(&format!("/rest/servicedeskapi/info?unknown{number}=x")).await;
    }
    let violations = sandbox.violations();
    assert_eq!(violations.len(), 1_000);
    assert!(violations[0].to_string().contains("unknown0 "), "{}", violations[0]);
}
