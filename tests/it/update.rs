//! Updating an API in one command: all that is derived is written, or nothing and a page of what to fix.
//!
//! The invented API is that of `third_api`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

#[cfg(unix)]
use jsm_codegen::diff::Severity;
use tempfile::TempDir;
use xtask::bump::BumpArgs;
use xtask::outcome::Outcome;
use xtask::propose;
use xtask::update::{self, PAGE};

use crate::third_api::{UPSTREAM, args, lay, write};

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
    let Ok(Outcome::Fine(summary)) = update::run(root, &args(root, UPSTREAM)) else {
        panic!("it is current")
    };
    assert!(summary.contains("is current"), "{summary}");
    let edition = UPSTREAM.replace("version: '7'", "version: '8'").replace("Everything that", "All that");
    let Ok(Outcome::Fine(summary)) = update::run(root, &args(root, &edition)) else {
        panic!("it is current")
    };
    assert!(summary.contains("is current"), "{summary}");
    assert_eq!(texts(root), before);
}

#[test]
fn what_no_longer_fits_is_a_page_of_what_to_fix_and_nothing_is_written() {
    let (checkout, _) = updated();
    let root = checkout.path();
    let before = texts(root);
    let next = next();
    let Ok(Outcome::Stale(summary)) = update::run(root, &args(root, &next)) else {
        panic!("much does not fit")
    };
    assert_eq!(texts(root), before);
    assert!(summary.ends_with(PAGE), "{summary}");
    let page = fs::read_to_string(root.join(PAGE)).expect("the page is there");
    insta::assert_snapshot!("stuck", page.replace(&root.display().to_string(), "[folder]"));

    // Fixed as the page says, the same command writes everything.
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
    let Ok(Outcome::Fine(_)) = update::run(root, &args(root, &next)) else { panic!("all is fixed") };
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
    let Ok(Outcome::Fine(report)) = update::run(root, &args(root, &upstream)) else {
        panic!("all has a name")
    };
    assert!(report.contains(&format!("proposed {place}: ")), "{report}");
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
fn a_proposal_is_one_branch_and_one_pull_request_with_the_page() {
    let branch = propose::branch("documents");
    assert_eq!(branch, propose::branch("documents"));
    assert_ne!(branch, propose::branch("other documents"));
    let commands = propose::commands(&branch, "[breaking] title", &["openapi/pins.toml"], PAGE);
    let lines: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
    insta::assert_snapshot!("proposal", lines.join("\n").replace(&branch, "[branch]"));
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
    let Ok(Outcome::Fine(summary)) = xtask::bump::run(root, &write_it) else { panic!("nothing changed") };
    assert!(summary.ends_with("0.3.1 stays: nothing asks for a release"), "{summary}");

    let without = UPSTREAM.replace("        seats: {type: integer, format: int32}\n", "");
    let Ok(Outcome::Fine(summary)) = update::run(root, &args(root, &without)) else {
        panic!("it still fits")
    };
    assert!(summary.contains("suggested version: 0.4.0+20240501"), "{summary}");
    let before = texts(root);
    for _ in 0..2 {
        let Ok(Outcome::Fine(summary)) = xtask::bump::run(root, &write_it) else {
            panic!("a property is gone")
        };
        assert!(summary.contains("-> 0.4.0+20240501"), "{summary}");
    }
    let after = texts(root);
    assert_eq!(touched(&before, &after), ["Cargo.toml"]);
    let expected = manifest
        .replace("\"0.3.1\" # ours", "\"0.4.0+20240501\" # ours")
        .replace("version = \"0.3.1\" }", "version = \"0.4.0\" }");
    assert_eq!(after["Cargo.toml"], expected);
    assert!(xtask::bump::run(root, &BumpArgs { since: Some("no-such".into()), ..write_it }).is_err());
}

/// What a bump makes of cargo-semver-checks if it prints this, and the arguments that it gets.
#[cfg(unix)]
fn semver_checks(printed: &str, status: u8) -> (String, Option<Severity>, String) {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let root = folder.path();
    let version = u8::from(printed == "not installed");
    write(
        root,
        "cargo.sh",
        &format!(
            "[ \"$2\" = --version ] && exit {version}\necho '{printed}' >&2\nprintf '%s|' \"$@\" > arguments\nexit {status}\n"
        ),
    );
    let cargo = || {
        let mut command = Command::new("sh");
        command.arg("cargo.sh");
        command
    };
    let (line, severity) = xtask::bump::semver_checks(&cargo, root, "HEAD@{1 day ago}");
    (line, severity, fs::read_to_string(root.join("arguments")).unwrap_or_default())
}

#[test]
#[cfg(unix)]
fn a_bump_heeds_what_cargo_semver_checks_finds() {
    let summary = "Summary semver requires new {} version: 1 major and 2 minor checks failed";
    for (printed, status, line, severity) in [
        ("Checked 245 checks: 245 pass", 0, "cargo-semver-checks: none", Some(Severity::None)),
        (&summary.replace("{}", "major"), 1, "cargo-semver-checks: breaking", Some(Severity::Breaking)),
        (&summary.replace("{}", "minor"), 1, "cargo-semver-checks: additive", Some(Severity::Additive)),
        (
            "x\n  error: failed to build rustdoc",
            1,
            "cargo-semver-checks failed: error: failed to build rustdoc",
            None,
        ),
        ("", 101, "cargo-semver-checks failed: no error was printed", None),
        ("not installed", 0, "skipped: cargo-semver-checks is not installed", None),
    ] {
        let (found, matters, arguments) = semver_checks(printed, status);
        assert_eq!((found.as_str(), matters), (line, severity), "{printed}");
        let expected = "semver-checks|--baseline-rev|HEAD@{1 day ago}|--release-type|patch|--package|jsm-client|--package|jsm-raw|";
        assert_eq!(arguments, if printed == "not installed" { "" } else { expected });
    }
    let missing = || Command::new("/no/such/cargo");
    assert_eq!(xtask::bump::semver_checks(&missing, Path::new("."), "HEAD").1, None);
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
