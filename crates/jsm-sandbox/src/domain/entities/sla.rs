//! Service level agreements: how long a request may take, and how long it took.

use super::issue::Issue;
use super::sla_cycle::{SlaCycle, State};

const HOUR: i64 = 60 * 60 * 1_000;

/// Something that is measured for every request of a service desk.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// How long it may take, in milliseconds.
    pub(crate) goal: i64,
    /// When the issue reached the goal, if it did.
    reached: fn(&Issue) -> Option<i64>,
}

/// How a metric is met in one cycle, in milliseconds.
#[derive(Debug)]
pub(crate) struct Measure {
    pub(crate) start: i64,
    /// When the goal was reached; none while the cycle has not ended.
    pub(crate) stop: Option<i64>,
    pub(crate) elapsed: i64,
    pub(crate) paused: bool,
}

impl Metric {
    /// The metrics of every service desk.
    pub(crate) fn standard() -> Vec<Metric> {
        let metric = |id, name: &str, goal, reached| Metric { id, name: name.to_owned(), goal, reached };
        vec![
            metric(1, "Time to first response", 4 * HOUR, first_response as fn(&Issue) -> Option<i64>),
            metric(2, "Time to resolution", 16 * HOUR, resolution),
        ]
    }

    /// A metric that ends when the issue is resolved.
    pub(crate) fn until_resolution(id: u64, name: &str, goal: i64) -> Metric {
        Metric { id, name: name.to_owned(), goal, reached: resolution }
    }

    /// The cycles of an issue, the oldest first. All but the last have ended.
    pub(crate) fn measure(&self, issue: &Issue, now: i64) -> Vec<Measure> {
        let reached = (self.reached)(issue);
        let Some(seeded) = issue.sla_cycles.get(&self.id) else {
            let elapsed = reached.unwrap_or(now) - issue.created;
            return vec![Measure { start: issue.created, stop: reached, elapsed, paused: false }];
        };
        // One cycle follows the other, until the moment in which they were described.
        let mut end = seeded.at;
        let measure = |cycle: &SlaCycle| {
            let (start, described) = (end.saturating_sub(cycle.elapsed), end);
            end = start;
            let later = reached.filter(|at| *at > seeded.at);
            let (stop, elapsed) = match cycle.state {
                State::Completed => (Some(described), cycle.elapsed),
                State::Paused => (later, cycle.elapsed),
                State::Running => (later, later.unwrap_or(now) - start),
            };
            Measure { start, stop, elapsed, paused: cycle.state == State::Paused && stop.is_none() }
        };
        let mut measures: Vec<Measure> = seeded.cycles.iter().rev().map(measure).collect();
        measures.reverse();
        measures
    }
}

fn first_response(issue: &Issue) -> Option<i64> {
    let responds = |public, author: &str| public && author != issue.reporter;
    let response = issue.comments.iter().find(|comment| responds(comment.public, &comment.author));
    response.map(|comment| comment.created)
}

fn resolution(issue: &Issue) -> Option<i64> {
    let (status, since) = issue.status_since();
    status.is_done().then_some(since)
}
