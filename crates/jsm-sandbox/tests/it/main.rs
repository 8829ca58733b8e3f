//! The sandbox, seen by clients that know nothing of it but addresses.
//!
//! How the project's own client works on it is tested with that client.

mod client; // A client that sends any request.
mod http; // What it sends with.
mod snapshot; // Snapshots for reviewers.
mod steps; // A request for every operation.

mod every_operation; // Every operation once, with and without what it requires.
mod new_alone; // Every operation with its required parameters alone.
mod responses; // Responses, compared with the documents.

mod access; // Credentials, roles, scopes, headers, bodies and rate limits.
mod added_routes; // Endpoints that a test serves itself.
mod concurrency; // Many clients at once.
mod contents; // What a test reads of the site.
mod faults; // What goes wrong where a test asks for it.
mod idempotency; // Idempotency keys.
mod jira; // Endpoints of the Jira platform.
mod language; // Texts in the language that a request asks for.
mod oauth; // Authorizing apps, tokens, several sites, service accounts.
#[cfg(feature = "record")]
mod odd_servers; // A recorder in front of servers that send what no sandbox does.
#[cfg(feature = "record")]
mod program; // The program that records and replays.
#[cfg(feature = "record")]
mod recording; // Recordings of a sandbox, and replays of them.
#[cfg(feature = "record")]
mod recording_folders; // Several recorders, one folder.
mod seeded_requests; // Requests, queues, SLAs and workflows, as a test describes them.
mod seeds; // Request types with fields, as a test describes them.
mod settings; // Clock, quirks, seeds and the other settings.
mod side_effects; // What one request changes in the responses of others.
