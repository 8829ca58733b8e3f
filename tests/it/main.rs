//! Integration tests.

mod apis; // The APIs that the tests cover.

mod pin; // What a pin keeps, writes, records and refuses.
mod surface; // The public Rust surface of every API.
