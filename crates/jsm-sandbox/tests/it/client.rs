//! A client of a sandbox that knows nothing of it but addresses and accounts.

use jsm_sandbox::{Role, Sandbox};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A response, read to its end.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Response {
    /// The body as JSON; null where it is not JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A client that logs in with one account, opts in to experimental operations and follows no redirect.
pub(crate) struct TestClient<'a> {
    sandbox: &'a Sandbox,
    /// Where requests go in place of the sandbox.
    through: Option<String>,
    http: reqwest::Client,
    pub(crate) role: Role,
}

impl<'a> TestClient<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox, role: Role) -> TestClient<'a> {
        let http = crate::http::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        TestClient { sandbox, through: None, http, role }
    }

    /// A client of a server in front of the sandbox, which also serves what is the gateway's.
    #[cfg(feature = "record")]
    pub(crate) fn through(sandbox: &'a Sandbox, url: &str) -> TestClient<'a> {
        TestClient { through: Some(url.to_owned()), ..TestClient::admin(sandbox) }
    }

    pub(crate) fn admin(sandbox: &'a Sandbox) -> TestClient<'a> {
        TestClient::new(sandbox, Role::Admin)
    }

    /// The address of a path: those of Customer Service Management are on the gateway.
    fn address(&self, path: &str) -> String {
        let sandbox = self.sandbox;
        let through = self.through.as_deref();
        let (site, gateway) = (through.unwrap_or(sandbox.url()), through.unwrap_or(sandbox.gateway_url()));
        match path {
            _ if path.starts_with("http") => path.to_owned(),
            _ if path.starts_with("/api/") => {
                format!("{gateway}/jsm/csm/cloudid/{}{path}", sandbox.cloud_id())
            }
            _ => format!("{site}{path}"),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let account = self.sandbox.account(self.role);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, self.address(path)).header("X-ExperimentalApi", "opt-in");
        match self.role {
            Role::Anonymous => request,
            _ => request.basic_auth(&account.email, Some(&account.token)),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        read(self.request("GET", path)).await.unwrap()
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Response {
        let mut request = self.request(method, path).header("Idempotency-Key", format!("{path} {body}"));
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        read(request).await.unwrap()
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<Response> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Response { status, headers, text: response.text().await? })
}

/// The account id of the customer with this number in the demo data, counted from 0.
pub(crate) fn customer(number: u64) -> String {
    // The staff has the first three accounts.
    let number = number + 4;
    format!("qm:7d3c5a11-4b0c-4e57-9a00-5eedfa11b0a7:{number:08x}-0000-4000-8000-{number:012x}")
}
