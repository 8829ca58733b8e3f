//! A service management site in a process, to test clients of Jira Service Management and Customer Service Management
//! against.
//!
//! The sandbox listens on loopback ports, keeps its state in memory and stops when it is dropped; many can run in one
//! process. It serves every operation of both APIs with its side effects: what is created is listed, what is deleted is
//! gone. It validates requests against the documents of the APIs, and refuses and records what they do not allow. Faults
//! break connections and pages where a test asks for it; quirks let responses deviate from the documents as recorded
//! responses of real servers do.
//!
//! # Testing a program with it
//! Give the program the address and the credentials of the sandbox, let it run, then read what the sandbox saw. Any HTTP
//! client will do; this one is a plain socket:
//!
//! ```
//! use std::io::{Read, Write};
//! use jsm_sandbox::{Fault, Sandbox};
//!
//! fn program_under_test(url: &str) -> std::io::Result<String> {
//!     let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://"))?;
//!     stream.write_all(b"GET /rest/servicedeskapi/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
//!     let mut response = String::new();
//!     stream.read_to_string(&mut response)?;
//!     Ok(response)
//! }
//!
//! let sandbox = Sandbox::builder().start_blocking().unwrap();
//! sandbox.fault(Fault::status(503).header("Retry-After", "1"));
//! assert!(program_under_test(sandbox.url()).unwrap().starts_with("HTTP/1.1 503"));
//! assert!(program_under_test(sandbox.url()).unwrap().contains("platformVersion"));
//! assert_eq!(sandbox.requests().last().unwrap().operation, Some("GetInfo"));
//! assert_eq!(sandbox.violations(), []);
//! ```
//!
//! | to test | use |
//! | --- | --- |
//! | other data: request types with fields, requests, queues, SLAs, workflows | [`SandboxBuilder::seed`] |
//! | other languages | [`Seed::translation`] |
//! | other roles, scopes | [`Sandbox::account`], [`Sandbox::scoped_token`] |
//! | OAuth: tokens, the whole authorization, service accounts | [`Sandbox::grant`], [`Sandbox::oauth_app`], [`Sandbox::service_account`] |
//! | several sites | [`SandboxBuilder::site`], [`Sandbox::sites`], [`Sandbox::contents`] |
//! | endpoints that it does not serve, or other responses | [`Sandbox::route`] |
//! | errors, timeouts, broken connections and pages; the third POST fails | [`Sandbox::fault`] |
//! | tolerance for odd responses | [`SandboxBuilder::quirk`] |
//! | rate limits, enforced or only reported | [`SandboxBuilder::rate_limits`] |
//! | bulk tasks that take time, tokens that expire | [`SandboxBuilder::task_duration`], [`Sandbox::clock`] |
//! | what was sent | [`Sandbox::requests`], [`Sandbox::violations`] |
//! | what is on the site afterwards | [`Sandbox::customers`], [`Sandbox::organizations`], [`Sandbox::customer_requests`] |
//!
//! The crate is a program too, for clients in any language: `jsm-sandbox --port 8080`.
//!
//! # Recording a real site
//! `RecordingProxy` (feature `record`, or the program `jsm-sandbox record`) forwards to a site and writes what is sent as
//! fixtures without credentials and people. [`Replay`] serves them to tests. Its page and that of its builder are on docs.rs,
//! and in what `cargo doc -p jsm-sandbox --features record` writes.
//!
//! # What it does not do
//! Of the Jira platform (`/rest/api/3`) it serves `myself`, `user/search` and the fields of an issue; a test can
//! [add routes](Sandbox::route). It renders no portal and sends no mail; only a recorder writes to disk. Its ids and texts
//! are its own. Where the documents do not say what a server does and no response was recorded, its behaviour is a guess.

mod apps; // OAuth apps of a sandbox, and consent to them.
mod contents; // What is on the sites of a sandbox.
mod sandbox; // Starting and stopping a sandbox, and reading what it saw.

mod recording; // Recordings of other sites, made and served.

mod wire; // Sockets and connections.

mod pipeline; // All that happens to a request, step by step.

mod handlers; // What each operation does.

mod views; // Things as JSON.

mod message; // Requests and responses.

mod domain; // State and rules.

mod calendar; // Points in time as a calendar shows them.
mod clock; // The sandbox's own time.

pub use clock::Clock;
pub use contents::Contents;
pub use domain::entities::account::Account;
pub use domain::entities::contents::{Attachment, Comment, Customer, CustomerRequest, Organization};
pub use domain::entities::field::Field;
pub use domain::entities::person::Role;
pub use domain::entities::sla_cycle::SlaCycle;
pub use domain::entities::workflow::{StatusCategory, Workflow};
pub use domain::oauth::{Consent, Grant, OAuthApp};
pub use domain::seed::Seed;
pub use message::origin::SiteAddress;
pub use pipeline::added_routes::{RouteRequest, RouteResponse};
pub use pipeline::fault::Fault;
pub use pipeline::log::RecordedRequest;
pub use pipeline::quirk::Quirk;
pub use pipeline::rate_limits::RateLimits;
pub use pipeline::violation::{Side, Violation};
#[cfg(feature = "record")]
pub use recording::proxy::{RecordingProxy, RecordingProxyBuilder};
pub use recording::replay::Replay;
pub use sandbox::{Sandbox, SandboxBuilder};
