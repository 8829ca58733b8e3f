//! The sandbox, asked by a client that knows nothing of it but addresses.
//!
//! What the project's own client makes of it is tested with the client.

mod every_operation; // Every operation once, in an order that makes sense.

mod access; // What keeps requests out: credentials, headers, bodies, limits.
mod concurrency; // Many clients at once.
mod faults; // What goes wrong on order.
mod idempotency; // What a key promises.
mod new_alone; // Every operation with its required parameters alone.
mod responses;
mod settings; // Clock, quirks and the other settings.
mod side_effects; // What the sandbox responds, held against the documents. // Consequences: what one request does to the answers of others.

use jsm_sandbox::{Role, Sandbox};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::Value;

/// An answer, read to its end.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A client of one sandbox that logs in with one account and opts in to experimental operations.
struct Visitor<'a> {
    sandbox: &'a Sandbox,
    client: Client,
    role: Role,
}

impl<'a> Visitor<'a> {
    fn new(sandbox: &'a Sandbox, role: Role) -> Visitor<'a> {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Visitor { sandbox, client, role }
    }

    fn admin(sandbox: &'a Sandbox) -> Visitor<'a> {
        Visitor::new(sandbox, Role::Admin)
    }

    /// The address of a path: those of Customer Service Management are on the gateway.
    fn address(&self, path: &str) -> String {
        let sandbox = self.sandbox;
        match path {
            _ if path.starts_with("http") => path.to_owned(),
            _ if path.starts_with("/api/") => {
                format!("{}/jsm/csm/cloudid/{}{path}", sandbox.gateway_url(), sandbox.cloud_id())
            }
            _ => format!("{}{path}", sandbox.url()),
        }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let account = self.sandbox.account(self.role);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, self.address(path)).header("X-ExperimentalApi", "opt-in");
        match self.role {
            Role::Anonymous => request,
            _ => request.basic_auth(&account.email, Some(&account.token)),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        read(self.request("GET", path)).await.unwrap()
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let mut request = self.request(method, path).header("Idempotency-Key", format!("{path} {body}"));
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        read(request).await.unwrap()
    }
}

async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

/// The account id of the demo world's customer with this number, counted from 0.
fn customer(number: u64) -> String {
    // Three accounts of the staff come first.
    let number = number + 4;
    format!("qm:7d3c5a11-4b0c-4e57-9a00-5eedfa11b0a7:{number:08x}-0000-4000-8000-{number:012x}")
}

/// Compares with a snapshot; ports are different in every run.
fn snapshot(name: &str, text: &str) {
    insta::with_settings!({filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")]}, {
        insta::assert_snapshot!(name, text);
    });
}
