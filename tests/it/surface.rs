//! The public Rust surface of every API: what a program can name, in lines that a diff tells as release notes do.
//!
//! How a request looks on the wire is for `requests` to show.

use std::collections::{BTreeMap, BTreeSet};

use jsm_codegen::surface::SHARED;

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
fn names_every_operation_once() {
    for api in APIS {
        let parts = api.surface();
        for info in api.operations {
            let line = format!("{}::{} {} {} -> ", info.group, info.name, info.method, info.path);
            let count = parts[info.group].lines().filter(|other| other.starts_with(&line)).count();
            assert_eq!(count, 1, "{line}");
        }
        let groups: BTreeSet<&str> = api.operations.iter().map(|info| info.group).chain([SHARED]).collect();
        assert_eq!(parts.keys().map(String::as_str).collect::<BTreeSet<_>>(), groups);
    }
}

#[test]
fn names_nothing_twice() {
    for api in APIS {
        let mut places: BTreeMap<&str, &str> = BTreeMap::new();
        for (part, lines) in api.surface() {
            for line in lines.lines() {
                let first = places.insert(line, part);
                assert_eq!(first, None, "{}: {line} stands in {part} too", api.name);
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
