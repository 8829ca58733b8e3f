//! Tasks: what a server does in its own time, and how to learn what came of it.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jsm_raw::Operation;

use super::deadline::Deadline;
use crate::client::Client;
use crate::csm::TaskId;
use crate::csm::task::GetTask;
use crate::csm::types::TaskStatusResponse;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::FOREVER;

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
    deadline: Option<Duration>,
    first: Duration,
    longest: Duration,
}

/// A task that has come to its end.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a task can fail"]
#[non_exhaustive]
pub struct TaskOutcome {
    /// What came of it.
    pub result: TaskResult,
    /// The server's last word on it, with the failures.
    pub response: TaskStatusResponse,
}

/// What came of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskResult {
    /// All of it was done.
    Succeeded,
    /// What the failures name was not done; the rest was.
    Failed,
    /// The server says that it failed, and names no failure. Such tasks are known to have done all their work: read
    /// back what was to be written before you repeat it.
    Unexplained,
}

/// How far a task has come, by its status. The words that servers use are not documented, so a status that is not
/// known is neither taken for success nor for failure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It goes on, or has not begun.
    Running,
    /// It has come to its end.
    Ended(TaskResult),
    /// The status is a word that this version does not know.
    Unknown(String),
}

impl TaskState {
    /// What the server's response says.
    pub fn of(response: &TaskStatusResponse) -> Self {
        state(&response.status, !response.failures.is_empty())
    }
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
    /// It can be dropped and begun again: the task goes on. The wait ends with a status that is known to mean an end,
    /// such as `COMPLETED` or `FAILED`. Where the status is not known, it goes on until the deadline, and the error
    /// then names the status; see [`TaskState`].
    pub fn wait(&self) -> Wait {
        Wait {
            task: self.clone(),
            deadline: None,
            first: Duration::from_secs(2),
            longest: Duration::from_secs(30),
        }
    }
}

impl Wait {
    /// How long to wait in all. The default is the client's [`deadline`](crate::ClientBuilder::deadline) where that is set,
    /// else an hour. Then the wait fails, and the task goes on.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// How long to wait before asking first, 2 s by default, and how long at most before asking again, 30 s by
    /// default. At least a millisecond passes between two requests.
    pub fn poll_interval(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first.clamp(Duration::from_millis(1), FOREVER);
        self.longest = longest.clamp(self.first, FOREVER);
        self
    }

    async fn run(self) -> Result<TaskOutcome> {
        let client = &self.task.client;
        let deadline = Deadline::new(client.shared(), self.deadline);
        let mut wait = self.first;
        let mut last = None;
        loop {
            if !deadline.allows(wait) {
                return Err(self.too_long(deadline.time(), last));
            }
            client.shared().clock.sleep(wait).await;
            let response = deadline.call(client, GetTask::new(self.task.id.clone())).await?;
            let state = TaskState::of(&response);
            if let TaskState::Ended(result) = state {
                return Ok(TaskOutcome { result, response });
            }
            last = Some((state, response.status));
            wait = wait.mul_f64(1.5).min(self.longest);
        }
    }

    fn too_long(&self, time: Duration, last: Option<(TaskState, String)>) -> Error {
        let (id, seconds) = (&self.task.id, time.as_secs());
        let note = match last {
            Some((TaskState::Unknown(status), _)) => format!(
                "task {id} has the status {status:?} after {seconds} s, which is not known to mean success or \
                 failure; read back what it was to write"
            ),
            Some((_, status)) => {
                format!("task {id} says {status} after {seconds} s; it goes on, ask for it later")
            }
            None => format!("task {id} was not asked for within {seconds} s; it goes on, ask for it later"),
        };
        Error::new(ErrorKind::Timeout, note).with_operation(GetTask::INFO)
    }
}

// The documents name no status. These are the ones seen of this API (IN_PROGRESS, COMPLETED, FAILED), those of the
// tasks of Atlassian's other APIs (ENQUEUED, RUNNING, COMPLETE, FAILED, CANCEL_REQUESTED, CANCELLED, DEAD), and plain
// synonyms; letters alone, in capitals.
const RUNNING: [&str; 19] = [
    "",
    "ACCEPTED",
    "ACTIVE",
    "CANCELLING",
    "CANCELREQUESTED",
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
const SUCCEEDED: [&str; 7] =
    ["COMPLETE", "COMPLETED", "DONE", "FINISHED", "SUCCEEDED", "SUCCESS", "SUCCESSFUL"];
const FAILED: [&str; 16] = [
    "ABORTED",
    "CANCELED",
    "CANCELLED",
    "COMPLETEDWITHERRORS",
    "COMPLETEDWITHFAILURES",
    "DEAD",
    "ERROR",
    "ERRORED",
    "EXPIRED",
    "FAILED",
    "FAILURE",
    "PARTIALLYFAILED",
    "PARTIALSUCCESS",
    "REJECTED",
    "TIMEDOUT",
    "TIMEOUT",
];

/// What a status means.
fn state(status: &str, has_failures: bool) -> TaskState {
    let word: String =
        status.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect();
    let is_one_of = |words: &[&str]| words.contains(&word.as_str());
    // A word in another script has no letters of these, and is not known.
    let only_ascii = status.is_ascii();
    match (is_one_of(&SUCCEEDED), is_one_of(&FAILED)) {
        _ if !only_ascii => TaskState::Unknown(status.to_owned()),
        (true, _) | (_, true) if has_failures => TaskState::Ended(TaskResult::Failed),
        (true, _) => TaskState::Ended(TaskResult::Succeeded),
        (_, true) => TaskState::Ended(TaskResult::Unexplained),
        _ if is_one_of(&RUNNING) => TaskState::Running,
        _ => TaskState::Unknown(status.to_owned()),
    }
}

impl IntoFuture for Wait {
    type Output = Result<TaskOutcome>;
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
    use super::{TaskResult, TaskState, state};

    #[test]
    fn takes_no_unknown_status_for_an_end() {
        for running in
            ["IN_PROGRESS", "in progress", "PENDING", "Queued", "NOT_STARTED", "CANCEL_REQUESTED", ""]
        {
            assert_eq!(state(running, true), TaskState::Running, "{running}");
        }
        for unknown in ["FINI", "完了", "NOT_COMPLETED", "UNSUCCESSFUL", "ARCHIVED"] {
            for has_failures in [false, true] {
                assert_eq!(state(unknown, has_failures), TaskState::Unknown(unknown.to_owned()));
            }
        }
        for (status, has_failures, meaning) in [
            ("COMPLETED", false, TaskResult::Succeeded),
            ("Complete", false, TaskResult::Succeeded),
            ("COMPLETED", true, TaskResult::Failed),
            ("FAILED", true, TaskResult::Failed),
            ("FAILED", false, TaskResult::Unexplained),
            ("CANCELLED", false, TaskResult::Unexplained),
        ] {
            assert_eq!(state(status, has_failures), TaskState::Ended(meaning), "{status}");
        }
    }
}
