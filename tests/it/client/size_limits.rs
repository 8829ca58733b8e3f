//! How much time and how many bytes a call may take.

use std::time::Duration;

use jsm_client::servicedesk::comment::CreateComment;
use jsm_client::servicedesk::customer::CreateCustomer;
use jsm_client::servicedesk::organization::{GetOrganization, GetOrganizations};
use jsm_client::{Client, ErrorKind, RetryPolicy};
use serde_json::json;

use super::clock::{HeldTime, TestClock};
use super::script::{Script, ScriptedResponse, body_of, json, silence, text};
use super::{CLOUD_ID, to};

/// Shorter than the wait before a retry.
const TIMEOUT: Duration = Duration::from_secs(1);

fn fine() -> ScriptedResponse {
    json(200, &json!({"id": "1", "values": [], "accountId": "a"}))
}

/// Lets the first attempt of a call take all of its time.
async fn time_out<T: Send + 'static>(script: &Script, call: impl Future<Output = T> + Send + 'static) -> T {
    let call = tokio::spawn(call);
    while script.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(TIMEOUT - Duration::from_millis(1)).await;
    assert!(!call.is_finished() && script.requests().len() == 1, "it waits as long as it may");
    tokio::time::advance(Duration::from_millis(1)).await;
    call.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn gives_an_attempt_so_much_time() {
    let _held = HeldTime::hold();
    let troubles = [silence as fn() -> ScriptedResponse, || fine().stalls(0), || fine().stalls(5)];
    for trouble in troubles {
        for per_call in [true, false] {
            let script = Script::of([trouble(), fine()]).await;
            let builder = to(&script.url, &TestClock::new());
            let client = if per_call { builder } else { builder.timeout(TIMEOUT) }.build().unwrap();
            let call = client.call(GetOrganization::new(1));
            let call = if per_call { call.timeout(TIMEOUT) } else { call };
            assert_eq!(time_out(&script, call.with_meta().send()).await.unwrap().attempts, 2);
        }
        let script = Script::of([trouble(), fine()]).await;
        let client = to(&script.url, &TestClock::new()).timeout(TIMEOUT).build().unwrap();
        let call = client.call(CreateCustomer::new("fred@example.com", "Fred"));
        let error = time_out(&script, call.send()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "it may have been done");
        assert_eq!(error.to_string().split(": ").last(), Some("no response in time"));
    }
}

#[tokio::test(start_paused = true)]
async fn gives_a_call_so_much_time_in_all() {
    let _held = HeldTime::hold();
    let script = Script::of([silence()]).await;
    let client = to(&script.url, &TestClock::new()).deadline(TIMEOUT).build().unwrap();
    let error = time_out(&script, client.call(GetOrganization::new(1)).send()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.retry_after()), (ErrorKind::Timeout, 1, None));
}

#[tokio::test(start_paused = true)]
async fn gives_a_connection_so_much_time() {
    // A server that takes a connection and sends nothing of TLS has not connected.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("https://{}", listener.local_addr().unwrap());
    let client = Client::builder(site)
        .api_token("ada@example.com", "token")
        .cloud_id(CLOUD_ID)
        .connect_timeout(TIMEOUT)
        .retry(RetryPolicy::default().max_retries(1))
        .clock(TestClock::new())
        .build()
        .unwrap();
    let error = client.call(CreateCustomer::new("fred@example.com", "Fred")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Timeout, 2),
        "nothing was done, so it was tried again"
    );
}

/// 65,549 bytes: an empty list and many blanks.
const ZIPPED: [u8; 116] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 177, 13, 0, 16, 16, 0, 192, 85, 228, 199, 176, 138, 40, 20,
    58, 157, 208, 136, 221, 25, 228, 238, 78, 236, 54, 86, 159, 145, 75, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 240, 221, 7, 67, 96, 213, 195, 13, 0, 1, 0,
];

#[tokio::test]
async fn takes_answers_up_to_a_size() {
    let plain = || {
        body_of(
            200,
            "application/json",
            [br#"{"values":[]"#.to_vec(), vec![b' '; 987], b"}".to_vec()].concat(),
        )
    };
    let zipped = || body_of(200, "application/json", ZIPPED.to_vec()).header("Content-Encoding", "gzip");
    for (title, response, size) in [
        ("with its length", plain(), 1_000),
        ("without its length", plain().unmeasured(), 1_000),
        ("packed", zipped(), 65_549),
    ] {
        for (limit, fits) in [(size, true), (size - 1, false), (5, false)] {
            let script = Script::of([response.clone()]).await;
            let client = to(&script.url, &TestClock::new()).max_body(limit).build().unwrap();
            let result = client.call(GetOrganizations::new()).await;
            assert_eq!(result.is_ok(), fits, "{title}: {size} bytes where {limit} are taken");
            if let Err(error) = result {
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::TooLarge, 1));
                assert_eq!(error.status().unwrap(), 200);
            }
            let asked = &script.requests()[0];
            assert!(asked.header("accept-encoding").is_some_and(|value| value.contains("gzip")));
        }
    }
}

#[tokio::test]
async fn explains_an_error_whose_body_is_too_large() {
    let script = Script::of([text(404, &"No such thing. ".repeat(100_000))]).await;
    let client = to(&script.url, &TestClock::new()).max_body(1_000).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().unwrap().starts_with("No such thing."));
    assert_eq!(error.body().len(), 64 * 1024);
}

#[tokio::test]
async fn sends_requests_up_to_a_size() {
    let script = Script::of([fine()]).await;
    let client = to(&script.url, &TestClock::new()).max_body(1_000).build().unwrap();
    let error = client.call(CreateComment::new("HELP-1", "x".repeat(1_000), true)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::TooLarge, 0));
    assert_eq!(script.requests().len(), 0, "it was sent all the same");
    client.call(CreateComment::new("HELP-1", "x".repeat(900), true)).await.unwrap();
}
