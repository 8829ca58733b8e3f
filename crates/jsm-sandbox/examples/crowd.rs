//! 500 clients at once for half a minute: `cargo run --release -p jsm-sandbox --example crowd [CLIENTS] [SECONDS]`.
//!
//! It fails when an answer is not what it should be, or when the site is not consistent afterwards. The test suite has
//! a short version of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use jsm_sandbox::{Sandbox, Seed};

const API: &str = "/rest/servicedeskapi";

/// What all clients together did.
#[derive(Default)]
struct Tally {
    requests: AtomicU64,
    created: AtomicU64,
    commented: AtomicU64,
}

fn main() -> ExitCode {
    match run() {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let mut numbers =
        std::env::args().skip(1).map(|text| text.parse::<u64>().map_err(|error| error.to_string()));
    let clients = numbers.next().unwrap_or(Ok(500))?;
    let seconds = numbers.next().unwrap_or(Ok(30))?;
    let seed = Seed::empty().open_desk("SHOP", "Shop").request("", "Everybody has something to say here");
    let sandbox = Sandbox::builder().seed(seed).start_blocking().map_err(|error| error.to_string())?;
    let tally = Arc::new(Tally::default());
    let end = Instant::now() + Duration::from_secs(seconds);
    let threads: Vec<_> = (0..clients)
        .map(|number| {
            let (mut wire, tally) = (Wire::new(&sandbox), Arc::clone(&tally));
            thread::Builder::new().stack_size(256 * 1024).spawn(move || work(&mut wire, number, end, &tally))
        })
        .collect();
    for thread in threads {
        let thread = thread.map_err(|error| error.to_string())?;
        thread.join().map_err(|_| "a client panicked".to_owned())??;
    }
    let mut wire = Wire::new(&sandbox);
    let (created, commented) =
        (tally.created.load(Ordering::Relaxed), tally.commented.load(Ordering::Relaxed));
    // The last of each is where it has to be, and nothing follows it.
    for (list, count) in [("servicedesk/SHOP/customer", created), ("request/SHOP-1/comment", commented)] {
        let path = format!("{API}/{list}?start={}", count.saturating_sub(1));
        let (status, page) = wire.send("GET", &path, "")?;
        if status != 200 || !page.contains("\"isLastPage\":true") || !page.contains("\"size\":1") {
            return Err(format!("{list} does not end with item {count}: {page}"));
        }
    }
    if let Some(violation) = sandbox.violations().first() {
        return Err(violation.to_string());
    }
    let requests = tally.requests.load(Ordering::Relaxed);
    Ok(format!(
        "{clients} clients, {seconds} s: {requests} requests, {created} customers, {commented} comments"
    ))
}

/// Creates a customer, lets them in, looks around and says something, until the time is up.
fn work(wire: &mut Wire, number: u64, end: Instant, tally: &Tally) -> Result<(), String> {
    let mut expect = |method: &str, path: &str, body: &str, wanted: u16| {
        let (status, text) = wire.send(method, &format!("{API}{path}"), body)?;
        tally.requests.fetch_add(1, Ordering::Relaxed);
        if status == wanted { Ok(text) } else { Err(format!("{method} {path}: {status} {text}")) }
    };
    let mut turn = 0;
    while Instant::now() < end {
        turn += 1;
        let new = format!(r#"{{"email":"c{number}.{turn}@example.com","displayName":"C {number}"}}"#);
        let created = expect("POST", "/customer", &new, 201)?;
        let id = created
            .split("\"accountId\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        let people = format!(r#"{{"accountIds":["{id}"]}}"#);
        expect("POST", "/servicedesk/SHOP/customer", &people, 204)?;
        tally.created.fetch_add(1, Ordering::Relaxed);
        expect("GET", "/servicedesk?limit=1", "", 200)?;
        expect("GET", "/servicedesk/SHOP/customer?limit=1", "", 200)?;
        expect("POST", "/request/SHOP-1/comment", r#"{"body":"hello","public":true}"#, 201)?;
        tally.commented.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// One connection, kept as long as it lives.
struct Wire {
    address: String,
    credentials: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Wire {
    fn new(sandbox: &Sandbox) -> Wire {
        let user = format!("{}:{}", sandbox.email(), sandbox.token());
        Wire {
            address: sandbox.url().trim_start_matches("http://").to_owned(),
            credentials: base64::engine::general_purpose::STANDARD.encode(user),
            stream: None,
        }
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, String), String> {
        let Wire { address, credentials, .. } = self;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {credentials}\r\n\
             X-ExperimentalApi: opt-in\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(&self.address).map_err(|error| error.to_string())?),
        };
        let answer = exchange(&mut stream, &head).map_err(|error| format!("{method} {path}: {error}"))?;
        self.stream = Some(stream);
        Ok(answer)
    }
}

fn exchange(stream: &mut BufReader<TcpStream>, request: &str) -> std::io::Result<(u16, String)> {
    stream.get_mut().write_all(request.as_bytes())?;
    let (mut line, mut status, mut length) = (String::new(), 0, 0);
    while stream.read_line(&mut line)? > 2 {
        let text = line.trim().to_ascii_lowercase();
        if let Some(rest) = text.strip_prefix("http/1.1 ") {
            status = rest.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
        } else if let Some(rest) = text.strip_prefix("content-length:") {
            length = rest.trim().parse().unwrap_or_default();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
