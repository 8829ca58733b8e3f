//! What many callers of one client meet: rates that are known or not, refusals, faults, callers that go away.
//!
//! Each trial runs in real time over loopback, against the sandbox with its rate limits or a small server with a token
//! bucket, and prints a line of the table in `BENCHMARKS.md`. The same trials with a model of the server and exact counts
//! are tests, in `transport/simulation.rs`.

mod listen;

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use jsm_client::servicedesk::customer::GetCustomers;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_client::servicedesk::service_desk::GetServiceDesk;
use jsm_client::{Client, Operation, Result};
use jsm_sandbox::{Fault, RateLimits, Sandbox};
use peak_alloc::PeakAlloc;
use tokio::task::JoinSet;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("it can be built");
    runtime.block_on(async {
        println!("| trial | result | wanted |\n| --- | --- | --- |");
        known_rate().await;
        unknown_rate().await;
        faults().await;
        refused_at_one_moment(429, "").await;
        refused_at_one_moment(503, "").await;
        dead_endpoint().await;
        aborted().await;
        timeouts().await;
        page_of_empty_objects().await;
    });
}

fn row(trial: &str, result: impl Display, wanted: &str) {
    println!("| {trial} | {result} | {wanted} |");
}

/// Runs so many callers at once, each with so many calls, and says how many failed and how long it took.
async fn crowd<O: Operation + Clone>(
    client: &Client,
    operation: O,
    callers: usize,
    calls: usize,
) -> (usize, f64) {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (client, operation) = (client.clone(), operation.clone());
        tasks.spawn(async move {
            for _ in 0..calls {
                client.call(operation.clone()).await.map(drop)?;
            }
            Ok::<_, jsm_client::Error>(())
        });
    }
    let results: Vec<Result<()>> = tasks.join_all().await;
    let failed = results.iter().filter(|result| result.is_err()).count();
    if let Some(Err(error)) = results.into_iter().find(Result::is_err) {
        eprintln!("first failure: {error}");
    }
    (failed, start.elapsed().as_secs_f64())
}

fn client_of(url: &str) -> Client {
    Client::builder(url).api_token("ada@example.com", "token").build().expect("the address is one")
}

async fn limited_sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::builder().no_violations().rate_limits(RateLimits::burst()).start().await;
    let sandbox = sandbox.expect("a port is free");
    sandbox.clock().run();
    let client = Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token());
    let client = client.experimental(true).build().expect("the address is one");
    (sandbox, client)
}

async fn known_rate() {
    let (sandbox, client) = limited_sandbox().await;
    let refusal =
        Fault::status(429).header("Retry-After", "2").header("RateLimit-Reason", "jira-burst-based");
    sandbox.fault(refusal.on("GetCustomers"));
    let (failed, took) = crowd(&client, GetCustomers::new("1"), 64, 3).await;
    let limit = (192.0 - 5.0) / 5.0 + 2.0;
    let result = format!("{failed} fail; {took:.1} s where limit and pause allow {limit:.1}");
    row("64 callers, 3 pages each, 5 a second, one 429 (`Retry-After: 2`)", result, "none fails; within 5 %");
}

async fn unknown_rate() {
    let server = Server::start(100.0, |_, _| Reply::Fine).await;
    let (failed, took) = crowd(&client_of(&server.url), GetOrganization::new(1), 512, 4).await;
    let limit = (2_048.0 - 100.0) / 100.0;
    let result = format!("{failed} fail; {took:.1} s where the limit allows {limit:.1}");
    row("512 callers, 4 pages each, 100 a second, unknown", result, "none fails; within 15 %");
}

async fn faults() {
    let server = Server::start(100.0, |number, _| match number % 100 {
        17 => Reply::Drop,
        53 => Reply::Status(503, &[]),
        70..80 if number % 500 < 100 => Reply::Status(429, &[("Retry-After", "1")]),
        _ => Reply::Fine,
    })
    .await;
    let (failed, took) = crowd(&client_of(&server.url), GetOrganization::new(1), 512, 4).await;
    let trial = "the same with 1 % dropped, 1 % 503, bursts of 429";
    row(trial, format!("{failed} fail; {took:.1} s"), "none fails");
}

async fn refused_at_one_moment(status: u16, note: &str) {
    let moment = Duration::from_millis(500);
    let server = Server::start(1e9, move |number, at| match number <= 512 && at < moment {
        true => Reply::Status(status, &[("Retry-After", "3")]),
        false => Reply::Fine,
    })
    .await;
    let (failed, took) = crowd(&client_of(&server.url), GetOrganization::new(1), 512, 1).await;
    let arrivals = server.arrivals.lock().expect("nothing panics").clone();
    let back: Vec<_> = arrivals.into_iter().filter(|at| *at > Duration::from_secs(2)).collect();
    let within =
        |at: Duration| back.iter().filter(|o| (at..at + Duration::from_millis(50)).contains(o)).count();
    let most = back.iter().map(|at| within(*at)).max().unwrap_or(0);
    let result = format!("{failed} fail; {took:.1} s; at most {most} back in 50 ms{note}");
    row(
        &format!("512 callers refused at one moment: {status}, `Retry-After: 3`"),
        result,
        "none fails, spread",
    );
}

async fn dead_endpoint() {
    for callers in [1, 5] {
        // One in five fails, never one call five times in a row.
        let server = Server::start(1e9, |_, _| Reply::Fine).await;
        let client = client_of(&server.url);
        let mut dead = JoinSet::new();
        for _ in 0..callers {
            let client = client.clone();
            dead.spawn(async move {
                loop {
                    let _ = client.call(GetServiceDesk::new("dead")).await;
                }
            });
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (failed, took) = crowd(&client, GetOrganization::new(20), 200, 1).await;
        dead.shutdown().await;
        let trial = format!("{callers} callers of a dead endpoint beside 200 calls of one with 20 % 503");
        row(&trial, format!("{failed} fail; {took:.1} s"), "none fails");
    }
}

async fn aborted() {
    let (sandbox, client) = limited_sandbox().await;
    let mut tasks = JoinSet::new();
    for _ in 0..1_000 {
        let client = client.clone();
        tasks.spawn(async move { client.call(GetCustomers::new("1")).await.map(drop) });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    tasks.shutdown().await;
    let (failed, took) = crowd(&client, GetCustomers::new("1"), 1, 1).await;
    let result = format!("{failed} fails; the next call waits {took:.2} s");
    row("1,000 calls aborted while they wait for 5 a second", result, "under a second");
    drop(sandbox);
}

async fn timeouts() {
    let (sandbox, client) = limited_sandbox().await;
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let client = client.clone();
        tasks.spawn(async move {
            let call = std::future::IntoFuture::into_future(client.call(GetCustomers::new("1")));
            let _ = tokio::time::timeout(Duration::from_millis(20), call).await;
        });
    }
    tasks.join_all().await;
    let (failed, took) = crowd(&client, GetCustomers::new("1"), 1, 1).await;
    let result = format!("{failed} fails; the next call waits {took:.2} s");
    row("40 calls under a timeout of 20 ms, 5 a second", result, "under a second");
    drop(sandbox);
}

async fn page_of_empty_objects() {
    let server = Server::start(1e9, |_, _| Reply::Objects(1 << 20)).await;
    let client = client_of(&server.url);
    MEMORY.reset_peak_usage();
    let (before, start) = (MEMORY.current_usage_as_kb(), Instant::now());
    let result = client.call(GetCustomers::new("1")).experimental(true).await.map(drop);
    let (peak, took) = (MEMORY.peak_usage_as_kb() - before, start.elapsed().as_secs_f64());
    let result = format!(
        "{}; {:.0} MiB, {took:.1} s",
        if result.is_ok() { "read" } else { "refused" },
        peak / 1_024.0
    );
    row("page of 1 MiB made of `{},{},...`", result, "refused or under 20 MiB");
}

/// How a request is served.
enum Reply {
    Fine,
    /// A status, and headers.
    Status(u16, &'static [(&'static str, &'static str)]),
    Drop,
    /// A page of empty objects, of so many bytes.
    Objects(usize),
}

/// A server with a token bucket that holds as many requests as it takes a second.
struct Server {
    url: String,
    arrivals: Arc<Mutex<Vec<Duration>>>,
}

impl Server {
    async fn start(rate: f64, reply: impl Fn(usize, Duration) -> Reply + Send + Sync + 'static) -> Self {
        let arrivals = Arc::<Mutex<Vec<Duration>>>::default();
        let seen = Arc::clone(&arrivals);
        let (bucket, sick) = (Mutex::new((rate, Instant::now())), AtomicUsize::new(0));
        let start = std::sync::OnceLock::new();
        let serve = move |path: &str| {
            let now = Instant::now();
            let at = now - *start.get_or_init(|| now);
            let number = {
                let mut seen = seen.lock().expect("nothing panics");
                seen.push(at);
                seen.len()
            };
            // Two endpoints are ill whatever the trial: one is dead, one fails each fifth time.
            if path.ends_with("/dead") {
                return Reply::Status(503, &[]);
            }
            if path.ends_with("/20") && sick.fetch_add(1, Ordering::Relaxed).is_multiple_of(5) {
                return Reply::Status(503, &[]);
            }
            let reply = reply(number, at);
            let mut bucket = bucket.lock().expect("nothing panics");
            let left = (bucket.0 + (now - bucket.1).as_secs_f64() * rate).min(rate);
            let admitted = !matches!(reply, Reply::Fine) || left >= 1.0;
            *bucket = (if matches!(reply, Reply::Fine) && admitted { left - 1.0 } else { left }, now);
            if admitted {
                reply
            } else {
                Reply::Status(429, &[("Retry-After", "1"), ("RateLimit-Reason", "jira-burst-based")])
            }
        };
        let url = listen::listen(Duration::ZERO, move |target| {
            let path = target.split_once('?').map_or(target, |(path, _)| path);
            response(&serve(path))
        });
        Self { url, arrivals }
    }
}

/// What a reply sends; nothing where the connection breaks.
fn response(reply: &Reply) -> Option<Response<Full<Bytes>>> {
    let mut response = Response::builder().header("content-type", "application/json");
    let body = match *reply {
        Reply::Fine => r#"{"id":"1","values":[]}"#.to_owned(),
        Reply::Status(status, headers) => {
            response = response.status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            String::new()
        }
        Reply::Objects(size) => format!(r#"{{"isLastPage":true,"values":[{}{{}}]}}"#, "{},".repeat(size / 3)),
        Reply::Drop => return None,
    };
    Some(response.body(Full::new(body.into())).expect("the headers are ones"))
}
