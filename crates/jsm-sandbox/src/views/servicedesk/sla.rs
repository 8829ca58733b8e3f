//! Service level agreements.

use serde_json::{Value, json};

use super::links::issue_path;
use crate::domain::entities::issue::Issue;
use crate::domain::entities::sla::Metric;
use crate::domain::site::Site;
use crate::message::request::Links;
use crate::views::date::{date, duration};

pub(crate) fn sla(site: &Site, metric: &Metric, issue: &Issue, links: &Links) -> Value {
    let measure = metric.measure(issue, site.now());
    let mut cycle = json!({
        "startTime": date(measure.start),
        "breachTime": date(measure.start + metric.goal),
        "breached": measure.elapsed > metric.goal,
        "goalDuration": duration(metric.goal),
        "elapsedTime": duration(measure.elapsed),
        "remainingTime": duration(metric.goal - measure.elapsed),
    });
    let mut json = json!({
        "_links": {"self": format!("{}{}", links.base, issue_path(issue, &format!("sla/{}", metric.id)))},
        "id": metric.id.to_string(),
        "name": metric.name,
        "slaDisplayFormat": "NEW_SLA_FORMAT",
        "completedCycles": [],
    });
    match measure.stop {
        Some(stop) => {
            cycle["stopTime"] = date(stop);
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
