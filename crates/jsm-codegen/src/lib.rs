//! Pure functions from OpenAPI documents to the Rust bindings of `jsm-raw`.
//!
//! Nothing here reads a file, asks the network or looks at a clock: `xtask` and build scripts do. What a build script
//! needs is always compiled; what a maintainer needs is behind the feature `maintain`.

mod annotations;
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
pub mod emit;
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
