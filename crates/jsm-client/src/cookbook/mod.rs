//! Recipes for what programs do most, a page each. Every program on these pages runs in this crate's tests.
//!
//! | to | read |
//! | --- | --- |
