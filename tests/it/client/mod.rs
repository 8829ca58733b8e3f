//! The client, asked to do what it promises: against the sandbox where that will do, and against servers that follow
//! a script where it will not.
//!
//! Time is the tests' own, so nothing here sleeps: whoever waits is told that the time has passed, and it is written
//! down. Access by OAuth and the flows of more than one request have rooms of their own.

mod clock; // A clock whose time passes when somebody waits.
mod script; // A server that answers what a test wrote down.

mod connections; // Connections that end or are not trusted, and a paused clock.
mod credentials; // Who calls, and where credentials go.
mod errors; // What an error says, whatever the server sent.
mod headers; // How long a body is, and in which language to respond.
mod oauth; // Tokens that renew themselves.
mod opt_in; // The header for experimental operations.
mod options; // The options of a request, wherever they are given.
mod pagination; // Lists of all styles, and how they end.
mod rate_limits; // The server's limits, kept and heeded.
mod reading; // What is read of a response, whatever is odd in it.
mod renewals; // What token endpoints and stores of tokens do wrong.
mod retries; // What is sent again, and when.
mod secrets; // What is told to nobody.
mod sites; // Addresses, proxies, pasted secrets, headers that are refused.
mod size_limits; // How much time and how many bytes a call may take.
mod traces;
mod workflows; // What takes more than one request: files, bulk changes, ids, dates. // What is told to who listens.

use jsm_client::{Client, ClientBuilder};
use jsm_sandbox::Sandbox;

use clock::TestClock;

/// A site's cloud id, where it makes no difference which.
const CLOUD_ID: &str = "11111111-2222-3333-4444-555555555555";

/// Compares a text with the one that was approved.
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
