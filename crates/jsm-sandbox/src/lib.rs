//! A service management site in a process: what Jira Service Management and Customer Service Management answer, without a cloud.
//!
//! Nothing here is a client, and nothing leaves the loopback interface.

mod auth;
mod behaviour;
mod call;
mod clock;
mod date;
mod page;
mod reply;
mod route;
mod sandbox;
mod seed;
mod server;
mod servicedesk;
mod site;
mod world;

pub use auth::{Account, Role};
pub use clock::Clock;
pub use sandbox::{Builder, Sandbox};
pub use seed::Seed;
