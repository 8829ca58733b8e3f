//! The program that records and replays.

use jsm_sandbox::Sandbox;
use serde_json::Value;

use crate::client::read;
use crate::recording::{fixtures, shape};

/// Starts the program, and returns it with the address that it prints.
fn start_program(arguments: &[&str]) -> (std::process::Child, String) {
    use std::io::BufRead;
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_jsm-sandbox"));
    let program = program.args(arguments).stdout(std::process::Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.split_whitespace().nth(1).unwrap().to_owned())
}

#[tokio::test]
async fn a_recording_that_is_killed_is_whole_and_the_program_replays_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let (mut recorder, url) =
        start_program(&["record", "--target", sandbox.url(), "--out", out, "--port", "0"]);
    let requests = (0..64).map(|start| {
        let path = format!("{url}/rest/servicedeskapi/servicedesk/1/customer?limit=50&start={start}");
        let request = crate::http::client().get(path).header("X-ExperimentalApi", "opt-in");
        tokio::spawn(read(request.basic_auth(sandbox.email(), Some(sandbox.token()))))
    });
    let mut requests = requests.collect::<Vec<_>>().into_iter();
    // The others are on their way.
    requests.next().unwrap().await.unwrap().unwrap();
    recorder.kill().unwrap();
    recorder.wait().unwrap();
    for request in requests {
        let _ = request.await.unwrap();
    }
    let written: Vec<_> =
        fixtures(folder.path()).into_iter().filter(|(name, _)| name.ends_with(".json")).collect();
    assert!(!written.is_empty());
    for (name, text) in &written {
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{name}: {text}");
    }

    let (mut replay, url) = start_program(&["replay", out, "--port", "0"]);
    let fixture: Value = serde_json::from_str(&written[0].1).unwrap();
    let [path, query] = ["path", "query"].map(|part| fixture["request"][part].as_str().unwrap());
    let response = read(crate::http::client().get(format!("{url}{path}?{query}"))).await.unwrap();
    replay.kill().unwrap();
    replay.wait().unwrap();
    assert_eq!((response.status, shape(&response.json())), (200, shape(&fixture["response"]["json"])));
}

#[test]
fn the_program_refuses_arguments_with_a_reason() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let full = folder.path().to_str().unwrap();
    let file = format!("{full}/0001-other.json");
    std::fs::write(&file, "{}").unwrap();
    for (arguments, reason) in [
        (&["record"][..], "record needs --target, the address of the site"),
        (
            &["record", "--target", "https://acme.atlassian.net"],
            "record needs --out, the folder for the recording",
        ),
        (&["replay"], "replay needs the folder of a recording"),
        (&["replay", "no/such/folder"], "no/such/folder: "),
        (&["--target", "https://acme.atlassian.net"], "invalid option '--target'"),
        (&["rewind"], "unexpected argument \"rewind\""),
        (&["--port", "http"], "--port takes a number from 0 to 65535, not \"http\""),
        (&["--port", "65536"], "--port takes a number from 0 to 65535, not \"65536\""),
        (&["--port"], "missing argument for option '--port'"),
        (&["--port", &taken], &format!("cannot listen on 127.0.0.1:{taken}: ")),
        (
            &["record", "--target", "acme", "--out", "x"],
            "the target is not an address; write it like https://",
        ),
        (
            &["record", "--target", "https://acme.atlassian.net", "--out", full],
            &format!("{full} has a recording already; record into an empty folder"),
        ),
        (&["record", "--target", "https://acme.atlassian.net", "--out", &file], &format!("{file}: ")),
    ] {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_jsm-sandbox")).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && text.starts_with(&format!("error: {reason}")),
            "{arguments:?}: {text}"
        );
        assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
    }
}
