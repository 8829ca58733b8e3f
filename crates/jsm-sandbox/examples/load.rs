//! 500 clients at once for half a minute: `cargo run --release -p jsm-sandbox --example load [CLIENTS] [SECONDS]`.
//!
//! It fails when a response is wrong, or when something is lost in the end. The tests have a short version of it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jsm_sandbox::{Sandbox, Seed};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const API: &str = "/rest/servicedeskapi";

/// What a client did.
#[derive(Default)]
struct Count {
    requests: u64,
    customers: u64,
    comments: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<String, String> {
    let mut numbers =
        std::env::args().skip(1).map(|text| text.parse::<u64>().map_err(|error| error.to_string()));
    let clients = numbers.next().unwrap_or(Ok(500))?;
    let seconds = numbers.next().unwrap_or(Ok(30))?;
    let seed = Seed::empty().open_desk("SHOP", "Shop").request("", "A request that all clients comment on");
    let sandbox = Sandbox::builder().seed(seed).start().await.map_err(|error| error.to_string())?;
    let sandbox = Arc::new(sandbox);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        tasks.spawn(work(Arc::clone(&sandbox), number, end));
    }
    let mut all = Count::default();
    while let Some(done) = tasks.join_next().await {
        let count = done.map_err(|error| error.to_string())??;
        all.requests += count.requests;
        all.customers += count.customers;
        all.comments += count.comments;
    }
    // The last of each is where it has to be, and nothing follows it.
    // reqwest needs it where another crate of the build enables TLS; an error means that it is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::new();
    for (list, count) in
        [("servicedesk/SHOP/customer", all.customers), ("request/SHOP-1/comment", all.comments)]
    {
        let path = format!("/{list}?start={}", count.saturating_sub(1));
        let page = send(&sandbox, &http, "GET", &path, &Value::Null, 200).await?;
        if page["isLastPage"] != true || page["size"] != 1 {
            return Err(format!("{list} does not end with item {count}: {page}"));
        }
    }
    if let Some(violation) = sandbox.violations().first() {
        return Err(violation.to_string());
    }
    let Count { requests, customers, comments } = all;
    Ok(format!(
        "{clients} clients, {seconds} s: {requests} requests, {customers} customers, {comments} comments"
    ))
}

/// Creates customers, adds them to the service desk, lists and comments, until the time is up.
async fn work(sandbox: Arc<Sandbox>, number: u64, end: Instant) -> Result<Count, String> {
    let http = Client::new();
    let mut count = Count::default();
    let nothing = Value::Null;
    while Instant::now() < end {
        let email = format!("c{number}.{}@example.com", count.customers);
        let new = json!({"email": email, "displayName": format!("C {number}")});
        let created = send(&sandbox, &http, "POST", "/customer", &new, 201).await?;
        let account_ids = json!({"accountIds": [created["accountId"]]});
        send(&sandbox, &http, "POST", "/servicedesk/SHOP/customer", &account_ids, 204).await?;
        count.customers += 1;
        send(&sandbox, &http, "GET", "/servicedesk?limit=1", &nothing, 200).await?;
        send(&sandbox, &http, "GET", "/servicedesk/SHOP/customer?limit=1", &nothing, 200).await?;
        let comment = json!({"body": "hello", "public": true});
        send(&sandbox, &http, "POST", "/request/SHOP-1/comment", &comment, 201).await?;
        count.comments += 1;
        count.requests += 5;
    }
    Ok(count)
}

/// Sends a request that is to have this status, and returns the body.
async fn send(
    sandbox: &Sandbox,
    http: &Client,
    method: &str,
    path: &str,
    body: &Value,
    status: u16,
) -> Result<Value, String> {
    let failed = |error: reqwest::Error| format!("{method} {path}: {error}");
    let url = format!("{}{API}{path}", sandbox.url());
    let request = if method == "GET" { http.get(url) } else { http.post(url).json(body) };
    let request = request.basic_auth(sandbox.email(), Some(sandbox.token()));
    let response = request.header("X-ExperimentalApi", "opt-in").send().await.map_err(failed)?;
    let actual = response.status().as_u16();
    let text = response.text().await.map_err(failed)?;
    match actual == status {
        true => Ok(serde_json::from_str(&text).unwrap_or_default()),
        false => Err(format!("{method} {path}: {actual} {text}")),
    }
}
