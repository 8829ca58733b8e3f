//! A recorder in front of a sandbox, and replays of what it wrote.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jsm_sandbox::{Fault, RecordingProxy, Replay, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{TestClient, customer, read};
use crate::steps::{csm, operation, samples, servicedesk, upload};

/// The texts of all fixtures in a folder, with their names, in order.
pub(crate) fn fixtures(folder: &Path) -> Vec<(String, String)> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// What is left of a value without its texts, numbers and names.
pub(crate) fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(_) => "number".to_owned(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<String> = members.values().map(shape).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// The texts of a response that are a site's own.
fn gather(value: &Value, own: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let is_own = [
                    "displayName",
                    "name",
                    "accountId",
                    "customerId",
                    "body",
                    "summary",
                    "title",
                    "filename",
                ];
                match member {
                    Value::String(text)
                        if is_own.contains(&name.as_str()) && text.contains([' ', ':', '.']) =>
                    {
                        own.insert(text.clone());
                    }
                    Value::String(text) if text.contains('@') => drop(own.insert(text.clone())),
                    member => gather(member, own),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, own)),
        _ => {}
    }
}

#[tokio::test]
async fn a_recording_of_every_operation_names_nothing_of_the_site_and_replays() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::builder().tick(Duration::from_secs(5)).start().await.unwrap();
    let recorder = RecordingProxy::builder(sandbox.url(), folder.path()).start().await.unwrap();
    let client = TestClient::through(&sandbox, recorder.url());
    let mut responses = Vec::new();
    let mut own = BTreeSet::from([sandbox.token().to_owned(), sandbox.cloud_id().to_owned()]);
    own.extend([sandbox.url(), sandbox.gateway_url(), recorder.url()].map(str::to_owned));
    for (name, path, body, status) in servicedesk().into_iter().chain(csm()) {
        let response = match name {
            "AttachTemporaryFiles" => read(upload(&client, &path)).await.unwrap(),
            _ => client.send(operation(name, &path).method, &path, &body).await,
        };
        assert_eq!(response.status, status, "{name} {path}: {}", response.text);
        assert!(!response.text.contains(sandbox.url()), "{name}: a link leads past the recorder");
        gather(&body, &mut own);
        gather(&response.json(), &mut own);
        responses.push((name, status, response.json()));
    }
    assert_eq!(sandbox.violations(), []);
    assert_eq!(recorder.problem(), None);
    assert!(own.len() > 50, "{own:?}");

    let samples = samples();
    let fixtures = fixtures(folder.path());
    assert_eq!(fixtures.len(), responses.len());
    let replay = Replay::start(folder.path()).await.unwrap().no_violations();
    let through = TestClient::through(&sandbox, replay.url());
    for ((file, text), (name, status, before)) in fixtures.iter().zip(&responses) {
        if let Some(found) = own.iter().find(|own| text.contains(own.as_str())) {
            panic!("{file} holds {found}:\n{text}");
        }
        let fixture: Value = serde_json::from_str(text).unwrap();
        let after = &fixture["response"]["json"];
        assert_eq!(shape(after), shape(before), "{file}:\n{before:#}\n{text}");
        let operation = fixture["operation"].as_str().unwrap();
        let sample = samples.iter().find(|sample| {
            sample.info.api == fixture["api"]
                && format!("{} {}", sample.info.method, sample.info.path) == operation
        });
        let sample = sample.unwrap();
        assert_eq!(sample.info.name, *name);
        if let Some(reread) = sample.reread.filter(|_| after.is_object()) {
            reread(after.to_string().as_bytes()).unwrap_or_else(|error| panic!("{file}: {error}\n{text}"));
        }

        // The replay serves what was recorded.
        let request = &fixture["request"];
        let [path, query] = ["path", "query"].map(|part| request[part].as_str().unwrap_or_default());
        let path = format!("{}{path}?{query}", replay.url());
        let response = match *name {
            "AttachTemporaryFiles" => read(upload(&through, &path)).await.unwrap(),
            _ => through.send(sample.info.method, &path, &request["json"]).await,
        };
        assert_eq!(response.status, *status, "{file}: {}", response.text);
        assert_eq!(shape(&response.json()), shape(before), "{file}");
        assert!(
            !response.text.contains("example.com/rest"),
            "{file}: a link leads past the replay: {}",
            response.text
        );
    }
    assert_eq!(replay.unused(), [""; 0]);
}

#[tokio::test]
async fn equal_things_stay_equal_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let recorder =
        RecordingProxy::builder(sandbox.url(), folder.path()).move_dates(-400).start().await.unwrap();
    let client = TestClient::through(&sandbox, recorder.url());
    let new = json!({"email": "Zoe.Zufall@example.org", "displayName": "Zoë Zufall"});
    let created = client.send("POST", "/rest/servicedeskapi/customer", &new).await.json();
    let account = created["accountId"].as_str().unwrap();
    let ids = json!({"accountIds": [account]});
    client.send("POST", "/rest/servicedeskapi/servicedesk/1/customer", &ids).await;
    client.get("/rest/servicedeskapi/servicedesk/1/customer?query=zoe.zufall%40example.org").await;
    client
        .send(
            "POST",
            &format!("/rest/servicedeskapi/customer/user/{account}/revoke-portal-only-access"),
            &Value::Null,
        )
        .await;

    let email = recorder.pseudonym("zoe.zufall@example.org").unwrap();
    let account = recorder.pseudonym(account).unwrap();
    let fixtures: Vec<Value> =
        fixtures(folder.path()).iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(fixtures[0]["request"]["json"]["email"], email);
    assert_eq!(fixtures[0]["response"]["json"]["emailAddress"], email);
    assert_eq!(fixtures[0]["response"]["json"]["accountId"], account);
    assert_eq!(fixtures[1]["request"]["json"], json!({"accountIds": [account]}));
    assert_eq!(fixtures[2]["request"]["query"], format!("query={}", email.replace('@', "%40")));
    assert_eq!(
        fixtures[3]["request"]["path"],
        format!("/rest/servicedeskapi/customer/user/{account}/revoke-portal-only-access")
    );
    let name = &fixtures[0]["request"]["json"]["displayName"];
    assert_eq!(fixtures[0]["response"]["json"]["displayName"], *name);
    assert!(name.as_str().unwrap().starts_with("Display name 1"), "{name}");
}

#[tokio::test]
async fn failures_are_passed_on_recorded_and_replayed() {
    const PATH: &str = "/rest/servicedeskapi/servicedesk";
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let recorder = RecordingProxy::builder(sandbox.url(), folder.path()).start().await.unwrap();
    for fault in [
        Fault::status(429).header("Retry-After", "7").header("RateLimit-Reason", "jira-burst-based"),
        Fault::status(404)
            .text("<!DOCTYPE html><title>Atlassian Cloud Notifications - Page Unavailable</title>"),
        Fault::drop_before(),
        Fault::drop_after(),
        Fault::truncate(),
    ] {
        sandbox.fault(fault);
    }
    let client = TestClient::through(&sandbox, recorder.url());
    let through_recorder = outcomes(&client, PATH).await;
    let names: Vec<String> = fixtures(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    let replay = Replay::start(folder.path()).await.unwrap();
    let through_replay = outcomes(&TestClient::through(&sandbox, replay.url()), PATH).await;
    assert_eq!(through_replay, through_recorder);
    let expected = [
        "429 Some(\"7\") Some(\"jira-burst-based\") empty",
        "404 None None title",
        "no response",
        "no response",
        "no end",
        "200 None None {",
    ];
    for (outcome, expected) in through_replay.iter().zip(expected) {
        assert!(outcome.starts_with(expected), "{through_replay:?}");
    }
    // The last one is served again.
    assert_eq!(client_outcome(&TestClient::through(&sandbox, replay.url()), PATH).await, through_replay[5]);
    assert_eq!(replay.violations(), []);
}

async fn outcomes(client: &TestClient<'_>, path: &str) -> Vec<String> {
    let mut outcomes = Vec::new();
    for _ in 0..6 {
        outcomes.push(client_outcome(client, path).await);
    }
    outcomes
}

/// What a client sees of a response: status, headers, and the shape of the body.
async fn client_outcome(client: &TestClient<'_>, path: &str) -> String {
    let Ok(response) = client.request("GET", path).send().await else { return "no response".to_owned() };
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let [retry_after, reason] = ["retry-after", "ratelimit-reason"].map(header);
    let Ok(text) = response.text().await else { return "no end".to_owned() };
    let shape = match serde_json::from_str(&text) {
        Ok(value) => shape(&value),
        Err(_) if text.contains("<title>Atlassian Cloud Notifications") => "title".to_owned(),
        Err(_) if text.is_empty() => "empty".to_owned(),
        Err(_) => text,
    };
    format!("{status} {retry_after:?} {reason:?} {shape}")
}

#[tokio::test]
async fn files_are_forwarded_without_credentials_and_recorded_without_content() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let recorder = RecordingProxy::builder(sandbox.url(), folder.path()).start().await.unwrap();
    let client = TestClient::through(&sandbox, recorder.url());
    let desk = "/rest/servicedeskapi/servicedesk/1/attachTemporaryFile";
    let uploaded = read(upload(&client, desk)).await.unwrap();
    let ids: Vec<Value> = uploaded.json()["temporaryAttachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["temporaryAttachmentId"].clone())
        .collect();
    let attach = json!({"temporaryAttachmentIds": ids, "public": true});
    let attached = client.send("POST", "/rest/servicedeskapi/request/HELP-1/attachment", &attach).await;
    assert_eq!(attached.status, 201, "{}", attached.text);
    let redirect = client.get("/rest/servicedeskapi/request/HELP-1/attachment/30000").await;
    let location = redirect.header("location");
    // Another origin than the site's, so that clients send no credentials there.
    assert!(location.starts_with("http://127.0.0.1:") && !location.starts_with(recorder.url()), "{location}");
    assert!(!location.contains("signature"), "{location}");
    // Those of a careless client stay here.
    let file = read(client.request("GET", location)).await.unwrap();
    assert_eq!((file.status, file.text.as_str()), (200, "hello"));
    assert_eq!(sandbox.violations(), []);
    assert_eq!(client.get(&location.replace("/file/1", "/file/2")).await.status, 404);

    let fixtures = fixtures(folder.path());
    let [uploaded, _, redirect, file] = fixtures.as_slice() else { panic!("{} fixtures", fixtures.len()) };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        json(&uploaded.1)["request"]["parts"],
        json!([
            {"name": "file", "file": "file-1.txt", "media_type": "text/plain", "bytes": 5},
            {"name": "file", "file": "file-2.png", "media_type": "image/png", "bytes": 3},
        ])
    );
    assert_eq!(json(&redirect.1)["response"]["headers"]["location"], "https://files.example.com/file/1");
    assert_eq!(json(&file.1)["response"]["bytes"], 5);
    assert!(fixtures.iter().all(|(_, text)| !text.contains("hello") && !text.contains("note.txt")));

    let replay = Replay::start(folder.path()).await.unwrap();
    let client = TestClient::through(&sandbox, replay.url());
    let path = json(&redirect.1)["request"]["path"].as_str().unwrap().to_owned();
    let location = client.get(&format!("{}{path}", replay.url())).await.header("location").to_owned();
    let file = client.get(&location).await;
    assert_eq!((file.status, file.header("content-type"), file.text.len()), (200, "text/plain", 5));
}

#[tokio::test]
async fn a_large_upload_passes_through_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let recorder = RecordingProxy::builder(sandbox.url(), folder.path()).start().await.unwrap();
    let client = TestClient::through(&sandbox, recorder.url());
    let content = "x".repeat(8_000_000);
    let form = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n\r\n{content}\r\n--edge--\r\n"
    );
    let request = client
        .request("POST", "/rest/servicedeskapi/servicedesk/1/attachTemporaryFile")
        .header("X-Atlassian-Token", "no-check")
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(form);
    assert_eq!(read(request).await.unwrap().status, 201);
    let (_, text) = &fixtures(folder.path())[0];
    let fixture: Value = serde_json::from_str(text).unwrap();
    assert_eq!(fixture["request"]["parts"][0]["bytes"], 8_000_000);
}

#[tokio::test]
async fn a_recorder_is_no_open_proxy_and_names_what_it_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let builder = |target: &str| RecordingProxy::builder(target, folder.path());
    for (target, problem) in [
        ("acme.atlassian.net", "the target is not an address"),
        ("http://acme.atlassian.net", "the target would get credentials in the clear"),
        ("ftp://acme.atlassian.net", "the target is neither https nor http"),
        ("https://me:secret@acme.atlassian.net", "the target has credentials"),
        ("https://acme.atlassian.net/jira?secret", "the target has more than a scheme and a host"),
        ("", "the target is not an address"),
    ] {
        let error = builder(target).start().await.unwrap_err().to_string();
        assert!(error.starts_with(problem) && !error.contains("secret"), "{target}: {error}");
    }
    let sandbox = Sandbox::start().await.unwrap();
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    // By https, too, with the certificates of this machine.
    let recorder = builder(&gone.replace("http:", "https:")).start().await.unwrap();
    let response = TestClient::through(&sandbox, recorder.url()).get("/rest/servicedeskapi/info").await;
    assert!(response.text.contains("the recorder cannot connect to https://127.0.0.1"), "{}", response.text);
    let recorder = builder(&gone).start().await.unwrap();
    let client = TestClient::through(&sandbox, recorder.url());
    let response = client.get("/rest/servicedeskapi/info").await;
    assert_eq!(response.status, 502);
    assert!(response.text.contains("the recorder cannot connect to http://127.0.0.1"), "{}", response.text);
    let tokens = client.send("POST", "/oauth/token", &json!({"client_secret": "s3cret"})).await;
    assert_eq!(tokens.status, 404, "{}", tokens.text);
    // Neither went over the wire.
    assert_eq!(recorder.files().len(), 0);

    // An absolute address in the request line goes to the target, too.
    let recorder = builder(sandbox.url()).start().await.unwrap();
    let address = recorder.url().trim_start_matches("http://").to_owned();
    let text = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let line = "GET http://127.0.0.1:1/rest/servicedeskapi/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(line.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    assert!(text.await.unwrap().contains("platformVersion"));
    drop(recorder);
    let error = builder(sandbox.url()).start().await.unwrap_err().to_string();
    assert!(error.contains("has a recording already; record into an empty folder"), "{error}");
}

#[tokio::test]
async fn a_replay_refuses_what_was_not_recorded_and_names_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let recorder =
        RecordingProxy::builder(sandbox.url(), folder.path()).keep("Nina New").start().await.unwrap();
    let client = TestClient::through(&sandbox, recorder.url());
    let new = json!({"email": "nina@example.org", "displayName": "Nina New"});
    client.send("POST", "/rest/servicedeskapi/customer", &new).await;
    client.get("/rest/servicedeskapi/servicedesk?start=0&limit=1").await;
    let replay = Replay::start(folder.path()).await.unwrap();
    let client = TestClient::through(&sandbox, replay.url());
    let customers = "/rest/servicedeskapi/customer";
    let recorded = json!({"email": "person-1@example.com", "displayName": "Nina New"});
    assert_eq!(client.send("POST", customers, &recorded).await.status, 201);
    // Parameters have no order.
    assert_eq!(client.get("/rest/servicedeskapi/servicedesk?limit=1&start=0").await.status, 200);
    for (method, path, body, problem) in [
        (
            "POST",
            customers,
            &recorded,
            "sent more often than recorded; the last is 0001-servicedesk-create-customer.json",
        ),
        (
            "POST",
            customers,
            &new,
            "0001-servicedesk-create-customer.json: body.email is \"nina@example.org\", recorded is \"person-1@example.com\"",
        ),
        ("POST", customers, &json!({"email": "person-1@example.com"}), "body.displayName is missing"),
        (
            "POST",
            customers,
            &json!({"email": "person-1@example.com", "displayName": "Nina New", "x": 1}),
            "body.x is not recorded",
        ),
        ("POST", customers, &Value::Null, "recorded is a body of JSON"),
        (
            "GET",
            "/rest/servicedeskapi/servicedesk?limit=2",
            &Value::Null,
            "the query is limit=2, recorded is limit=1&start=0",
        ),
        (
            "GET",
            "/rest/servicedeskapi/servicedesk/9",
            &Value::Null,
            "no request with this method and path; the nearest is GET /rest/servicedeskapi/servicedesk in 0002-servicedesk-get-service-desks.json",
        ),
        (
            "DELETE",
            customers,
            &Value::Null,
            "no request with this method and path; the nearest is POST /rest/servicedeskapi/customer in 0001-servicedesk-create-customer.json",
        ),
    ] {
        let response = client.send(method, path, body).await;
        assert_eq!(response.status, 501, "{method} {path}");
        let message = response.json()["errorMessage"].as_str().unwrap().to_owned();
        assert!(message.starts_with("not recorded: ") && message.contains(problem), "{message}");
        let violation = replay.violations().pop().unwrap();
        assert!(
            violation.to_string().starts_with(&format!("{method} {}", path.split('?').next().unwrap())),
            "{violation}"
        );
        assert!(violation.message.contains(problem), "{violation}");
    }
    let empty = tempfile::tempdir().unwrap();
    let error = Replay::start(empty.path()).await.unwrap_err().to_string();
    assert!(error.ends_with("has no fixtures, which are files called *.json"), "{error}");
    fs::write(empty.path().join("x.json"), "{\"format\": 1").unwrap();
    let error = Replay::start(empty.path()).await.unwrap_err().to_string();
    assert!(error.contains("x.json"), "{error}");
}

#[tokio::test]
async fn many_clients_are_recorded_at_once_and_half_of_them_give_up() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let recorder = RecordingProxy::builder(sandbox.url(), folder.path()).start().await.unwrap();
    let http = crate::http::client();
    let calls = (0..512).map(|number| {
        let request = http.request(
            Method::GET,
            format!("{}/rest/servicedeskapi/servicedesk/1/customer?start={number}&limit=1", recorder.url()),
        );
        let request =
            request.basic_auth(sandbox.email(), Some(sandbox.token())).header("X-ExperimentalApi", "opt-in");
        tokio::spawn(async move { read(request).await.unwrap().status })
    });
    let mut whole = 0;
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        match number % 2 {
            0 => whole += usize::from(call.await.unwrap() == 200),
            // Given up at any point: the others have got on in the meantime.
            _ => call.abort(),
        }
    }
    assert_eq!(whole, 256);
    assert_eq!(recorder.problem(), None);
    let fixtures = fixtures(folder.path());
    assert!(fixtures.len() >= whole, "{} of {whole}", fixtures.len());
    let numbers: BTreeSet<&str> = fixtures.iter().map(|(name, _)| &name[..4]).collect();
    assert_eq!(numbers.len(), fixtures.len());
    for (name, text) in &fixtures {
        assert!(name.ends_with("-servicedesk-get-customers.json"), "{name}");
        assert!(
            serde_json::from_str::<Value>(text).is_ok_and(|fixture| fixture["response"]["status"] == 200),
            "{text}"
        );
        assert!(!text.contains(&customer(0)[3..]), "{text}");
    }
}

#[tokio::test]
async fn addresses_in_requests_are_those_of_the_server_that_a_program_talks_to() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let recorder = RecordingProxy::builder(sandbox.url(), folder.path()).start().await.unwrap();
    let comment = |url: &str, key: &str| json!({"body": format!("{url}/browse/{key}"), "public": true});
    let client = TestClient::through(&sandbox, recorder.url());
    let path = "/rest/servicedeskapi/request/HELP-1/comment";
    assert_eq!(client.send("POST", path, &comment(recorder.url(), "HELP-1")).await.status, 201);
    let (_, text) = &fixtures(folder.path())[0];
    assert!(text.contains("https://site.example.com/browse/DESK-1"), "{text}");

    let replay = Replay::start(folder.path()).await.unwrap().no_violations();
    let client = TestClient::through(&sandbox, replay.url());
    let path = "/rest/servicedeskapi/request/DESK-1/comment";
    let response = client.send("POST", path, &comment(replay.url(), "DESK-1")).await;
    assert_eq!(response.status, 201, "{}", response.text);
}
