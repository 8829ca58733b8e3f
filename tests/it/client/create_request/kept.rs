//! What is read once: for many callers at once, for a while, and until it proves outdated.

use std::time::Duration;

use futures_util::future::join_all;
use jsm_client::ErrorKind;
use serde_json::json;

use super::super::clock::TestClock;
use super::super::to;
use super::{Portal, bodies, client, requested};
use crate::script::{self, Script};

/// How often something was requested whose path ends so.
fn count(script: &Script, end: &str) -> usize {
    requested(script).iter().filter(|request| request.ends_with(end)).count()
}

#[tokio::test]
async fn five_hundred_callers_read_the_fields_once() {
    let (script, _) = Portal::with_all_fields().start().await;
    let jira = client(&script);
    let create = |number: usize| {
        let request =
            jira.clone().create_request("HELP", "Get help").field("summary", format!("number {number}"));
        tokio::spawn(request.field("Urgency", "High").send())
    };
    let tasks: Vec<_> = (0..512).map(create).collect();
    // Every other caller leaves, the first one while it reads for all.
    while script.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    tasks.iter().step_by(2).for_each(|task| task.abort());
    let results = join_all(tasks.into_iter().skip(1).step_by(2)).await;
    assert!(results.iter().all(|result| result.as_ref().is_ok_and(Result::is_ok)));
    for path in ["GET servicedesk/HELP", "requesttype/25/field"] {
        // A request of a caller that left counts too.
        assert!((1..=2).contains(&count(&script, path)), "{path}: {}", count(&script, path));
    }
    let summaries: std::collections::BTreeSet<_> =
        bodies(&script).iter().map(|body| body["requestFieldValues"]["summary"].to_string()).collect();
    assert_eq!(summaries.len(), bodies(&script).len(), "none was created twice");
    assert!(summaries.len() >= 256);
}

#[tokio::test]
async fn a_failure_is_the_failure_of_all_who_wait() {
    let script = Script::serve(|_| script::json(403, &json!({"errorMessage": "No."})).after(1)).await;
    let jira = client(&script);
    let calls = (0..512).map(|_| jira.create_request("HELP", "Get help").send());
    let results = join_all(calls).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap_err().error.is_permission()));
    assert_eq!(script.requests().len(), 1);
    // It is not kept for those who come later.
    assert!(jira.create_request("HELP", "Get help").await.is_err());
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn fewer_retries_of_one_caller_are_not_those_of_the_others() {
    let portal = Portal::with_all_fields();
    let mut failures = 0;
    // The first two requests fail, once those that wait have arrived.
    let script = Script::serve(move |request| {
        failures += 1;
        if failures <= 2 { script::empty(503) } else { portal.respond(request) }
    })
    .await;
    let jira = client(&script);
    let create = |number: usize| {
        let request =
            jira.clone().create_request("HELP", "Get help").field("summary", format!("number {number}"));
        if number == 0 { request.retry(jsm_client::RetryPolicy::never()) } else { request }
    };
    let tasks: Vec<_> = (0..512).map(|number| tokio::spawn(create(number).send())).collect();
    // Half of those that wait leave.
    tokio::task::yield_now().await;
    tasks.iter().skip(1).step_by(2).for_each(|task| task.abort());
    let mut results = join_all(tasks.into_iter().step_by(2)).await.into_iter().map(Result::unwrap);
    let first = results.next().unwrap().unwrap_err();
    assert_eq!(first.error.kind(), ErrorKind::Server, "{first}");
    for result in results {
        result.unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(count(&script, "requesttype/25/field") <= 2, "{}", count(&script, "requesttype/25/field"));
}

#[tokio::test]
async fn a_deadline_is_that_of_its_own_caller() {
    let (script, _) = Portal::with_all_fields().start().await;
    let jira = client(&script);
    let create = || jira.create_request(10, 25).field("summary", "x");
    let hurried = create().deadline(Duration::ZERO).send();
    let (hurried, other) = tokio::join!(hurried, create().send());
    assert_eq!(hurried.unwrap_err().error.kind(), ErrorKind::Timeout);
    other.unwrap();
}

#[tokio::test]
async fn what_was_read_is_kept_for_ten_minutes() {
    let (script, _) = Portal::with_all_fields().start().await;
    let clock = TestClock::new();
    let jira = to(&script.url, &clock).build().unwrap();
    let create = || jira.clone().create_request("HELP", "Get help").field("summary", "x").send();
    create().await.unwrap();
    assert_eq!(script.requests().len(), 5);
    for _ in 0..3 {
        create().await.unwrap();
    }
    assert_eq!(script.requests().len(), 8, "only the requests that create were sent");
    clock.advance_to(Duration::from_secs(599));
    create().await.unwrap();
    assert_eq!(script.requests().len(), 9);
    clock.advance_to(Duration::from_secs(600));
    create().await.unwrap();
    assert_eq!(script.requests().len(), 14);
    let other = to(&script.url, &clock).build().unwrap();
    other.create_request(10, 25).field("summary", "x").await.unwrap();
    assert_eq!(count(&script, "field"), 3, "another client knows nothing of it");
}

#[tokio::test]
async fn names_are_kept_by_language() {
    let (script, _) = Portal::with_all_fields().start().await;
    let jira = client(&script);
    let create = || jira.create_request("HELP", "Get help").field("summary", "x");
    for _ in 0..2 {
        create().await.unwrap();
        create().language("de").await.unwrap();
        create().language("fr").await.unwrap();
    }
    assert_eq!((count(&script, "requesttype/25/field"), count(&script, "GET servicedesk/HELP")), (3, 1));
    let fields = script.requests().into_iter().filter(|request| request.path.ends_with("/field"));
    let languages: Vec<Option<String>> =
        fields.map(|request| request.header("accept-language").map(str::to_owned)).collect();
    assert_eq!(languages, [None, Some("de".to_owned()), Some("fr".to_owned())]);
}

#[tokio::test]
async fn a_refusal_is_by_what_the_server_has_now() {
    let (script, portal) = Portal::with_all_fields().start().await;
    let jira = client(&script);
    jira.create_request("HELP", "Get help").field("summary", "x").await.unwrap();
    {
        let mut portal = portal.lock().unwrap();
        let options = portal.form["requestTypeFields"][7]["validValues"].as_array_mut().unwrap();
        options.push(json!({"value": "5", "label": "Whenever"}));
        portal.types.push(("30", "Ask for access"));
    }
    jira.create_request("HELP", "Get help").field("summary", "x").field("Urgency", "Whenever").await.unwrap();
    jira.create_request("HELP", "Ask for access").field("summary", "x").await.unwrap();
    assert_eq!((count(&script, "25/field"), count(&script, "30/field")), (2, 1));

    // What stays wrong is looked for again each time, and what was just read is not.
    let wrong = |name: &'static str| {
        jira.create_request("HELP", name).field("summary", "x").field("Urgency", "Never")
    };
    assert!(wrong("Get help").await.is_err());
    assert_eq!(count(&script, "25/field"), 3);
    assert!(wrong("Order a laptop").await.is_err());
    assert_eq!(count(&script, "26/field"), 1);
}

#[tokio::test]
async fn fields_that_the_server_refuses_are_read_again() {
    let (script, portal) = Portal::with_all_fields().start().await;
    let jira = client(&script);
    let create = || jira.create_request(10, 25).field("summary", "x").send();
    create().await.unwrap();
    portal.lock().unwrap().created = (
        400,
        json!({"errorMessages": [], "errors": {"summary": "Field 'summary' cannot be set. It is unknown."}}),
    );
    let error = create().await.unwrap_err();
    assert_eq!(error.error.field_errors().next().map(|(field, _)| field), Some("summary"));
    assert!(error.fields.is_empty(), "it is the server's error");
    portal.lock().unwrap().created = (201, json!({"issueKey": "HELP-2"}));
    create().await.unwrap();
    assert_eq!(count(&script, "25/field"), 2);
}

#[tokio::test]
async fn a_request_type_that_was_replaced_is_found_by_its_name() {
    for status in [400, 404] {
        let (script, portal) = Portal::with_all_fields().start().await;
        let jira = client(&script);
        let create = || jira.create_request("HELP", "Get help").field("summary", "x").send();
        create().await.unwrap();
        {
            let mut portal = portal.lock().unwrap();
            portal.types[0] = ("35", "Get help");
            portal.created = (status, json!({"errorMessage": "There is no such request type."}));
        }
        let refused = create().await.unwrap_err().error;
        assert_eq!(refused.status().map(|status| status.as_u16()), Some(status));
        assert_eq!((refused.is_invalid_request(), refused.is_not_found()), (status == 400, status == 404));
        portal.lock().unwrap().created = (201, json!({"issueKey": "HELP-2"}));
        create().await.unwrap();
        assert_eq!(bodies(&script).last().unwrap()["requestTypeId"], "35", "{status}");
        assert_eq!((count(&script, "25/field"), count(&script, "35/field")), (2, 1), "{status}");
    }
}
