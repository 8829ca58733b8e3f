//! Pinning: what distilling keeps, what a pin writes and records, and what is refused.
//!
//! The documents are small invented ones (of `jsm-codegen`), the checkouts are copies with nothing but `openapi/`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use jsm_codegen::{distil, document, pins};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use xtask::files::Writer;
use xtask::outcome::{Error, Outcome};
use xtask::pin::{self, PinArgs};
use xtask::{files, source};

use crate::script::{Script, ScriptedResponse, text};

const PARCELS: &str = include_str!("../../crates/jsm-codegen/tests/fixtures/pin/parcels.json");
const PARCELS_NEXT: &str = include_str!("../../crates/jsm-codegen/tests/fixtures/pin/parcels-next.yaml");
const PINNED: &str = "openapi/parcels/pinned.json";

#[test]
fn keeps_the_facts_and_leaves_the_prose() {
    let checkout = Checkout::new();
    let outcome = checkout.pin(PARCELS).expect("the fixture is fine");
    insta::assert_snapshot!("pinned", checkout.read(PINNED));
    insta::assert_snapshot!("record", checkout.read(files::PINS));
    let Outcome::Fine(report) = outcome else { panic!("{outcome:?}") };
    insta::assert_snapshot!("reported", report);
}

#[test]
fn documentation_edits_do_not_move_the_pin() {
    let mut edited = parcels();
    let mut edits = 0;
    rewrite_prose(&mut edited, &mut edits);
    edited["paths"]["/parcel"]["get"]["summary"] = parcels()["paths"]["/parcel"]["get"]["summary"].take();
    assert!(edits > 40, "{edits} texts were rewritten: the fixture has lost its prose");
    for list in [
        "/tags",
        "/paths/~1parcel/get/tags",
        "/paths/~1parcel/get/parameters",
        "/paths/~1parcel/get/security/0/OAuth2",
        "/paths/~1parcel/get/x-atlassian-oauth2-scopes",
        "/components/schemas/Parcel/required",
        "/components/schemas/Parcel/properties/size/enum",
    ] {
        edited.pointer_mut(list).and_then(Value::as_array_mut).expect(list).reverse();
    }
    let checkout = Checkout::pinned();
    let before = checkout.read(PINNED);
    checkout.pin(&edited.to_string()).expect("only documentation was edited");
    assert_eq!(checkout.read(PINNED), before);
}

#[test]
fn another_version_with_the_same_interface_is_current() {
    let checkout = Checkout::pinned();
    let mut edited = parcels();
    edited["info"]["version"] = json!("2024-05-b");
    assert!(matches!(checkout.check(&edited.to_string()), Ok(Outcome::Fine(_))));
    edited["paths"]["/parcel"]["get"]["operationId"] = json!("findParcels");
    assert!(matches!(checkout.check(&edited.to_string()), Ok(Outcome::Stale(_))));
}

#[test]
fn json_and_yaml_of_a_document_pin_the_same() {
    // Every JSON text is a YAML text; a comment in front keeps it from being read as JSON.
    let yaml = format!("# the same document\n{PARCELS}");
    let checkout = Checkout::new();
    checkout.pin(&yaml).expect("YAML is taken");
    assert_eq!(checkout.read(PINNED), Checkout::pinned().read(PINNED));
}

#[test]
fn the_same_bytes_on_another_day_change_nothing() {
    let checkout = Checkout::pinned();
    let before = checkout.files();
    let again = PinArgs { date: Some("2024-06-30".into()), ..checkout.args(PARCELS) };
    pin::run(checkout.root(), &again).expect("the same bytes are fine");
    assert_eq!(checkout.files(), before);

    let next = PinArgs { from: Some(checkout.upstream(PARCELS_NEXT)), ..again };
    pin::run(checkout.root(), &next).expect("other bytes are fine");
    assert!(checkout.read(files::PINS).contains("date = \"2024-06-30\""));
}

#[test]
fn a_check_tells_what_differs_and_writes_nothing() {
    let checkout = Checkout::new();
    let Ok(Outcome::Stale(unpinned)) = checkout.check(PARCELS) else { panic!("nothing is pinned yet") };
    checkout.pin(PARCELS).expect("the fixture is fine");
    assert_eq!(checkout.check(PARCELS), Ok(Outcome::Fine("parcels is current".into())));

    let before = checkout.files();
    let Ok(Outcome::Stale(summary)) = checkout.check(PARCELS_NEXT) else { panic!("much is new") };
    assert_eq!(checkout.files(), before);

    fs::write(checkout.root().join(PINNED), checkout.read(PINNED).replace("  ", " ")).expect("a file");
    let Ok(Outcome::Stale(edited)) = checkout.check(PARCELS) else { panic!("the file was edited") };
    insta::assert_snapshot!("check", checkout.redact(&[unpinned, summary, edited].join("\n\n")));
}

#[test]
fn an_authored_api_is_its_own_upstream_until_a_document_is_given() {
    let checkout = Checkout::new();
    let args =
        |check| PinArgs { api: "vans".into(), check, date: Some("2024-05-02".into()), ..PinArgs::default() };
    let record = || pins::read(&checkout.read(files::PINS)).expect("pins.toml is ours")["vans"].clone();
    let authored = document::parse(PARCELS_NEXT.as_bytes()).expect("the fixture is fine").to_string();
    fs::create_dir(checkout.root().join("openapi/vans")).expect("a folder");
    fs::write(checkout.root().join("openapi/vans/pinned.json"), authored).expect("a file");

    assert!(matches!(pin::run(checkout.root(), &args(true)), Ok(Outcome::Stale(_))));
    pin::run(checkout.root(), &args(false)).expect("an authored file is recorded");
    assert_eq!(pin::run(checkout.root(), &args(true)), Ok(Outcome::Fine("vans is current".into())));
    let pin = record();
    let file = checkout.read("openapi/vans/pinned.json");
    assert_eq!(pin.pinned_sha256, Some(document::sha256(file.as_bytes())));
    assert_eq!((pin.authored, pin.operations, pin.upstream_sha256), (true, 4, None));

    let real = PinArgs { from: Some(checkout.upstream(PARCELS)), ..args(false) };
    pin::run(checkout.root(), &real).expect("the real document is taken");
    let pin = record();
    assert_eq!((pin.authored, pin.upstream_version.as_deref()), (false, Some("2024-05")));
}

#[test]
fn bad_input_is_refused_with_the_next_step_and_changes_nothing() {
    let checkout = Checkout::pinned();
    let half = &PARCELS[..PARCELS.len() / 2];
    let html = "<!doctype html><title>Log in</title>";
    let mut small = parcels();
    small["paths"] = json!({"/parcel": {"post": small["paths"]["/parcel"]["post"]}});
    let mut dangling = parcels();
    dangling["components"]["schemas"] = json!({"ParcelPage": {}});
    let mut misshapen = parcels();
    misshapen["paths"]["/parcel"]["get"]["parameters"][1] = json!("start");
    let edit = |pointer: &str, value: Value| {
        let mut edited = parcels();
        *edited.pointer_mut(pointer).expect(pointer) = value;
        edited.to_string()
    };
    let large = checkout.root().join("large.json");
    File::create(&large).and_then(|file| file.set_len(source::LIMIT + 1)).expect("a sparse file");
    let large = large.display().to_string();

    let file = |text: &str| checkout.upstream(text);
    let mut server = Servers::new();
    let sources = [
        ("empty", file(" \n")),
        ("plain text", file("no document at all")),
        ("broken YAML", file("openapi: 3.0.1\npaths: [")),
        ("broken JSON", file("{\"openapi\": 3.0.1}")),
        ("truncated", file(half)),
        ("web page", file(html)),
        ("list", file("[]")),
        ("not OpenAPI", file("{}")),
        ("OpenAPI 2.0", file("swagger: '2.0'")),
        ("OpenAPI 3.1", file(&edit("/openapi", json!("3.1.0")))),
        ("no paths", file("openapi: 3.0.1")),
        ("paths without operations", file(&edit("/paths", json!({"/parcel": {}})))),
        ("not the structure", file(&misshapen.to_string())),
        ("shrunk", file(&small.to_string())),
        ("dangling", file(&dangling.to_string())),
        ("missing file", checkout.root().join("missing.json").display().to_string()),
        ("folder", checkout.root().display().to_string()),
        ("large file", large),
        ("plain http", "http://parcels.example/api.json".into()),
        ("other scheme", "ftp://parcels.example/api.json".into()),
        ("status 404", server.address(text(404, PARCELS))),
        ("status 302", server.address(text(302, "").header("Location", "http://parcels.example/"))),
        ("web page over http", server.address(text(200, html))),
        ("truncated over http", server.address(text(200, &PARCELS.repeat(2)).cut(PARCELS.len()))),
        ("endless over http", server.address(text(200, &" ".repeat(1 << 20)).endless())),
    ];
    let before = checkout.files();
    let mut table = String::new();
    for (case, from) in &sources {
        for check in [true, false] {
            // A server responds once; whether a check or a pin asks makes no difference to reading.
            if check && from.starts_with("http://127") {
                continue;
            }
            let args =
                PinArgs { api: "parcels".into(), from: Some(from.clone()), check, ..PinArgs::default() };
            let failure = pin::run(checkout.root(), &args).expect_err(case);
            assert_eq!(failure.code, 2, "{case}: {failure}");
            assert_eq!(checkout.files(), before, "{case}: a file was changed");
            if !check {
                table += &format!("{case}\n{failure}\n\n");
            }
        }
    }
    let unknown = PinArgs { api: "letters".into(), ..PinArgs::default() };
    table +=
        &format!("unknown api\n{}\n\n", pin::run(checkout.root(), &unknown).expect_err("an unknown api"));
    let unwritten = PinArgs { api: "vans".into(), ..PinArgs::default() };
    table +=
        &format!("nothing authored\n{}\n\n", pin::run(checkout.root(), &unwritten).expect_err("no file"));
    for (case, path, text) in [
        ("broken pinned file", PINNED, "{"),
        ("broken record", files::PINS, "[parcels]\ntitle = \"Parcels\"\nurl = \"\"\ndats = 1\n"),
    ] {
        let broken = Checkout::pinned();
        fs::write(broken.root().join(path), text).expect("a file");
        table += &format!("{case}\n{}\n\n", broken.pin(PARCELS).expect_err(case));
    }
    insta::assert_snapshot!("refusals", checkout.redact(&table));
}

#[test]
fn a_document_that_looks_incomplete_is_taken_when_asked_to() {
    let checkout = Checkout::pinned();
    let mut small = parcels();
    small["paths"] = json!({"/parcel": {"post": small["paths"]["/parcel"]["post"]}});
    small["components"]["schemas"] = json!({});
    let args = PinArgs { allow_shrink: true, ..checkout.args(&small.to_string()) };
    pin::run(checkout.root(), &args).expect("shrinking was allowed");
    assert!(checkout.read(files::PINS).contains("operations = 1\n"));
}

#[test]
fn an_address_on_this_machine_is_read() {
    let (checkout, mut server) = (Checkout::new(), Servers::new());
    let args = PinArgs { from: Some(server.address(text(200, PARCELS))), ..checkout.args("") };
    pin::run(checkout.root(), &args).expect("the server answers");
    assert_eq!(checkout.read(PINNED), Checkout::pinned().read(PINNED));
}

#[test]
fn every_file_is_written_or_none() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    fs::write(root.join("a"), "old").expect("a file");
    fs::create_dir_all(root.join("c/full")).expect("a folder");
    // A folder cannot be replaced by a file, and that shows only when the temporary file takes its place.
    let drafts = ["a", "b", "c"].map(|path| (path.to_owned(), "new".to_owned()));
    let failure = Writer::open(root).expect("a lock").write_all(&drafts).expect_err("c is a folder");
    assert_eq!(failure.code, 1, "{failure}");
    let mut left: Vec<_> =
        fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    left.sort();
    assert_eq!(left, ["a", "c", "target"]);
    assert_eq!(fs::read_to_string(root.join("a")).expect("a file"), "old");
}

#[test]
fn every_pin_of_this_checkout_is_what_its_record_says() {
    let root = files::root();
    let text = fs::read_to_string(root.join(files::PINS)).expect("pins.toml is there");
    let pins = pins::read(&text).expect("pins.toml is ours");
    assert_eq!(pins::write(&pins), text, "pins.toml is not in canonical form: run cargo xtask pin <api>");
    for (api, pin) in pins {
        let path = files::pinned(&api);
        let text = fs::read_to_string(root.join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let value = document::parse(text.as_bytes()).unwrap_or_else(|refusal| panic!("{path}: {refusal}"));
        let distilled =
            distil::distil(&value, &pin.title).unwrap_or_else(|refusal| panic!("{path}: {refusal}"));
        let mend = format!("{path} is not what was pinned: run cargo xtask pin {api}");
        assert!(document::canonical(&distilled.document) == text, "{mend}");
        assert_eq!(pin.pinned_sha256, Some(document::sha256(text.as_bytes())), "{mend}");
        let counts = distil::Counts { paths: pin.paths, operations: pin.operations, schemas: pin.schemas };
        assert_eq!(distil::counts(&value), counts, "{mend}");
    }
}

/// A copy with nothing but `openapi/pins.toml`: one API with an upstream, one that is authored.
struct Checkout(TempDir);

impl Checkout {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir(folder.path().join("openapi")).expect("a folder");
        let pins = "[parcels]\ntitle = \"Parcels\"\nurl = \"https://parcels.example/api.json\"\n\n\
                    [vans]\ntitle = \"Vans\"\nurl = \"https://vans.example/api.json\"\nauthored = true\n";
        fs::write(folder.path().join(files::PINS), pins).expect("a file");
        Checkout(folder)
    }

    /// With the fixture pinned.
    fn pinned() -> Self {
        let checkout = Checkout::new();
        checkout.pin(PARCELS).expect("the fixture is fine");
        checkout
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    /// A file outside `openapi/` with this text.
    fn upstream(&self, text: &str) -> String {
        let path = self.root().join(format!("{}.txt", &document::sha256(text.as_bytes())[..8]));
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    fn args(&self, text: &str) -> PinArgs {
        let from = Some(self.upstream(text));
        PinArgs { api: "parcels".into(), from, date: Some("2024-05-01".into()), ..PinArgs::default() }
    }

    fn pin(&self, text: &str) -> Result<Outcome, Error> {
        pin::run(self.root(), &self.args(text))
    }

    fn check(&self, text: &str) -> Result<Outcome, Error> {
        pin::run(self.root(), &PinArgs { check: true, ..self.args(text) })
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).expect("a file")
    }

    /// Every file below `openapi/`, temporary ones included.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        fn visit(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    visit(&path, found);
                } else {
                    found.insert(path.display().to_string(), fs::read(&path).expect("a file"));
                }
            }
        }
        let mut found = BTreeMap::new();
        visit(&self.root().join("openapi"), &mut found);
        found
    }

    /// A text without what differs between two runs: the folder, names of files made of a digest, ports.
    fn redact(&self, text: &str) -> String {
        let text = text.replace(&self.root().display().to_string(), "[folder]");
        let mut redacted = String::new();
        for word in text.split_inclusive(char::is_whitespace) {
            let digest = word.find(".txt").and_then(|end| Some((end.checked_sub(8)?, end)));
            let port = word
                .find("127.0.0.1:")
                .map(|start| (start + 10, start + 10 + word[start + 10..].find('/').unwrap_or(0)));
            match digest.or(port) {
                Some((start, end)) => redacted += &format!("{}[..]{}", &word[..start], &word[end..]),
                None => redacted += word,
            }
        }
        redacted
    }
}

fn parcels() -> Value {
    serde_json::from_str(PARCELS).expect("the fixture is JSON")
}

/// Changes every text of documentation. A property that is named like one is an object, not a text.
fn rewrite_prose(value: &mut Value, edits: &mut usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_prose(item, edits)),
        Value::Object(entries) => {
            for (key, entry) in entries {
                let prose = ["title", "summary", "description", "termsOfService"].contains(&key.as_str());
                let looks = ["externalDocs", "contact", "license", "xml"].contains(&key.as_str());
                let schema = entry.get("type").is_some();
                let example = ["example", "examples"].contains(&key.as_str()) && !schema;
                if prose && entry.is_string() || looks || example || key == "x-atlassian-narrative" {
                    *entry = json!(format!("other {key}"));
                    *edits += 1;
                } else if key == "scopes" && entry.is_object() {
                    entry.as_object_mut().into_iter().flatten().for_each(|(_, text)| *text = json!("other"));
                    *edits += 1;
                } else {
                    rewrite_prose(entry, edits);
                }
            }
        }
        _ => {}
    }
}

/// Servers for code that has no asynchronous runtime.
struct Servers {
    runtime: Runtime,
    scripts: Vec<Script>,
}

impl Servers {
    fn new() -> Servers {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Servers { runtime: runtime.expect("a thread"), scripts: Vec::new() }
    }

    /// The address of a server that sends this response once.
    fn address(&mut self, response: ScriptedResponse) -> String {
        let script = self.runtime.block_on(Script::of([response]));
        let url = format!("{}/api.json", script.url);
        self.scripts.push(script);
        url
    }
}
