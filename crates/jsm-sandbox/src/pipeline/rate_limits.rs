//! Rate limits as the cloud enforces them: requests per second and operation, writes per issue, points per hour.
//!
//! All of them are off by default, and all of them count by the sandbox's clock.

use std::collections::BTreeMap;

use serde_json::Value;

use super::route::Operation;
use crate::calendar::rfc3339;
use crate::domain::entities::person::Caller;
use crate::message::response::{Body, Response};

/// The rate limits that a sandbox enforces. A request beyond them gets a 429 with `Retry-After`, `RateLimit-Reason` and
/// the `X-RateLimit-*` headers.
///
/// The limits count by the sandbox's [`Clock`](crate::Clock), which stands still by default: a client that waits for
/// `Retry-After` needs a clock that runs or is moved.
///
/// ```
/// use jsm_sandbox::{RateLimits, Sandbox};
///
/// let sandbox = Sandbox::builder().rate_limits(RateLimits::documented()).start_blocking().unwrap();
/// sandbox.clock().run();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    burst: bool,
    per_issue: bool,
    points: Option<u32>,
    reported_points: Option<u32>,
}

impl RateLimits {
    /// No limits. This is the default.
    pub fn none() -> RateLimits {
        RateLimits::default()
    }

    /// The documented limits: 5 requests a second for the customers of a service desk, 100 for other reads and creations,
    /// 50 for the rest; 20 writes to an issue in two seconds and 100 in thirty; 65,000 points an hour for OAuth apps.
    pub fn documented() -> RateLimits {
        RateLimits { burst: true, per_issue: true, points: Some(65_000), reported_points: None }
    }

    /// The limits per second and operation alone.
    pub fn burst() -> RateLimits {
        RateLimits { burst: true, ..RateLimits::default() }
    }

    /// Limits the points that OAuth apps use in an hour: one for a request, one for each object in its response, and
    /// one more where the object is a user. Requests with API tokens cost nothing.
    pub fn points(mut self, per_hour: u32) -> RateLimits {
        self.points = Some(per_hour);
        self
    }

    /// Reports the points that OAuth apps use in an hour, by the headers that begin with `Beta-` and `X-Beta-`, and
    /// refuses nothing because of them: real servers announce a limit so before they enforce it.
    ///
    /// When they are used up, responses have a `Beta-Retry-After`. A client that waits then waits in vain.
    ///
    /// ```
    /// use jsm_sandbox::{RateLimits, Sandbox};
    ///
    /// let limits = RateLimits::none().report_points(1_000);
    /// let sandbox = Sandbox::builder().rate_limits(limits).start_blocking().unwrap();
    /// ```
    pub fn report_points(mut self, per_hour: u32) -> RateLimits {
        self.reported_points = Some(per_hour);
        self
    }
}

/// How much of the limits is used.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// For each operation: how many thousandths of a request are left, and when that was so.
    buckets: BTreeMap<(&'static str, &'static str), (i64, i64)>,
    /// When each issue was written to.
    writes: BTreeMap<String, Vec<i64>>,
    /// The hour that is counted, and the points used in it.
    hour: i64,
    points: u32,
}

const HOUR: i64 = 60 * 60 * 1_000;
/// The name of the limit that is reported.
const REPORTED: &str = "tenant-app-quota";

impl Usage {
    /// Counts a request, or refuses it.
    pub(super) fn admit(
        &mut self,
        limits: RateLimits,
        operation: &Operation,
        caller: &Caller,
        now: i64,
    ) -> Result<(), Response> {
        let info = operation.info;
        if limits.burst {
            self.admit_to_bucket(operation, now)?;
        }
        let issue = info.rate_limit_key.filter(|_| limits.per_issue && info.method != "GET");
        if let Some(issue) = issue.and_then(|name| operation.path.get(name)) {
            self.admit_write(issue, now)?;
        }
        if let Some(budget) = limits.points.filter(|_| caller.is_app) {
            self.turn_hour(now);
            if self.points >= budget {
                let reset = (self.hour + 1) * HOUR;
                return Err(too_many("jira-quota-tenant-based", u64::from(budget), reset, now));
            }
        }
        Ok(())
    }

    /// A token bucket that is full after one second.
    fn admit_to_bucket(&mut self, operation: &Operation, now: i64) -> Result<(), Response> {
        let info = operation.info;
        let per_second = i64::from(info.rate_limit.unwrap_or(match info.method {
            "GET" | "POST" => 100,
            _ => 50,
        }));
        let full = per_second * 1_000;
        let bucket = self.buckets.entry((info.method, info.path)).or_insert((full, now));
        let (left, since) = *bucket;
        // Thousandths of a request per millisecond are as many as requests per second.
        let left = left.saturating_add((now - since).saturating_mul(per_second)).min(full);
        let admitted = left >= 1_000;
        *bucket = (if admitted { left - 1_000 } else { left }, now);
        match admitted {
            true => Ok(()),
            false => Err(too_many("jira-burst-based", per_second.unsigned_abs(), now + 1_000, now)),
        }
    }

    fn admit_write(&mut self, issue: &str, now: i64) -> Result<(), Response> {
        let times = self.writes.entry(issue.to_owned()).or_default();
        times.retain(|time| now - time < 30_000);
        for (most, window) in [(20, 2_000), (100, 30_000)] {
            let within: Vec<i64> = times.iter().copied().filter(|time| now - time < window).collect();
            if within.len() >= most {
                let free = within.first().copied().unwrap_or(now) + window;
                return Err(too_many("jira-per-issue-on-write", most as u64, free, now));
            }
        }
        times.push(now);
        Ok(())
    }

    fn turn_hour(&mut self, now: i64) {
        if now.div_euclid(HOUR) != self.hour {
            self.hour = now.div_euclid(HOUR);
            self.points = 0;
        }
    }

    /// Takes the points of a response off the budget, and adds headers that say what is left.
    pub(super) fn charge(
        &mut self,
        limits: RateLimits,
        operation: &Operation,
        caller: &Caller,
        response: &mut Response,
        now: i64,
    ) {
        if !caller.is_app || limits.points.or(limits.reported_points).is_none() {
            return;
        }
        self.turn_hour(now);
        let cost = if operation.info.method == "GET" { cost(response) } else { 1 };
        self.points = self.points.saturating_add(cost);
        let mut header = |name: &str, value: String| response.headers.push((name.to_owned(), value));
        if let Some(budget) = limits.points {
            let left = budget.saturating_sub(self.points);
            header("X-RateLimit-Limit", budget.to_string());
            header("X-RateLimit-Remaining", left.to_string());
            if left < budget / 5 {
                header("X-RateLimit-NearLimit", "true".to_owned());
            }
        }
        if let Some(budget) = limits.reported_points {
            let left = budget.saturating_sub(self.points);
            let reset = (self.hour + 1) * HOUR;
            report(header, budget, left, reset, now);
        }
    }
}

/// The headers of a limit that is not enforced yet. What is left is not said as long as it is plenty.
fn report(mut header: impl FnMut(&str, String), budget: u32, left: u32, reset: i64, now: i64) {
    let seconds = (reset - now + 999).div_euclid(1_000);
    let near = left < budget / 5;
    let remaining = if near { format!("r={left};") } else { String::new() };
    header("Beta-RateLimit-Policy", format!("\"{REPORTED}\";q={budget};w=3600"));
    header("Beta-RateLimit", format!("\"{REPORTED}\";{remaining}t={seconds}"));
    header("X-Beta-RateLimit-Limit", budget.to_string());
    header("X-Beta-RateLimit-Remaining", left.to_string());
    // Without seconds, as real servers write it.
    header("X-Beta-RateLimit-Reset", rfc3339(reset).replace(":00Z", "Z"));
    if near {
        header("X-Beta-RateLimit-NearLimit", "true".to_owned());
        header("X-Beta-RateLimit-Reason", "jira-quota-tenant-based".to_owned());
    }
    if left == 0 {
        header("Beta-Retry-After", seconds.to_string());
    }
}

/// One for the request, one for every object in the response, and one more where the object is a user.
fn cost(response: &Response) -> u32 {
    let Body::Json(body) = &response.body else { return 1 };
    let objects = body.get("values").or_else(|| body.get("results")).and_then(Value::as_array);
    let costs = objects.into_iter().flatten().map(|object| 1 + u32::from(object.get("accountId").is_some()));
    1 + costs.sum::<u32>()
}

fn too_many(reason: &str, limit: u64, reset: i64, now: i64) -> Response {
    let seconds = (reset - now + 999).div_euclid(1_000).max(1);
    Response::text(429, "Rate limit exceeded.")
        .header("Retry-After", seconds.to_string())
        .header("X-RateLimit-Limit", limit.to_string())
        .header("X-RateLimit-Remaining", "0")
        .header("X-RateLimit-Reset", rfc3339(reset))
        .header("RateLimit-Reason", reason)
}
