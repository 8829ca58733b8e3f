//! Pure functions from OpenAPI documents to the Rust bindings of `jsm-raw`.
//!
//! Nothing here reads a file, uses the network or a clock: `xtask` and build scripts do. What a build script needs is
//! always compiled; what a maintainer needs is behind the feature `maintain`.

pub mod diagnostic;
pub mod emit;
#[cfg_attr(
    not(feature = "maintain"),
    allow(dead_code, unused_imports, reason = "what only a maintainer needs")
)]
pub mod model;

#[cfg(feature = "maintain")]
pub mod bump;
#[cfg(feature = "maintain")]
pub mod diff;
#[cfg(feature = "maintain")]
pub mod distil;
#[cfg(feature = "maintain")]
pub mod document;
#[cfg(feature = "maintain")]
pub mod effective;
#[cfg(feature = "maintain")]
pub mod lint;
#[cfg(feature = "maintain")]
pub mod overlay;
#[cfg(feature = "maintain")]
pub mod pins;
#[cfg(feature = "maintain")]
pub mod proposal;
#[cfg(feature = "maintain")]
pub mod report;
#[cfg(feature = "maintain")]
pub mod surface;
