//! What is read of a response: errors under a status of success, odd values, broken bodies, and bodies of too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jsm_client::csm::customer::{FetchCustomerProfiles, GetCustomerEntitlements, GetCustomerProfile};
use jsm_client::csm::product::GetProducts;
use jsm_client::csm::request::AddRequestComment;
use jsm_client::csm::task::GetTask;
use jsm_client::servicedesk::comment::CreateComment;
use jsm_client::servicedesk::customer::{CreateCustomer, GetCustomers};
use jsm_client::servicedesk::organization::{
    GetOrganization, GetOrganizationPropertyKeys, GetOrganizations, SetOrganizationProperty,
};
use jsm_client::servicedesk::queue::GetQueue;
use jsm_client::servicedesk::request::{GetRequest, GetRequests, ValidateRequest};
use jsm_client::{
    Authorization, Credentials, Error, ErrorKind, Operation, Paginated, Response as Read, RetryPolicy,
};
use serde_json::{Map, Value, json};
use tracing_subscriber::fmt::format::FmtSpan;

use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, body_of, empty, json, text};
use super::to;
use super::traces::Traced;

const JSON: &str = "application/json;charset=UTF-8";

fn body(text: impl Into<Vec<u8>>) -> ScriptedResponse {
    body_of(200, JSON, text.into())
}

/// What a client makes of one response, which it does not ask for again.
async fn read<O: Operation>(operation: O, response: ScriptedResponse) -> Result<Read<O::Output>, Error> {
    let script = Script::of([response]).await;
    let client = to(&script.url, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
    client.call(operation).with_meta().await
}

async fn kind<O: Operation>(operation: O, text: &str) -> Option<(ErrorKind, Option<String>)> {
    let error = read(operation, body(text)).await.err()?;
    Some((error.kind(), error.message().map(str::to_owned)))
}

#[tokio::test]
async fn an_error_body_is_an_error_whatever_the_status() {
    let server = |message: &str| Some((ErrorKind::Server, Some(message.to_owned())));
    for (text, wanted) in [
        (r#"{"errorMessages": ["Boom"], "errors": {}}"#, server("Boom")),
        (r#"{"errorMessage": "Boom", "i18nErrorMessage": {"i18nKey": "x"}}"#, server("Boom")),
        (r#"{"message": "Boom"}"#, server("Boom")),
        (r#"{"error": "Boom"}"#, server("Boom")),
        (r#"{"errors": ["Boom"]}"#, server("Boom")),
        (r#"{"timestamp": 1, "status": 500, "error": "Boom", "path": "/x"}"#, server("Boom")),
        ("\u{feff}{\"errorMessage\": \"Boom\"}", server("Boom")),
        (r#"{"code": 401, "message": "No"}"#, Some((ErrorKind::Authentication, Some("No".to_owned())))),
        (r#"{"statusCode": "403", "message": "No"}"#, Some((ErrorKind::Permission, Some("No".to_owned())))),
        (r#"{"status": 404, "errorMessages": ["No"]}"#, Some((ErrorKind::NotFound, Some("No".to_owned())))),
        (r#"{"unheard": "of"}"#, Some((ErrorKind::Decode, None))),
        ("{}", Some((ErrorKind::Decode, None))),
        ("[]", Some((ErrorKind::Decode, None))),
        ("null", Some((ErrorKind::Decode, None))),
        ("", Some((ErrorKind::Decode, None))),
        ("  ", Some((ErrorKind::Decode, None))),
    ] {
        assert_eq!(kind(GetOrganization::new(1), text).await, wanted, "a value: {text}");
        assert_eq!(kind(GetOrganizations::new(), text).await, wanted, "a page: {text}");
        assert_eq!(
            kind(GetRequest::new("HELP-1"), text).await,
            wanted,
            "a value with a status of its own: {text}"
        );
        assert_eq!(kind(GetProducts::new(), text).await, wanted, "a page by cursor: {text}");
        assert_eq!(kind(GetTask::new("t"), text).await, wanted, "a task: {text}");
    }
    for text in [r#"{"errorMessages": ["Boom"]}"#, r#"{"code": 500, "message": "Boom"}"#] {
        assert_eq!(kind(GetCustomerEntitlements::new("c"), text).await, server("Boom"), "a list: {text}");
        assert_eq!(
            kind(SetOrganizationProperty::new(1, "k", json!(1)), text).await,
            server("Boom"),
            "{text}"
        );
        assert_eq!(
            kind(AddRequestComment::new("h", "A-1", Map::new()), text).await,
            server("Boom"),
            "{text}"
        );
    }
    // Half a character in a message makes it no less an error.
    let half = kind(GetOrganizations::new(), r#"{"errorMessages": ["Boom \ud83d"]}"#).await;
    assert_eq!(half.map(|(kind, _)| kind), Some(ErrorKind::Server));
}

#[tokio::test]
async fn a_value_that_looks_like_an_error_is_a_value() {
    async fn fine<O: Operation>(operation: O, status: u16, value: Value) {
        let result = read(operation, json(status, &value)).await;
        assert!(result.is_ok(), "{}: {value}: {}", O::INFO.name, result.err().unwrap());
    }
    fine(GetTask::new("t"), 200, json!({"id": "t", "status": "FAILED", "message": "Boom"})).await;
    fine(GetRequest::new("A-1"), 200, json!({"unheard": 1, "status": {}, "issueKey": "A-1"})).await;
    fine(GetOrganizations::new(), 200, json!({"message": "hello", "values": []})).await;
    fine(AddRequestComment::new("h", "A-1", Map::new()), 200, json!({"message": "done"})).await;
    fine(AddRequestComment::new("h", "A-1", Map::new()), 200, json!({"code": 7, "id": "x"})).await;
    fine(SetOrganizationProperty::new(1, "k", json!(1)), 200, json!({"message": "done"})).await;
    let rejected = json!({"reasonKey": "x", "errorMessages": ["no"], "valid": false});
    fine(ValidateRequest::new(1, 2), 400, rejected.clone()).await;
    fine(ValidateRequest::new(1, 2), 200, rejected).await;
    let refused = read(ValidateRequest::new(1, 2), json(400, &json!({"errorMessage": "no"}))).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// Credentials that have another value whenever one was refused.
#[derive(Debug, Default, Clone)]
struct Renewed(Arc<AtomicU32>);

impl Credentials for Renewed {
    fn authorization(&self, refused: Option<&reqwest::header::HeaderValue>) -> Authorization<'_> {
        let number = self.0.fetch_add(u32::from(refused.is_some()), Ordering::SeqCst);
        let number = number + u32::from(refused.is_some());
        Box::pin(async move { Ok(format!("Bearer {number}").parse()?) })
    }
}

#[tokio::test]
async fn a_body_code_of_401_renews_the_credentials() {
    let refused = || json(200, &json!({"code": 401, "message": "Unauthorized"}));
    let fine = || json(200, &json!({"id": "1", "name": "x"}));
    for (responses, wanted) in
        [(vec![refused(), fine()], None), (vec![refused(), refused()], Some(ErrorKind::Authentication))]
    {
        let script = Script::of(responses).await;
        let client = to(&script.url, &TestClock::new()).credentials(Renewed::default()).build().unwrap();
        let result = client.call(GetOrganization::new(1)).await;
        assert_eq!(result.err().map(|error| error.kind()), wanted);
        let sent: Vec<_> =
            script.requests().iter().map(|asked| asked.header("authorization").unwrap().to_owned()).collect();
        assert_eq!(sent, ["Bearer 0", "Bearer 1"]);
    }
}

/// What was repaired to read a page of customers or another value, and what came of it.
async fn repaired<O: Operation>(
    operation: O,
    text: impl Into<Vec<u8>>,
    show: fn(&O::Output) -> String,
) -> String {
    match read(operation, body(text)).await {
        Ok(response) => {
            let repairs: Vec<String> = response.repairs.iter().map(ToString::to_string).collect();
            format!("{} | {}", show(&response.value), repairs.join("; "))
        }
        Err(error) => format!("{:?}", error.kind()),
    }
}

#[tokio::test]
async fn one_odd_value_costs_no_more_than_itself() {
    let users = |page: &<GetCustomers as Operation>::Output| {
        let users = page.values.iter().map(|user| {
            let (active, mail) = (user.active, user.email_address.as_deref());
            format!("{} {} {active:?} {mail:?}", user.account_id, user.display_name)
        });
        users.collect::<Vec<_>>().join(", ")
    };
    let page =
        |values: &str| format!(r#"{{"start":0,"limit":50,"size":2,"isLastPage":true,"values":{values}}}"#);
    for (values, wanted) in [
        (r#"[null,{"accountId":"b"}]"#, "b  None None | $.values[0]: null dropped from the list"),
        (
            r#"[{"accountId":"b"},null,null]"#,
            "b  None None | $.values[1]: null dropped from the list; $.values[2]: null dropped from the list",
        ),
        (r#"[7,{"accountId":"b"}]"#, "b  None None | $.values[0]: number dropped from the list"),
        (
            r#"[{"accountId":"a","displayName":"A \ud83d"}]"#,
            "a A \u{fffd} None None | $.values[0].displayName: half a surrogate pair replaced",
        ),
        (
            r#"[{"accountId":"a","displayName":"A \ude00!"}]"#,
            "a A \u{fffd}! None None | $.values[0].displayName: half a surrogate pair replaced",
        ),
        (r#"[{"accountId":"a","displayName":"\\ud83d \ud83d\ude00"}]"#, "a \\ud83d \u{1f600} None None | "),
        (
            r#"[{"accountId":"a","displayName":"A","displayName":"B"}]"#,
            "a B None None | $.values[0].displayName: duplicate name merged",
        ),
        (
            r#"[{"accountId":"a","displayName":5},{"accountId":"b","displayName":true}]"#,
            "a 5 None None, b true None None | $.values[0].displayName: number read as string; $.values[1].displayName: boolean read as string",
        ),
        (
            r#"[{"accountId":"a","active":"true"},{"accountId":"b","active":0}]"#,
            "a  Some(true) None, b  Some(false) None | $.values[0].active: string read as boolean; $.values[1].active: number read as boolean",
        ),
        (
            r#"[{"accountId":"a","active":"often"},{"accountId":"b","active":"FALSE"}]"#,
            "a  None None, b  Some(false) None | $.values[0].active: string read as absent; $.values[1].active: string read as boolean",
        ),
        (
            r#"[{"accountId":"a","emailAddress":{"hidden":true}},{"accountId":"b","emailAddress":"b@x"}]"#,
            "a  None None, b  None Some(\"b@x\") | $.values[0].emailAddress: object read as absent",
        ),
        (
            r#"[{"accountId":"a","_links":[]},{"accountId":"b","_links":7}]"#,
            "a  None None, b  None None | $.values[0]._links: array read as absent; $.values[1]._links: number read as absent",
        ),
        // An id that cannot be read is none, and there is no customer without.
        (
            r#"[{"accountId":{"id":"a"}},{"accountId":"b"}]"#,
            "b  None None | $.values[0]: object dropped from the list",
        ),
        ("7", "Decode"),
        ("{}", "Decode"),
        (r#""none""#, "Decode"),
        (r#"[{"accountId":"a"]"#, "Decode"),
    ] {
        assert_eq!(repaired(GetCustomers::new("1"), page(values), users).await, wanted, "{values}");
    }
    let marked = [b"\xef\xbb\xbf".as_slice(), page(r#"[{"accountId":"a"}]"#).as_bytes()].concat();
    let wanted = "a  None None | $: byte order mark skipped";
    assert_eq!(repaired(GetCustomers::new("1"), marked, users).await, wanted);
    let raw = [b"{\"values\":[{\"accountId\":\"a\",\"displayName\":\"\xed\xa0\xbd\"}]}".as_slice()].concat();
    let wanted = "a \u{fffd} None None | $.values[0].displayName: half a surrogate pair replaced";
    assert_eq!(repaired(GetCustomers::new("1"), raw, users).await, wanted);
}

#[tokio::test]
async fn odd_values_are_repaired_at_any_depth_and_in_every_api() {
    let queue = |queue: &<GetQueue as Operation>::Output| {
        format!("{} {:?} {:?}", queue.id, queue.issue_count, queue.fields)
    };
    for (text, wanted) in [
        (r#"{"id":"1","issueCount":"5"}"#, "1 Some(5) [] | $.issueCount: string read as number"),
        (r#"{"id":"1","issueCount":5.0}"#, "1 Some(5) [] | $.issueCount: number read as number"),
        (r#"{"id":"1","issueCount":5.5}"#, "1 None [] | $.issueCount: number read as absent"),
        (r#"{"id":"1","issueCount":[]}"#, "1 None [] | $.issueCount: array read as absent"),
        (
            r#"{"id":"1","fields":["a",null,5]}"#,
            "1 None [\"a\", \"5\"] | $.fields[1]: null dropped from the list; $.fields[1]: number read as string",
        ),
        (r#"{"id":"1","fields":"a"}"#, "1 None [] | $.fields: string read as absent"),
        (r#"{"id":["1"],"issueCount":5}"#, "Decode"),
    ] {
        assert_eq!(repaired(GetQueue::new("1", 1), text, queue).await, wanted, "{text}");
    }
    let request = |request: &<GetRequest as Operation>::Output| {
        let comments = request.comments.iter().flat_map(|page| &page.values);
        let bodies: Vec<_> = comments.map(|comment| comment.body.as_str()).collect();
        let millis = request.created_date.as_ref().and_then(|date| date.epoch_millis);
        format!("{} {bodies:?} {millis:?}", request.issue_key)
    };
    for (text, wanted) in [
        (
            r#"{"issueKey":"A-1","comments":{"values":[null,{"id":"1","body":"x"}]},"createdDate":{"epochMillis":"7"}}"#,
            "A-1 [\"x\"] Some(7) | $.comments.values[0]: null dropped from the list; $.createdDate.epochMillis: string read as number",
        ),
        (
            r#"{"issueKey":"A-1","comments":{"values":"x"}}"#,
            "A-1 [] None | $.comments: object read as absent",
        ),
        (r#"{"issueKey":"A-1","createdDate":"today"}"#, "A-1 [] None | $.createdDate: string read as absent"),
    ] {
        assert_eq!(repaired(GetRequest::new("A-1"), text, request).await, wanted, "{text}");
    }
    let keys = |keys: &<GetOrganizationPropertyKeys as Operation>::Output| format!("{}", keys.keys.len());
    let text = r#"{"keys":[{"key":"a"}],"entityPropertyKeyBeans":[{"key":"a"}]}"#;
    let merged = repaired(GetOrganizationPropertyKeys::new(1), text, keys).await;
    assert!(merged.starts_with("1 | ") && merged.ends_with(": duplicate name merged"), "{merged}");
    let products = |page: &<GetProducts as Operation>::Output| {
        format!("{:?} {:?}", page.results.len(), page.next_page_cursor)
    };
    let text = r#"{"results":[null,{"id":"1","name":5}],"nextPageCursor":7}"#;
    let wanted = "1 Some(\"7\") | $.nextPageCursor: number read as string; $.results[0].name: number read as string; $.results[0]: null dropped from the list";
    assert_eq!(sorted(&repaired(GetProducts::new(), text, products).await), wanted);
    let profile = |profile: &<GetCustomerProfile as Operation>::Output| profile.display_name.clone();
    let text = r#"{"customerId":"c","displayName":17}"#;
    let wanted = "17 | $.displayName: number read as string";
    assert_eq!(repaired(GetCustomerProfile::new("c"), text, profile).await, wanted);
    let list = |list: &<GetCustomerEntitlements as Operation>::Output| list.len().to_string();
    let wanted = "1 | $[0]: null dropped from the list";
    assert_eq!(repaired(GetCustomerEntitlements::new("c"), r#"[null,{"id":"e"}]"#, list).await, wanted);
    let fetched = |_: &<FetchCustomerProfiles as Operation>::Output| String::new();
    assert_eq!(repaired(FetchCustomerProfiles::new(["c"]), r#"{"results":7}"#, fetched).await, "Decode");
}

/// The repairs in alphabetical order: in which order they were made is not promised.
fn sorted(text: &str) -> String {
    let (value, repairs) = text.split_once(" | ").unwrap();
    let mut repairs: Vec<_> = repairs.split("; ").collect();
    repairs.sort_unstable();
    format!("{value} | {}", repairs.join("; "))
}

#[tokio::test]
async fn many_odd_values_take_few_rounds() {
    let odd =
        json!({"accountId": "a", "active": "yes", "displayName": 5, "_links": "none", "key": [], "name": {}});
    let values: Vec<Value> = (0..2_000).map(|n| if n % 2 == 0 { odd.clone() } else { Value::Null }).collect();
    let response = read(GetCustomers::new("1"), json(200, &json!({"values": values}))).await.unwrap();
    assert_eq!(response.value.values.len(), 1_000);
    assert_eq!(response.repairs.len(), 1_001, "a thousand are listed, and how many more there are");
    assert_eq!(response.repairs[1_000].to_string(), "$: 5000 more repairs");
}

#[tokio::test]
async fn strict_decoding_repairs_nothing() {
    let script = Script::serve(|_| body(r#"{"values":[null]}"#)).await;
    let strict = to(&script.url, &TestClock::new()).strict_decoding(true).build().unwrap();
    let error = strict.call(GetCustomers::new("1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("$.values[0]"), "{error}");
}

#[tokio::test]
async fn repairs_are_traced_without_values() {
    let (traced, guard) = Traced::listen(FmtSpan::NONE).await;
    read(GetCustomers::new("1"), body(r#"{"values":[null,{"accountId":"hush","active":"hush"}]}"#))
        .await
        .unwrap();
    drop(guard);
    let text = traced.text();
    let warnings: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{text}");
    assert!(
        warnings[0].contains("$.values[1].active: string read as absent")
            || warnings[0].contains("$.values[0].active: string read as absent"),
        "{text}"
    );
    assert!(!text.contains("hush"), "{text}");
}

#[tokio::test]
async fn a_page_with_dropped_items_goes_on_behind_them() {
    let script = Script::of([
        body(r#"{"start":0,"limit":3,"isLastPage":false,"values":[null,{"id":1},{"id":2}]}"#),
        body(r#"{"start":3,"limit":3,"isLastPage":false,"values":[null,null,null]}"#),
        body(r#"{"start":6,"limit":3,"isLastPage":true,"values":[{"id":6}]}"#),
    ])
    .await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let mut pages = client.pages(GetOrganizations::new()).page_size(3);
    let mut read = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        read.push((page.items.len(), page.repairs.len()));
    }
    assert_eq!(read, [(2, 1), (0, 3), (1, 0)]);
    let starts: Vec<_> = script.requests().iter().map(|asked| asked.number("start").unwrap_or(0)).collect();
    assert_eq!(starts, [0, 3, 6]);
}

#[tokio::test]
async fn a_broken_body_is_asked_for_again_where_that_does_no_harm() {
    let whole = r#"{"id":"1","name":"x","accountId":"a","body":"b"}"#;
    for broken in [whole[..20].to_owned(), String::new(), "{".to_owned()] {
        let responses = || [body(broken.clone()).unmeasured(), body(whole)];
        let script = Script::of(responses()).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let response = client.call(GetOrganization::new(1)).with_meta().await.unwrap();
        assert_eq!(response.attempts, 2, "{broken}");
        let script = Script::of(responses()).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let error = client.call(CreateCustomer::new("fred@example.com", "Fred")).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "it was done: {broken}");
    }
    let script = Script::of([empty(204), body(whole)]).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "there is nothing to send");
    let script = Script::of([json(200, &json!({"code": 503, "message": "later"})), body(whole)]).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    client.call(GetOrganization::new(1)).await.unwrap();
}

#[tokio::test]
async fn a_response_of_too_much_is_refused() {
    async fn refused<O: Operation>(operation: O, text: String, most: usize) -> Option<ErrorKind> {
        let script = Script::of([body(text)]).await;
        let client = to(&script.url, &TestClock::new()).max_page_items(most).build().unwrap();
        client.call(operation).await.err().map(|error| error.kind())
    }
    let list = |item: &str, items: usize| vec![item; items].join(",");
    let many = format!(r#"{{"values":[{}]}}"#, list("{}", 350_000));
    assert_eq!(
        refused(GetRequests::new(), many.clone(), usize::MAX).await,
        Some(ErrorKind::TooLarge),
        "by memory"
    );
    assert_eq!(refused(GetRequests::new(), many, 10_000).await, Some(ErrorKind::TooLarge));
    let nested = format!(r#"{{"issueKey":"A-1","comments":{{"values":[{}]}}}}"#, list("{}", 350_000));
    assert_eq!(refused(GetRequest::new("A-1"), nested, 10_000).await, Some(ErrorKind::TooLarge));
    let products = format!(r#"{{"results":[{}]}}"#, list("{}", 350_000));
    assert_eq!(refused(GetProducts::new(), products, 10_000).await, Some(ErrorKind::TooLarge));
    let entitlements = format!("[{}]", list("{}", 350_000));
    assert_eq!(
        refused(GetCustomerEntitlements::new("c"), entitlements, 10_000).await,
        Some(ErrorKind::TooLarge)
    );
    let page = |items| format!(r#"{{"values":[{}]}}"#, list(r#"{"accountId":"a"}"#, items));
    assert_eq!(refused(GetCustomers::new("1"), page(100), 100).await, None);
    assert_eq!(refused(GetCustomers::new("1"), page(101), 100).await, Some(ErrorKind::TooLarge));

    let deep =
        |levels: usize| format!(r#"{{"id":"1","x":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
    for (levels, wanted) in [(20, None), (21, Some(ErrorKind::TooLarge))] {
        let script = Script::of([body(deep(levels))]).await;
        let client = to(&script.url, &TestClock::new()).max_depth(20).build().unwrap();
        let error = client.call(GetOrganization::new(1)).await.err();
        assert_eq!(error.map(|error| error.kind()), wanted, "{levels} levels");
    }
}

#[tokio::test]
async fn hostile_bodies_take_bounded_time() {
    // Each of these fails, and none may take more than a few rounds over the body.
    let many = |item: &str| format!(r#"{{"values":[{}]}}"#, vec![item; 200_000].join(","));
    for text in [
        many(r#"{"a":0}"#),
        many("\"\\ud83d\""),
        many("[[[]]]"),
        format!(
            r#"{{"values":[{{{}}}]}}"#,
            (0..50_000).map(|n| format!("\"k{n}\":0,\"k{n}\":0")).collect::<Vec<_>>().join(",")
        ),
        format!("{}{}", "[".repeat(500_000), "]".repeat(500_000)),
        format!(r#"{{"values":{}"#, "[".repeat(500_000)),
    ] {
        let _ = read(GetCustomers::new("1"), body(text)).await;
    }
    let _ = read(CreateComment::new("A-1", "x", true), text(200, "no JSON")).await.unwrap_err();
}

/// The properties of a response come from the document, for every operation whose response is an object.
#[test]
fn every_page_knows_its_items() {
    fn items<O: Paginated>() -> Option<&'static str> {
        O::INFO.response_items
    }
    assert_eq!((items::<GetOrganizations>(), items::<GetProducts>()), (Some("values"), Some("results")));
    let pages = jsm_client::servicedesk::OPERATIONS.iter().chain(jsm_client::csm::OPERATIONS.iter());
    for info in pages.filter(|info| info.pagination.is_some()) {
        let items = info.response_items.unwrap_or_else(|| panic!("{} has no items", info.name));
        assert!(info.response_properties.contains(&items), "{}", info.name);
    }
}
