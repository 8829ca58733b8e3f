//! Integration tests.

mod apis; // The APIs that the tests cover.

mod changes; // What is told between two documents, and how much it matters.
mod decode; // Documented and recorded bodies, read and written again.
mod pin; // What a pin keeps, writes, records and refuses.
mod requests; // What every operation sends.
mod surface; // The public Rust surface of every API.
mod sandbox; // The sandbox, asked by a client that knows nothing of it but addresses.
