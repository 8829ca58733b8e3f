//! What is sent again, and after which wait. Limits and bounds have rooms of their own.

use jsm_client::servicedesk::comment::CreateComment;
use jsm_client::servicedesk::customer::{CreateCustomer, GetCustomers};
use jsm_client::servicedesk::organization::{
    CreateOrganization, DeleteOrganization, GetOrganization, GetOrganizations, SetOrganizationProperty,
};
use jsm_client::{Client, Error, ErrorKind, Operation, RetryPolicy};
use jsm_sandbox::{Fault, Sandbox};
use serde_json::json;
use std::time::Duration;

use futures_util::TryStreamExt;

use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, dropped, empty, json};
use super::{check, of, to};

fn fine() -> ScriptedResponse {
    json(200, &json!({"id": "1", "accountId": "a", "values": []}))
}

/// How often an operation was sent, whose first response is this.
async fn sent<O: Operation>(operation: O, trouble: ScriptedResponse) -> usize {
    let script = Script::of([trouble, fine()]).await;
    let result = to(&script.url, &TestClock::new()).build().unwrap().call(operation).await;
    let sent = script.requests().len();
    if let Err(error) = result {
        assert_eq!(error.attempts() as usize, sent);
    }
    sent
}

#[tokio::test]
async fn repeats_what_does_no_harm() {
    let mut table = format!("{:<30}{:>5}{:>8}{:>8}{:>8}\n", "", "GET", "PUT", "DELETE", "POST");
    let cut = || json(200, &json!({"id": "1", "values": []})).cut(8);
    let mut troubles: Vec<(String, ScriptedResponse)> = vec![
        ("a connection that is dropped".to_owned(), dropped()),
        ("a body that breaks off".to_owned(), cut()),
    ];
    for status in [400, 401, 403, 404, 408, 409, 412, 425, 429, 500, 501, 502, 503, 504] {
        troubles.push((status.to_string(), empty(status)));
    }
    for (title, trouble) in troubles {
        let sent = [
            sent(GetOrganization::new(1), trouble.clone()).await,
            sent(SetOrganizationProperty::new(1, "key", json!(1)), trouble.clone()).await,
            sent(DeleteOrganization::new(1), trouble.clone()).await,
            sent(CreateOrganization::new("Acme"), trouble).await,
        ];
        let [get, put, delete, post] = sent.map(|sent| if sent > 1 { "again" } else { "once" });
        table += &format!("{title:<30}{get:>5}{put:>8}{delete:>8}{post:>8}\n");
    }
    check("retries_by_operation", &table);
}

#[tokio::test]
async fn repeats_anything_that_was_never_sent() {
    let nobody = Script::of([]).await.url.clone();
    let client = to(&nobody, &TestClock::new()).build().unwrap();
    let error = client.call(CreateOrganization::new("Acme")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 5));
}

#[tokio::test]
async fn waits_as_the_policy_says() {
    let default = RetryPolicy::default;
    let long = default().max_retries(7);
    let short = default().backoff(Duration::from_millis(100), Duration::from_millis(300));
    for (policy, random, waits) in [
        (default(), 0.5, vec![2.0, 4.0, 8.0, 16.0]),
        (default(), 0.0, vec![1.4, 2.8, 5.6, 11.2]),
        (default(), 1.0, vec![2.6, 5.2, 10.4, 20.8]),
        (long, 0.5, vec![2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]),
        (short, 0.5, vec![0.1, 0.2, 0.3, 0.3]),
        (default().max_retries(1), 0.5, vec![2.0]),
        (RetryPolicy::never(), 0.5, vec![]),
    ] {
        for per_call in [false, true] {
            let script = Script::serve(|_| empty(503)).await;
            let clock = TestClock::with_chance(random);
            let builder = to(&script.url, &clock);
            let client = if per_call { builder } else { builder.retry(policy.clone()) }.build().unwrap();
            let call = client.call(GetOrganization::new(1));
            let error = if per_call { call.retry(policy.clone()) } else { call }.await.unwrap_err();
            assert_eq!(clock.waits(), waits, "{policy:?}");
            assert_eq!(error.attempts() as usize, waits.len() + 1);
            assert_eq!(error.kind(), ErrorKind::Server);
            assert_eq!(error.retry_after(), None, "the server said nothing of that");
        }
    }
}

#[tokio::test]
async fn waits_at_least_as_long_as_asked() {
    // The test's clock says that it is ten o'clock. Jitter adds a tenth of a pause at most, and three tenths of a wait.
    for (asked, status, random, waits) in [
        (Some("7"), 429, 0.0, vec![7.0]),
        (Some("7"), 429, 0.5, vec![7.35]),
        (Some("7"), 503, 0.0, vec![7.0]),
        (Some("7"), 503, 0.5, vec![8.05]),
        (Some("3"), 500, 0.0, vec![3.0]),
        (Some("3"), 500, 1.0, vec![3.9]),
        (Some("3"), 599, 0.0, vec![3.0]),
        (Some("1"), 503, 0.5, vec![2.0]),
        (Some("1"), 429, 0.0, vec![1.0]),
        (Some("60"), 503, 1.0, vec![65.0]),
        (Some("60"), 429, 1.0, vec![61.0]),
        (Some("0"), 429, 0.5, vec![2.0]),
        (Some("0"), 429, 0.0, vec![1.4]),
        (Some("2.5"), 429, 0.0, vec![2.5]),
        (Some("-3"), 429, 0.5, vec![2.0]),
        (Some("soon"), 429, 0.5, vec![2.0]),
        (Some("Tue, 05 Mar 2024 10:00:30 GMT"), 429, 0.0, vec![30.0]),
        (Some("Tue, 05 Mar 2024 09:00:00 GMT"), 429, 0.5, vec![2.0]),
        (None, 429, 0.0, vec![1.4]),
        (None, 429, 1.0, vec![2.6]),
    ] {
        let refusal =
            asked.iter().fold(empty(status), |response, asked| response.header("Retry-After", asked));
        let script = Script::of([refusal, fine()]).await;
        let clock = TestClock::with_chance(random);
        to(&script.url, &clock).build().unwrap().call(GetOrganization::new(1)).await.unwrap();
        assert_eq!(clock.waits(), waits, "{asked:?} with {status}");
    }
}

#[tokio::test]
async fn waits_until_the_limit_is_reset_where_nothing_else_is_asked() {
    for (reset, date, deadline, waits) in [
        ("2024-03-05T10:02Z", None, 300, Some(120.0)),
        ("2024-03-05T10:02:05Z", None, 300, Some(125.0)),
        ("2024-03-05T11:02:05+01:00", None, 300, Some(125.0)),
        ("2024-03-05T10:02Z", Some("Tue, 05 Mar 2024 10:01:30 GMT"), 300, Some(30.0)),
        ("2024-03-05T10:20Z", None, 300, None),
        ("2024-03-05T12:30Z", None, 10_000, Some(9_000.0)),
    ] {
        let refusal = empty(429).header("X-RateLimit-Reset", reset);
        let refusal = refusal.header("RateLimit-Reason", "jira-quota-global-based");
        let refusal = date.iter().fold(refusal, |response, date| response.header("Date", date));
        let script = Script::of([refusal, fine()]).await;
        let clock = TestClock::with_chance(0.0);
        let client = to(&script.url, &clock).deadline(Duration::from_secs(deadline)).build().unwrap();
        let result = client.call(GetOrganization::new(1)).await;
        match waits {
            Some(wait) => {
                result.unwrap();
                assert_eq!(clock.waits(), [wait], "{reset}");
            }
            None => {
                let error = result.unwrap_err();
                assert_eq!(error.retry_after(), Some(Duration::from_secs(20 * 60)));
                assert!(error.to_string().contains("2024-03-05T10:20:00Z"), "{error}");
                assert_eq!((error.attempts(), clock.waits()), (1, vec![]));
            }
        }
    }
}

#[tokio::test]
async fn sends_again_what_the_caller_says_is_idempotent() {
    for (says, sent) in [(None, 1), (Some(true), 2), (Some(false), 1)] {
        let script = Script::of([empty(503), fine()]).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let call = client.call(CreateOrganization::new("Acme"));
        let call = says.into_iter().fold(call, |call, says| call.idempotent(says));
        assert_eq!(call.await.is_ok(), sent == 2);
        assert_eq!(script.requests().len(), sent);
    }
    let script = Script::of([empty(503), fine()]).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    client.call(GetOrganization::new(1)).idempotent(false).await.unwrap_err();
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn counts_failures_and_no_refusals() {
    let responses = |_: &super::script::ScriptedRequest| empty(429).header("Retry-After", "1");
    let mut left = 30;
    let script = Script::serve(move |asked| {
        left -= 1;
        if left > 0 { responses(asked) } else { fine() }
    })
    .await;
    let clock = TestClock::new();
    let policy = RetryPolicy::default().max_retries(1);
    let client = to(&script.url, &clock).retry(policy).build().unwrap();
    let response = client.call(CreateOrganization::new("Acme")).with_meta().await.unwrap();
    assert_eq!(response.attempts, 30);
    // Only a policy that sends once fails with the refusal.
    let script = Script::serve(responses).await;
    let client = to(&script.url, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1));
}

#[tokio::test]
async fn sends_nothing_without_time() {
    let script = Script::serve(|_| fine()).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let error = client.call(GetOrganization::new(1)).deadline(Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), script.requests().len()), (ErrorKind::Timeout, 0, 0));
}

#[tokio::test]
async fn fails_at_once_where_the_wait_is_too_long() {
    for (asked, deadline) in [("3600", 300), ("301", 300), ("11", 10), ("1e19", 300), ("inf", 3_600)] {
        let script = Script::of([empty(429).header("Retry-After", asked)]).await;
        let clock = TestClock::new();
        let client = to(&script.url, &clock).deadline(Duration::from_secs(deadline)).build().unwrap();
        let call = client.call(GetOrganization::new(1));
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        // No pause is longer than an hour.
        let asked = asked.parse::<f64>().unwrap().min(3_600.0);
        assert!(error.retry_after().unwrap() >= Duration::from_secs_f64(asked), "{error}");
        assert_eq!((error.attempts(), clock.waits()), (1, vec![]));
    }
}

#[tokio::test]
async fn ends_with_the_deadline() {
    let script = Script::serve(|_| empty(503)).await;
    let clock = TestClock::new();
    let client = to(&script.url, &clock).deadline(Duration::from_secs(10)).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!((clock.waits(), error.attempts()), (vec![2.0, 4.0], 3), "8 s more would be too many");
    let clock = TestClock::new();
    let client = to(&script.url, &clock).build().unwrap();
    let call = client.call(GetOrganization::new(1)).deadline(Duration::from_secs(5));
    assert_eq!(call.await.unwrap_err().attempts(), 2);
}

#[tokio::test]
async fn leaves_a_broken_server_alone() {
    let script = Script::serve(|asked| if asked.path.ends_with("/2") { fine() } else { empty(503) }).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let fail = async |client: &Client| client.call(GetOrganization::new(1)).await.unwrap_err().attempts();
    let mut attempts = Vec::new();
    for _ in 0..40 {
        attempts.push(fail(&client.clone()).await);
    }
    // Clones share what there is to spend: 100 retries.
    assert_eq!(attempts[..25], [5; 25]);
    assert_eq!(attempts[25..], [1; 15]);
    for _ in 0..5 {
        client.call(GetOrganization::new(2)).await.unwrap();
    }
    assert_eq!(fail(&client).await, 2, "success earns the next retry");
    assert_eq!(fail(&client).await, 1);
}

/// Every trouble that the sandbox can make, while a list is read and while something is made.
#[tokio::test]
async fn loses_nothing_and_doubles_nothing() {
    let limited =
        |reason: &str| Fault::status(429).header("Retry-After", "1").header("RateLimit-Reason", reason);
    let troubles = [
        ("dropped before the work", Fault::drop_before()),
        ("dropped after the work", Fault::drop_after()),
        ("503", Fault::status(503).text("away")),
        ("502 in HTML", Fault::status(502).text("<html><title>Bad gateway</title></html>")),
        ("429 of an issue", limited("jira-per-issue-on-write")),
        ("429 of an endpoint", limited("jira-burst-based")),
        ("429 of the quota", limited("jira-quota-tenant-based")),
        ("429 of something new", limited("jira-moon-phase")),
        ("a body that breaks off", Fault::truncate()),
        ("a body that comes slowly", Fault::slow_body(Duration::from_millis(1))),
        ("an answer that comes late", Fault::delay(Duration::from_millis(20))),
        ("a login page", Fault::html()),
    ];
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = of(&sandbox, &TestClock::new()).build().unwrap();
    let everybody: Vec<_> = ids(&client).await.unwrap();
    let mut table = String::new();
    for (number, (title, trouble)) in troubles.into_iter().enumerate() {
        let before = sandbox.requests().len();
        sandbox.fault(trouble.clone().on("GetCustomers"));
        let listed = match ids(&client).await {
            Ok(listed) => {
                assert_eq!(listed, everybody, "{title}");
                format!("all of them in {} requests", sandbox.requests().len() - before)
            }
            Err(error) => error.to_string(),
        };
        sandbox.fault(trouble.on("CreateOrganization"));
        let name = format!("Organization {number}");
        let made = client.call(CreateOrganization::new(&name)).await;
        let all = client.items(GetOrganizations::new()).try_collect::<Vec<_>>().await.unwrap();
        let there = all.iter().filter(|organization| organization.name == name).count();
        assert!(there <= 1, "{title}: made {there} times");
        assert!(made.is_err() || there == 1, "{title}: it was lost");
        let made = made.map_or_else(|error| error.to_string(), |made| made.name);
        table += &format!("{title}\n  list: {listed}\n  make: {made}; there: {there}\n");
        sandbox.clear_faults();
    }
    check("retries_by_failure", &table);
}

async fn ids(client: &Client) -> Result<Vec<String>, Error> {
    client.items(GetCustomers::new("1")).map_ok(|user| user.account_id.to_string()).try_collect().await
}

#[tokio::test]
async fn sends_the_same_request_again() {
    let script = Script::of([empty(429), empty(429), fine()]).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let response = client.call(CreateComment::new("HELP-1", "Hello", true)).with_meta().await.unwrap();
    assert_eq!(response.attempts, 3);
    let asked = script.requests();
    let [first, _, last] = &asked[..] else { panic!("{} requests", asked.len()) };
    assert_eq!((&first.method, &first.path, &first.body), (&last.method, &last.path, &last.body));
    assert_eq!(first.headers, last.headers);
}

#[tokio::test]
async fn ends_when_it_is_dropped() {
    let script = Script::of([super::script::silence(), fine()]).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let call = client.call(CreateCustomer::new("fred@example.com", "Fred"));
    let dropped = tokio::time::timeout(Duration::from_millis(50), call.into_future()).await;
    assert!(dropped.is_err());
    assert_eq!(client.call(GetOrganization::new(1)).await.unwrap().id, 1.into());
    let asked: Vec<String> = script.requests().into_iter().map(|asked| asked.method).collect();
    assert_eq!(asked, ["POST", "GET"]);
}
