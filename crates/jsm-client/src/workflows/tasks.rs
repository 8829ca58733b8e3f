//! Tasks: work that a server does in the background, and its result.

use std::fmt;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use jsm_raw::Operation;
use jsm_raw::csm::TaskId;
use jsm_raw::csm::task::GetTask;
use jsm_raw::csm::types::TaskStatusResponse;

use super::deadline::Deadline;
use crate::error::{Error, ErrorKind, Result};
use crate::response::{Poll, Session};
use crate::transport::clock::FOREVER;
use crate::transport::options::{RequestOptions, option_setters};

/// A task that the server works on. [`Client::bulk`](crate::Client::bulk) submits tasks, and
/// [`Client::task`](crate::Client::task) makes a handle from an id.
///
/// It is a handle: dropping it does not stop the task.
#[derive(Clone)]
pub struct Task {
    session: Arc<Session>,
    id: TaskId,
    idempotency_key: Option<String>,
}

/// Waits for the end of a task. [`Task::wait`] makes it; await it.
///
/// Dropping the future does not stop the task, and another [`Task::wait`] can wait for it again.
#[must_use = "it does not wait until it is awaited"]
#[derive(Clone, Debug)]
pub struct Wait {
    task: Task,
    first: Duration,
    longest: Duration,
    options: RequestOptions,
}

/// The outcome of a task.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a task can fail"]
#[non_exhaustive]
pub struct TaskOutcome {
    /// Whether it succeeded.
    pub result: TaskResult,
    /// The last response for the task, with its failures.
    pub response: TaskStatusResponse,
}

/// Whether a task succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskResult {
    /// All of its work is done.
    Succeeded,
    /// The entries that the failures name are not done; the others are.
    Failed,
    /// The server reports that it failed, and names no failure. Such tasks have been seen to do all their work: read
    /// the data back before you repeat the task.
    Unexplained,
}

/// The state of a task, by its status. The statuses of servers are not documented, so an unknown one means neither
/// success nor failure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It is running, or has not started.
    Running,
    /// It has ended.
    Ended(TaskResult),
    /// The status is not known to this version.
    Unknown(String),
}

impl TaskState {
    /// The state in a response.
    pub fn of(response: &TaskStatusResponse) -> Self {
        state(&response.status, !response.failures.is_empty())
    }
}

impl Task {
    pub(crate) fn new(session: Arc<Session>, id: TaskId, idempotency_key: Option<&str>) -> Self {
        Self { session, id, idempotency_key: idempotency_key.map(str::to_owned) }
    }

    /// Its id.
    pub fn id(&self) -> &TaskId {
        &self.id
    }

    /// The idempotency key that it was submitted with; `None` when the handle was made from an id.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// Requests its status once.
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind [`NotFound`](ErrorKind::NotFound) when there is no such task.
    pub async fn status(&self) -> Result<TaskStatusResponse> {
        Ok(self.session.call(GetTask::new(self.id.clone()), &RequestOptions::new()).await?.value)
    }

    /// Waits for its end: polls its status after 2 s, and then at growing intervals of up to 30 s.
    ///
    /// The wait ends with a status that is known to mean an end, such as `COMPLETED` or `FAILED`. With an unknown status
    /// it goes on until the deadline, and the error then names the status; see [`TaskState`].
    pub fn wait(&self) -> Wait {
        Wait {
            task: self.clone(),
            first: Duration::from_secs(2),
            longest: Duration::from_secs(30),
            options: RequestOptions::new(),
        }
    }
}

impl Wait {
    /// Sets the wait before the first poll, 2 s by default, and the longest interval between polls, 30 s by default.
    /// Each interval is 1.5 times the one before. The shortest interval is one millisecond.
    pub fn poll_interval(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first.clamp(Duration::from_millis(1), FOREVER);
        self.longest = longest.clamp(self.first, FOREVER);
        self
    }

    fn map_options(mut self, change: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.options = change(self.options);
        self
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt to request the status; the client's by default, which is 60 s.",
        deadline: "Sets the deadline of the whole wait. When it passes, the wait fails, and the task goes on. The \
                   default is the client's [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }

    /// Waits when the future is polled. See [`Call::send`](crate::Call::send).
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind [`Timeout`](ErrorKind::Timeout) when the task has not ended by the deadline.
    pub fn send(self) -> BoxFuture<'static, Result<TaskOutcome>> {
        Box::pin(self.run())
    }

    async fn run(self) -> Result<TaskOutcome> {
        let Self { task, first, longest, options } = &self;
        let deadline = Deadline::new(&task.session, options);
        if *first >= deadline.left() {
            return Err(task.too_late(deadline.time(), None));
        }
        task.session.transport.clock.sleep(*first).await;
        let interval = Mutex::new(*first);
        let not_ended = |response: &TaskStatusResponse| {
            let state = TaskState::of(response);
            if let TaskState::Ended(_) = state {
                return None;
            }
            let mut interval = interval.lock().unwrap_or_else(PoisonError::into_inner);
            *interval = interval.mul_f64(1.5).min(*longest);
            Some((task.too_late(deadline.time(), Some((state, &response.status))), *interval))
        };
        let poll = Poll { value: Some(&not_ended), error: None };
        let options = deadline.options();
        let response = task.session.poll(GetTask::new(task.id.clone()), &options, &poll).await?.value;
        match TaskState::of(&response) {
            TaskState::Ended(result) => Ok(TaskOutcome { result, response }),
            state => Err(task.too_late(deadline.time(), Some((state, &response.status)))),
        }
    }
}

impl Task {
    /// The error of a task that has not ended by the deadline.
    fn too_late(&self, time: Duration, last: Option<(TaskState, &str)>) -> Error {
        let (id, seconds) = (&self.id, time.as_secs());
        let note = match last {
            Some((TaskState::Unknown(status), _)) => format!(
                "task {id} has the status {status:?} after {seconds} s, which is not known to mean success or \
                 failure; read the data back"
            ),
            Some((_, status)) => {
                format!("task {id} has the status {status} after {seconds} s; it goes on, wait for it later")
            }
            None => {
                format!("task {id} could not be polled within {seconds} s; it goes on, wait for it later")
            }
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

/// The state that a status means.
fn state(status: &str, has_failures: bool) -> TaskState {
    let word: String =
        status.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect();
    let is_one_of = |words: &[&str]| words.contains(&word.as_str());
    // A word in another script has no ASCII letters, and is not known.
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
        self.send()
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id)
            .field("idempotency_key", &self.idempotency_key)
            .finish_non_exhaustive()
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
