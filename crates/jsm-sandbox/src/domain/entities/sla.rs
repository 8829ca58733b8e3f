//! Service level agreements: how long a request may take, and how long it took.

use super::issue::Issue;

const HOUR: i64 = 60 * 60 * 1_000;

/// Something that is measured.
pub(crate) struct Metric {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    /// How long it may take, in milliseconds.
    pub(crate) goal: i64,
    /// When the issue reached the goal, if it did.
    reached: fn(&Issue) -> Option<i64>,
}

/// How a metric is met, in milliseconds.
pub(crate) struct Measure {
    pub(crate) start: i64,
    /// When the goal was reached; none while the time runs.
    pub(crate) stop: Option<i64>,
    pub(crate) elapsed: i64,
}

/// The metrics of every issue.
pub(crate) static METRICS: [Metric; 2] = [
    Metric { id: 1, name: "Time to first response", goal: 4 * HOUR, reached: first_response },
    Metric { id: 2, name: "Time to resolution", goal: 16 * HOUR, reached: resolution },
];

fn first_response(issue: &Issue) -> Option<i64> {
    let responds = |public, author: &str| public && author != issue.reporter;
    let response = issue.comments.iter().find(|comment| responds(comment.public, &comment.author));
    response.map(|comment| comment.created)
}

fn resolution(issue: &Issue) -> Option<i64> {
    let (status, since) = issue.status_since();
    status.is_done().then_some(since)
}

impl Metric {
    pub(crate) fn measure(&self, issue: &Issue, now: i64) -> Measure {
        let stop = (self.reached)(issue);
        Measure { start: issue.created, stop, elapsed: stop.unwrap_or(now) - issue.created }
    }
}
