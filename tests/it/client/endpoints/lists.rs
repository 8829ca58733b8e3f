//! Lists of endpoints that the crate does not cover.

use jsm_client::http::Method;
use jsm_client::{Client, HttpList, Items, ListStyle, ResumeToken};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::clock::TestClock;
use crate::client::script::{Script, ScriptedRequest, ScriptedResponse, empty, json};
use crate::client::to;

#[derive(Debug, Deserialize)]
struct Item {
    id: u64,
}

fn client(script: &Script) -> Client {
    to(&script.url, &TestClock::new()).build().unwrap()
}

/// Reads a list to its end: the ids, and the error if it ended with one.
async fn read(mut items: Items<HttpList<Item>>) -> (Vec<u64>, Option<String>) {
    let mut ids = Vec::new();
    loop {
        match items.try_next().await {
            Ok(Some(item)) => ids.push(item.id),
            Ok(None) => return (ids, None),
            Err(error) => {
                assert!(items.try_next().await.unwrap().is_none(), "an error ends the list");
                return (ids, Some(error.to_string()));
            }
        }
    }
}

/// The items of a list of ten, from a place on, at most four at once.
fn part(from: u64, size: Option<u64>) -> Vec<Value> {
    (from..10.min(from + size.unwrap_or(4).min(4))).map(|id| json!({"id": id, "other": "x"})).collect()
}

/// A server of a list of ten, in the style of this name.
fn page(style: &str, request: &ScriptedRequest) -> ScriptedResponse {
    let number = |name: &str| request.number(name);
    let at = |name: &str| number(name).unwrap_or(0);
    let token = request.query.split('&').find_map(|pair| pair.strip_prefix("nextPageToken=t"));
    let token = token.map_or(0, |token| token.parse().unwrap());
    let body = match style {
        "servicedesk" => {
            let (start, items) = (at("start"), part(at("start"), number("limit")));
            let last = start + items.len() as u64 >= 10;
            json!({"start": start, "limit": 4, "size": items.len(), "isLastPage": last, "values": items, "_expands": []})
        }
        "total" => {
            let items = part(at("startAt"), number("maxResults"));
            json!({"startAt": at("startAt"), "maxResults": 4, "total": 10, "comments": items})
        }
        "isLast as text" => {
            let items = part(at("startAt"), number("maxResults"));
            let last = at("startAt") + items.len() as u64 >= 10;
            json!({"startAt": at("startAt"), "maxResults": 4, "isLast": last.to_string(), "values": items, "objectTypeAttributes": []})
        }
        "array" => json!(part(at("startAt"), number("maxResults"))),
        "token" => {
            let items = part(token, number("maxResults"));
            let next = token + items.len() as u64;
            match next < 10 {
                true => json!({"issues": items, "nextPageToken": format!("t{next}"), "names": {}}),
                false => json!({"issues": items, "isLast": true}),
            }
        }
        "cursor" | "link" => {
            let items = part(at("cursor"), number("limit"));
            let next = at("cursor") + items.len() as u64;
            match (next < 10, style) {
                (true, "cursor") => json!({"results": items, "nextPageCursor": next.to_string()}),
                (true, _) => {
                    json!({"results": items, "_links": {"next": format!("/wiki/x?limit=4&cursor={next}")}})
                }
                (false, _) => json!({"results": items, "nextPageCursor": null, "_links": {}}),
            }
        }
        _ => {
            let number = number("page").unwrap_or(0);
            let items = part(4 * number, Some(4));
            json!({"page": number, "items": items, "last": items.len() < 4})
        }
    };
    json(200, &body)
}

/// A pagination style, made where it is needed.
type Style = fn() -> ListStyle;

/// The styles of the server above, and in how many requests each is read.
const STYLES: [(&str, Style, usize); 8] = [
    ("servicedesk", || ListStyle::offset("start", "limit"), 3),
    ("total", || ListStyle::offset("startAt", "maxResults"), 3),
    ("isLast as text", || ListStyle::offset("startAt", "maxResults"), 3),
    // Nothing says that the list has ended but an empty page.
    ("array", || ListStyle::offset("startAt", "maxResults"), 4),
    ("token", || ListStyle::cursor("nextPageToken", "maxResults"), 3),
    ("cursor", || ListStyle::cursor("cursor", "limit"), 3),
    ("link", || ListStyle::cursor("cursor", "limit"), 3),
    ("number", || ListStyle::number("page", "size"), 3),
];

#[tokio::test]
async fn every_style_is_read_to_its_end() {
    for (style, style_of, requests) in STYLES {
        let script = Script::serve(move |request| page(style, request)).await;
        let jira = client(&script);
        let list = || jira.request(Method::GET, "/x").query(&[("jql", "a = b"), ("n", "1")]);
        let (ids, error) = read(list().items(style_of())).await;
        assert_eq!((ids, error), ((0..10).collect(), None), "{style}");
        assert_eq!(script.requests().len(), requests, "{style}");
        assert!(script.requests().iter().all(|asked| asked.query.starts_with("jql=a+%3D+b&n=1")), "{style}");
        let mut pages = list().pages::<Item>(style_of());
        let mut count = 0;
        while let Some(page) = pages.try_next().await.unwrap() {
            count += page.items.len();
        }
        assert_eq!(count, 10, "{style}");
        assert_eq!(pages.requests() as usize, requests, "{style}");

        if style != "number" {
            let before = script.requests().len();
            let (ids, _) = read(list().items(style_of()).page_size(2).max_items(5)).await;
            assert_eq!(ids, [0, 1, 2, 3, 4], "{style}");
            let asked = &script.requests()[before..];
            assert_eq!(asked.len(), 3, "{style}");
            let size = paging_size(style);
            assert!(asked.iter().all(|asked| asked.number(size) == Some(2)), "{style}");
        }
        let (ids, _) = read(list().items(style_of()).prefetch(4)).await;
        assert_eq!(ids, (0..10).collect::<Vec<_>>(), "{style}: read ahead");
    }
}

fn paging_size(style: &str) -> &'static str {
    if matches!(style, "servicedesk" | "cursor" | "link") { "limit" } else { "maxResults" }
}

#[tokio::test]
async fn every_style_is_resumed_by_another_process() {
    for (style, style_of, _) in STYLES {
        let script = Script::serve(move |request| page(style, request)).await;
        let jira = client(&script);
        for stop in [0, 1, 4, 5, 9] {
            let list = || jira.request(Method::GET, "/x/{id}").path_param("id", 7).query(&[("q", "1")]);
            let mut items = list().items::<Item>(style_of());
            for expected in 0..stop {
                assert_eq!(items.try_next().await.unwrap().unwrap().id, expected);
            }
            let token = serde_json::to_string(&items.resume_token()).unwrap();
            let token: ResumeToken = serde_json::from_str(&token).unwrap();
            let (rest, error) = read(list().items(style_of()).resume(token.clone())).await;
            assert_eq!((rest, error), ((stop..10).collect(), None), "{style} from {stop}");
            for other in [list().query(&[("q", "2")]), jira.request(Method::GET, "/y")] {
                let (_, error) = read(other.items(style_of()).resume(token.clone())).await;
                assert!(error.is_some_and(|error| error.contains("other arguments")), "{style}");
            }
        }
    }
}

#[tokio::test]
async fn a_position_in_the_query_is_where_the_list_begins() {
    for (style, style_of, at, first) in [
        ("servicedesk", STYLES[0].1, ("start", "3"), 3),
        ("array", STYLES[3].1, ("startAt", "9"), 9),
        ("token", STYLES[4].1, ("nextPageToken", "t6"), 6),
        ("number", STYLES[7].1, ("page", "1"), 4),
    ] {
        let script = Script::serve(move |request| page(style, request)).await;
        let list = client(&script).request(Method::GET, "/x").query(&[at, ("q", "1")]);
        assert_eq!(read(list.items(style_of())).await, ((first..10).collect(), None), "{style}");
        let positions = script.requests()[0].query.matches(at.0).count();
        assert_eq!(positions, 1, "{style}: {}", script.requests()[0].query);
    }
}

/// The request as if what its body has were in its query.
fn with_body_in_query(request: &ScriptedRequest) -> ScriptedRequest {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = body.as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", text(value)));
    ScriptedRequest { query: pairs.collect::<Vec<_>>().join("&"), ..request.clone() }
}

#[tokio::test]
async fn the_position_can_be_in_the_body() {
    for (style, style_of, requests) in STYLES {
        let script = Script::serve(move |request| page(style, &with_body_in_query(request))).await;
        let jira = client(&script);
        let list = || jira.request(Method::POST, "/x").query(&[("q", "1")]).json(&json!({"jql": "ü = 1"}));
        let items = || list().items::<Item>(style_of().in_body());
        assert_eq!(read(items()).await, ((0..10).collect(), None), "{style}");
        assert_eq!(script.requests().len(), requests, "{style}");
        for asked in script.requests() {
            assert_eq!(asked.query, "q=1", "{style}");
            assert_eq!(asked.header("content-type"), Some("application/json"));
            assert!(asked.body.contains("\"jql\":\"ü = 1\""), "{style}: {}", asked.body);
        }
        let mut some = items().page_size(3);
        some.try_next().await.unwrap();
        let sent: Value = serde_json::from_str(&script.requests().last().unwrap().body).unwrap();
        let size = ["limit", "maxResults", "size"].iter().find_map(|name| sent.get(name));
        assert_eq!(size, Some(&json!(3)), "{style}: {sent}");
        // A token leads on in another process, and only with the same arguments.
        let token = some.resume_token();
        assert_eq!(read(items().resume(token.clone())).await, ((1..10).collect(), None), "{style}");
        let other = jira.request(Method::POST, "/x").query(&[("q", "1")]).json(&json!({"jql": "b"}));
        let (_, error) = read(other.items(style_of().in_body()).resume(token)).await;
        assert!(error.is_some_and(|error| error.contains("other arguments")), "{style}");
    }
    // A position in the body is where the list begins, and its size is the page size.
    let script = Script::serve(|request| page("token", &with_body_in_query(request))).await;
    let search = client(&script).request(Method::POST, "/x");
    let search = search.json(&json!({"nextPageToken": "t6", "maxResults": 2}));
    assert_eq!(read(search.items(STYLES[4].1().in_body())).await, ((6..10).collect(), None));
    let bodies: Vec<Value> =
        script.requests().iter().map(|asked| serde_json::from_str(&asked.body).unwrap()).collect();
    let expected = ["t6", "t8"].map(|token| json!({"nextPageToken": token, "maxResults": 2}));
    assert_eq!(bodies, expected);
    // Without a body there is one of the position alone.
    let script = Script::serve(|request| page("token", &with_body_in_query(request))).await;
    let list = client(&script).request(Method::POST, "/x").items(STYLES[4].1().in_body());
    assert_eq!(read(list).await, ((0..10).collect(), None));
    assert_eq!(script.requests()[0].body, "{}");
}

#[tokio::test]
async fn a_body_that_cannot_have_a_position_is_refused() {
    let script = Script::of([]).await;
    let jira = client(&script);
    let post = || jira.request(Method::POST, "/x");
    for request in [
        post().json(&json!([1])),
        post().json(&"x"),
        post().body("a=1", "application/x-www-form-urlencoded"),
        post().files("file", [jsm_client::FilePart::bytes("a.txt", "x")]),
    ] {
        let (_, error) = read(request.items(STYLES[4].1().in_body())).await;
        let error = error.unwrap();
        assert!(error.contains("the body has to be a JSON object"), "{error}");
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn a_link_without_the_cursor_is_an_error_and_no_cursor() {
    let items = || json!([{"id": 1}]);
    for next in [
        json!({"results": items(), "_links": {"next": "/wiki/x?after=b"}}),
        json!({"results": items(), "next": "https://acme.example/x?after=b"}),
        json!({"results": items(), "links": {"next": "?cursor="}}),
    ] {
        let page = next.clone();
        let script = Script::serve(move |_| json(200, &page)).await;
        let (_, error) =
            read(client(&script).request(Method::GET, "/x").items(ListStyle::cursor("cursor", "limit")))
                .await;
        assert!(
            error.as_ref().is_some_and(|error| error.contains("no parameter `cursor`")),
            "{next}: {error:?}"
        );
        assert_eq!(script.requests().len(), 1);
    }
    let last = json!({"isLast": true, "results": items(), "_links": {"next": "/wiki/x?after=b"}});
    let script = Script::of([json(200, &last)]).await;
    let list = client(&script).request(Method::GET, "/x").items(ListStyle::cursor("cursor", "limit"));
    assert_eq!(read(list).await, (vec![1], None));
}

#[tokio::test]
async fn a_link_can_be_an_object_with_an_address() {
    for first in [
        json!({"results": [{"id": 1}], "_links": {"self": {"href": "/x"}, "next": {"href": "/x?cursor=b", "templated": false}}}),
        json!({"results": [{"id": 1}], "next": {"href": "https://acme.example/x?cursor=b"}}),
        json!({"results": [{"id": 1}], "more": {"href": "/x?cursor=b"}, "next": "c"}),
    ] {
        let last = json!({"results": [{"id": 2}], "_links": {"self": {"href": "/x?cursor=b"}}});
        let script = Script::of([json(200, &first), json(200, &last)]).await;
        let style = ListStyle::cursor("cursor", "limit");
        let style = if first["more"].is_null() { style } else { style.next_in("more") };
        let list = client(&script).request(Method::GET, "/x").items(style);
        assert_eq!(read(list).await, (vec![1, 2], None), "{first}");
        assert_eq!(script.requests()[1].query, "cursor=b");
    }
}

#[tokio::test]
async fn a_body_of_very_many_properties_is_no_page() {
    let many: serde_json::Map<String, Value> = (0..2_000).map(|n| (n.to_string(), json!(1))).collect();
    let script = Script::serve(move |_| json(200, &Value::Object(many.clone()))).await;
    let (_, error) = read(client(&script).request(Method::GET, "/x").items(STYLES[4].1())).await;
    assert!(error.as_ref().is_some_and(|error| error.contains("more than 1000 properties")), "{error:?}");
}

#[tokio::test]
async fn no_server_makes_a_list_endless() {
    let items = || json!([{"id": 1}, {"id": 2}]);
    let endless: [(Style, Value, &str); 7] = [
        (|| ListStyle::offset("startAt", "maxResults"), items(), "same page twice"),
        (|| ListStyle::offset("startAt", "maxResults"), json!({"values": items()}), "same page twice"),
        (
            || ListStyle::offset("startAt", "maxResults"),
            json!({"startAt": 0, "values": items(), "isLast": false}),
            "item 0",
        ),
        (|| ListStyle::offset("startAt", "maxResults"), json!({"values": [], "isLast": false}), "position"),
        (|| ListStyle::cursor("cursor", "limit"), json!({"results": items(), "nextCursor": "a"}), "twice"),
        (|| ListStyle::cursor("cursor", "limit"), json!({"results": [], "nextCursor": "a"}), "second time"),
        (|| ListStyle::number("page", "size"), json!({"items": items(), "page": 1}), "page 1"),
    ];
    for (style, body, why) in endless {
        let page = body.clone();
        let script = Script::serve(move |_| json(200, &page)).await;
        let (_, error) = read(client(&script).request(Method::GET, "/x").items(style())).await;
        assert!(error.as_ref().is_some_and(|error| error.contains(why)), "{body}: {error:?}");
        assert!(script.requests().len() <= 101, "{body}");
    }
    let mut cursor = 0;
    let script = Script::serve(move |_| {
        cursor += 1;
        json(200, &json!({"results": [], "nextCursor": cursor.to_string()}))
    })
    .await;
    let list = client(&script).request(Method::GET, "/x").items(ListStyle::cursor("cursor", "limit"));
    let (_, error) = read(list).await;
    assert!(error.is_some_and(|error| error.contains("100 pages")));
}

#[tokio::test]
async fn the_items_are_found_or_named() {
    let one = || json!([{"id": 1}]);
    let by_offset = || ListStyle::offset("startAt", "maxResults");
    for (body, style, expected) in [
        (json!({"total": 1, "startAt": 0, "worklogs": one()}), by_offset(), Ok(1)),
        (json!({"total": 1, "startAt": 0, "values": one(), "notes": [1]}), by_offset(), Ok(1)),
        (json!({"total": 1, "startAt": 0, "a": one(), "b": [1]}), by_offset().items_in("a"), Ok(1)),
        (json!({"isLast": true, "a": one(), "b": [1]}), by_offset(), Err("which list is it, a, b?")),
        (json!({"isLast": true, "values": one(), "b": []}), by_offset().items_in("b"), Ok(0)),
        (json!({"isLast": true}), by_offset(), Ok(0)),
        (json!({"isLast": true, "values": null}), by_offset(), Ok(0)),
        (json!({"isLast": true, "a": null}), by_offset().items_in("a"), Ok(0)),
        (json!({"isLast": true, "b": []}), by_offset().items_in("a"), Ok(0)),
        (
            json!({"isLast": true, "b": one()}),
            by_offset().items_in("a"),
            Err("no property `a`, but a list in b"),
        ),
        (json!({"id": 1, "name": "x"}), by_offset(), Err("there is no list")),
        (json!({"id": 1}), by_offset().items_in("a"), Err("no property `a`")),
        (json!(null), by_offset(), Err("a page or a list")),
        (json!("x"), by_offset(), Err("a page or a list")),
        (json!({"isLast": true, "values": [{"id": 1}, null, {"id": "2"}]}), by_offset(), Ok(2)),
        (
            json!({"isLast": true, "values": [{"id": 1}, {"name": "x"}]}),
            by_offset(),
            Err("missing field `id`"),
        ),
        (json!({"errorMessages": ["no"]}), by_offset(), Err("no")),
    ] {
        let page = body.clone();
        let script = Script::serve(move |_| json(200, &page)).await;
        let (ids, error) = read(client(&script).request(Method::GET, "/x").items(style)).await;
        match expected {
            Ok(count) => assert_eq!((ids.len(), error), (count, None), "{body}"),
            Err(why) => assert!(error.as_ref().is_some_and(|error| error.contains(why)), "{body}: {error:?}"),
        }
    }
    let next = json!({"issues": [{"id": 1}], "after": "b", "warnings": []});
    let script = Script::of([json(200, &next), json(200, &json!({"issues": [{"id": 2}]}))]).await;
    let style = ListStyle::cursor("from", "size").items_in("issues").next_in("after");
    assert_eq!(read(client(&script).request(Method::GET, "/x").items(style)).await, (vec![1, 2], None));
    assert_eq!(script.requests()[1].query, "from=b");
}

#[tokio::test]
async fn items_that_cannot_be_read_keep_their_places() {
    // Of ten items, two are null: the next page begins after all that were sent.
    for bare in [true, false] {
        let script = Script::serve(move |request| {
            let start = request.number("startAt").unwrap_or(0);
            let mut items = part(start, None);
            items
                .iter_mut()
                .filter(|item| item["id"] == 2 || item["id"] == 7)
                .for_each(|item| *item = Value::Null);
            let page = json!({"startAt": start, "values": items});
            json(200, if bare { &page["values"] } else { &page })
        })
        .await;
        let list =
            client(&script).request(Method::GET, "/x").items(ListStyle::offset("startAt", "maxResults"));
        assert_eq!(read(list).await, (vec![0, 1, 3, 4, 5, 6, 8, 9], None), "bare: {bare}");
    }
}

#[tokio::test]
async fn an_error_has_the_place_to_resume_from() {
    let mut failed = false;
    let script = Script::serve(move |request| {
        let fails = request.number("startAt") == Some(4) && !failed;
        failed |= fails;
        if fails { json(403, &json!({"errorMessages": ["no"]})) } else { page("array", request) }
    })
    .await;
    let jira = client(&script);
    let list = || jira.request(Method::GET, "/rest/api/3/user/search").items::<Item>(STYLES[3].1());
    let mut items = list();
    let error = loop {
        match items.try_next().await {
            Ok(item) => assert!(item.unwrap().id < 4),
            Err(error) => break error,
        }
    };
    assert_eq!(error.to_string(), "GET /rest/api/3/user/search: 403 Forbidden: no");
    let rest = read(list().resume(error.resume_token().unwrap().clone())).await;
    assert_eq!(rest, ((4..10).collect(), None));
}

#[tokio::test]
async fn a_list_can_be_a_post_and_below_the_gateway() {
    let script = Script::serve(|request| page("token", request)).await;
    let body = json!({"jql": "a = b"});
    let list = client(&script).request(Method::POST, "/x/{cloudId}/search").json(&body);
    let (ids, error) = read(list.items(STYLES[4].1())).await;
    assert_eq!((ids.len(), error), (10, None));
    for asked in script.requests() {
        assert_eq!((asked.method.as_str(), asked.body.as_str()), ("POST", r#"{"jql":"a = b"}"#));
        assert_eq!(asked.path, format!("/x/{}/search", crate::client::CLOUD_ID));
    }
    // POST is not idempotent, and a search is: the program knows.
    let script = Script::of([empty(503), json(200, &json!([])), empty(503)]).await;
    let search = || client(&script).request(Method::POST, "/x").json(&body);
    assert_eq!(read(search().idempotent(true).items(STYLES[3].1())).await, (vec![], None));
    assert!(read(search().items(STYLES[3].1())).await.1.is_some());
}
