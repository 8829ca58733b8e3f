//! A service management site in a process: what Jira Service Management and Customer Service Management answer,
//! without a cloud.
//!
//! It listens on loopback ports, keeps its state in memory and stops when it is dropped; many can run in one process.
//! Every operation of both APIs is served with its consequences: what is created is listed, what is removed is gone.
//! Requests are held to the APIs' documents; whatever they do not allow is refused as the API would, and recorded.
//!
//! # Testing a program with it
//! Give the program the address and the credentials, let it work, and look at what happened. This one is sent over a
//! plain socket, to show that any client will do:
//!
//! ```
//! use std::io::{Read, Write};
//! use jsm_sandbox::{Fault, Sandbox};
//!
//! fn program_under_test(url: &str) -> std::io::Result<String> {
//!     let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://"))?;
//!     stream.write_all(b"GET /rest/servicedeskapi/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
//!     let mut answer = String::new();
//!     stream.read_to_string(&mut answer)?;
//!     Ok(answer)
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
//! # What it does not do
//! It does not know the Jira platform (`/rest/api/...`), renders no portal, sends no mail and keeps nothing on disk.
//! Where the documents are silent and no recorded answer is known, it chooses, and a client should not lean on that.

mod auth;
mod behaviour;
mod body;
mod call;
mod clock;
mod contract;
mod csm;
mod date;
mod fault;
mod idempotency;
mod limits;
mod log;
mod media;
mod page;
mod quirks;
mod reply;
mod route;
mod sandbox;
mod schema;
mod seed;
mod server;
mod servicedesk;
mod site;
mod world;

pub use auth::{Account, Grant, Role};
pub use clock::Clock;
pub use contract::{Side, Violation};
pub use fault::Fault;
pub use limits::RateLimits;
pub use log::Received;
pub use quirks::Quirk;
pub use sandbox::{Builder, Sandbox};
pub use seed::Seed;
