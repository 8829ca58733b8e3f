//! A third API is data: an invented one, given as files under `openapi/` alone, becomes bindings.
//!
//! That its bindings compile and can be called is tried with `--ignored`, for it builds a workspace of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use jsm_codegen::emit::emit;
use jsm_codegen::model::Document;
use jsm_codegen::surface::surface;
use serde_json::json;
use syn::{Expr, Item};
use tempfile::TempDir;
use tokio::runtime::Builder;
use xtask::outcome::Outcome;
use xtask::update::{self, UpdateArgs};
use xtask::{effective, files};

use crate::script::{self, Script};

pub(crate) const UPSTREAM: &str = include_str!("../../crates/jsm-codegen/tests/fixtures/ferry/upstream.yaml");
pub(crate) const OVERLAYS: [(&str, &str); 3] = [
    ("generator.yaml", include_str!("../../crates/jsm-codegen/tests/fixtures/ferry/generator.yaml")),
    ("ergonomics.yaml", include_str!("../../crates/jsm-codegen/tests/fixtures/ferry/ergonomics.yaml")),
    ("docs.yaml", include_str!("../../crates/jsm-codegen/tests/fixtures/ferry/docs.yaml")),
];

/// Puts the invented API into a checkout: its pin's beginning and its overlays, all under `openapi/`.
pub(crate) fn lay(root: &Path) {
    write(root, "openapi/pins.toml", include_str!("../../crates/jsm-codegen/tests/fixtures/ferry/pins.toml"));
    for (name, text) in OVERLAYS {
        write(root, &format!("openapi/ferry/{name}"), text);
    }
}

/// The arguments that take `upstream` as the document of the invented API; it is put beside the checkout's files.
pub(crate) fn args(root: &Path, upstream: &str) -> UpdateArgs {
    write(root, "upstream", upstream);
    let from = Some(root.join("upstream").display().to_string());
    UpdateArgs { api: Some("ferry".into()), from, date: Some("2024-05-01".into()), ..UpdateArgs::default() }
}

pub(crate) fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

#[test]
fn becomes_a_module_with_everything_in_it() {
    let checkout = TempDir::new().expect("a folder");
    let root = checkout.path();
    lay(root);
    let report = update::run(root, &args(root, UPSTREAM)).expect("the fixture is fine");
    assert!(matches!(report, Outcome::Fine(_)), "{report:?}");

    let document = fs::read_to_string(root.join(effective::place("ferry"))).expect("it was written");
    let source = emit("ferry", &document).expect("the lint has let it through");
    let file = syn::parse_file(&source).expect("it is Rust");
    let count = file.items.iter().find_map(|item| match item {
        Item::Static(item) if item.ident == "OPERATIONS" => match &*item.expr {
            Expr::Array(operations) => Some(operations.elems.len()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(count, Some(4));

    let made = serde_json::from_str(&document).expect("it is JSON");
    let parts = surface(&Document::read(&made), &source).expect("it is what was generated");
    let groups: BTreeSet<&str> = parts.keys().map(String::as_str).collect();
    assert_eq!(groups, BTreeSet::from(["crossing", "ferry", "shared", "ticket"]));
    let lines: BTreeSet<&str> = parts.values().flat_map(|lines| lines.lines()).collect();
    for line in [
        "crossing::GetCrossings GET /crossing -> Crossings [paginated cursor of Crossing] [idempotent]",
        "ferry::GetFerries GET /ferry -> Page<Ferry> [paginated offset of Ferry] [idempotent]",
        "types::Ferry.id: Option<FerryId>",
        "types::FerryState open enum",
        "types::Ticket.crossing: String",
    ] {
        assert!(lines.contains(line), "{line} is missing in {lines:#?}");
    }
    // Operations without an id, a security scheme of another name, a flag that is a text, a document without tags.
    for part in [
        "scopes: &[&[\"read:crossing\"]]",
        "last: page.is_last.and_then(|text| text.parse().ok())",
        "[List crossings](https://ferries.example/rest/api-group-crossing/#api-crossing-get)",
        "[this operation](https://ferries.example/rest/api-group-ferry/#api-ferry-ferryid-photo-post)",
        "gateway: ::std::option::Option::Some(\"/ferries/{harbourId}/v1\")",
    ] {
        assert!(source.contains(part), "{part} is missing");
    }
    for start in
        ["ferry::UploadPhoto POST /ferry/{ferryId}/photo", "ticket::BulkCreateTickets POST /ticket/bulk"]
    {
        assert!(lines.iter().any(|line| line.starts_with(start)), "{start} is missing in {lines:#?}");
    }
}

/// The program that calls the invented API at the address that it is given.
const CALLER: &str = r##"//! Calls the invented API.
use jsm_raw::{FilePart, Operation, ferry};

fn main() {
    let base = std::env::args().nth(1).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = ferry::ferry::GetFerries::new().via(["Rosslare", "Cork, Cobh"]).limit(5).request(&http, &base).unwrap();
    let page: jsm_raw::Page<ferry::types::Ferry> = runtime.block_on(async {
        let bytes = http.execute(request).await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    });
    println!("{} ferry, named {}", page.values.len(), page.values[0].name.as_deref().unwrap());
    let ticket = ferry::types::Ticket::new("7");
    let bulk = ferry::ticket::BulkCreateTickets::new(vec![ticket]).request(&http, &base).unwrap();
    println!("{} {}", bulk.method(), String::from_utf8_lossy(bulk.body().unwrap().as_bytes().unwrap()));
    let photo = FilePart::bytes("ferry.png", "png");
    let upload = ferry::ferry::UploadPhoto::new("9", [photo]).request(&http, &base).unwrap();
    println!("{} {}", upload.method(), upload.url().path());
    println!("{} operations", ferry::OPERATIONS.len());
}
"##;

#[test]
#[ignore = "builds a workspace of its own, which takes a minute; `cargo xtask ci` runs it"]
fn compiles_and_answers() {
    let checkout = TempDir::new().expect("a folder");
    let root = checkout.path();
    let here = files::root();
    for folder in ["crates/jsm-codegen", "crates/jsm-raw"] {
        copy(&here.join(folder), &root.join(folder));
    }
    for api in effective::apis(&here).expect("pins.toml is ours") {
        fs::remove_file(root.join(effective::place(&api))).expect("the others are there");
    }
    fs::copy(here.join("Cargo.lock"), root.join("Cargo.lock")).expect("a file");
    let manifest = fs::read_to_string(here.join("Cargo.toml")).expect("a file");
    let mut kept = String::new();
    for line in manifest.lines() {
        match line {
            line if line.starts_with("members =") => kept += "members = [\"crates/*\"]\n",
            line if line.starts_with("default-members =") => {}
            line => kept += &format!("{line}\n"),
        }
    }
    write(root, "Cargo.toml", &kept);

    // The feature line; everything else lies under openapi/.
    let place = root.join("crates/jsm-raw/Cargo.toml");
    let features =
        fs::read_to_string(&place).expect("a file").replacen("[features]\n", "[features]\nferry = []\n", 1);
    fs::write(place, features).expect("a file");
    lay(root);
    update::run(root, &args(root, UPSTREAM)).expect("the fixture is fine");

    let caller = "[package]\nname = \"caller\"\nedition = \"2024\"\n[dependencies]\n\
                  jsm-raw = { workspace = true, features = [\"ferry\"] }\nreqwest.workspace = true\n\
                  serde_json.workspace = true\ntokio = { workspace = true, features = [\"rt\", \"net\", \"time\"] }\n";
    write(root, "crates/caller/Cargo.toml", caller);
    write(root, "crates/caller/src/main.rs", CALLER);
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("target"), Into::into);
    let page = json!({"values": [{"id": "9", "name": "Ida", "state": "sailing"}], "isLastPage": true});
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread");
    let script = runtime.block_on(Script::of([script::json(200, &page)]));
    let ran = Command::new("cargo")
        .args(["run", "--offline", "--quiet", "--package", "caller", "--", &script.url])
        // Beside what is built already, so that dependencies are not built again.
        .env("CARGO_TARGET_DIR", target)
        .current_dir(root)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "1 ferry, named Ida",
            r#"POST {"tickets":[{"crossing":"7"}]}"#,
            "POST /ferry/9/photo",
            "4 operations",
        ]
    );
    let asked = script.requests();
    assert_eq!(
        (asked[0].path.as_str(), asked[0].query.as_str()),
        ("/ferry", "limit=5&via=Rosslare,Cork%2C+Cobh")
    );
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, to).expect("a file");
        }
    }
}
