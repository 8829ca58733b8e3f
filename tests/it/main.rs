//! Integration tests.

mod apis; // The APIs that the tests cover.
mod changes; // The command that compares two documents.
mod client; // What the client does: pagination, errors, retries, credentials.
mod decode; // Documented and recorded bodies, read and written again.
mod docs; // What the generated documentation says, and the names that lead to an operation.
mod documented; // What pages of documentation list, found in the documents.
mod fields; // Values of fields read and written, and lengths of time.
mod freshness; // Everything derived is current, and comes out the same every time.
mod http; // A reqwest client of the tests' own.
mod mutation; // Updates from damaged documents.
mod overlay; // Our overlays, where upstream has caught up with them.
mod parameters; // Parameters, wherever they are written, and what is refused before it is sent.
mod pin; // What a pin writes, records and reports.
mod public; // The public API of what is written by hand.
#[path = "../../crates/jsm-codegen/tests/it/random_damage.rs"]
mod random_damage; // Random damage to JSON documents.
mod recording; // Recordings of sites, made through the client and replayed to it.
mod reexports; // The crates whose types public signatures name.
mod requests; // What every operation sends.
mod script; // A server that responds as a test wrote down.
mod surface; // The public Rust surface of every API.
mod third_api; // An API that nobody has seen before, given as data.
mod tidy; // What must hold of sources and manifests.
mod update; // All of an update, or a page of what to fix.
mod writing; // Commands that write at once, and commands that are killed.
