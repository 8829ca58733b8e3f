//! Rate limits as the cloud enforces them: a budget per endpoint and second, points per hour, writes per issue.
//!
//! All of them are off unless a test asks for them, and all of them count by the sandbox's clock.

use std::collections::BTreeMap;

use jsm_raw::OperationInfo;
use serde_json::Value;

use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::reply::{Payload, Reply};

/// Which limits a sandbox enforces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    burst: bool,
    per_issue: bool,
    points: Option<u32>,
}

/// What was used of the limits so far.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// Thousandths of a request left for each endpoint, and when that was so.
    buckets: BTreeMap<(&'static str, &'static str), (i64, i64)>,
    /// When each issue was written to.
    writes: BTreeMap<String, Vec<i64>>,
    /// The hour that is counted, and the points used in it.
    hour: i64,
    points: u32,
}

impl RateLimits {
    /// Nothing is limited.
    pub fn none() -> RateLimits {
        RateLimits::default()
    }

    /// The limits that are documented: by second and endpoint (5 for the customers of a desk, 100 for other reads),
    /// 65,000 points an hour for programs, and 20 writes to an issue in two seconds or 100 in thirty.
    pub fn documented() -> RateLimits {
        RateLimits { burst: true, per_issue: true, points: Some(65_000) }
    }

    /// The limits per second and endpoint alone.
    pub fn burst() -> RateLimits {
        RateLimits { burst: true, ..RateLimits::default() }
    }

    /// Another number of points per hour. Only what programs with OAuth tokens ask for is counted.
    pub fn points(mut self, per_hour: u32) -> RateLimits {
        self.points = Some(per_hour);
        self
    }
}

const HOUR: i64 = 60 * 60 * 1_000;

impl Usage {
    /// Counts a request, or refuses it.
    pub(crate) fn admit(
        &mut self,
        limits: RateLimits,
        info: &'static OperationInfo,
        path: &BTreeMap<&'static str, String>,
        actor: &Actor,
        now: i64,
    ) -> Result<(), Reply> {
        if limits.burst {
            self.admit_burst(info, now)?;
        }
        if let Some(issue) = info.rate_limit_key.filter(|_| limits.per_issue).and_then(|name| path.get(name))
            && info.method != "GET"
        {
            self.admit_write(issue, now)?;
        }
        if let Some(budget) = limits.points.filter(|_| actor.program) {
            self.turn_hour(now);
            if self.points >= budget {
                let reset = (self.hour + 1) * HOUR;
                return Err(refusal("jira-quota-tenant-based", u64::from(budget), reset, now));
            }
        }
        Ok(())
    }

    fn admit_burst(&mut self, info: &'static OperationInfo, now: i64) -> Result<(), Reply> {
        let per_second = i64::from(info.rate_limit.unwrap_or(match info.method {
            "GET" | "POST" => 100,
            _ => 50,
        }));
        let full = per_second * 1_000;
        let (left, since) = self.buckets.get(&(info.method, info.path)).copied().unwrap_or((full, now));
        // Thousandths of a request per millisecond are as many as requests per second.
        let left = (left + (now - since).saturating_mul(per_second)).min(full);
        let admitted = left >= 1_000;
        self.buckets.insert((info.method, info.path), (if admitted { left - 1_000 } else { left }, now));
        match admitted {
            true => Ok(()),
            false => Err(refusal("jira-burst-based", per_second.unsigned_abs(), now + 1_000, now)),
        }
    }

    fn admit_write(&mut self, issue: &str, now: i64) -> Result<(), Reply> {
        let times = self.writes.entry(issue.to_owned()).or_default();
        times.retain(|time| now - time < 30_000);
        for (most, window) in [(20, 2_000), (100, 30_000)] {
            let within: Vec<i64> = times.iter().copied().filter(|time| now - time < window).collect();
            if within.len() >= most {
                let free = within.first().copied().unwrap_or(now) + window;
                return Err(refusal("jira-per-issue-on-write", most as u64, free, now));
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

    /// Takes the points of an answer off the budget and says what is left.
    pub(crate) fn charge(
        &mut self,
        limits: RateLimits,
        actor: &Actor,
        method: &str,
        reply: &mut Reply,
        now: i64,
    ) {
        let Some(budget) = limits.points.filter(|_| actor.program) else { return };
        self.turn_hour(now);
        self.points = self.points.saturating_add(if method == "GET" { cost(reply) } else { 1 });
        let left = budget.saturating_sub(self.points);
        reply.headers.push(("X-RateLimit-Limit", budget.to_string()));
        reply.headers.push(("X-RateLimit-Remaining", left.to_string()));
        if left < budget / 5 {
            reply.headers.push(("X-RateLimit-NearLimit", "true".to_owned()));
        }
    }
}

/// One for the call, one for every object it answers, and two where the object is a user.
fn cost(reply: &Reply) -> u32 {
    let Payload::Json(body) = &reply.body else { return 1 };
    let objects = body.get("values").or_else(|| body.get("results")).and_then(Value::as_array);
    let cost =
        objects.into_iter().flatten().map(|object| if object.get("accountId").is_some() { 2 } else { 1 });
    1 + cost.sum::<u32>()
}

fn refusal(reason: &str, limit: u64, reset: i64, now: i64) -> Reply {
    let seconds = (reset - now + 999).div_euclid(1_000).max(1);
    Reply::raw(429, "text/plain;charset=UTF-8", "Rate limit exceeded.")
        .header("Retry-After", seconds.to_string())
        .header("X-RateLimit-Limit", limit.to_string())
        .header("X-RateLimit-Remaining", "0")
        .header("X-RateLimit-Reset", rfc3339(reset))
        .header("RateLimit-Reason", reason)
}
