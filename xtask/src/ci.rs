//! `cargo xtask ci`: the checks that a change has to pass, those that fail fastest first.
//!
//! This is the list of commands; most of what they check is in the tests. A failure names the step and its command.

use std::path::Path;
use std::process::Command;

use crate::command::step;
use crate::effective::{self, EffectiveArgs};
use crate::outcome::{Error, Outcome};
use crate::packages;

/// The command that the README names for running the tests.
pub const TEST: &str = "cargo test --workspace";

/// TLS of the system, checked only where the headers of OpenSSL are installed.
const SYSTEM_TLS: Step = (
    "native-tls builds alone",
    "cargo check -p jsm-client --no-default-features --features native-tls --quiet",
    &[],
);

/// A step: what it checks, its command, and its environment variables.
type Step = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const STEPS: [Step; 13] = [
    ("the code is formatted", "cargo fmt --all --check", &[]),
    (
        "clippy reports no warnings",
        "cargo clippy --workspace --all-targets --features jsm-client/oauth,jsm-client/schemars,jsm-client/testing --quiet -- -D warnings",
        &[],
    ),
    ("the tests pass", TEST, &[]),
    ("a third API is data", "cargo test --workspace --test it third_api -- --ignored", &[]),
    (
        "the documentation builds without a warning",
        "cargo doc --workspace --no-deps --features jsm-client/oauth,jsm-client/schemars,jsm-client/testing --quiet",
        &[("RUSTDOCFLAGS", "-D warnings")],
    ),
    ("no API builds alone", "cargo check -p jsm-client --no-default-features --quiet", &[]),
    (
        "servicedesk builds alone",
        "cargo check -p jsm-client --no-default-features --features servicedesk --quiet",
        &[],
    ),
    ("csm builds alone", "cargo check -p jsm-client --no-default-features --features csm --quiet", &[]),
    ("rustls builds alone", "cargo check -p jsm-client --no-default-features --features rustls --quiet", &[]),
    (
        "tracing builds alone",
        "cargo check -p jsm-client --no-default-features --features tracing --quiet",
        &[],
    ),
    (
        "schemars builds alone",
        "cargo check -p jsm-client --no-default-features --features schemars --quiet",
        &[],
    ),
    ("oauth builds alone", "cargo check -p jsm-client --no-default-features --features oauth --quiet", &[]),
    (
        "testing builds alone",
        "cargo check -p jsm-client --no-default-features --features testing --quiet",
        &[],
    ),
];

/// Examples without a sandbox, which compares too, and one that observes drift: whether they contain the documents.
const DOCUMENTS: [(&str, bool); 2] = [("bench_list", false), ("drift_report", true)];

/// A text that is in each effective document and not in the code of a program.
const MARK: &[u8] = b"x-jsm-base";

/// Run the checks that a change has to pass.
#[derive(clap::Args, Debug)]
pub struct CiArgs {}

/// Runs every step, and stops at the first that fails.
///
/// # Errors
/// When a step fails, with the step and its command.
pub fn run(root: &Path, _: &CiArgs) -> Result<Outcome, Error> {
    println!("== the effective documents are current");
    match effective::run(root, &EffectiveArgs { check: true })? {
        Outcome::Fine(_) => {}
        stale @ Outcome::Stale(_) => return Ok(stale),
    }
    let headers = Command::new("pkg-config").args(["--exists", "openssl"]).status();
    let system_tls = headers.is_ok_and(|status| status.success());
    if !system_tls {
        println!("== skipped: {} (the headers of OpenSSL are not installed)", SYSTEM_TLS.0);
    }
    for (claim, command, environment) in STEPS.into_iter().chain(system_tls.then_some(SYSTEM_TLS)) {
        step(root, claim, command, environment)?;
    }
    packages::check(root)?;
    for example in examples(root) {
        step(root, "the examples run", &format!("cargo run --example {example} --quiet"), &[])?;
    }
    for (example, has_documents) in DOCUMENTS {
        check_documents(root, example, has_documents)?;
    }
    Ok(Outcome::Fine("everything holds".to_owned()))
}

/// Checks whether the documents of the APIs are in the binary of an example.
fn check_documents(root: &Path, example: &str, has_documents: bool) -> Result<(), Error> {
    let claim = "only a program that observes drift contains the documents";
    let command = format!("cargo build --example {example} --quiet");
    let target = root.join("target").display().to_string();
    step(root, claim, &command, &[("CARGO_TARGET_DIR", target.as_str())])?;
    let file = format!("target/debug/examples/{example}{}", std::env::consts::EXE_SUFFIX);
    let binary = std::fs::read(root.join(&file))
        .map_err(|error| Error::work(&file, error.to_string(), "run the command again"))?;
    if binary.windows(MARK.len()).any(|bytes| bytes == MARK) == has_documents {
        return Ok(());
    }
    Err(match has_documents {
        true => Error::work(&file, "it contains no document", "look for what is in all of them as MARK"),
        false => Error::work(
            &file,
            "it contains the documents of the APIs, which it does not use",
            "reach `jsm_raw::Document` through `ClientBuilder::observe_drift` only",
        ),
    })
}

/// The examples that run by themselves, with a sandbox of their own.
fn examples(root: &Path) -> Vec<String> {
    let files = std::fs::read_dir(root.join("crates/jsm-client/examples")).into_iter().flatten().flatten();
    let paths = files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let names = paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    // This one needs the address of a server that is made for it.
    let mut names: Vec<String> = names.filter(|name| name != "bench_list").collect();
    names.sort_unstable();
    names
}
