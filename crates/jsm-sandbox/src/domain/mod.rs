//! The domain: all state of a site, and all rules about it. Both APIs share it.
//!
//! Nothing here knows HTTP. A rule that refuses something returns an [`error::Error`]; the views write it as each API
//! does.

pub(crate) mod entities; // What a site consists of, as plain data.
pub(crate) mod error; // Why a rule refuses something.

pub(crate) mod credentials; // Which tokens exist, and whom they stand for.
pub(crate) mod oauth; // Apps, and what accounts grant them.
pub(crate) mod site; // The state, and how a thing in it is found.

mod read; // What a test reads.
pub(crate) mod rules; // What is created, removed and forbidden.

mod demo; // The demo data.
mod populate; // Pieces of such data.
pub(crate) mod seed;
mod seed_step; // What each step of a seed adds. // The data that a sandbox starts with.
