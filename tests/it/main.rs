//! Integration tests.

mod apis; // The APIs that the tests cover.
mod client; // What the client does: lists, errors, patience, credentials.
mod decode; // Documented and recorded bodies, read and written again.
mod diff; // What is told between two documents, and how much it matters.
mod docs; // What the generated documentation says, and the names that lead to an operation.
mod documented; // What pages of documentation list, found in the documents.
mod freshness; // Everything derived is current, and comes out the same every time.
mod lint; // What the lint finds, and what becomes of the corners of OpenAPI.
mod mutation; // Damaged documents and overlays, given to everything that reads them.
mod overlay; // What overlays make of a document, and what they are refused for.
mod parameters; // Parameters, wherever they are written, and what is refused before it is sent.
mod pin; // What a pin keeps, writes, records and refuses.
mod public; // The public surface of what is written by hand.
mod requests; // What every operation sends.
mod sandbox; // The sandbox, asked by a client that knows nothing of it but addresses.
mod surface; // The public Rust surface of every API.
mod third_api; // An API that nobody has seen before, given as data.
mod tidy; // What must hold of sources and manifests.
mod update; // All of an update or a page of what to mend.
mod writing; // Commands that write at once, and commands that are killed.
