//! The maintenance commands, as functions: what `cargo xtask` runs and what the tests call.
//!
//! Nothing here decides what a document means: reading, writing and telling are done here, the rest is
//! `jsm-codegen`'s. Every command takes the root of the checkout, so that it can be run on a copy, and ends in an
//! [`outcome::Outcome`] or an [`outcome::Failure`].

pub mod bump;
pub mod changes;
pub mod ci;
pub mod command;
pub mod dependents;
pub mod effective;
pub mod files;
pub mod outcome;
pub mod peers;
pub mod pin;
pub mod propose;
pub mod source;
pub mod update;
