//! Tasks: what a server does in its own time, and how to learn what came of it.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jsm_raw::Operation;

use crate::client::Client;
use crate::csm::TaskId;
use crate::csm::task::GetTask;
use crate::csm::types::TaskStatusResponse;
use crate::error::{Error, Kind, Result};

/// A task that the server works on.
///
/// It is a handle: dropping it changes nothing, and [`Client::task`] makes another from the id.
#[derive(Clone)]
pub struct Task {
    client: Client,
    id: TaskId,
    key: String,
}

/// A task, about to be waited for.
#[must_use = "nothing is waited for until it is awaited"]
#[derive(Clone, Debug)]
pub struct Wait {
    task: Task,
    deadline: Duration,
    first: Duration,
    longest: Duration,
}

/// A task that has come to its end.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a task can fail"]
#[non_exhaustive]
pub struct TaskEnd {
    /// What came of it.
    pub verdict: Verdict,
    /// The server's last word on it, with the failures.
    pub answer: TaskStatusResponse,
}

/// What came of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// All of it was done.
    Succeeded,
    /// What the failures name was not done; the rest was.
    Failed,
    /// The server says that it failed, and names no failure. Such tasks are known to have done all their work: read
    /// back what was to be written before you repeat it.
    Unexplained,
}

impl Client {
    /// The task of this id, for example one that another process submitted. Nothing is asked yet.
    pub fn task(&self, id: impl Into<TaskId>) -> Task {
        Task { client: self.clone(), id: id.into(), key: String::new() }
    }
}

impl Task {
    pub(super) fn with_key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }

    /// Its id.
    pub fn id(&self) -> &TaskId {
        &self.id
    }

    /// The idempotency key that it was submitted under; empty when it was found by its id.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Asks how far it has come.
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind `NotFound` when there is no such task.
    pub async fn status(&self) -> Result<TaskStatusResponse> {
        self.client.call(GetTask::new(self.id.clone())).await
    }

    /// Waits for its end, asking after 2 s and then ever more seldom, down to twice a minute.
    ///
    /// That can be dropped and begun again: the task does not mind. What words mean an end is not documented, and
    /// neither is the one for success. As long as the status is a word of going on, such as `IN_PROGRESS`, the wait
    /// goes on; any other word is the end: `FAILED` and its likes are failure, and every word besides is success,
    /// unless the answer lists failures.
    pub fn wait(&self) -> Wait {
        Wait {
            task: self.clone(),
            deadline: Duration::from_secs(60 * 60),
            first: Duration::from_secs(2),
            longest: Duration::from_secs(30),
        }
    }
}

impl Wait {
    /// How long to wait in all; an hour by default. Then the wait fails, and the task goes on.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// How long to wait before asking first, and how long at most before asking again.
    pub fn every(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest.max(first);
        self
    }

    async fn run(self) -> Result<TaskEnd> {
        let clock = &*self.task.client.shared().clock;
        let until = clock.now() + self.deadline;
        let mut wait = self.first;
        let mut status = String::from("nothing yet");
        loop {
            if clock.now() + wait > until {
                let (id, seconds) = (&self.task.id, self.deadline.as_secs());
                let note = format!("task {id} says {status} after {seconds} s; it goes on, ask for it later");
                return Err(Error::new(Kind::Timeout, note).with_operation(GetTask::INFO));
            }
            clock.sleep(wait).await;
            let answer = self.task.status().await?;
            if let Some(verdict) = verdict(&answer.status, !answer.failures.is_empty()) {
                return Ok(TaskEnd { verdict, answer });
            }
            status = answer.status;
            wait = wait.mul_f64(1.5).min(self.longest);
        }
    }
}

/// What a status says; nothing while the task goes on.
fn verdict(status: &str, has_failures: bool) -> Option<Verdict> {
    const GOING_ON: [&str; 17] = [
        "",
        "ACCEPTED",
        "ACTIVE",
        "CREATED",
        "ENQUEUED",
        "INPROGRESS",
        "NEW",
        "NOTSTARTED",
        "OPEN",
        "PENDING",
        "PROCESSING",
        "QUEUED",
        "RUNNING",
        "SCHEDULED",
        "STARTED",
        "SUBMITTED",
        "WAITING",
    ];
    let word: String =
        status.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect();
    if GOING_ON.contains(&word.as_str()) {
        return None;
    }
    let failed = ["FAIL", "ERROR", "CANCEL", "ABORT", "TIMEDOUT", "TIMEOUT", "DEAD", "REJECT"];
    Some(match (has_failures, failed.iter().any(|part| word.contains(part))) {
        (true, _) => Verdict::Failed,
        (false, true) => Verdict::Unexplained,
        (false, false) => Verdict::Succeeded,
    })
}

impl IntoFuture for Wait {
    type Output = Result<TaskEnd>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("id", &self.id).field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, verdict};

    #[test]
    fn a_word_that_nobody_knows_is_an_end() {
        for going_on in ["IN_PROGRESS", "in progress", "PENDING", "Queued", "NOT_STARTED", ""] {
            assert_eq!(verdict(going_on, true), None, "{going_on}");
        }
        for (status, has_failures, meaning) in [
            ("COMPLETED", false, Verdict::Succeeded),
            ("FINI", false, Verdict::Succeeded),
            ("COMPLETED", true, Verdict::Failed),
            ("FAILED", true, Verdict::Failed),
            ("FAILED", false, Verdict::Unexplained),
            ("CANCELLED", false, Verdict::Unexplained),
        ] {
            assert_eq!(verdict(status, has_failures), Some(meaning), "{status}");
        }
    }
}
