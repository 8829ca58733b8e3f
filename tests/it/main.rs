//! Integration tests.

mod pin; // What a pin keeps, writes, records and refuses.
