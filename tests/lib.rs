//! The tests live in `it/`, one binary for all of them. Here the README's programs are run.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
