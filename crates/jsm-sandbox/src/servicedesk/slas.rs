//! How long requests may take, and how long they took.
//!
//! The clock is the sandbox's: a test that lets time pass sees goals missed.

use serde_json::{Value, json};

use super::requests;
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Request, World};

pub(super) const BEHAVIOURS: &[Behaviour] =
    &[Behaviour::new("GetSlas", Role::Agent, list), Behaviour::new("GetSla", Role::Agent, get)];

/// Something that is measured.
pub(super) struct Metric {
    id: u64,
    name: &'static str,
    goal: i64,
    /// The time at which the request reached the goal, if it did.
    reached: fn(&Request) -> Option<i64>,
}

const HOUR: i64 = 60 * 60 * 1_000;

pub(super) static METRICS: [Metric; 2] = [
    Metric { id: 1, name: "Time to first response", goal: 4 * HOUR, reached: first_response },
    Metric { id: 2, name: "Time to resolution", goal: 16 * HOUR, reached: resolution },
];

fn first_response(request: &Request) -> Option<i64> {
    let answered = |comment: &&crate::world::Comment| comment.public && comment.author != request.reporter;
    request.comments.iter().find(answered).map(|comment| comment.created)
}

fn resolution(request: &Request) -> Option<i64> {
    let last = request.history.last()?;
    request.is_closed().then_some(last.1)
}

fn list(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    page(call, &METRICS, &[], |metric| render(metric, request, call))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let id = call.path_number("slaMetricId", "The SLA")?;
    let metric = METRICS.iter().find(|metric| metric.id == id);
    let metric = metric.ok_or_else(|| Reply::not_found("The SLA"))?;
    Ok(Reply::ok(render(metric, request, call)))
}

pub(super) fn render(metric: &Metric, request: &Request, call: &Call) -> Value {
    let stop = (metric.reached)(request);
    let elapsed = stop.unwrap_or(call.now) - request.created;
    let mut cycle = json!({
        "startTime": date::render(request.created),
        "breachTime": date::render(request.created + metric.goal),
        "breached": elapsed > metric.goal,
        "goalDuration": date::duration(metric.goal),
        "elapsedTime": date::duration(elapsed),
        "remainingTime": date::duration(metric.goal - elapsed),
    });
    let mut json = json!({
        "_links": {
            "self": format!("{}/rest/servicedeskapi/request/{}/sla/{}", call.base, request.id, metric.id),
        },
        "id": metric.id.to_string(),
        "name": metric.name,
        "slaDisplayFormat": "NEW_SLA_FORMAT",
        "completedCycles": [],
    });
    match stop {
        Some(stop) => {
            cycle["stopTime"] = date::render(stop);
            json["completedCycles"] = json!([cycle]);
        }
        None => {
            cycle["paused"] = false.into();
            cycle["withinCalendarHours"] = true.into();
            json["ongoingCycle"] = cycle;
        }
    }
    json
}
