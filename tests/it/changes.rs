//! The command that compares two documents: where they come from, and how it ends.

use std::process::Command;

use jsm_codegen::document;
use serde_json::{Value, json};
use xtask::changes::{ChangesArgs, Format};
use xtask::outcome::Outcome;

const BASE: &str = include_str!("../../crates/jsm-codegen/tests/fixtures/diff/base.yaml");

#[test]
fn the_command_reads_files_and_revisions_and_ends_as_the_changes_ask() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let git = |arguments: &[&str]| {
        let identity =
            ["-c", "user.name=Tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false"];
        let run = Command::new("git").arg("-C").arg(root).args(identity).args(arguments).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    let write = |name: &str, document: &Value| {
        let path = root.join(name);
        std::fs::write(&path, document::canonical(document)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let old = document::parse(BASE.as_bytes()).unwrap();
    let (mut broken, mut grown) = (old.clone(), old.clone());
    broken["paths"].as_object_mut().unwrap().remove("/books/{bookId}").unwrap();
    grown["paths"]["/shelves"] = json!({"get": {"operationId": "listShelves", "responses": {}}});
    write("api.json", &old);
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "Begin"]);

    let committed = "git:HEAD:api.json";
    let (broken, grown) = (write("broken.json", &broken), write("grown.json", &grown));
    let run = |old: &str, new: &str, format: Format| {
        xtask::changes::run(root, &ChangesArgs { old: old.to_owned(), new: new.to_owned(), format })
    };
    let breaking = run(committed, &broken, Format::Text);
    assert!(
        matches!(&breaking, Ok(Outcome::Stale(page)) if page.starts_with("breaking (1)")),
        "{breaking:?}"
    );
    let additive = run(committed, &grown, Format::Markdown);
    assert!(matches!(&additive, Ok(Outcome::Fine(page)) if page.starts_with("# ")), "{additive:?}");
    let nothing = run(committed, committed, Format::Json);
    assert_eq!(nothing, Ok(Outcome::Fine("[]".to_owned())));

    let page = root.join("page.html");
    std::fs::write(&page, "<html></html>").unwrap();
    let bad = [
        (page.to_str().unwrap(), "it is a web page"),
        ("git:HEAD", "it does not name a revision and a path"),
        ("git:--help:api.json", "it does not name a revision and a path"),
        ("git:HEAD:other.json", "path 'other.json' does not exist"),
        ("no/such/file.json", "there is no such file"),
        ("http://example.com/api.json", "only https is read"),
    ];
    for (place, problem) in bad {
        let error = run(committed, place, Format::Text).unwrap_err();
        assert_eq!(error.code, 2);
        let found = &error.diagnostics[0];
        assert!(found.place == place && found.problem.contains(problem), "{error}");
    }
}
