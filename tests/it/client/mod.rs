//! The client against the sandbox, and against servers that follow a script where the sandbox cannot behave so.
//!
//! Tests have a clock of their own, so that nothing sleeps: a wait returns at once, and the clock records it.

mod clock; // The clock of these tests, by which waiting takes no time.

mod authorizations; // Authorizing an app, choosing a site, and service accounts.
mod connections; // Connections that end or are not trusted, and a paused clock.
mod create_request; // Requests created by the names that people see.
mod credentials; // Credentials, and the addresses they go to.
mod drift; // Drift between documents and servers.
mod drift_actions; // The overlay actions that record it.
mod endpoints; // Endpoints that the crate does not cover.
mod errors; // What an error reports, whatever the server sent.
mod headers; // The length of a body, and the language of a response.
mod oauth; // Tokens that renew themselves.
mod opt_in; // The header for experimental operations.
mod options; // The options of a request, wherever they are given.
#[path = "../../../crates/jsm-client/examples/overlay_action/mod.rs"]
mod overlay_action; // The overlay actions that an example proposes.
mod pagination; // Lists of all styles, and how they end.
mod rate_limits; // The server's rate limits, kept and learned.
mod reading; // What is decoded of a response, and what is repaired.
mod renewals; // Failures of token endpoints and of stores of tokens.
mod retries; // What is retried, and when.
mod secrets; // Secrets, which show nowhere.
mod sites; // Addresses, proxies, pasted secrets, headers that are refused.
mod size_limits; // How much time and how many bytes a call may take.
mod testing; // Errors, responses and a clock made by hand.
#[cfg(target_os = "linux")]
mod tls; // Certificates of the system, and the crypto provider of the process.
mod token_stores; // Where tokens are kept, and shared by processes.
mod traces; // Spans and events.
mod workflows; // Files, bulk changes, lookups by ids, dates.

use jsm_client::{Client, ClientBuilder};
use jsm_sandbox::Sandbox;

use crate::script;
use clock::TestClock;

/// The cloud id of a site, where any will do.
const CLOUD_ID: &str = "11111111-2222-3333-4444-555555555555";

/// Compares a text with its snapshot.
fn check(name: &str, text: &str) {
    insta::with_settings!({snapshot_path => "../snapshots", omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

/// A client of a server that follows a script, which takes any credentials.
fn to(url: &str, clock: &TestClock) -> ClientBuilder {
    Client::builder(url)
        .api_token("ada@example.com", "ada's token")
        .cloud_id(CLOUD_ID)
        .experimental(true)
        .clock(clock.clone())
}

/// A client of a sandbox, for its administrator.
fn of(sandbox: &Sandbox, clock: &TestClock) -> ClientBuilder {
    to(sandbox.url(), clock)
        .gateway(sandbox.gateway_url())
        .cloud_id(sandbox.cloud_id())
        .api_token(sandbox.email(), sandbox.token())
}
