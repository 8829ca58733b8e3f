//! What an error says, whatever the server sent.

use std::error::Error as _;
use std::fmt::Write as _;

use jsm_client::csm::product::GetProduct;
use jsm_client::servicedesk::customer::{CreateCustomer, GetCustomers};
use jsm_client::servicedesk::organization::DeleteOrganization;
use jsm_client::servicedesk::request::{CreateRequest, ValidateRequest};
use jsm_client::{Client, Error, ErrorKind, Operation, RetryPolicy};
use serde_json::{Value, json};

use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, body_of, empty, text};
use super::{check, to};

/// What a client makes of a response to an operation.
async fn outcome<O: Operation>(operation: O, response: ScriptedResponse) -> Result<O::Output, Error> {
    let script = Script::of([response.header("ATL-TraceId", "7f1c")]).await;
    client(&script).call(operation).await
}

fn client(script: &Script) -> Client {
    to(&script.url, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap()
}

async fn error<O: Operation>(operation: O, response: ScriptedResponse) -> Error {
    match outcome(operation, response).await {
        Ok(_) => panic!("the answer was taken"),
        Err(error) => error,
    }
}

/// All that an error has to say, but for what is not there.
fn report(error: &Error) -> String {
    let mut report = format!("  {error}\n  {:?}", error.kind());
    let mut note = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            write!(report, "; {name}: {value}").unwrap();
        }
    };
    note("message", error.message().map(|message| format!("{message:?}")));
    note("key", error.i18n_key().map(str::to_owned));
    let fields: Vec<String> = error.field_errors().map(|(name, why)| format!("{name}={why:?}")).collect();
    note("fields", (!fields.is_empty()).then(|| fields.join(", ")));
    for form in error.form_errors() {
        note(
            "form",
            Some(format!("{:?} {:?} {:?} {:?}", form.code, form.title, form.detail, form.questions)),
        );
    }
    note("asked to wait", error.retry_after().map(|wait| format!("{wait:?}")));
    note("limit", error.rate_limit_reason().map(str::to_owned));
    note("scopes", error.required_scopes().map(|scopes| format!("{scopes:?}")));
    note("request", error.request_id().map(str::to_owned));
    note("source", error.source().map(ToString::to_string));
    report += "\n";
    if let Some(documented) = error.documented() {
        report += &format!("  documented: {documented}\n");
    }
    report
}

/// Bodies of the shapes that real servers have sent, and a few that they may.
#[tokio::test]
async fn reads_every_body() {
    let mut table = String::new();
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("../../fixtures/recorded/errors.json")).unwrap();
    for case in recorded {
        let (why, body) = (case["why"].as_str().unwrap(), case["body"].as_str().unwrap());
        let mut response = match case["content_type"].as_str() {
            Some(content_type) => {
                body_of(case["status"].as_u64().unwrap() as u16, content_type, body.as_bytes().to_vec())
            }
            None => text(case["status"].as_u64().unwrap() as u16, body).without("Content-Type"),
        };
        for (name, value) in case["headers"].as_object().unwrap() {
            if name != "content-length" {
                response = response.header(name, value.as_str().unwrap());
            }
        }
        let error = match why {
            _ if why.starts_with("Customer Service") => error(GetProduct::new("7"), response).await,
            _ if body.contains("customer.") || body.contains("Another account") => {
                error(CreateCustomer::new("fred@example.com", "Fred"), response).await
            }
            _ if body.contains("form") && body.contains("errorMessage") => {
                error(CreateRequest::new("1", "2"), response).await
            }
            _ => error(GetCustomers::new("1"), response).await,
        };
        writeln!(table, "{why}\n{}", report(&error)).unwrap();
    }
    check("errors_recorded", &table);

    let json = "application/json";
    let spring =
        r#"{"timestamp":"2024-03-05","status":404,"error":"Not Found","message":"No endpoint","path":"/x"}"#;
    let fields = r#"{"errorMessages":["Two things","  ", "are wrong"],"errors":{"a":"empty","b":["x",1]}}"#;
    let many = r#"{"errorMessages":["No"],"errors":{"a":"1.","b":"2","c":"3","d":"4","e":"5"}}"#;
    let forms = r#"{"errors":[{"title":"Form incomplete"},{"detail":"An answer is missing"},7]}"#;
    let mut table = String::new();
    for (why, status, content_type, body) in [
        (
            "an i18n message that is null",
            400,
            json,
            r#"{"errorMessage":null,"i18nErrorMessage":null}"#.to_owned(),
        ),
        (
            "members of other types",
            400,
            json,
            r#"{"errorMessage":5,"errors":"x","errorMessages":{}}"#.to_owned(),
        ),
        ("several messages and odd fields", 400, json, fields.to_owned()),
        ("more fields than a sentence holds", 400, json, many.to_owned()),
        ("a list of texts alone", 400, json, r#"{"errors":["BAD_REQUEST","TOO_MANY"]}"#.to_owned()),
        ("a list of objects without a message", 422, json, forms.to_owned()),
        ("a framework's own body", 404, json, spring.to_owned()),
        ("a text in JSON", 400, json, "\"Nothing to do\"".to_owned()),
        ("a list of errors with messages", 400, json, r#"{"errors":[{"message":"The name is taken","code":"DUPLICATE"}]}"#.to_owned()),
        (
            "errors of elements",
            400,
            json,
            r#"{"errors":[{"status":400,"failedElementNumber":0,"elementErrors":{"errorMessages":["Summary is required."],"errors":{"due":"is past"}}}]}"#.to_owned(),
        ),
        ("an error that is an object", 403, json, r#"{"error":{"code":403,"message":"The app is not installed"}}"#.to_owned()),
        ("messages that are a text", 400, json, r#"{"errorMessages":"There is no such issue"}"#.to_owned()),
        ("a title alone", 400, json, r#"{"title":"Bad Request","status":400}"#.to_owned()),
        ("an error that is a text", 403, json, r#"{"error":"This works in the browser only."}"#.to_owned()),
        ("a message with details", 400, json, r#"{"message":"Invalid.","details":["a is wrong.;", " ", "b is wrong"]}"#.to_owned()),
        ("a description", 400, json, r#"{"msg":"No","description":"It is closed"}"#.to_owned()),
        ("messages that end and repeat", 400, json, r#"{"errorMessages":["One.","Two;","One."," . "]}"#.to_owned()),
        ("a field without a name", 400, json, r#"{"errors":{"":"Something is wrong"}}"#.to_owned()),
        ("a list at the top", 400, json, r#"[{"message":"First"},"Second"]"#.to_owned()),
        ("plain text that calls itself HTML", 403, "text/html;charset=UTF-8", "XSRF check failed".to_owned()),
        ("plain text in brackets", 400, json, "[Error] not today".to_owned()),
        ("an upload that is too large", 413, json, String::new()),
        ("a list in JSON", 400, json, "[1,2]".to_owned()),
        ("a byte order mark", 404, json, "\u{feff}{\"message\":\"Not here\"}".to_owned()),
        ("JSON that breaks off", 404, json, r#"{"errorMessage":"Nothing was fou"#.to_owned()),
        ("a scope that a token lacks, as 403", 403, json, r#"{"message":"Insufficient scope"}"#.to_owned()),
        ("a scope that a token lacks, in plain text", 401, "text/plain", "scope does not match".to_owned()),
        ("a long text", 500, "text/plain", "It is all the fault of somebody else. ".repeat(50)),
        ("a text in lines", 503, "text/plain", "Down\r\n\r\n  for   repair.\n".to_owned()),
        ("HTML without a title", 502, "text/html", "<html><body>502</body></html>".to_owned()),
        ("HTML with letters that grow when made small", 404, "text/html", "İİİ<title>Weg</title>".to_owned()),
        (
            "HTML that calls itself JSON, with status 200",
            200,
            json,
            "\n <HTML><title>Log in</title>".to_owned(),
        ),
        (
            "XML with status 200",
            200,
            "application/xml",
            "<status><message>Moved</message></status>".to_owned(),
        ),
        ("nothing with status 200", 200, json, String::new()),
        (
            "JSON that breaks off with status 200",
            200,
            json,
            r#"{"values":[{"accountId":"a"},{"acc"#.to_owned(),
        ),
        (
            "another type with status 200",
            200,
            json,
            r#"{"start":0,"values":"ada@example.com and all that follows her"}"#.to_owned(),
        ),
        ("another answer with status 200", 200, json, "[]".to_owned()),
        ("a status of nobody", 499, "text/plain", "Gone".to_owned()),
        ("a status that leads nowhere", 304, "text/plain", String::new()),
    ] {
        let response = body_of(status, content_type, body.into_bytes());
        writeln!(table, "{why}\n{}", report(&error(GetCustomers::new("1"), response).await)).unwrap();
    }
    let latin = body_of(500, "text/plain", b"Schl\xfcssel".to_vec());
    writeln!(table, "a text in another encoding\n{}", report(&error(GetCustomers::new("1"), latin).await))
        .unwrap();
    let latin = body_of(200, json, b"{\"values\":[{\"displayName\":\"J\xf6rg\"}]}".to_vec());
    writeln!(table, "JSON in another encoding\n{}", report(&error(GetCustomers::new("1"), latin).await))
        .unwrap();
    let page = body_of(200, "text/html", b"<!doctype html><title>Log in</title>".to_vec());
    let page = error(DeleteOrganization::new(1), page).await;
    writeln!(table, "a login page where nothing should come\n{}", report(&page)).unwrap();
    let login = error(GetCustomers::new("1"), empty(302).header("Location", "/login?from=%2Frest")).await;
    writeln!(table, "a redirect\n{}", report(&login)).unwrap();
    let moved = "https://ada:hush@new.example:8443/rest/x?token=hush#hush";
    let moved = error(GetCustomers::new("1"), empty(301).header("Location", moved)).await;
    writeln!(table, "a redirect to another host\n{}", report(&moved)).unwrap();
    assert!(!report(&moved).contains("hush"));
    let captcha = body_of(403, "text/html", b"<title>Forbidden (403)</title>".to_vec()).header(
        "X-Authentication-Denied-Reason",
        "CAPTCHA_CHALLENGE; login-url=https://acme.example/login.jsp?a=b",
    );
    writeln!(table, "a captcha\n{}", report(&error(GetCustomers::new("1"), captcha).await)).unwrap();
    let scope = super::script::json(403, &json!({"message": "Non"}))
        .header("WWW-Authenticate", "Bearer error=\"insufficient_scope\"");
    writeln!(table, "a scope by its code\n{}", report(&error(GetCustomers::new("1"), scope).await)).unwrap();
    check("errors_other", &table);
}

#[tokio::test]
async fn takes_a_negative_verdict_for_an_answer() {
    let context = json!([{"id": "3", "type": "question"}]);
    let verdict = json!({
        "valid": false,
        "reasonKey": "sd.x",
        "errorMessage": "One field and one question",
        "errorMessages": ["One field"],
        "fieldErrors": [{"field": "summary", "message": "Say what it is about."}],
        "formErrors": [{"code": "empty", "title": "Empty", "detail": "Is empty.", "status": 422, "context": context}],
    });
    let response = super::script::json(400, &verdict);
    let response = outcome(ValidateRequest::new("1", "2"), response).await.unwrap();
    assert!(!response.valid);
    assert_eq!(response.error_message.as_deref(), Some("One field and one question"));
    assert_eq!(response.reason_key.as_deref(), Some("sd.x"));
    assert_eq!(response.error_messages, ["One field"]);
    let field = &response.field_errors[0];
    assert_eq!((field.field.as_str(), field.message.as_str()), ("summary", "Say what it is about."));
    let form = &response.form_errors[0];
    assert_eq!((form.code.as_deref(), form.context[0].id.as_deref()), (Some("empty"), Some("3")));
    let valid =
        json!({"valid": true, "reasonKey": null, "errorMessage": null, "fieldErrors": [], "formErrors": []});
    let response = outcome(ValidateRequest::new("1", "2"), super::script::json(200, &valid)).await.unwrap();
    assert_eq!((response.valid, response.error_message, response.reason_key), (true, None, None));
    for reported in
        [json!({"errorMessage": "No such desk"}), json!({"code": 400, "message": "Bad"}), json!([])]
    {
        let response = super::script::json(400, &reported);
        let error = outcome(ValidateRequest::new("1", "2"), response).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{reported} is not a result");
    }
}

/// Text that would forge log lines, control a terminal, or show something else than it is.
#[tokio::test]
async fn is_one_line_of_printable_text_whatever_the_server_sent() {
    let evil =
        "a\r\nb\u{1b}[31mc\u{9b}d\u{202e}e\u{2066}f\u{200b}g\u{2028}h\u{85}i\0j\u{feff}k\u{7f}l\u{e0041}m";
    let bodies = [
        json!(evil),
        json!({"errorMessage": evil}),
        json!({"errorMessages": [evil, evil]}),
        json!({"message": "m", "errors": {evil: evil}}),
        json!({"errors": [{"title": evil, "detail": evil, "code": evil, "context": [{"id": evil}]}]}),
        json!({"errorMessage": "m", "fieldErrors": [{"fieldId": evil, "errorMessage": evil}]}),
        json!({"error": evil, "error_description": evil}),
        json!({evil: evil}),
        json!({"values": [{"accountId": {evil: evil}}]}),
        json!({"values": evil}),
    ];
    let printable = |shown: &str| {
        let bad =
            |c: &char| c.is_control() || "\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}".contains(*c);
        assert_eq!(shown.chars().find(bad), None, "{shown:?}");
    };
    for body in bodies {
        for status in [200, 400, 401, 404, 500] {
            let response = super::script::json(status, &body).header("ATL-TraceId", "x\ty");
            let script = Script::of([response]).await;
            if let Err(error) = client(&script).call(GetCustomers::new("1")).await {
                printable(&error.to_string());
                printable(&format!("{error:?}"));
            }
        }
    }
    for (status, body) in
        [(500, evil.to_owned()), (404, format!("<title>{evil}</title>")), (200, evil.to_owned())]
    {
        let error = error(GetCustomers::new("1"), text(status, &body)).await;
        printable(&error.to_string());
        printable(&format!("{error:?}"));
    }
    let raw = error(GetCustomers::new("1"), super::script::json(400, &json!({"message": evil}))).await;
    assert_eq!(raw.message(), Some(evil), "the text is there as it was sent");
    let target = error(GetCustomers::new("1"), empty(302).header("Location", "/a\u{202e}b\u{200b}")).await;
    printable(&target.to_string());
}

#[tokio::test]
async fn keeps_what_came_with_the_answer() {
    let response = body_of(200, "application/json", b"{\"values\": 5}".to_vec()).header("X-Was-There", "yes");
    let error = error(GetCustomers::new("1"), response).await;
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.status().unwrap(), 200);
    assert_eq!(error.headers()["x-was-there"], "yes");
    assert_eq!(error.body(), b"{\"values\": 5}");
    assert_eq!(error.operation().unwrap().name, "GetCustomers");
    assert_eq!(error.attempts(), 1);
    assert_eq!(error.request_id(), Some("7f1c"));
}

#[tokio::test]
async fn names_the_request_by_whichever_header_came() {
    for (headers, wanted) in [
        (vec![("X-Request-Id", "d"), ("ATL-TraceId", "b")], Some("b")),
        (vec![("X-Request-Id", "d"), ("X-ARequestId", "c")], Some("c")),
        (vec![("atl-request-id", "a"), ("ATL-TraceId", "b")], Some("a")),
        (vec![("atl-request-id", " "), ("X-Request-Id", "d")], Some("d")),
        (vec![], None),
    ] {
        let response =
            headers.into_iter().fold(empty(404), |response, (name, value)| response.header(name, value));
        let script = Script::of([response]).await;
        let error = client(&script).call(GetCustomers::new("1")).await.unwrap_err();
        assert_eq!(error.request_id(), wanted);
    }
}

#[tokio::test]
async fn keeps_little_of_a_large_body() {
    for status in [500, 200] {
        let body = [b"{\"values\": 7, \"x\": \"".to_vec(), vec![b'x'; 300_000], b"\"}".to_vec()].concat();
        let error = error(GetCustomers::new("1"), body_of(status, "application/json", body)).await;
        assert_eq!(error.body().len(), 64 * 1024);
        assert!(error.to_string().len() < 300, "{error}");
        assert!(format!("{error:?}").len() < 1_000, "{error:?}");
    }
}

#[tokio::test]
async fn keeps_what_came_of_a_body_that_broke_off() {
    let response = text(404, "There is no such desk on this site").cut(21);
    let error = error(GetCustomers::new("1"), response).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.message(), Some("There is no such desk"));
}

#[test]
fn is_cheap_to_move_and_goes_anywhere() {
    fn fits<E: std::error::Error + Send + Sync + 'static>() -> usize {
        size_of::<Result<(), E>>()
    }
    assert_eq!(fits::<Error>(), size_of::<usize>());
}

#[tokio::test]
async fn says_each_thing_once() {
    // What a source says is for those who ask for sources.
    let nobody = Script::of([]).await.url.clone();
    let client = to(&nobody, &TestClock::new()).retry(RetryPolicy::never()).build().unwrap();
    let error = client.call(GetCustomers::new("1")).await.unwrap_err();
    assert_eq!(error.to_string(), "get customers: no connection to the server");
    let mut sources = 0;
    let mut source = error.source();
    while let Some(inner) = source {
        assert!(!error.to_string().contains(&inner.to_string()), "{inner} is said twice");
        (source, sources) = (inner.source(), sources + 1);
    }
    assert!(sources > 0, "the reason is known");

    let error = client.call(GetCustomers::new("..")).await.unwrap_err();
    assert_eq!(error.to_string(), "get customers: serviceDeskId is a relative path, not an id");
    assert!(error.source().is_none());
}

#[tokio::test]
async fn is_told_apart_by_kind() {
    for (status, is) in [
        (400, Error::is_invalid_request as fn(&Error) -> bool),
        (401, Error::is_authentication),
        (403, Error::is_permission),
        (404, Error::is_not_found),
        (409, Error::is_conflict),
        (412, Error::is_experimental_opt_in),
        (422, Error::is_invalid_request),
        (429, Error::is_rate_limited),
        (408, Error::is_timeout),
        (500, Error::is_server),
        (503, Error::is_server),
    ] {
        assert!(is(&error(GetCustomers::new("1"), empty(status)).await), "{status}");
    }
    assert_eq!(error(GetCustomers::new("1"), empty(413)).await.kind(), ErrorKind::TooLarge);
}
