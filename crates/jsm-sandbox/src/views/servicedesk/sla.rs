//! Service level agreements.

use serde_json::{Value, json};

use super::links::issue_path;
use crate::domain::entities::issue::Issue;
use crate::domain::entities::sla::Metric;
use crate::domain::site::Site;
use crate::message::request::Links;
use crate::views::date::{date, duration};

pub(crate) fn sla(site: &Site, metric: &Metric, issue: &Issue, links: &Links) -> Value {
    let now = site.now();
    let mut json = json!({
        "_links": {"self": format!("{}{}", links.base, issue_path(issue, &format!("sla/{}", metric.id)))},
        "id": metric.id.to_string(),
        "name": metric.name,
        "slaDisplayFormat": "NEW_SLA_FORMAT",
        "completedCycles": [],
    });
    for measure in metric.measure(issue, now) {
        // A cycle that is paused is breached later by as long as it is.
        let breach = if measure.paused { now - measure.elapsed } else { measure.start } + metric.goal;
        let mut cycle = json!({
            "startTime": date(measure.start),
            "breachTime": date(breach),
            "breached": measure.elapsed > metric.goal,
            "goalDuration": duration(metric.goal),
            "elapsedTime": duration(measure.elapsed),
            "remainingTime": duration(metric.goal - measure.elapsed),
        });
        match (measure.stop, json["completedCycles"].as_array_mut()) {
            (Some(stop), Some(completed)) => {
                cycle["stopTime"] = date(stop);
                completed.push(cycle);
            }
            _ => {
                cycle["paused"] = measure.paused.into();
                cycle["withinCalendarHours"] = true.into();
                json["ongoingCycle"] = cycle;
            }
        }
    }
    json
}
