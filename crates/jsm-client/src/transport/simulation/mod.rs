//! Crowds of callers against a model of a server, on tokio's paused clock: hours pass in moments, and every count is exact.
//!
//! The callers run the loop of `retry_loop` with limits, budgets and policy as they are; only the network is left out.

mod crowds; // Any crowd against any server.
mod trials; // What crowds have been seen to meet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use jsm_raw::OperationInfo;
use tokio::task::JoinSet;

use super::classify::{self, Failure};
use super::clock::{Clock, SystemClock};
use super::rate_limit::{Limits, Subject, Throttling};
use super::retry::RetryPolicy;
use super::retry_loop::{Exchange, RetryLoop};
use crate::auth::credentials::BoxError;
use crate::error::{Error, ErrorKind, Result};

const LATENCY: Duration = Duration::from_millis(10);
const MINUTES: Duration = Duration::from_secs(300);

/// An operation of this name; `burst` is its documented rate.
fn operation(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    burst: Option<u32>,
) -> &'static OperationInfo {
    let mut info = jsm_raw::servicedesk::OPERATIONS[0].clone();
    let mut base = info.base.clone();
    (base.site, base.gateway) = (Some(""), None);
    (base.rate_limits, base.write_rate_limits) = (&[], &[(20, 2), (100, 30)]);
    (info.api, info.base, info.group) = ("model", Box::leak(Box::new(base)), "model");
    (info.name, info.method, info.path) = (name, method, path);
    (info.idempotent, info.rate_limit) = (method == "GET", burst);
    info.rate_limit_key = path.contains("{issue}").then_some("issue");
    Box::leak(Box::new(info))
}

fn get(name: &'static str, burst: Option<u32>) -> &'static OperationInfo {
    operation(name, "GET", "/thing/{id}", burst)
}

/// What the model does with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reply {
    Fine,
    Status(u16, Option<u64>, &'static str),
    /// The connection ends, before or after the work was done.
    Dropped,
    DroppedAfter,
}

/// A server with a token bucket, and faults that a test makes up.
#[derive(Debug)]
struct Model {
    rate: f64,
    tokens: f64,
    at: Instant,
    start: Instant,
    refused: u32,
    arrivals: Vec<Duration>,
    /// How often the work of each request was done.
    done: HashMap<String, u32>,
}

impl Model {
    fn new(rate: f64) -> Self {
        let now = SystemClock.now();
        Self { rate, tokens: rate, at: now, start: now, refused: 0, arrivals: vec![], done: HashMap::new() }
    }

    fn admit(&mut self) -> bool {
        let now = SystemClock.now();
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens, self.at) = ((self.tokens + passed * self.rate).min(self.rate), now);
        let admitted = self.tokens >= 1.0 - 1e-6;
        if admitted {
            self.tokens -= 1.0;
        } else {
            self.refused += 1;
        }
        admitted
    }

    /// The most requests that arrived within so many milliseconds, from a moment on.
    fn most_within(&self, millis: u64, from: Duration) -> usize {
        let span = Duration::from_millis(millis);
        let later: Vec<_> = self.arrivals.iter().copied().filter(|at| *at >= from).collect();
        let within = |at: Duration| later.iter().filter(|other| (at..at + span).contains(other)).count();
        later.iter().map(|at| within(*at)).max().unwrap_or(0)
    }
}

/// What a fault is made from: the number of the request, from 1, and when it came.
type Faults = Arc<dyn Fn(usize, Duration) -> Reply + Send + Sync>;

/// A client, and the server that it talks to.
#[derive(Clone)]
struct World {
    limits: Arc<Limits>,
    model: Arc<Mutex<Model>>,
    faults: Faults,
    deadline: Duration,
    latency: Duration,
}

impl World {
    fn new(rate: f64, faults: impl Fn(usize, Duration) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            limits: Arc::new(Limits::new(Throttling::Learned, 512)),
            model: Arc::new(Mutex::new(Model::new(rate))),
            faults: Arc::new(faults),
            deadline: MINUTES,
            latency: LATENCY,
        }
    }

    async fn call(&self, info: &'static OperationInfo, what: &str) -> Result<u32> {
        self.call_within(info, what, self.deadline).await
    }

    async fn call_within(&self, info: &'static OperationInfo, what: &str, time: Duration) -> Result<u32> {
        let policy = RetryPolicy::default();
        let retries = RetryLoop {
            operation: info.name,
            limits: &self.limits,
            clock: &SystemClock,
            policy: &policy,
            single_use: false,
            deadline: SystemClock.now() + time,
            time,
            paid: None,
        };
        let ((), sent) = retries.run(&Request { world: self, info, what }).await?;
        Ok(sent.attempts)
    }

    /// Runs so many callers at once, each with so many calls one after the other, and gives what failed.
    async fn crowd(&self, info: &'static OperationInfo, callers: usize, pages: usize) -> Vec<Error> {
        let mut tasks = JoinSet::new();
        for caller in 0..callers {
            let world = self.clone();
            tasks.spawn(async move {
                for page in 0..pages {
                    world.call(info, &format!("{caller}/{page}")).await?;
                }
                Ok::<_, Error>(())
            });
        }
        tasks.join_all().await.into_iter().filter_map(Result::err).collect()
    }

    fn passed(&self) -> Duration {
        SystemClock.now() - self.model.lock().unwrap().start
    }

    fn done(&self) -> usize {
        self.model.lock().unwrap().done.len()
    }
}

struct Request<'a> {
    world: &'a World,
    info: &'static OperationInfo,
    what: &'a str,
}

impl Exchange for Request<'_> {
    type Request = ();
    type Response = ();

    async fn prepare(&self, _: Option<HeaderValue>) -> Result<((), Subject), Failure> {
        Ok((
            (),
            Subject::new(
                self.info,
                self.info.path,
                self.info.rate_limit_key.and(self.what.split('/').next()),
            ),
        ))
    }

    async fn refresh(&self, (): &mut ()) -> Result<(), Failure> {
        Ok(())
    }

    async fn execute(&self, (): (), _: u32) -> Result<(), Failure> {
        let World { model, faults, latency, .. } = self.world;
        tokio::time::sleep(*latency / 2).await;
        let reply = {
            let mut model = model.lock().unwrap();
            let at = SystemClock.now() - model.start;
            model.arrivals.push(at);
            let mut reply = faults(model.arrivals.len(), at);
            if reply == Reply::Fine && !model.admit() {
                reply = Reply::Status(429, Some(1), "jira-burst-based");
            }
            if matches!(reply, Reply::Fine | Reply::DroppedAfter) {
                *model.done.entry(self.what.to_owned()).or_default() += 1;
            }
            reply
        };
        tokio::time::sleep(*latency / 2).await;
        match reply {
            Reply::Fine => Ok(()),
            Reply::Dropped | Reply::DroppedAfter => {
                let error = Error::new(ErrorKind::Connection, "the connection broke off");
                Err(if self.info.idempotent {
                    Failure::Disconnected(error)
                } else {
                    Failure::Permanent(error)
                })
            }
            Reply::Status(status, asked, reason) => {
                let mut headers = HeaderMap::new();
                let name = HeaderName::from_static("ratelimit-reason");
                headers.insert(name, HeaderValue::from_static(reason));
                let status = StatusCode::from_u16(status).unwrap();
                let error = Error::of_response(status, &headers, Bytes::new()).with_operation(self.info);
                let error = error.with_retry_after(asked.map(Duration::from_secs));
                Err(classify::of_status(status, error, self.info.idempotent))
            }
        }
    }

    async fn renew(&self, refused: &HeaderValue) -> Result<HeaderValue, BoxError> {
        Ok(refused.clone())
    }
}
