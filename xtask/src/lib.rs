//! The maintenance commands, as functions: what `cargo xtask` runs and what the tests call.
//!
//! Nothing here decides what a document means: reading, writing and printing are done here, the rest in
//! `jsm-codegen`. Every command takes the root of the checkout, so that it can be run on a copy, and ends in an
//! [`outcome::Outcome`] or an [`outcome::Error`].

pub mod bump;
pub mod changes;
pub mod ci;
pub mod command;
pub mod dependents;
pub mod effective;
pub mod files;
pub mod git;
pub mod outcome;
pub mod packages;
pub mod peers;
pub mod pin;
pub mod propose;
pub mod public_api;
pub mod source;
pub mod update;
