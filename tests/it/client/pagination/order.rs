//! Read ahead, from the middle, once more: nothing lost, nothing doubled.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use jsm_client::servicedesk::comment::GetComments;
use jsm_client::servicedesk::customer::GetCustomers;
use jsm_client::servicedesk::organization::GetOrganizations;
use jsm_client::servicedesk::request::{GetRequest, GetRequests};
use jsm_client::servicedesk::types::RequestExpand;
use jsm_client::{ErrorKind, Items, Page, ResumeToken};
use jsm_sandbox::Sandbox;
use serde_json::{Value, json};

use super::super::clock::TestClock;
use super::super::script::{Script, text};
use super::super::{of, to};
use super::{id, list, page, read};

#[tokio::test]
async fn asks_ahead_in_order_and_nothing_twice() {
    for total in [0, 1, 4, 5, 11, 24, 25] {
        for ahead in [1, 2, 3, 4, 8] {
            for (size, cap) in [(4, 50), (50, 4)] {
                let script = Script::serve(list(total, cap)).await;
                let client = to(&script.url, &TestClock::new()).build().unwrap();
                let items = client.items(GetOrganizations::new()).page_size(size).prefetch(ahead);
                let ids: Vec<String> = items.map_ok(|item| id(&item)).try_collect().await.unwrap();
                let case = format!("{total} items, {ahead} pages ahead, {size} asked, {cap} given");
                assert_eq!(ids, (0..total).map(|id| id.to_string()).collect::<Vec<_>>(), "{case}");
                let mut starts: Vec<u64> =
                    script.requests().iter().map(|asked| asked.number("start").unwrap_or(0)).collect();
                let asked = starts.len();
                starts.sort_unstable();
                starts.dedup();
                assert_eq!(starts.len(), asked, "{case}: a page was asked for twice");
                let needed = total.div_ceil(4).max(1) as usize;
                assert!(asked < needed + ahead, "{case}: {asked} requests");
            }
        }
    }
}

#[tokio::test]
async fn asks_for_no_page_that_nobody_wants() {
    for (wanted, ahead, requests) in [(0, 4, 0), (1, 4, 1), (4, 4, 1), (5, 4, 2), (8, 8, 2), (20, 3, 5)] {
        let script = Script::serve(list(100, 50)).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let items = client.items(GetOrganizations::new()).page_size(4).max_items(wanted).prefetch(ahead);
        let ids: Vec<String> = items.map_ok(|item| id(&item)).try_collect().await.unwrap();
        assert_eq!(ids, (0..wanted).map(|id| id.to_string()).collect::<Vec<_>>());
        assert_eq!(script.requests().len(), requests, "{wanted} items, {ahead} pages ahead");
    }
    let script = Script::serve(list(100, 50)).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let few = client.items(GetOrganizations::new()).max_items(3);
    assert_eq!(few.try_collect::<Vec<_>>().await.unwrap().len(), 3);
    assert_eq!(
        script.requests()[0].number("limit"),
        Some(10),
        "a page need not be much larger than what is wanted"
    );
}

#[tokio::test]
async fn asks_for_pages_at_the_same_time() {
    // Each page is held back until all of its turn are asked for; one after the other, none would ever come.
    let mut responses = list(14, 2);
    let mut number = 0;
    let script = Script::serve(move |asked| {
        number += 1;
        responses(asked).after(match number {
            1 => 1,
            2..=3 => 3,
            4..=6 => 6,
            _ => 9,
        })
    })
    .await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let items = client.items(GetOrganizations::new()).page_size(2).prefetch(3);
    let all = tokio::time::timeout(Duration::from_secs(20), items.try_collect::<Vec<_>>()).await;
    assert_eq!(all.expect("pages were asked for one by one").unwrap().len(), 14);
}

#[tokio::test]
async fn asks_for_few_pages_in_vain() {
    for (pages, requests) in [(1, 1), (2, 4), (3, 4), (4, 4), (6, 8), (7, 8), (8, 8), (50, 52)] {
        let script = Script::serve(list(2 * pages, 2)).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let items = client.items(GetOrganizations::new()).page_size(2).prefetch(4);
        assert_eq!(items.try_collect::<Vec<_>>().await.unwrap().len() as u64, 2 * pages);
        // What is in vain may be given up before it is sent.
        assert!(
            script.requests().len() <= requests,
            "{} requests for {pages} pages",
            script.requests().len()
        );
    }
}

#[tokio::test]
async fn reads_on_while_nobody_looks() {
    let script = Script::serve(list(8, 2)).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let mut pages = client.pages(GetOrganizations::new()).page_size(2).prefetch(2);
    for asked in [2, 4, 4, 4] {
        assert_eq!(pages.try_next().await.unwrap().expect("there are four pages").items.len(), 2);
        let ahead = async {
            while script.requests().len() < asked {
                tokio::task::yield_now().await;
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(20), ahead).await;
        came.expect("no page was asked for while the one in front of it was read");
    }
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test]
async fn keeps_irregular_pages_whole_when_asking_ahead() {
    // Pages that are shorter than they could be, at places that only their neighbours show.
    let starts: [u64; 8] = [0, 4, 8, 11, 15, 16, 20, 23];
    let script = Script::serve(move |asked| {
        let start = asked.number("start").unwrap_or(0);
        let end = starts.into_iter().find(|next| *next > start).unwrap_or(23);
        page(start, &(start..end).collect::<Vec<_>>(), end == 23)
    })
    .await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let items = client.items(GetOrganizations::new()).page_size(4).prefetch(4);
    let ids: Vec<String> = items.map_ok(|item| id(&item)).try_collect().await.unwrap();
    assert_eq!(ids, (0..23).map(|id| id.to_string()).collect::<Vec<_>>());
}

fn round_trip(token: &ResumeToken) -> ResumeToken {
    serde_json::from_str(&serde_json::to_string(token).unwrap()).unwrap()
}

#[tokio::test]
async fn goes_on_where_a_token_says() {
    let script = Script::serve(list(11, 50)).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let list = || client.items(GetOrganizations::new()).page_size(4);
    let rest = async |items: Items<GetOrganizations>| {
        items.map_ok(|item| id(&item)).try_collect::<Vec<_>>().await.unwrap()
    };
    for read in 0..=11 {
        for size in [1, 4, 9] {
            let mut items = list();
            for wanted in 0..read {
                assert_eq!(id(&items.next().await.unwrap().unwrap()), wanted.to_string());
            }
            let token = round_trip(&items.resume_token());
            let again = rest(list().page_size(size).resume(token.clone())).await;
            let wanted: Vec<String> = (read..11).map(|id| id.to_string()).collect();
            assert_eq!(again, wanted, "after {read} items, on with pages of {size}");
            // A token of a list that was itself resumed.
            let mut resumed = list().page_size(size).resume(token);
            let more = resumed.next().await.into_iter().count() as u64;
            let again = rest(list().resume(round_trip(&resumed.resume_token()))).await;
            assert_eq!(again.len() as u64, 11 - read - more.min(11 - read), "after {read} items and {more}");
        }
    }
    let mut pages = client.pages(GetOrganizations::new()).page_size(10);
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(first.items.len(), 10);
    let token = first.next.unwrap();
    insta::assert_snapshot!(
        serde_json::to_string(&token).unwrap(),
        @r#"{"operation":"GetOrganizations","arguments":4186270450799416,"at":{"offset":10},"skip":0}"#
    );
    assert_eq!(rest(list().resume(round_trip(&token))).await[0], "10");
    let last = pages.try_collect::<Vec<_>>().await.unwrap().pop().unwrap();
    assert_eq!(last.next, None, "behind the last page there is nothing to go on with");
}

#[tokio::test]
async fn goes_on_behind_an_error() {
    for (operation, ahead) in [(GetOrganizations::new(), 1), (GetOrganizations::new(), 3)] {
        let mut responses = list(23, 50);
        let mut broken = true;
        let script = Script::serve(move |asked| {
            let breaks = asked.number("start") == Some(12) && broken;
            broken &= !breaks;
            if breaks { text(404, "gone") } else { responses(asked) }
        })
        .await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let mut items = client.items(operation.clone()).page_size(4).prefetch(ahead);
        for wanted in 0..12 {
            assert_eq!(id(&items.next().await.unwrap().unwrap()), wanted.to_string());
        }
        let error = items.next().await.unwrap().unwrap_err();
        assert!(items.next().await.is_none(), "an error comes once");
        assert!(items.next().await.is_none(), "an error ends the list");
        assert!(error.is_not_found());
        let token = round_trip(error.resume_token().unwrap());
        let rest = client.items(operation).page_size(4).resume(token).map_ok(|item| id(&item));
        let rest: Vec<String> = rest.try_collect().await.unwrap();
        assert_eq!(rest, (12..23).map(|id| id.to_string()).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn takes_no_token_of_another_list() {
    let script = Script::of([]).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let token = client.items(GetRequests::new()).resume_token();
    let mut items = client.items(GetOrganizations::new()).resume(token);
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(items.next().await.is_none());
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn takes_no_token_of_other_arguments_or_another_way_of_paging() {
    let script = Script::serve(list(11, 50)).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let mut ones = client.items(GetCustomers::new("1")).page_size(4);
    let token = ones.resume_token();
    for (operation, fits) in [
        (GetCustomers::new("1"), true),
        (GetCustomers::new("1").start(3).limit(7), true),
        (GetCustomers::new("2"), false),
        (GetCustomers::new("1").query("smi"), false),
    ] {
        let mut items = client.items(operation).resume(round_trip(&token));
        let kind = items.try_next().await.err().map(|error| error.kind());
        assert_eq!(kind, (!fits).then_some(ErrorKind::Configuration));
    }
    // Another client of another site makes the same token.
    let elsewhere = to("https://acme.atlassian.net", &TestClock::new()).build().unwrap();
    assert_eq!(elsewhere.items(GetCustomers::new("1")).resume_token(), token);

    ones.try_next().await.unwrap();
    for at in [json!({"cursor": "x"}), json!({"number": 2})] {
        let mut other = serde_json::to_value(ones.resume_token()).unwrap();
        other["at"] = at;
        let token: ResumeToken = serde_json::from_value(other).unwrap();
        let before = script.requests().len();
        let error = client.items(GetCustomers::new("1")).resume(token).try_next().await.unwrap_err();
        assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Configuration, before));
    }
}

#[tokio::test]
async fn goes_on_behind_an_empty_page_inside_another_response() {
    let page = |changes: Value| serde_json::from_value::<Page<Value>>(changes).unwrap();
    for (embedded, start) in [
        (json!({"values": [], "isLastPage": false}), Some(0)),
        (json!({"start": 0, "limit": 5, "values": [], "isLastPage": false}), Some(0)),
        (json!({"values": [], "isLastPage": false, "_links": {"next": "?start=5"}}), Some(5)),
        (json!({"values": [1], "isLastPage": false}), Some(1)),
        (json!({"limit": 5, "values": [1], "_links": {"next": "?start=5"}}), Some(5)),
        (json!({"limit": 5, "values": [1], "_links": {}}), None),
        (json!({"values": [], "isLastPage": true}), None),
        (json!({"values": []}), None),
    ] {
        let script = Script::serve(list(11, 50)).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let mut items = client.items(GetOrganizations::new()).after(&page(embedded.clone()));
        items.try_next().await.unwrap();
        let asked = script.requests();
        assert_eq!(asked.first().map(|asked| asked.number("start").unwrap_or(0)), start, "{embedded}");
    }
}

#[tokio::test]
async fn leaves_out_what_came_before_if_asked_to() {
    // Something was put in front of the list after its first page was read.
    let pages = || [page(0, &[1, 2], false), page(2, &[2, 3], false), page(4, &[4], true)];
    for (dedup, wanted) in [(false, vec!["1", "2", "2", "3", "4"]), (true, vec!["1", "2", "3", "4"])] {
        let script = Script::of(pages()).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let items = client.items(GetOrganizations::new());
        let mut items = if dedup { items.dedup_by_id(|item| item.id.clone()) } else { items };
        assert_eq!(read(&mut items, id).await, (wanted.into_iter().map(str::to_owned).collect(), None));
    }
}

#[tokio::test]
async fn goes_on_behind_a_page_inside_another_answer() {
    let sandbox = Sandbox::builder().no_violations().page_cap(1).start().await.unwrap();
    let client = of(&sandbox, &TestClock::new()).build().unwrap();
    // The first of the requests that were seeded with two comments.
    let request = client.call(GetRequest::new("HELP-1").expand([RequestExpand::Comment])).await.unwrap();
    let comments = request.comments.unwrap();
    let mut bodies: Vec<String> = comments.values.iter().map(|comment| comment.body.clone()).collect();
    assert_eq!(bodies.len(), 1);
    let more = client.items(GetComments::new("HELP-1")).after(&comments);
    bodies.extend(more.map_ok(|comment| comment.body).try_collect::<Vec<_>>().await.unwrap());
    let all = client.items(GetComments::new("HELP-1")).map_ok(|comment| comment.body);
    assert_eq!(bodies, all.try_collect::<Vec<_>>().await.unwrap());
    assert_eq!(bodies.len(), 2);

    let before = sandbox.requests().len();
    let mut last = comments;
    last.is_last_page = Some(true);
    let nothing = client.items(GetComments::new("HELP-1")).after(&last);
    assert_eq!(nothing.try_collect::<Vec<_>>().await.unwrap(), []);
    assert_eq!(sandbox.requests().len(), before, "behind a last page there is nothing to ask for");
}

#[tokio::test]
async fn holds_no_more_than_the_pages_requested_ahead() {
    let script = Script::serve(list(5_000, 50)).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let mut items = client.items(GetOrganizations::new()).prefetch(3);
    let (mut taken, mut most) = (0, 0);
    while let Some(_item) = items.try_next().await.unwrap() {
        taken += 1;
        if taken % 10 == 1 {
            most = most.max(script.requests().len() * 50 - taken);
        }
    }
    assert_eq!(taken, 5_000);
    assert!(most <= 4 * 50, "{most} items at a time");
}
