//! Requests to endpoints that the crate does not cover.

mod files; // Files of any size.
mod lists; // Lists of any style.
mod paths; // Where requests go, and where they do not.

use std::time::Duration;

use bytes::Bytes;
use jsm_client::http::{Method, StatusCode};
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_client::{ErrorKind, FilePart, ListStyle, RetryPolicy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing_subscriber::fmt::format::FmtSpan;

use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, body_of, dropped, empty, json, text};
use super::to;
use super::traces::Traced;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct User {
    account_id: String,
    #[serde(default)]
    active: Option<bool>,
}

#[tokio::test]
async fn an_uncovered_endpoint_is_three_lines() {
    let script = Script::of([json(200, &json!([{"accountId": "a1", "active": true}])), empty(204)]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();

    let search = jira.request(Method::GET, "/rest/api/3/user/search").query(&[("query", "fred@example.com")]);
    let found: Vec<User> = search.send().await.unwrap();
    assert_eq!(found, [User { account_id: "a1".to_owned(), active: Some(true) }]);
    let body = json!({"fields": {"summary": "東京"}});
    let change = jira.request(Method::PUT, "/rest/api/3/issue/{key}").path_param("key", "HELP-1").json(&body);
    change.send::<()>().await.unwrap();

    let [asked, changed] = &script.requests()[..] else { panic!("two requests were sent") };
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/rest/api/3/user/search"));
    assert_eq!(asked.query, "query=fred%40example.com");
    assert_eq!(asked.header("authorization"), Some("Basic YWRhQGV4YW1wbGUuY29tOmFkYSdzIHRva2Vu"));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert_eq!((changed.method.as_str(), changed.path.as_str()), ("PUT", "/rest/api/3/issue/HELP-1"));
    assert_eq!(changed.header("content-type"), Some("application/json"));
    assert_eq!(serde_json::from_str::<Value>(&changed.body).unwrap(), body);
}

#[tokio::test]
async fn a_query_is_pairs_a_map_or_a_struct() {
    #[derive(Serialize)]
    struct Filter<'a> {
        name: &'a str,
        limit: Option<u32>,
        none: Option<u32>,
    }
    let script = Script::serve(|_| json(200, &json!({}))).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let request = jira.request(Method::GET, "/x").query(&[("a", "1"), ("a", "2")]).query(&[("n", 7)]);
    let request =
        request.query(&[("some", Some("&=?#%+ ü")), ("none", None)]).query(&[] as &[(&str, &str)]);
    let request = request.query(&Filter { name: "x", limit: Some(3), none: None });
    request.send::<Value>().await.unwrap();
    let expected = "a=1&a=2&n=7&some=%26%3D%3F%23%25%2B+%C3%BC&name=x&limit=3";
    assert_eq!(script.requests()[0].query, expected);

    let nested = jira.request(Method::GET, "/x").query(&[("a", vec![1])]);
    let error = nested.send::<Value>().await.unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("the query cannot be encoded"), "{error}");
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_body_is_json_bytes_or_files() {
    let script = Script::serve(|_| empty(201)).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let post = || jira.request(Method::POST, "/x");
    post().send::<()>().await.unwrap();
    post().body("a=1&b=2", "application/x-www-form-urlencoded").send::<()>().await.unwrap();
    post().files("file", [FilePart::bytes("ü.txt", "notes")]).send::<()>().await.unwrap();
    let requests = script.requests();
    assert_eq!(requests[0].header("content-length"), Some("0"));
    assert_eq!(requests[1].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(requests[1].body, "a=1&b=2");
    assert_eq!(requests[2].header("x-atlassian-token"), Some("no-check"));
    for part in ["name=\"file\"; filename=\"ü.txt\"", "Content-Type: text/plain", "\r\nnotes\r\n"] {
        assert!(requests[2].body.contains(part), "{part} is not in {}", requests[2].body);
    }

    let unencodable = std::collections::BTreeMap::from([((1, 2), 3)]);
    for (request, why) in [
        (post().json(&unencodable), "the body cannot be encoded"),
        (post().body("x", "text/\nplain"), "media type"),
        (post().files("file", [FilePart::path("/nowhere/at.all")]), "at.all"),
        (post().header("Authorization", "Basic x"), "authorization"),
        (post().body(vec![0; 2_000], "text/plain"), "1000"),
    ] {
        let small = to(&script.url, &TestClock::new()).max_body(1_000).build().unwrap();
        let error = match why {
            "1000" => small.request(Method::POST, "/x").body(vec![0; 2_000], "text/plain").send::<()>().await,
            _ => request.send::<()>().await,
        };
        let error = error.unwrap_err();
        assert!(error.to_string().contains(why) && error.attempts() == 0, "{error}");
        assert!(error.is_configuration() || error.is_too_large(), "{error:?}");
    }
    assert_eq!(script.requests().len(), 3);
}

/// How often a request was sent whose first response is this.
async fn sent(method: Method, idempotent: Option<bool>, first: ScriptedResponse) -> usize {
    let script = Script::of([first, json(200, &json!({}))]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let mut request = jira.request(method, "/x");
    if let Some(idempotent) = idempotent {
        request = request.idempotent(idempotent);
    }
    let sent = request.send::<()>().await.map(|()| 2).unwrap_or_else(|error| error.attempts());
    assert_eq!(script.requests().len(), sent as usize);
    sent as usize
}

#[tokio::test]
async fn methods_are_idempotent_as_http_has_it() {
    for (method, retried) in [
        (Method::GET, true),
        (Method::HEAD, true),
        (Method::OPTIONS, true),
        (Method::PUT, true),
        (Method::DELETE, true),
        (Method::POST, false),
        (Method::PATCH, false),
    ] {
        for failure in [dropped(), empty(503), json(200, &json!({})).cut(1)] {
            // A response to HEAD has no body that could break off.
            if method == Method::HEAD && format!("{failure:?}").contains("Breaks") {
                continue;
            }
            let count = sent(method.clone(), None, failure.clone()).await;
            assert_eq!(count == 2, retried, "{method} {failure:?}");
            assert_eq!(sent(method.clone(), Some(!retried), failure).await == 2, !retried, "{method}");
        }
        assert_eq!(sent(method.clone(), None, empty(429)).await, 2, "{method}: nothing was done");
    }
    let script = Script::of([]).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    for method in [Method::CONNECT, Method::TRACE, Method::from_bytes(b"PURGE").unwrap()] {
        let error = jira.request(method.clone(), "/x").send::<()>().await.unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains("use one of GET"), "{error}");
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn what_is_no_value_is_an_error() {
    let html = || body_of(200, "text/html", b"<!DOCTYPE html><html>log in</html>".to_vec());
    let wrong = || json(200, &json!({"errorMessages": ["Issue does not exist"], "errors": {}}));
    let token = || json(200, &json!({"code": 401, "message": "Unauthorized"}));
    for (response, kind) in [
        (html(), ErrorKind::Html),
        (wrong(), ErrorKind::Server),
        (token(), ErrorKind::Authentication),
        (
            json(200, &json!({"errorMessages": ["no"], "errors": {"summary": "too long"}})),
            ErrorKind::Validation,
        ),
        (json(404, &json!({"errorMessages": ["Issue does not exist"], "errors": {}})), ErrorKind::NotFound),
        (json(400, &json!({"errors": {"summary": "too long"}})), ErrorKind::Validation),
        (json(303, &json!({})).header("Location", "https://evil.example/"), ErrorKind::Authentication),
        (text(200, "OK"), ErrorKind::Decode),
        (json(200, &json!({"name": "x"})), ErrorKind::Decode),
        (json(200, &json!(null)), ErrorKind::Decode),
        (empty(204), ErrorKind::Decode),
    ] {
        let first = response.clone();
        let script = Script::serve(move |_| first.clone()).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let error = jira.request(Method::GET, "/x").send::<User>().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.operation().map(|info| (info.name, info.method)), Some(("HttpRequest", "GET")));
    }
    for body in [json!({"errorMessage": null, "message": "m"}), json!({"errorMessages": [], "status": "x"})] {
        let sent = body.clone();
        let script = Script::serve(move |_| json(200, &sent)).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        assert_eq!(jira.request(Method::GET, "/x").send::<Value>().await.unwrap(), body, "it is no error");
    }
    for response in [html(), wrong(), token()] {
        let script = Script::serve(move |_| response.clone()).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        assert!(jira.request(Method::DELETE, "/x").send::<()>().await.is_err(), "no body is not any body");
        assert!(jira.request(Method::GET, "/x").send::<Option<User>>().await.is_err());
        let raw = jira.request(Method::GET, "/x").send_raw().await.unwrap();
        assert_eq!(raw.status, StatusCode::OK, "raw responses are the program's to examine");
    }
}

#[tokio::test]
async fn nothing_can_be_read_from_a_response_without_a_body() {
    let user = || json(200, &json!({"accountId": "a1"}));
    for response in [empty(204), empty(200), text(200, " \n"), json(200, &json!(null))] {
        let script = Script::serve(move |_| response.clone()).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let request = || jira.request(Method::GET, "/x");
        request().send::<()>().await.unwrap();
        assert_eq!(request().send::<Option<User>>().await.unwrap(), None);
        assert_eq!(request().send::<Value>().await.unwrap(), Value::Null);
    }
    let script = Script::serve(move |_| user()).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    jira.request(Method::PUT, "/x").send::<()>().await.unwrap();
    let some = jira.request(Method::GET, "/x").send::<Option<User>>().await.unwrap();
    assert_eq!(some.map(|user| user.account_id).as_deref(), Some("a1"));
    jira.request(Method::HEAD, "/x").send::<()>().await.unwrap();
}

#[tokio::test]
async fn an_empty_body_where_a_value_is_due_is_requested_again() {
    let script = Script::of([
        empty(200),
        json(200, &json!({"accountId": "a1"})).cut(5),
        json(200, &json!({"accountId": "a1"})),
    ])
    .await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let response = jira.request(Method::GET, "/x").send_with_meta::<User>().await.unwrap();
    assert_eq!((response.attempts, response.value.account_id.as_str()), (3, "a1"));
}

#[tokio::test]
async fn odd_values_are_repaired_and_reported() {
    let odd = json!({"accountId": 17, "active": "yes"});
    let script = Script::serve(move |_| json(200, &odd)).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let response = jira.request(Method::GET, "/x").send_with_meta::<User>().await.unwrap();
    assert_eq!(response.value, User { account_id: "17".to_owned(), active: None });
    let repairs: Vec<String> = response.repairs.iter().map(ToString::to_string).collect();
    assert_eq!(repairs, ["$.accountId: number read as string", "$.active: string read as absent"]);
    let strict = to(&script.url, &TestClock::new()).strict_decoding(true).build().unwrap();
    assert!(strict.request(Method::GET, "/x").send::<User>().await.unwrap_err().is_decode());
}

/// Dropping items that a type of the program does not fit would make a list silently short, or empty.
#[tokio::test]
async fn nothing_but_null_is_dropped_from_a_list_of_a_type_of_the_program() {
    let fred = json!({"accountId": "1"});
    for (items, read) in [
        (json!([fred, null, fred]), Ok(2)),
        (json!([fred, {"accountId": 2, "active": {}}]), Ok(2)),
        (json!([fred, {"id": "2"}]), Err("missing field `accountId`")),
        (json!([{"id": "1"}, {"id": "2"}]), Err("missing field `accountId`")),
        (json!([fred, "2"]), Err("expected struct User")),
        (json!([fred, {"accountId": {}}]), Err("expected a string")),
    ] {
        let script = Script::serve(move |_| json(200, &items)).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let request = || jira.request(Method::GET, "/x");
        let list = request().send::<Vec<User>>().await.map(|users| users.len());
        let mut pages = request().pages::<User>(ListStyle::offset("startAt", "maxResults"));
        let page = pages.try_next().await.map(|page| page.unwrap().items.len());
        for result in [list, page] {
            match (&result, read) {
                (Ok(found), Ok(read)) => assert_eq!(*found, read),
                (Err(error), Err(why)) => {
                    assert!(error.is_decode() && error.to_string().contains(why), "{error}")
                }
                _ => panic!("{result:?} where {read:?} is due"),
            }
        }
    }
}

#[tokio::test]
async fn a_raw_response_has_status_headers_and_bytes() {
    let script = Script::of([
        body_of(206, "application/octet-stream", vec![0, 159, 146, 150]).header("ATL-TraceId", "7f1c"),
        text(418, "short and stout"),
    ])
    .await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let response = jira.request(Method::GET, "/x").header("Range", "bytes=0-3").send_raw().await.unwrap();
    assert_eq!(response.value, Bytes::from_static(&[0, 159, 146, 150]));
    assert_eq!((response.status.as_u16(), response.attempts), (206, 1));
    assert_eq!(response.headers["content-type"], "application/octet-stream");
    assert_eq!(response.request_id.as_deref(), Some("7f1c"));
    assert_eq!(script.requests()[0].header("range"), Some("bytes=0-3"));
    let error = jira.request(Method::GET, "/x").send_raw().await.unwrap_err();
    assert_eq!(
        (error.status(), error.body()),
        (Some(StatusCode::IM_A_TEAPOT), b"short and stout".as_slice())
    );
}

#[tokio::test]
async fn options_are_those_of_calls() {
    let script = Script::serve(|_| empty(503)).await;
    let clock = TestClock::new();
    let jira = to(&script.url, &clock).experimental(false).build().unwrap();
    let request =
        jira.request(Method::GET, "/x").retry(RetryPolicy::never()).language("de").experimental(true);
    let error = request.timeout(Duration::from_secs(1)).send::<()>().await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    let asked = &script.requests()[0];
    assert_eq!(asked.header("accept-language"), Some("de"));
    assert_eq!(asked.header("x-experimentalapi"), Some("opt-in"));
    let error = jira.request(Method::GET, "/x").deadline(Duration::ZERO).send::<()>().await.unwrap_err();
    assert!(error.is_timeout() && error.attempts() == 0, "{error}");
    let request = jira.request(Method::GET, "/x").language("no language").send_raw();
    assert!(request.await.unwrap_err().is_configuration());
    // 412 asks for the opt-in.
    let script = Script::serve(|_| empty(412)).await;
    let jira = to(&script.url, &clock).experimental(false).build().unwrap();
    let error = jira.request(Method::GET, "/x").send::<()>().await.unwrap_err();
    assert!(error.is_experimental_opt_in() && error.to_string().contains("opt in"), "{error}");
}

#[tokio::test]
async fn an_error_names_a_literal_path_and_no_other() {
    let script = Script::serve(|_| json(404, &json!({"errorMessages": ["Issue does not exist"]}))).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let (key, secret) = ("HELP-17", [("token", "s3cr3t")]);
    let literal = jira.request(Method::GET, "/rest/api/3/issue/{key}").path_param("key", key).query(&secret);
    let built = jira.request(Method::GET, format!("/rest/api/3/issue/{key}")).query(&secret);
    for (request, text) in [
        (literal, "GET /rest/api/3/issue/{key}: 404 Not Found: Issue does not exist"),
        (built, "GET request: 404 Not Found: Issue does not exist"),
    ] {
        assert!(!format!("{request:?}").contains("s3cr3t"), "{request:?}");
        let error = request.send::<Value>().await.unwrap_err();
        assert_eq!(error.to_string(), text);
        assert!(!format!("{error:?}").contains("s3cr3t"));
    }
}

#[tokio::test]
async fn traces_have_literal_paths_and_no_values() {
    let (traced, guard) = Traced::listen(FmtSpan::FULL).await;
    let script = Script::serve(|_| json(404, &json!({"errorMessages": ["HELP-17 is hush-hush"]}))).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let literal = jira.request(Method::GET, "/rest/api/3/issue/{key}").path_param("key", "HELP-17");
    literal.query(&[("jql", "s3cr3t")]).send::<Value>().await.unwrap_err();
    let built = jira.request(Method::PUT, format!("/rest/api/3/issue/{}", "HELP-17"));
    built.json(&json!({"text": "hush-hush"})).send::<()>().await.unwrap_err();
    drop(guard);
    let traced = traced.text();
    for private in ["HELP-17", "hush-hush", "s3cr3t", "ada"] {
        assert!(!traced.contains(private), "{private} is traced:\n{traced}");
    }
    for public in ["HttpRequest", "otel.name=GET /rest/api/3/issue/{key}", "otel.name=PUT ", "404"] {
        assert!(traced.contains(public), "{public:?} is not traced:\n{traced}");
    }
    assert_eq!(
        traced.matches("url.template").count(),
        traced.matches("url.template=\"/rest/api/3/issue/{key}\"").count()
    );
}

#[tokio::test]
async fn a_refusal_pauses_the_endpoint_and_no_other() {
    let busy = |path: &str| path == "/busy";
    let mut refused = false;
    let script = Script::serve(move |request| match busy(&request.path) && !refused {
        true => {
            refused = true;
            empty(429).header("Retry-After", "30").header("RateLimit-Reason", "jira-burst-based")
        }
        false => json(200, &json!({"id": "1"})),
    })
    .await;
    let clock = TestClock::new();
    let jira = to(&script.url, &clock).build().unwrap();
    let get = |path: &'static str| jira.request(Method::GET, path).deadline(Duration::from_secs(10));
    assert!(get("/busy").send::<Value>().await.unwrap_err().is_rate_limited());
    get("/free").send::<Value>().await.unwrap();
    jira.request(Method::POST, "/busy").send::<()>().await.unwrap();
    jira.call(GetOrganization::new(1)).await.unwrap();
    assert_eq!(clock.passed(), 0.0, "only the endpoint waits");
    let error = get("/busy").send::<Value>().await.unwrap_err();
    assert!(error.is_rate_limited() && error.attempts() == 0, "{error}");
    jira.request(Method::GET, "/busy").send::<Value>().await.unwrap();
    assert!(clock.passed() >= 30.0);
}

#[tokio::test]
async fn renewed_credentials_are_sent_like_those_of_calls() {
    // 401 once, with credentials that stay the same: the request fails and is not sent for ever.
    let script = Script::serve(|_| json(401, &json!({"code": 401, "message": "Unauthorized"}))).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let error = jira.request(Method::GET, "/x").send::<Value>().await.unwrap_err();
    assert!(error.is_authentication() && error.attempts() == 1, "{error}");
}

#[tokio::test]
async fn futures_can_be_spawned_and_dropped() {
    let script = Script::serve(|_| json(200, &json!({"accountId": "a1"}))).await;
    let jira = to(&script.url, &TestClock::new()).build().unwrap();
    let mut tasks: Vec<_> = (0..64)
        .map(|n| tokio::spawn(jira.request(Method::GET, "/x").query(&[("n", n)]).send::<User>()))
        .collect();
    for task in tasks.drain(..32) {
        task.abort();
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().account_id, "a1");
    }
}
