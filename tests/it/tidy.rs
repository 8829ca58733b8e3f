//! What must hold of the sources and the manifests (ARCHITECTURE.md, "What holds"), read from them.
//!
//! What the compiler and clippy can see is left to the lints of the workspace.

mod circles; // Which files use which.
mod vocabulary; // Words that the glossary retires.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jsm_codegen::model::METHODS;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use serde_json::Value;
use syn::{Attribute, Item};
use xtask::{effective, files};

use crate::apis::APIS;

/// Which crates of this workspace each one may depend on, apart from its tests and examples.
const DEPENDENCIES: [(&str, &[&str]); 6] = [
    ("jsm-codegen", &[]),
    ("jsm-raw", &["jsm-codegen"]),
    ("jsm-client", &["jsm-raw"]),
    ("jsm-sandbox", &["jsm-raw"]),
    ("xtask", &["jsm-codegen"]),
    ("jsm-tests", &["jsm-client", "jsm-codegen", "jsm-raw", "jsm-sandbox", "xtask"]),
];

#[test]
fn no_module_is_a_drawer() {
    for source in sources(&["crates", "xtask", "tests"]) {
        let drawer = ["utils", "util", "helpers", "helper", "common", "misc"];
        let mut named = source.path.trim_end_matches(".rs").split('/');
        assert!(!named.any(|part| drawer.contains(&part)), "{}: name it after what it holds", source.path);
        for item in &source.items {
            let Item::Mod(item) = item else { continue };
            let drawer = drawer.iter().any(|name| item.ident == name);
            assert!(!drawer, "{}: name `{}` after what it holds", source.path, item.ident);
        }
    }
}

#[test]
fn every_file_is_one_room() {
    for source in sources(&["crates", "xtask", "tests"]) {
        let lines = source.text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines: make two modules of it", source.path);
        let code =
            source.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        let contents = source.path.ends_with("/lib.rs") || source.path.ends_with("/main.rs");
        let code = code.count();
        assert!(
            !contents || code < 100,
            "{} has {code} lines of code: it is a table of contents",
            source.path
        );
    }
}

#[test]
fn every_file_says_first_what_lives_in_it() {
    for source in sources(&["crates", "xtask", "tests"]) {
        assert!(source.text.starts_with("//! "), "{}: begin it with a line of `//!`", source.path);
    }
}

#[test]
fn nothing_is_left_for_later() {
    for source in sources(&["crates", "xtask", "tests"]) {
        for marker in ["todo", "unimplemented", "dbg"] {
            let found = source.macros.contains(marker);
            assert!(!found, "{}: finish what `{marker}!` stands for, or take it out", source.path);
        }
        for reason in ignored(&source.items) {
            let report = reason.contains("cargo xtask ci");
            assert!(
                report,
                "{}: a test is ignored; say in its reason how `cargo xtask ci` runs it",
                source.path
            );
        }
    }
}

#[test]
fn raw_bindings_hold_no_policy() {
    // When a request is sent again, how long it may take, who sends it.
    let policy = [
        "authoriz",
        "backoff",
        "basic_auth",
        "bearer",
        "credential",
        "oauth",
        "password",
        "retries",
        "retry",
        "sleep",
        "timeout",
    ];
    for source in sources(&["crates/jsm-raw/src"]) {
        for text in source.names.iter().chain(&source.literals) {
            let found = policy.iter().find(|word| text.to_lowercase().contains(**word));
            assert_eq!(found, None, "{}: {text:?} is policy, which lives in jsm-client", source.path);
        }
    }
}

#[test]
fn the_client_holds_no_path_of_an_api() {
    let starts: BTreeSet<String> = APIS
        .iter()
        .flat_map(|api| api.operations)
        .map(|info| info.path.split('/').take(3).collect::<Vec<_>>().join("/"))
        .collect();
    assert!(starts.contains("/rest/servicedeskapi") && starts.contains("/api/v1"), "{starts:?}");
    for source in sources(&["crates/jsm-client/src"]) {
        for start in &starts {
            let found = source.literals.iter().find(|text| text.contains(start.as_str()));
            assert_eq!(found, None, "{}: a path of an API belongs into the documents", source.path);
        }
    }
}

#[test]
fn nothing_written_by_hand_names_operations_one_by_one() {
    let operations: BTreeSet<&str> =
        APIS.iter().flat_map(|api| api.operations).map(|info| info.name).collect();
    // Flows of several requests are made of certain operations; the sandbox behaves as each of them does.
    for source in
        sources(&["crates/jsm-codegen/src", "crates/jsm-raw/src", "crates/jsm-client/src", "xtask/src"])
    {
        let flow = source.path.starts_with("crates/jsm-client/src/workflows/");
        let found: Vec<&String> =
            source.names.iter().filter(|name| operations.contains(name.as_str())).collect();
        assert!(flow || found.is_empty(), "{}: {found:?} belong into the documents or a flow", source.path);
    }
}

#[test]
fn pinned_documents_hold_no_prose() {
    for api in effective::apis(&files::root()).expect("pins.toml is ours") {
        let path = files::pinned(&api);
        let text = fs::read_to_string(files::root().join(&path)).expect("it is pinned");
        let mut found = Vec::new();
        prose(&serde_json::from_str(&text).expect("it is JSON"), "", &mut found);
        // The title of the document is the one we give it; those of operations are names, which distilling keeps short.
        found.retain(|place| place != "/info/title" && !is_title_of_an_operation(place));
        assert!(found.is_empty(), "{path} holds sentences at {found:?}: run cargo xtask pin {api}");
    }
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    for (name, manifest) in manifests() {
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        assert_eq!(inherits, Some(true), "{name}: add `[lints] workspace = true` to its manifest");
    }
}

#[test]
fn every_crate_is_called_as_its_folder() {
    for (name, manifest) in manifests() {
        let package = manifest["package"]["name"].as_str().expect("a package has a name");
        assert!(package == name || package == format!("jsm-{name}"), "{name} is called {package}");
    }
}

#[test]
fn dependencies_run_one_way() {
    let known: BTreeMap<&str, &[&str]> = DEPENDENCIES.into();
    for manifest in manifests().values() {
        let name = manifest["package"]["name"].as_str().expect("a package has a name");
        let allowed =
            known.get(name).unwrap_or_else(|| panic!("{name} has no line in DEPENDENCIES; give it one"));
        let mut sections = vec!["dependencies", "build-dependencies"];
        // Tests and examples may use what stands above the crate; a package of tests has nothing else.
        sections.extend((name == "jsm-tests").then_some("dev-dependencies"));
        for section in sections {
            for (dependency, _) in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten()
            {
                let ours = known.contains_key(dependency.as_str());
                let fine = !ours || allowed.contains(&dependency.as_str());
                assert!(fine, "{name} must not depend on {dependency}: dependencies run one way");
            }
        }
    }
}

#[test]
fn a_dependent_compiles_only_what_generation_needs() {
    let manifests = manifests();
    let root = manifest("Cargo.toml");
    let workspace = &root["workspace"]["dependencies"]["jsm-codegen"];
    assert_eq!(
        workspace["default-features"].as_bool(),
        Some(false),
        "Cargo.toml: `maintain` is a default feature"
    );
    assert!(
        workspace.get("features").is_none(),
        "Cargo.toml: ask for features of jsm-codegen where they are needed"
    );
    let raw = manifests["jsm-raw"]["build-dependencies"]["jsm-codegen"].as_table().expect("it is a table");
    assert!(!raw.contains_key("features"), "jsm-raw: its build needs no feature of jsm-codegen");
    assert!(
        !raw.contains_key("default-features"),
        "jsm-raw: leave the features of jsm-codegen to the workspace"
    );

    let codegen = &manifests["jsm-codegen"];
    let maintain = codegen["features"]["maintain"].as_array().expect("a list");
    for (name, dependency) in codegen["dependencies"].as_table().expect("a table") {
        let optional = dependency.get("optional").and_then(toml::Value::as_bool) == Some(true);
        let listed = maintain.iter().any(|feature| feature.as_str() == Some(&format!("dep:{name}")));
        assert_eq!(optional, listed, "jsm-codegen: {name} is optional exactly if `maintain` asks for it");
    }
    for module in
        sources(&["crates/jsm-codegen/src"]).iter().filter(|source| source.path.ends_with("src/lib.rs"))
    {
        for item in &module.items {
            let Item::Mod(item) = item else { continue };
            let gated = item.attrs.iter().any(|attr| attr.to_token_stream().to_string().contains("maintain"));
            assert!(
                gated || ["diagnostic", "emit", "model"].iter().any(|name| item.ident == name),
                "jsm-codegen: put `{}` behind `maintain`",
                item.ident
            );
        }
    }
}

/// A source file, with what it says apart from comments, documentation and its own tests.
struct Source {
    /// Its path, seen from the root.
    path: String,
    text: String,
    items: Vec<Item>,
    /// Every name in the code.
    names: BTreeSet<String>,
    /// Every name that stands before an exclamation mark.
    macros: BTreeSet<String>,
    /// Every text in quotation marks.
    literals: BTreeSet<String>,
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let root = files::root();
    let mut paths = Vec::new();
    for folder in folders {
        visit(&root.join(folder), &mut paths);
    }
    assert!(!paths.is_empty(), "no sources in {folders:?}");
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).expect("a source is text");
        let path = path.strip_prefix(&root).unwrap_or(path).display().to_string();
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut source = Source {
            path,
            text,
            items: file.items,
            names: BTreeSet::new(),
            macros: BTreeSet::new(),
            literals: BTreeSet::new(),
        };
        let code = source.items.iter().filter(|item| !is_test(item)).map(ToTokens::to_token_stream).collect();
        gather(code, &mut source);
        source
    };
    paths.iter().map(read).collect()
}

fn visit(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "node_modules"].contains(&name.as_str()) && !name.starts_with('.') {
            visit(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(item: &Item) -> bool {
    attributes(item)
        .iter()
        .any(|attr| attr.path().is_ident("cfg") && attr.to_token_stream().to_string().contains("test"))
}

/// The reasons for which tests are ignored; an empty one where none is given.
fn ignored(items: &[Item]) -> Vec<String> {
    let mut reasons = Vec::new();
    for item in items {
        let ignore = attributes(item).iter().filter(|attr| attr.path().is_ident("ignore"));
        reasons.extend(ignore.map(|attr| attr.meta.to_token_stream().to_string()));
        if let Item::Mod(syn::ItemMod { content: Some((_, items)), .. }) = item {
            reasons.extend(ignored(items));
        }
    }
    reasons
}

fn gather(code: TokenStream, source: &mut Source) {
    let mut tokens = code.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            // An attribute with documentation.
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                tokens.next_if(|next| match next {
                    TokenTree::Group(group) => {
                        group.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc")
                    }
                    _ => false,
                });
            }
            TokenTree::Group(group) => gather(group.stream(), source),
            TokenTree::Ident(name) => {
                let called = tokens.peek().is_some_and(|next| next.to_string() == "!");
                if called {
                    source.macros.insert(name.to_string());
                }
                source.names.insert(name.to_string());
            }
            TokenTree::Literal(text) => {
                let text = syn::parse2::<syn::LitStr>(text.to_token_stream());
                source.literals.extend(text.ok().map(|text| text.value()));
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// Whether a place is the summary of an operation: `/paths/~1a~1b/get/summary`.
fn is_title_of_an_operation(place: &str) -> bool {
    let steps: Vec<&str> = place.split('/').collect();
    matches!(steps.as_slice(), ["", "paths", _, method, "summary"] if METHODS.contains(method))
}

/// Places where a key of documentation holds a text.
fn prose(value: &Value, at: &str, found: &mut Vec<String>) {
    let keys = ["description", "example", "summary", "termsOfService", "title"];
    match value {
        Value::Object(entries) => {
            for (key, entry) in entries {
                let place = format!("{at}/{}", key.replace('/', "~1"));
                // A property may be called as a key is; it is an object then.
                if keys.contains(&key.as_str()) && entry.as_str().is_some_and(|text| !text.is_empty()) {
                    found.push(place);
                } else {
                    prose(entry, &place, found);
                }
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| prose(item, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// The manifests of the workspace's members, by folder.
fn manifests() -> BTreeMap<String, toml::Value> {
    let crates = fs::read_dir(files::root().join("crates")).expect("a folder");
    let crates =
        crates.map(|entry| format!("crates/{}", entry.expect("an entry").file_name().to_string_lossy()));
    let members = crates.chain(["xtask", "tests"].map(str::to_owned));
    members
        .map(|member| {
            let name = member.rsplit('/').next().unwrap_or(&member).to_owned();
            (name, manifest(&format!("{member}/Cargo.toml")))
        })
        .collect()
}

fn manifest(path: &str) -> toml::Value {
    let text = fs::read_to_string(files::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.parse::<toml::Table>().map(toml::Value::Table).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn annotations_are_read_in_one_place() {
    for source in sources(&["crates/jsm-codegen"]) {
        // Making the effective document is work on JSON; messages of the lint and proposals name annotations.
        let elsewhere =
            ["src/model/annotations.rs", "src/lint/", "src/effective.rs", "src/proposal.rs", "/tests/"];
        let code = source.text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        let reads = code.filter(|line| line.contains("(\"x-jsm-") && !line.contains("missing("));
        let reads: Vec<&str> = reads.collect();
        assert!(
            reads.is_empty() || elsewhere.iter().any(|place| source.path.contains(place)),
            "{}: read it in model/annotations.rs: {reads:?}",
            source.path
        );
    }
}

#[test]
fn every_package_carries_the_licence_texts() {
    let root = files::root();
    for entry in fs::read_dir(root.join("crates")).expect("a folder") {
        let folder = entry.expect("an entry").path();
        for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let text =
                fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            assert_eq!(text, fs::read(root.join(name)).expect("it is there"), "{}", folder.display());
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let listed = manifest.lines().find(|line| line.starts_with("include"));
        assert!(listed.is_none_or(|line| line.contains("\"LICENSE-*\"")), "{}", folder.display());
    }
}

#[test]
fn every_package_describes_itself_for_a_registry() {
    let root = files::root();
    for entry in fs::read_dir(root.join("crates")).expect("a folder") {
        let folder = entry.expect("an entry").path();
        let text = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        let package = &manifest["package"];
        let count = |key: &str| package.get(key).and_then(toml::Value::as_array).map_or(0, Vec::len);
        assert!((1..=5).contains(&count("keywords")), "{}: a registry takes 5 keywords", folder.display());
        assert!(
            (1..=5).contains(&count("categories")),
            "{}: a registry takes 5 categories",
            folder.display()
        );
        let readme = package.get("readme").and_then(toml::Value::as_str).map(|readme| folder.join(readme));
        assert!(readme.is_some_and(|readme| readme.is_file()), "{}: it has no readme", folder.display());
        let docs = package.get("metadata").and_then(|all| all.get("docs")?.get("rs")?.get("all-features"));
        assert_eq!(
            docs,
            Some(&toml::Value::Boolean(true)),
            "{}: docs.rs shows all features",
            folder.display()
        );
    }
}

#[test]
fn every_action_of_a_workflow_is_pinned_by_its_digest() {
    for entry in fs::read_dir(files::root().join(".github/workflows")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a text");
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let digest = line.split_once('@').and_then(|(_, rest)| rest.split_whitespace().next());
            let pinned = digest.is_some_and(|d| d.len() == 40 && d.bytes().all(|b| b.is_ascii_hexdigit()));
            assert!(pinned && line.contains(" # v"), "{}: {line}", path.display());
        }
    }
}
