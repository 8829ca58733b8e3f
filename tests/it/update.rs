//! Updating an API in one command: all that is derived is written, or nothing and a page of what to mend.
//!
//! The invented API is that of `third_api`; what one property touches is tried on copies of the real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use jsm_codegen::diff::{Bump, Severity};
use jsm_codegen::emit::emit;
use jsm_codegen::surface::surface;
use jsm_codegen::{bump, document, report};
use serde_json::json;
use tempfile::TempDir;
use xtask::bump::BumpArgs;
use xtask::outcome::Outcome;
use xtask::update::{self, PAGE, UpdateArgs};
use xtask::{effective, files, propose};

use crate::third_api::{UPSTREAM, args, copy, lay, write};

const DERIVED: [&str; 3] =
    ["crates/jsm-raw/openapi/ferry.json", "openapi/ferry/pinned.json", "openapi/pins.toml"];

#[test]
fn everything_derived_is_written_at_once_and_then_current() {
    let (checkout, before) = laid();
    let root = checkout.path();
    let Ok(Outcome::Fine(_)) = update::run(root, &args(root, UPSTREAM)) else {
        panic!("the fixture is fine")
    };
    assert_eq!(touched(&before, &texts(root)), DERIVED);

    let before = texts(root);
    let Ok(Outcome::Fine(told)) = update::run(root, &args(root, UPSTREAM)) else { panic!("it is current") };
    assert!(told.contains("is current"), "{told}");
    let edition = UPSTREAM.replace("version: '7'", "version: '8'").replace("Everything that", "All that");
    let Ok(Outcome::Fine(told)) = update::run(root, &args(root, &edition)) else { panic!("it is current") };
    assert!(told.contains("is current"), "{told}");
    assert_eq!(texts(root), before);
}

#[test]
fn what_no_longer_fits_is_a_page_of_work_and_nothing_is_written() {
    let (checkout, _) = updated();
    let root = checkout.path();
    let before = texts(root);
    let next = next();
    let Ok(Outcome::Stale(told)) = update::run(root, &args(root, &next)) else { panic!("much does not fit") };
    assert_eq!(texts(root), before);
    assert!(told.ends_with(PAGE), "{told}");
    let page = fs::read_to_string(root.join(PAGE)).expect("the page is there");
    insta::assert_snapshot!("stuck", page.replace(&root.display().to_string(), "[folder]"));

    // Mended as the page says, the same command writes everything.
    for name in ["ergonomics.yaml", "docs.yaml"] {
        let place = format!("openapi/ferry/{name}");
        let text = fs::read_to_string(root.join(&place)).expect("an overlay");
        let text = text.replace("['/crossing']", "['/passage']").replace("Lists crossings", "Lists passages");
        let more = match name {
            "docs.yaml" => {
                "  - target: $.paths['/dock'].post\n    update: {description: Builds a dock.}\n  \
                 - target: $.paths['/dock'].post.responses['201']\n    update: {description: Built.}\n"
            }
            _ => {
                "  - target: $.paths['/dock'].post\n    update: \
                 {x-jsm-name: CreateDock, x-jsm-group: dock, x-jsm-idempotent: false}\n  \
                 - target: $.components.schemas.DockDTO.properties.berths\n    update: {items: {type: string}}\n"
            }
        };
        write(root, &place, &format!("{text}{more}"));
    }
    let before = texts(root);
    let Ok(Outcome::Fine(_)) = update::run(root, &args(root, &next)) else { panic!("all is mended") };
    assert_eq!(touched(&before, &texts(root)), DERIVED);
    let page = fs::read_to_string(root.join(PAGE)).expect("the page is there");
    insta::assert_snapshot!("page", page.replace(&root.display().to_string(), "[folder]"));
}

#[test]
fn names_are_proposed_for_operations_that_have_none() {
    let (checkout, _) = updated();
    let root = checkout.path();
    let place = "openapi/ferry/proposed.yaml";
    let responses = "responses: {'200': {description: One.}, '404': {description: None.}}";
    let paths = format!(
        "  /dock/{{dockId}}:\n    parameters: [{{name: dockId, in: path, required: true, schema: {{type: string}}}}]\n    \
         get: {{summary: Dock - Find, {responses}}}\n    delete: {{{responses}}}\n  \
         /dock: {{get: {{operationId: Dock - List, {responses}}}}}\n  /dock/create: {{post: {{{responses}}}}}\n  /ticket/bulk:\n"
    );
    let upstream = UPSTREAM.replace("  /ticket/bulk:\n", &paths);
    let before = texts(root);
    let Ok(Outcome::Fine(told)) = update::run(root, &args(root, &upstream)) else { panic!("all has a name") };
    assert!(told.contains(&format!("proposed {place}: ")), "{told}");
    let mut expected = DERIVED.to_vec();
    expected.insert(2, place);
    assert_eq!(touched(&before, &texts(root)), expected);
    let proposed = fs::read_to_string(root.join(place)).expect("it was written");
    insta::assert_snapshot!("proposed", proposed);

    // A maintainer edits it, and it stays as it was edited.
    write(root, place, &proposed.replace("GetDockByDockId", "FindDock"));
    let before = texts(root);
    let Ok(Outcome::Fine(_)) = update::run(root, &args(root, &upstream)) else { panic!("all has a name") };
    assert_eq!(touched(&before, &texts(root)), [DERIVED[0]]);
    assert!(texts(root)[DERIVED[0]].contains("FindDock"));
}

#[test]
fn an_overlay_that_cannot_be_read_leaves_everything_as_it_was() {
    let (checkout, _) = updated();
    let root = checkout.path();
    write(root, "openapi/ferry/docs.yaml", "overlay: [");
    let before = texts(root);
    assert!(update::run(root, &args(root, &next())).is_err());
    assert_eq!(texts(root), before);
}

#[test]
fn what_stands_there_now_is_told_from_where_the_path_ends() {
    let document =
        json!({"paths": {"/a/b": {"get": {"parameters": [{"name": "limit"}, {"name": "start"}]}}, "/z": 1}});
    for (target, told) in [
        ("$.paths['/a/c'].get", "`$.paths` has `/a/b`, `/z`"),
        ("$.paths['/a/b'].post", "`$.paths['/a/b']` has `get`"),
        (
            "$.paths['/a/b'].get.parameters[?@.name == 'st.x']",
            "`$.paths['/a/b'].get.parameters` has `start`, `limit`",
        ),
        ("$.paths['/z']", "`1`"),
        ("$.paths['/z'].get", "`$.paths['/z']` has `1`"),
        ("$['no'", "`$` has `paths`"),
        ("", "no such place at all"),
    ] {
        assert_eq!(report::stands(&document, target), told, "{target}");
    }
}

#[test]
fn one_property_touches_one_snapshot() {
    for (api, schema) in [("servicedesk", "UserDTO"), ("servicedesk", "RequestCreateDTO")] {
        let checkout = TempDir::new().expect("a folder");
        let root = checkout.path();
        for folder in ["openapi", "crates/jsm-raw/openapi", "tests/it/snapshots"] {
            copy(&files::root().join(folder), &root.join(folder));
        }
        let place = effective::place(api);
        let made = effective::make(root, api).expect("the overlays fit");
        write(root, &place, &made);
        let old = parts(api, &made);
        for (part, lines) in &old {
            let name = format!("tests/it/snapshots/it__surface__{api}-{part}.snap");
            write(root, &name, &format!("---\nsource: tests/it/surface.rs\n---\n{lines}"));
        }
        let text = fs::read_to_string(root.join(files::pinned(api))).expect("it is pinned");
        let mut upstream = document::parse(text.as_bytes()).expect("it is a document");
        let properties = upstream.pointer_mut(&format!("/components/schemas/{schema}/properties"));
        properties.expect("the schema has some")["ferryName"] = json!({"type": "string"});
        write(root, "upstream", &upstream.to_string());

        let before = texts(root);
        let from = Some(root.join("upstream").display().to_string());
        let args = UpdateArgs { api: Some(api.into()), from, ..UpdateArgs::default() };
        let Ok(Outcome::Fine(told)) = update::run(root, &args) else { panic!("one property more fits") };
        let pinned = files::pinned(api);
        assert_eq!(
            touched(&before, &texts(root)),
            [place.as_str(), files::PINS, pinned.as_str()],
            "{schema}"
        );
        let named: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("will change: ")).collect();
        let new = parts(api, &fs::read_to_string(root.join(&place)).expect("it was written"));
        let changed: Vec<String> = new
            .iter()
            .filter(|(part, lines)| old.get(*part) != Some(lines))
            .map(|(part, _)| format!("tests/it/snapshots/it__surface__{api}-{part}.snap"))
            .collect();
        assert_eq!(named, changed, "{schema}");
        assert_eq!(changed.len(), 1, "{schema}: {changed:?}");
    }
}

#[test]
fn a_proposal_is_one_branch_and_one_pull_request_with_the_page() {
    let branch = propose::branch("documents");
    assert_eq!(branch, propose::branch("documents"));
    assert_ne!(branch, propose::branch("other documents"));
    let commands = propose::commands(&branch, "[breaking] title", &["openapi/pins.toml"], PAGE);
    let lines: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
    insta::assert_snapshot!("proposal", lines.join("\n").replace(&branch, "[branch]"));
}

#[test]
fn versions_move_as_far_as_changes_ask() {
    for (base, bump, day, next) in [
        ("0.3.1", Bump::None, None, Some("0.3.1")),
        ("0.3.1", Bump::Patch, None, Some("0.3.2")),
        ("0.3.1", Bump::Minor, None, Some("0.4.0")),
        ("0.3.1+20250910", Bump::Minor, Some("2026-06-20"), Some("0.4.0+20260620")),
        ("0.3.1", Bump::Patch, Some("June"), None),
        ("1.0.0", Bump::Patch, None, None),
        ("0.3", Bump::Patch, None, None),
        ("0.3.18446744073709551615", Bump::Patch, None, None),
    ] {
        assert_eq!(bump::next(base, bump, day).ok().as_deref(), next, "{base} {bump:?}");
    }
    for (old, new, severity) in [
        ("a\nb\n", "b\na\n", Severity::None),
        ("a\n", "a\nb\n", Severity::Additive),
        ("a\nb\n", "a\nc\n", Severity::Breaking),
    ] {
        assert_eq!(bump::listed(old, new), severity, "{old:?} {new:?}");
    }
}

#[test]
fn a_bump_is_written_into_the_manifest_and_nowhere_else() {
    let (checkout, _) = updated();
    let root = checkout.path();
    let manifest = "[workspace.package]\nversion = \"0.3.1\" # ours\nedition = \"2024\"\n\n[workspace.dependencies]\n\
                    jsm-raw = { path = \"crates/jsm-raw\", version = \"0.3.1\" }\nserde = { version = \"1\" }\n";
    write(root, "Cargo.toml", manifest);
    git(root, &["init", "--quiet"]);
    git(root, &["add", "--all"]);
    let author = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
    git(root, &[author.as_slice(), &["commit", "--quiet", "--message", "begin"]].concat());

    let write_it = BumpArgs { write: true, ..BumpArgs::default() };
    let Ok(Outcome::Fine(told)) = xtask::bump::run(root, &write_it) else { panic!("nothing changed") };
    assert!(told.ends_with("0.3.1 stays: nothing asks for a release"), "{told}");

    let without = UPSTREAM.replace("        seats: {type: integer, format: int32}\n", "");
    let Ok(Outcome::Fine(told)) = update::run(root, &args(root, &without)) else { panic!("it still fits") };
    assert!(told.contains("suggested version: 0.4.0+20240501"), "{told}");
    let before = texts(root);
    for _ in 0..2 {
        let Ok(Outcome::Fine(told)) = xtask::bump::run(root, &write_it) else { panic!("a property is gone") };
        assert!(told.contains("-> 0.4.0+20240501"), "{told}");
    }
    let after = texts(root);
    assert_eq!(touched(&before, &after), ["Cargo.toml"]);
    let expected = manifest
        .replace("\"0.3.1\" # ours", "\"0.4.0+20240501\" # ours")
        .replace("version = \"0.3.1\" }", "version = \"0.4.0\" }");
    assert_eq!(after["Cargo.toml"], expected);
    assert!(xtask::bump::run(root, &BumpArgs { since: Some("no-such".into()), ..write_it }).is_err());
}

/// Upstream's next document: a list has moved, a field is gone, an operation and a schema are new and rough.
fn next() -> String {
    UPSTREAM.replace("  /crossing:\n", "  /passage:\n").replace(
        "  /ticket/bulk:\n",
        "  /dock:\n    post:\n      operationId: buildDock\n      requestBody:\n        content: {application/json: \
         {schema: {$ref: '#/components/schemas/DockDTO'}}}\n      responses:\n        '201': {description: Built.}\n  \
         /ticket/bulk:\n",
    ) + "    DockDTO: {type: object, properties: {berths: {type: array}}}\n"
}

fn parts(api: &str, effective: &str) -> BTreeMap<String, String> {
    surface(&emit(api, effective).expect("the lint has let it through")).expect("it is what was generated")
}

fn laid() -> (TempDir, BTreeMap<String, String>) {
    let checkout = TempDir::new().expect("a folder");
    lay(checkout.path());
    write(checkout.path(), "upstream", "");
    let before = texts(checkout.path());
    (checkout, before)
}

fn updated() -> (TempDir, BTreeMap<String, String>) {
    let (checkout, before) = laid();
    update::run(checkout.path(), &args(checkout.path(), UPSTREAM)).expect("the fixture is fine");
    (checkout, before)
}

/// Every text of a checkout, but upstream's, the page's and git's own.
pub(crate) fn texts(root: &Path) -> BTreeMap<String, String> {
    fn visit(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("it is inside").display().to_string();
            match name.as_str() {
                ".git" | "target" | "upstream" => {}
                _ if path.is_dir() => visit(root, &path, found),
                _ => drop(found.insert(name, fs::read_to_string(&path).expect("a text"))),
            }
        }
    }
    let mut found = BTreeMap::new();
    visit(root, root, &mut found);
    found
}

/// The files that differ, that are new or that are gone.
pub(crate) fn touched(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn git(root: &Path, words: &[&str]) {
    let ended = Command::new("git").arg("-C").arg(root).args(words).status().expect("git runs");
    assert!(ended.success(), "git {words:?}");
}
