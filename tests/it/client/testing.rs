//! Errors, responses and a clock made by hand: they are what a server and time would have made.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use jsm_client::servicedesk::info::GetInfo;
use jsm_client::servicedesk::request::CreateRequest;
use jsm_client::testing::{self, TestClock};
use jsm_client::{Clock, Error, ErrorKind, Operation, RepairAction, RetryPolicy};
use serde_json::Value;

use super::script::{Script, body_of, empty, json, text};
use super::to;

/// All that a program can see of an error.
fn seen(error: &Error) -> String {
    let fields: Vec<_> = error.field_errors().collect();
    type Predicate = fn(&Error) -> bool;
    let predicates: [(&str, Predicate); 16] = [
        ("authentication", Error::is_authentication),
        ("configuration", Error::is_configuration),
        ("conflict", Error::is_conflict),
        ("connection", Error::is_connection),
        ("decode", Error::is_decode),
        ("experimental", Error::is_experimental_opt_in),
        ("invalid", Error::is_invalid_request),
        ("not found", Error::is_not_found),
        ("pagination", Error::is_pagination),
        ("permission", Error::is_permission),
        ("rate limited", Error::is_rate_limited),
        ("server", Error::is_server),
        ("site", Error::is_site_unavailable),
        ("timeout", Error::is_timeout),
        ("token store", Error::is_token_store),
        ("too large", Error::is_too_large),
    ];
    let holds: Vec<&str> = predicates.iter().filter(|(_, is)| is(error)).map(|(name, _)| *name).collect();
    format!(
        "{error}\n{:?} {:?} {holds:?} {:?} {:?} {fields:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {:?}",
        error.kind(),
        error.status(),
        error.message(),
        error.i18n_key(),
        error.form_errors(),
        error.retry_after(),
        error.rate_limit_reason(),
        error.required_scopes(),
        error.documented(),
        error.request_id(),
        error.attempts(),
        error.body(),
    )
}

/// Bodies and headers that real servers have sent.
#[tokio::test]
async fn an_error_made_by_hand_is_the_one_that_a_server_causes() {
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("../../fixtures/recorded/errors.json")).unwrap();
    let mut compared = 0;
    for case in recorded {
        let (status, body) = (case["status"].as_u64().unwrap() as u16, case["body"].as_str().unwrap());
        if status < 300 {
            continue;
        }
        let mut response = text(status, body).without("Content-Type");
        let mut made = testing::error_response(status).operation(CreateRequest::INFO).body(body.to_owned());
        if let Some(content_type) = case["content_type"].as_str() {
            response = body_of(status, content_type, body.as_bytes().to_vec());
            made = made.header("Content-Type", content_type);
        }
        for (name, value) in case["headers"].as_object().unwrap() {
            if name != "content-length" {
                response = response.header(name, value.as_str().unwrap());
                made = made.header(name, value.as_str().unwrap());
            }
        }
        // Without it, a date in `Retry-After` is compared with the date of today.
        response = response.header("Date", "Tue, 05 Mar 2024 10:00:00 GMT");
        made = made.header("Date", "Tue, 05 Mar 2024 10:00:00 GMT");
        // Without it, the client makes up a pause from what it knows of the limit.
        if status == 429 && !case["headers"].as_object().unwrap().contains_key("retry-after") {
            response = response.header("Retry-After", "3");
            made = made.header("Retry-After", "3");
        }
        let script = Script::of([response]).await;
        let client = to(&script.url, &super::clock::TestClock::new()).retry(RetryPolicy::never());
        let real = client.build().unwrap().call(CreateRequest::new(1, 2)).await.unwrap_err();
        assert_eq!(seen(&made.build()), seen(&real), "{case}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

const KINDS: [ErrorKind; 19] = [
    ErrorKind::Authentication,
    ErrorKind::Permission,
    ErrorKind::NotFound,
    ErrorKind::SiteUnavailable,
    ErrorKind::Conflict,
    ErrorKind::InvalidRequest,
    ErrorKind::Validation,
    ErrorKind::TooLarge,
    ErrorKind::RateLimited,
    ErrorKind::ExperimentalOptIn,
    ErrorKind::Server,
    ErrorKind::Timeout,
    ErrorKind::Connection,
    ErrorKind::Decode,
    ErrorKind::Html,
    ErrorKind::TokenStore,
    ErrorKind::Pagination,
    ErrorKind::Configuration,
    ErrorKind::Other,
];

#[test]
fn an_error_of_a_kind_has_the_status_that_gives_it_this_kind() {
    let mut without = BTreeSet::new();
    for kind in KINDS {
        let error = testing::error(kind).message("Ein Grund – ok").field_error("summary", "fehlt").build();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains("Ein Grund – ok"), "{error}");
        match error.status() {
            None => _ = without.insert(format!("{kind:?}")),
            Some(status) if status.is_success() => assert!(error.is_decode(), "{kind:?}"),
            Some(status) => {
                assert_eq!(error.message(), Some("Ein Grund – ok"));
                assert_eq!(error.field_errors().collect::<Vec<_>>(), [("summary", "fehlt")]);
                // The same response without a kind; a wrong request with errors of fields is of the finer kind.
                let of_status = testing::error_response(status.as_u16()).body(error.body().to_vec()).build();
                let expected = if kind == ErrorKind::InvalidRequest { ErrorKind::Validation } else { kind };
                assert_eq!(of_status.kind(), expected);
            }
        }
        let bare = testing::error(kind).build();
        assert_eq!(bare.kind(), kind);
        let unsent = matches!(kind, ErrorKind::Configuration | ErrorKind::ExperimentalOptIn);
        assert_eq!(bare.attempts(), u32::from(!unsent), "{kind:?}");
        let text = bare.to_string();
        assert!(!text.is_empty() && text.lines().count() == 1, "{text:?}");
    }
    let without: Vec<&str> = without.iter().map(String::as_str).collect();
    assert_eq!(
        without,
        ["Configuration", "Connection", "ExperimentalOptIn", "Pagination", "Timeout", "TokenStore"]
    );
}

#[test]
fn an_error_has_the_parts_that_it_was_given() {
    let token = serde_json::from_value(
        serde_json::json!({"operation": "GetRequests", "arguments": 7, "at": {"offset": 50}}),
    );
    let error = testing::error(ErrorKind::Permission)
        .status(404)
        .retry_after(Duration::from_millis(1500))
        .attempts(4)
        .source(std::io::Error::other("the disk is full"));
    let error: Error = match token {
        Ok(token) => error.resume_token(token).into(),
        Err(error) => panic!("{error}"),
    };
    assert!(error.is_permission() && !error.is_not_found());
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    assert_eq!((error.retry_after(), error.attempts()), (Some(Duration::from_millis(1500)), 4));
    assert!(error.resume_token().is_some());
    let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(ToString::to_string).as_deref(), Some("the disk is full"));
    assert!(testing::error_response(204).build().is_decode(), "a status of success with no value");
}

#[test]
fn what_no_server_can_send_is_refused_with_its_reason() {
    let reason = |act: fn()| {
        let caught = std::panic::catch_unwind(act).unwrap_err();
        caught.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    assert_eq!(reason(|| _ = testing::error_response(99)), "99 is not a status of HTTP");
    assert_eq!(reason(|| _ = testing::response(()).status(1000)), "1000 is not a status of HTTP");
    let named = reason(|| _ = testing::error(ErrorKind::Other).header("Retry After", "1"));
    assert_eq!(named, "`Retry After` is not the name of a header");
    let valued = reason(|| _ = testing::response(()).header("Warning", "two\nlines"));
    assert_eq!(valued, "the value of the header `Warning` is not valid");
}

#[test]
fn a_response_has_the_parts_that_it_was_given() {
    let response = testing::response(7)
        .status(201)
        .header("X-AREQUESTID", "9f")
        .attempts(2)
        .repair("$.a", RepairAction::Dropped { found: "null" })
        .build();
    assert_eq!((response.value, response.status.as_u16(), response.attempts), (7, 201, 2));
    assert_eq!(response.request_id.as_deref(), Some("9f"));
    assert_eq!(response.repairs[0].to_string(), "$.a: null dropped from the list");
    let plain = testing::response("x").build();
    assert_eq!((plain.status.as_u16(), plain.request_id, plain.attempts), (200, None, 1));
}

#[tokio::test]
async fn a_wait_ends_when_the_clock_was_moved_past_it() {
    let clock = TestClock::new();
    let script = Script::of([empty(503), json(200, &serde_json::json!({"version": "5.1"}))]).await;
    let client = to(&script.url, &super::clock::TestClock::new()).clock(clock.clone()).build().unwrap();
    let call = tokio::spawn(client.call(GetInfo::new()).send());
    clock.wait_for_sleepers(1).await;
    assert_eq!(clock.waits(), [Duration::from_secs(2)]);
    clock.advance(Duration::from_millis(1_999));
    tokio::task::yield_now().await;
    assert!(!call.is_finished());
    assert_eq!(script.requests().len(), 1);
    clock.advance(Duration::from_millis(1));
    assert_eq!(call.await.unwrap().unwrap().version.as_deref(), Some("5.1"));
    assert_eq!(clock.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn dropped_waits_do_not_count_and_all_others_end() {
    let clock = TestClock::new();
    let waits: Vec<_> = (0..512)
        .map(|number| {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep(Duration::from_secs(number % 60)).await })
        })
        .collect();
    let count = waits.len() - waits.len().div_ceil(60);
    clock.wait_for_sleepers(count).await;
    for wait in waits.iter().step_by(2) {
        wait.abort();
    }
    clock.advance(Duration::from_secs(59));
    for (number, wait) in waits.into_iter().enumerate() {
        let ended = wait.await;
        assert!(ended.is_ok() || number % 2 == 0, "{number}");
    }
    assert!(clock.wait_for_sleepers(1).now_or_never().is_none());
    assert_eq!(clock.waits().len(), 512);
}

#[tokio::test]
async fn an_automatic_clock_moves_with_each_wait_and_takes_another_along() {
    let moved = Arc::new(AtomicU64::new(0));
    let other = Arc::clone(&moved);
    let clock = TestClock::automatic()
        .with_random(0.25)
        .with_date(std::time::SystemTime::UNIX_EPOCH)
        .on_advance(move |by| _ = other.fetch_add(by.as_secs(), Ordering::SeqCst));
    let start = clock.now();
    // Both begin at the same moment, so that the longer one is the time that passes.
    tokio::join!(clock.sleep(Duration::from_secs(5)), clock.sleep(Duration::from_secs(8)));
    clock.sleep(Duration::from_secs(1)).await;
    assert_eq!(clock.elapsed(), Duration::from_secs(9));
    assert_eq!(clock.now() - start, Duration::from_secs(9));
    assert_eq!(clock.date(), std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(9));
    assert_eq!(moved.load(Ordering::SeqCst), 9);
    assert!((clock.random() - 0.25).abs() < f64::EPSILON);
    // A time without end is no reason to panic.
    clock.sleep(Duration::MAX).await;
    assert!(clock.now() > start);
}
