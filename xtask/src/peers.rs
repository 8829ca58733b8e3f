//! `cargo xtask peers`: clients of other authors, at work on the sandbox.
//!
//! What they do is in `tests/peers/`. This starts a new sandbox for each, installs what they need under `target/peers`,
//! and skips, with a line that says so, what cannot run on this machine.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use crate::command::words;
use crate::outcome::{Error, Outcome};

/// Let foreign clients work on the sandbox: jira.js, atlassian-python-api and schemathesis.
#[derive(clap::Args, Debug)]
pub struct PeersArgs {}

/// A peer: its name, what sets it up (each a command line), and the command that runs it.
const PEERS: [(&str, &[&str], &str); 3] = [
    ("jira.js", &["npm ci --silent --prefix tests/peers"], "node tests/peers/jira.mjs"),
    (
        "atlassian-python-api",
        &["python3 -m venv target/peers", "target/peers/bin/pip install -q -r tests/peers/requirements.txt"],
        "target/peers/bin/python tests/peers/atlassian_api.py",
    ),
    (
        "schemathesis",
        &["python3 -m venv target/peers", "target/peers/bin/pip install -q -r tests/peers/requirements.txt"],
        "target/peers/bin/python tests/peers/probe.py",
    ),
];

/// A sandbox in a process of its own, which ends with this.
struct Running {
    child: Child,
    /// Held open, because a program that cannot write ends.
    _out: BufReader<ChildStdout>,
    environment: Vec<(String, String)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs every peer that this machine can run.
///
/// # Errors
/// Fails with the first peer that finds the sandbox to be other than a site.
pub fn run(root: &Path, _: &PeersArgs) -> Result<Outcome, Error> {
    let mut passed = Vec::new();
    for (name, setup, command) in PEERS {
        if let Some(missing) = setup.iter().find(|step| !succeeds(root, step)) {
            println!("skipped {name}: `{missing}` does not work here");
            continue;
        }
        let sandbox = start(root)?;
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", root.join("target/peers/bin").display());
        let mut peer = words(root, command);
        let status = peer.env("PATH", path).envs(sandbox.environment.iter().cloned()).status();
        if !status.is_ok_and(|status| status.success()) {
            let next = format!(
                "start `cargo run -p jsm-sandbox` and run `{command}`, as tests/peers/README.md describes"
            );
            return Err(Error::work("", format!("{name} fails on the sandbox"), next));
        }
        passed.push(name);
    }
    Ok(Outcome::Fine(format!(
        "passed: {}",
        if passed.is_empty() { "none".to_owned() } else { passed.join(", ") }
    )))
}

fn succeeds(root: &Path, line: &str) -> bool {
    words(root, line)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn start(root: &Path) -> Result<Running, Error> {
    let failed = |why: &str| {
        Error::work("", format!("the sandbox does not start: {why}"), "run `cargo run -p jsm-sandbox`")
    };
    let mut child = words(root, "cargo run --quiet -p jsm-sandbox -- --port 0")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    let mut out = BufReader::new(child.stdout.take().ok_or_else(|| failed("it prints nothing"))?);
    let mut environment = Vec::new();
    let mut line = String::new();
    while out.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
        let mut words = line.split_whitespace();
        let (key, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let name = match key {
            "site" => Some("JSM_URL"),
            "email" => Some("JSM_EMAIL"),
            "token" => Some("JSM_TOKEN"),
            "gateway" => Some("JSM_GATEWAY"),
            _ => None,
        };
        environment.extend(name.map(|name| (name.to_owned(), value.to_owned())));
        if environment.len() == 4 {
            return Ok(Running { child, _out: out, environment });
        }
        line.clear();
    }
    Err(failed("it ended"))
}
