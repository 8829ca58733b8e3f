//! The public API of what is written by hand, one line for each thing that a program can name.
//!
//! What is generated is listed in `surface`. The lint `unreachable_pub` checks that nothing is `pub` in vain.

use std::collections::{BTreeMap, BTreeSet};

use xtask::files;
use xtask::public_api::{CRATES, Sources, listing, sources};

#[test]
fn is_reviewed_line_by_line() {
    for name in CRATES {
        let sources = sources(&files::root(), name).expect("the sources are there");
        let mut lines = listing(&sources).expect("they are Rust");
        // Pages of the documentation are not compiled into programs.
        lines.retain(|line| !line.starts_with("cookbook"));
        assert!(!lines.is_empty(), "{name} has nothing public");
        for (part, lines) in parts(name, lines) {
            // Above the lines, a snapshot has four of insta's own.
            assert!(lines.len() + 4 <= 400, "{part} has {} lines: list a part of it on its own", lines.len());
            insta::assert_snapshot!(part, lines.join("\n"));
        }
    }
}

/// The lines of a crate's root, and those of each public module.
fn parts(name: &str, lines: BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
    let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines {
        let module = line.split_once("::").map(|(module, _)| module);
        let module =
            module.filter(|module| module.chars().all(|letter| letter.is_lowercase() || letter == '_'));
        let part = module.map_or_else(|| name.to_owned(), |module| format!("{name}-{module}"));
        parts.entry(part).or_default().push(line);
    }
    parts
}

#[test]
fn has_a_line_for_every_form_of_item() {
    let source = r#"
        pub use inner::{First, Second as Third, more::*};
        #[derive(Clone, Debug)] #[non_exhaustive]
        pub struct Place<'a, T: Send> { pub at: &'a [T], hidden: u8 }
        pub struct Count(pub u32, u8);
        impl<'a, T: Send> Place<'a, T> {
            pub async fn go(&mut self, to: impl Into<String>) -> Result<Vec<T>, Error> where T: Sync { self.went(to).await }
            fn own(&self) {}
        }
        impl std::fmt::Display for Count { fn fmt(&self) {} }
        impl Clone for Private { fn clone(&self) {} }
        pub enum Kind { One, Two(u8), Three { deep: bool } }
        pub trait Clock: Send { type Time; fn now(&self) -> u64; fn later(&self) -> u64 { 1 } }
        pub const MOST: usize = 3;
        pub type Result<T, E = Error> = std::result::Result<T, E>;
        pub(crate) fn inside() {}
        struct Private;
        #[doc(hidden)] pub struct Hidden;
        #[cfg(test)] pub fn tested() {}
        pub fn outside(n: u8) -> bool { true }
        pub use reqwest::StatusCode as Status;
        mod inner {
            pub use self::deep::First;
            mod deep { pub struct First { pub at: crate::inner::Second } pub struct Unexported; }
            pub enum Second { Only }
            pub mod more { pub fn one() {} pub mod still { pub fn two() {} } }
        }
    "#;
    let lines = of(&[("lib.rs", source)]);
    insta::assert_snapshot!("forms", lines.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn stays_when_a_private_module_moves() {
    let before = of(&[
        (
            "lib.rs",
            "mod ground; pub use ground::{Depth, Failure}; pub use ground::Failure as Error; pub mod deep;",
        ),
        ("ground.rs", "pub struct Failure; pub struct Depth; impl From<std::io::Error> for Failure {}"),
        ("deep.rs", "pub fn fall(from: crate::ground::Depth) -> Result<(), super::Failure> { go() }"),
    ]);
    let after = of(&[
        (
            "lib.rs",
            "mod earth; pub use crate::earth::Depth; pub use earth::{Failure, Failure as Error}; pub mod deep;",
        ),
        (
            "earth/mod.rs",
            "mod ground; pub use ground::*; pub use ground::Failure; pub use self::ground::Depth;",
        ),
        ("earth/ground.rs", "pub struct Failure; pub struct Depth; impl From<std::io::Error> for Failure {}"),
        (
            "deep.rs",
            "use crate::Depth; pub fn fall(from: Depth) -> Result<(), crate::earth::Failure> { go() }",
        ),
    ]);
    assert_eq!(before, after);
    assert!(before.contains("deep::fall(from: Depth) -> Result<(), Failure>"), "{before:#?}");
    assert!(before.contains("Error struct") && before.contains("Failure struct"), "{before:#?}");
}

fn of(files: &[(&str, &str)]) -> BTreeSet<String> {
    let sources: Sources =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    listing(&sources).expect("it is Rust")
}
