//! Where a list ends, and where it fails to.

use futures_util::TryStreamExt;
use jsm_client::csm::customer::SearchCustomersByDetailField;
use jsm_client::csm::product::GetProducts;
use jsm_client::csm::types::SearchDetailField;
use jsm_client::servicedesk::article::SearchArticles;
use jsm_client::servicedesk::customer::GetCustomers;
use jsm_client::servicedesk::organization::GetOrganizations;
use jsm_client::{ErrorKind, Paginated};
use jsm_sandbox::{Fault, Sandbox};
use serde_json::{Value, json};

use super::super::clock::TestClock;
use super::super::script::{Script, ScriptedRequest, ScriptedResponse, json, text};
use super::super::{check, of, to};
use super::{id, offset, read};

/// A page with some of its members changed; `null` removes one.
fn but(mut page: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(page.as_object_mut().unwrap().remove(name)),
            value => page[name] = value.clone(),
        }
    }
    page
}

fn next(link: &str) -> Value {
    json!({"_links": {"next": link}})
}

/// What a list did with the pages it got: what it asked for, what it delivered, how it ended.
async fn story<O: Paginated>(
    title: &str,
    operation: O,
    pages: Vec<Value>,
    name: fn(&O::Item) -> String,
) -> String {
    let elsewhere = Script::of([]).await;
    let pages: Vec<ScriptedResponse> = pages
        .into_iter()
        .map(|page| match page {
            Value::Number(status) => text(status.as_u64().unwrap() as u16, "no"),
            page => {
                let text = page.to_string().replace("https://elsewhere", &elsewhere.url);
                json(200, &serde_json::from_str(&text).unwrap())
            }
        })
        .collect();
    let script = Script::of(pages).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let (names, error) = read(&mut client.items(operation).page_size(2), name).await;
    assert_eq!(elsewhere.requests().len(), 0, "{title}: another host was asked");
    let asked: Vec<String> = script.requests().into_iter().map(|asked| asked.query).collect();
    let end = error.unwrap_or("the end".to_owned());
    format!("{title}\n  {}\n  [{}], then {end}\n", asked.join("\n  "), names.join(" "))
}

#[tokio::test]
async fn ends_where_a_list_by_offset_ends() {
    let full = |start| offset(start, &[start + 1, start + 2], false);
    let last = |start| offset(start, &[start + 1], true);
    let far = "/rest/x?start=99999999999999999999";
    let cases = [
        ("a last page", vec![full(0), full(2), last(4)]),
        ("an only page", vec![last(0)]),
        ("an empty page", vec![full(0), but(offset(2, &[], false), json!({"isLastPage": null}))]),
        ("an empty last page", vec![full(0), offset(2, &[], true)]),
        ("an empty page in the middle", vec![full(0), offset(2, &[], false), last(4)]),
        (
            "an empty page in the middle, with the next link",
            vec![full(0), but(offset(2, &[], false), next("/x?start=7")), last(7)],
        ),
        ("an empty list that claims to go on", vec![offset(0, &[], false), offset(2, &[], true)]),
        (
            "hidden items, and no word at the end but a missing link",
            vec![
                but(offset(0, &[1], false), but(next("?start=2"), json!({"isLastPage": null}))),
                but(offset(2, &[3], false), json!({"isLastPage": null, "_links": {"self": "/x"}})),
            ],
        ),
        (
            "hidden items on an only page that has links and none to a next one",
            vec![but(offset(0, &[1], false), json!({"isLastPage": null, "_links": {"self": "/x"}}))],
        ),
        ("a size that lies", vec![but(full(0), json!({"size": 0})), but(last(2), json!({"size": 7}))]),
        (
            "no word on whether it is the last page",
            vec![
                but(full(0), json!({"isLastPage": null})),
                but(last(2), json!({"isLastPage": null})),
                but(offset(3, &[], false), json!({"isLastPage": null})),
            ],
        ),
        (
            "no word on anything",
            vec![
                json!({"values": [{"id": 1}, {"id": 2}]}),
                json!({"values": [{"id": 3}]}),
                json!({"values": null}),
            ],
        ),
        (
            "a limit that was capped, with the next link",
            vec![
                but(offset(0, &[1], false), next("https://acme.atlassian.net/rest/x?limit=2&start=1")),
                offset(1, &[2], true),
            ],
        ),
        ("a limit that was capped, without a link", vec![offset(0, &[1], false), offset(1, &[2], true)]),
        (
            "a limit that was capped and told",
            vec![
                but(offset(0, &[1], false), json!({"limit": 1})),
                but(offset(1, &[2], true), json!({"limit": 1})),
            ],
        ),
        (
            "a page with fewer items than places, by its link",
            vec![but(offset(0, &[1], false), next("?start=2&limit=2")), last(2)],
        ),
        ("more items than were asked for", vec![offset(0, &[1, 2, 3], false), offset(3, &[4], true)]),
        ("a next link on the last page", vec![but(last(0), next("?start=1"))]),
        ("a next link to another host", vec![but(full(0), next("https://elsewhere/steal?start=2")), last(2)]),
        ("a next link that goes back", vec![full(0), but(full(2), next("?start=0")), last(4)]),
        ("a next link that is none", vec![but(full(0), next("::")), last(2)]),
        ("a next link out of this world", vec![but(full(0), next(far)), last(2)]),
        ("a next link that skips items", vec![but(full(0), next("?start=50")), last(2)]),
        (
            "a place as far as there are places",
            vec![
                json!({"values": [{"id": 1}], "_links": {"next": format!("?start={}", u64::MAX)}}),
                json!({"values": [{"id": 2}], "isLastPage": false}),
            ],
        ),
        ("the first page over and over", vec![full(0), full(0), full(0)]),
        ("the second page over and over", vec![full(0), full(2), full(2)]),
        (
            "a page over and over that does not tell its place",
            vec![but(full(0), json!({"start": null})), but(full(0), json!({"start": null}))],
        ),
        ("an error in the middle", vec![full(0), json!(404), last(2)]),
        ("a page that cannot be read", vec![full(0), but(full(2), json!({"values": {"id": 3}}))]),
        (
            "an item that cannot be read",
            vec![full(0), but(full(2), json!({"values": [{"id": []}, {"id": 4}]})), last(4)],
        ),
    ];
    let mut report = String::new();
    for (title, pages) in cases {
        report += &story(title, GetOrganizations::new(), pages, id).await;
    }
    check("pagination_by_offset", &report);
}

#[tokio::test]
async fn ends_where_a_list_by_cursor_or_number_ends() {
    let mut report = String::new();

    let article = |number: u64, last: Option<bool>, cursor: Option<&str>| {
        let links =
            cursor.map(|cursor| json!({"next": format!("https://elsewhere/x?cursor={cursor}&prev=false")}));
        json!({"values": [{"title": number.to_string()}], "isLastPage": last, "_links": links})
    };
    for (title, pages) in [
        (
            "articles: cursors in links",
            vec![
                article(1, Some(false), Some("a%2Bb")),
                article(2, None, Some("c")),
                article(3, Some(true), None),
            ],
        ),
        ("articles: no link and no word", vec![article(1, None, None)]),
        ("articles: a last page with a link", vec![article(1, Some(true), Some("a"))]),
        ("articles: more to come, nobody says where", vec![article(1, Some(false), None)]),
        (
            "articles: a page that leads to itself",
            vec![
                article(1, Some(false), Some("a")),
                article(2, Some(false), Some("a")),
                article(3, Some(false), Some("a")),
            ],
        ),
        (
            "articles: an empty page",
            vec![
                article(1, Some(false), Some("a")),
                json!({"values": [], "isLastPage": false, "_links": {"next": "?cursor=b"}}),
                article(3, Some(true), None),
            ],
        ),
        (
            "articles: an empty page that leads to itself",
            vec![
                article(1, Some(false), Some("a")),
                json!({"values": [], "isLastPage": false, "_links": {"next": "?cursor=a"}}),
            ],
        ),
        (
            "articles: an empty page with more to come, nobody says where",
            vec![article(1, Some(false), Some("a")), json!({"values": [], "isLastPage": false})],
        ),
    ] {
        report += &story(title, SearchArticles::new("x"), pages, |article| article.title.clone()).await;
    }

    let product = |number: u64, next: Value| json!({"results": [{"id": number}], "nextPageCursor": next});
    for (title, pages) in [
        ("products: a last page with null", vec![product(1, json!("a")), product(2, Value::Null)]),
        (
            "products: an empty page in the middle",
            vec![
                product(1, json!("a")),
                json!({"results": [], "nextPageCursor": "b"}),
                product(3, Value::Null),
            ],
        ),
        ("products: a last page with nothing", vec![json!({"results": [{"id": 1}]})]),
        ("products: a last page with an empty text", vec![product(1, json!(""))]),
        (
            "products: cursors in a circle",
            (0..20).map(|n| product(n, json!(format!("c{}", n % 3)))).collect(),
        ),
        ("products: an error in the middle", vec![product(1, json!("a")), json!(403)]),
    ] {
        report += &story(title, GetProducts::new(), pages, |product| product.id.to_string()).await;
    }

    let found = |page: Value, ids: &[u64], last: Value| {
        let customers: Vec<Value> = ids.iter().map(|id| json!({"id": id.to_string()})).collect();
        json!({"page": page, "isLast": last, "customers": customers})
    };
    for (title, pages) in [
        (
            "customers: pages from 1",
            vec![found(json!(1), &[1, 2], json!(false)), found(json!(2), &[3], json!(true))],
        ),
        (
            "customers: pages from 0",
            vec![found(json!(0), &[1, 2], json!(false)), found(json!(1), &[3], json!(true))],
        ),
        (
            "customers: an empty page in the middle",
            vec![
                found(json!(0), &[1, 2], json!(false)),
                found(json!(1), &[], json!(false)),
                found(json!(2), &[3], json!(true)),
            ],
        ),
        (
            "customers: no word on anything",
            vec![
                found(Value::Null, &[1, 2], Value::Null),
                found(Value::Null, &[3], Value::Null),
                found(Value::Null, &[], Value::Null),
            ],
        ),
        (
            "customers: no word on a first page that is number 1",
            vec![
                found(Value::Null, &[1, 2], Value::Null),
                found(Value::Null, &[1, 2], Value::Null),
                found(Value::Null, &[3], Value::Null),
                found(Value::Null, &[], Value::Null),
            ],
        ),
        (
            "customers: no word, and the first page over and over",
            vec![
                found(Value::Null, &[1, 2], Value::Null),
                found(Value::Null, &[1, 2], Value::Null),
                found(Value::Null, &[1, 2], Value::Null),
            ],
        ),
        (
            "customers: the first page over and over",
            vec![found(json!(1), &[1, 2], json!(false)), found(json!(1), &[1, 2], json!(false))],
        ),
    ] {
        let search = SearchCustomersByDetailField::new([SearchDetailField::new("Region", "EU")]);
        report += &story(title, search, pages, |customer| customer.id.to_string()).await;
    }
    check("pagination_by_cursor_or_number", &report);
}

/// The sandbox's own troubles with pages.
#[tokio::test]
async fn does_not_loop_where_a_site_does() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = of(&sandbox, &TestClock::new()).build().unwrap();
    sandbox.fault(Fault::foreign_links("https://elsewhere.example.com").on("GetCustomers").times(2));
    sandbox.fault(Fault::repeat_page().on("GetCustomers"));
    let mut customers = client.items(GetCustomers::new("1"));
    let (read, error) = read(&mut customers, |user| user.account_id.to_string()).await;
    assert_eq!(read.len(), 100, "the two pages before the repeated one are delivered");
    assert!(error.unwrap().contains("does not advance"));

    sandbox.fault(Fault::endless().on("GetCustomers"));
    let some = client.items(GetCustomers::new("1")).max_items(1_000);
    assert_eq!(some.try_fold(0, async |count, _| Ok(count + 1)).await.unwrap(), 1_000);
}

#[tokio::test]
async fn gives_up_after_a_hundred_empty_pages() {
    let script =
        Script::serve(|asked| json(200, &offset(asked.number("start").unwrap_or(0), &[], false))).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let error = client.items(GetOrganizations::new()).page_size(2).try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert_eq!(script.requests().len(), 100);
    let token = error.resume_token().expect("a list of kind Pagination can be resumed").clone();
    let mut rest = client.items(GetOrganizations::new()).resume(token);
    assert!(rest.try_next().await.is_err());
    assert_eq!(script.requests()[100].number("start"), Some(198), "it goes on where it stopped");
}

#[tokio::test]
async fn a_hidden_first_item_does_not_end_a_short_list() {
    let places = |asked: &ScriptedRequest| {
        let (start, size) = (asked.number("start").unwrap_or(0), asked.number("limit").unwrap_or(50));
        let ids: Vec<u64> = (start.max(1)..30.min(start + size)).collect();
        json(200, &but(offset(start, &ids, start + size >= 30), json!({"limit": size})))
    };
    for (wanted, limit) in [(1, 10), (10, 10), (17, 17), (100, 0)] {
        let script = Script::serve(places).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let items: Vec<_> =
            client.items(GetOrganizations::new()).max_items(wanted).try_collect().await.unwrap();
        assert_eq!(items[0].id, 1.into());
        assert_eq!(script.requests()[0].number("limit").unwrap_or(0), limit, "{wanted} items");
    }
    let script = Script::serve(places).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let mut one = client.items(GetOrganizations::new()).page_size(1).max_items(1);
    assert_eq!(one.try_next().await.unwrap().unwrap().id, 1.into(), "an empty page is not the end");
}
