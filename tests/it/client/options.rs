//! The options of a request, which mean the same for everything that can be awaited.

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use futures_util::stream::{self, StreamExt};
use jsm_client::attachments::Visibility;
use jsm_client::csm::customer::{BulkManageCustomerProfiles, FetchCustomerProfiles};
use jsm_client::csm::types::{
    BulkCustomerProfilePayload, BulkManageCustomerProfileOperation, ProfileOperationType,
};
use jsm_client::servicedesk::attachment::GetAttachmentContent;
use jsm_client::servicedesk::comment::CreateComment;
use jsm_client::servicedesk::organization::{GetOrganization, GetOrganizations};
use jsm_client::{Client, Error, ErrorKind, FilePart, Operation, RequestOptions, RetryPolicy};
use serde_json::json;

use super::clock::TestClock;
use super::script::{Script, empty, json, silence};
use super::to;

type Awaitable = (&'static str, fn(Client, RequestOptions) -> BoxFuture<'static, Result<(), Error>>);

/// Everything that can be awaited, with the given options.
const AWAITABLES: [Awaitable; 10] = [
    ("call", |client, options| {
        let call = client.call(GetOrganization::new(1)).options(options).send();
        Box::pin(async { call.await.map(drop) })
    }),
    ("call with meta", |client, options| {
        let call = client.call(GetOrganization::new(1)).options(options).with_meta().send();
        Box::pin(async { call.await.map(drop) })
    }),
    ("items", |client, options| {
        let mut items = client.items(GetOrganizations::new()).options(options);
        Box::pin(async move { items.try_next().await.map(drop) })
    }),
    ("pages", |client, options| {
        let mut pages = client.pages(GetOrganizations::new()).options(options);
        Box::pin(async move { pages.try_next().await.map(drop) })
    }),
    ("upload", |client, options| {
        let upload = client.upload("1", [FilePart::bytes("a.txt", "a")]).options(options).send();
        Box::pin(async { upload.await.map(drop).map_err(Error::from) })
    }),
    ("attach", |client, options| {
        let files = [FilePart::bytes("a.txt", "a")];
        let attach = client.attach("A-1", Visibility::Public, files).options(options).send();
        Box::pin(async { attach.await.map(drop).map_err(Error::from) })
    }),
    ("download", |client, options| {
        let download = client.download(GetAttachmentContent::new("A-1", 1)).options(options).stream();
        Box::pin(async { download.await.map(drop) })
    }),
    ("bulk", |client, options| {
        let payload = BulkCustomerProfilePayload::new().email("a@example.com");
        let entry = BulkManageCustomerProfileOperation::new(ProfileOperationType::Upsert, payload);
        let bulk = client.bulk(BulkManageCustomerProfiles::new([entry])).options(options).send();
        Box::pin(async { bulk.await.map(drop).map_err(Error::from) })
    }),
    ("fetch", |client, options| {
        let fetch = client.fetch(FetchCustomerProfiles::new(["1"])).options(options).send();
        Box::pin(async { fetch.await.map(drop) })
    }),
    ("wait", |client, options| {
        let wait = client.task("1").wait().options(options).send();
        Box::pin(async { wait.await.map(drop) })
    }),
];

fn client(script: &Script, clock: &TestClock) -> Client {
    to(&script.url, clock).experimental(false).build().unwrap()
}

#[tokio::test]
async fn headers_language_and_opt_in_go_with_every_request() {
    let options = RequestOptions::new()
        .header("X-Own", "1")
        .language("de")
        .experimental(true)
        .retry(RetryPolicy::never());
    for (title, run) in AWAITABLES {
        let script = Script::serve(|_| empty(503)).await;
        let error = run(client(&script, &TestClock::new()), options.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1), "{title}: {error}");
        let asked = script.requests();
        assert_eq!(asked.len(), 1, "{title}: the policy does not retry");
        for (name, value) in [("x-own", "1"), ("accept-language", "de"), ("x-experimentalapi", "opt-in")] {
            assert_eq!(asked[0].header(name), Some(value), "{title}");
        }
    }
}

#[tokio::test]
async fn the_deadline_is_of_the_whole_and_the_timeout_of_an_attempt() {
    for (title, run) in AWAITABLES {
        let script = Script::serve(|_| empty(503)).await;
        let options = RequestOptions::new().deadline(Duration::ZERO);
        let error = run(client(&script, &TestClock::new()), options).await.unwrap_err();
        assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Timeout, 0), "{title}: {error}");

        let script = Script::serve(|_| empty(503)).await;
        let clock = TestClock::new();
        let options = RequestOptions::new().deadline(Duration::from_secs(10)).idempotent(true);
        let error = run(client(&script, &clock), options).await.unwrap_err();
        assert!(clock.passed() < 10.0 && error.attempts() > 1, "{title}: {} s, {error}", clock.passed());

        let script = Script::serve(|_| silence()).await;
        let options = RequestOptions::new().timeout(Duration::from_millis(30)).retry(RetryPolicy::never());
        let error = run(client(&script, &TestClock::new()), options).await.unwrap_err();
        // On a busy machine the request may not have arrived when the time is up.
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{title}: {error}");
        assert!(script.requests().len() <= 1, "{title}: {error}");
    }
}

#[tokio::test]
async fn an_invalid_option_is_an_error_before_anything_is_sent() {
    let invalid = [RequestOptions::new().header("no name", "x"), RequestOptions::new().language("de_CH")];
    for (title, run) in AWAITABLES {
        for options in invalid.clone() {
            let script = Script::serve(|_| empty(503)).await;
            let error = run(client(&script, &TestClock::new()), options).await.unwrap_err();
            assert_eq!(
                (error.kind(), script.requests().len()),
                (ErrorKind::Configuration, 0),
                "{title}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn a_sent_call_can_be_spawned_joined_and_buffered() {
    let script = Script::serve(|_| json(200, &json!({"id": "1"}))).await;
    let client = client(&script, &TestClock::new());
    let call = || client.call(GetOrganization::new(1)).send();
    assert_eq!(tokio::spawn(call()).await.unwrap().unwrap().id, 1.into());
    assert!(join_all([call(), call()]).await.iter().all(Result::is_ok));
    let all = stream::iter(0..5).map(|_| call()).buffer_unordered(2).collect::<Vec<_>>().await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(script.requests().len(), 8);
}

#[tokio::test]
async fn every_page_has_the_place_to_resume_from() {
    let items = |start: u64, limit: u64| {
        let values: Vec<_> =
            (start..(start + limit).min(10)).map(|id| json!({"id": id.to_string()})).collect();
        json!({"values": values, "start": start, "limit": limit, "isLastPage": start + limit >= 10})
    };
    let script = Script::serve(move |asked| {
        json(200, &items(asked.number("start").unwrap_or(0), asked.number("limit").unwrap_or(50)))
    })
    .await;
    let client = client(&script, &TestClock::new());
    let list = || client.pages(GetOrganizations::new()).page_size(4);
    // A limit may end within a page: reading on continues there.
    for most in [2, 4, 7, 100] {
        let mut pages = list().max_items(most);
        let mut read = 0;
        loop {
            let token = pages.resume_token();
            let rest = client.items(GetOrganizations::new()).page_size(4).resume(token);
            let ids: Vec<u64> =
                rest.map(|item| item.unwrap().id.as_str().parse::<u64>().unwrap()).collect().await;
            assert_eq!(ids, (read..10).collect::<Vec<_>>(), "after {read} of {most}");
            match pages.try_next().await.unwrap() {
                Some(page) => {
                    read += page.items.len() as u64;
                    assert_eq!(page.next, Some(pages.resume_token()).filter(|_| read < 10));
                }
                None => break,
            }
        }
        assert_eq!(read, most.min(10));
    }
}

#[test]
fn writes_to_an_issue_are_counted_by_its_key_and_reads_by_none() {
    assert_eq!(CreateComment::new("HELP-1", "Hello", true).rate_limit_key(), Some("HELP-1"));
    assert_eq!(GetOrganizations::new().rate_limit_key(), None);
}
