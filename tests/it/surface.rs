//! The public Rust surface of every API: what a program can name, in lines whose diff reads as release notes do.
//!
//! How a request looks on the wire is in `requests`.

use std::collections::BTreeMap;

use crate::apis::{self, APIS};

#[test]
fn is_reviewed_line_by_line() {
    for (name, lines) in parts() {
        insta::assert_snapshot!(name, lines);
    }
}

#[test]
fn stays_short_enough_to_be_read() {
    for (name, lines) in parts() {
        // Above the lines, a snapshot has four of insta's own.
        let count = lines.lines().count() + 4;
        assert!(count <= 400, "{name} has {count} lines: split its group in ergonomics.yaml");
    }
}

#[test]
fn has_no_snapshot_of_what_is_gone() {
    assert_eq!(apis::left_over("surface", parts().keys()), Vec::<String>::new(), "delete these snapshots");
}

#[test]
fn names_nothing_twice() {
    for api in APIS {
        let mut places: BTreeMap<&str, &str> = BTreeMap::new();
        for (part, lines) in api.surface() {
            for line in lines.lines() {
                let first = places.insert(line, part);
                assert_eq!(first, None, "{}: {line} is in {part} too", api.name);
            }
        }
    }
}

fn parts() -> BTreeMap<String, &'static str> {
    let parts = APIS.into_iter().flat_map(|api| {
        api.surface().iter().map(move |(part, lines)| (format!("{}-{part}", api.name), lines.as_str()))
    });
    parts.collect()
}
