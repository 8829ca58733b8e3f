//! A task and the wait for its end.

use std::fmt;
use std::future::IntoFuture;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use jsm_raw::csm::TaskId;
use jsm_raw::csm::task::GetTask;
use jsm_raw::csm::types::{TaskFailure, TaskStatusResponse};
use jsm_raw::{Batched, Operation};
use tokio::sync::Semaphore;

use super::entries::Entries;
use super::state::{TaskResult, TaskState};
use crate::error::{Error, ErrorKind, Result};
use crate::response::Session;
use crate::transport::clock::FOREVER;
use crate::transport::options::{RequestOptions, option_setters};
use crate::workflows::deadline::Deadline;

/// The wait before the first poll.
pub(super) const FIRST: Duration = Duration::from_secs(2);

/// The longest interval between two polls.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// How long before the deadline the last poll is, or at half the time that is left where that is later.
const LAST: Duration = Duration::from_secs(5);

/// A function that is called with each status.
pub(super) type Report<F> = Arc<Mutex<F>>;

/// What is called with every status of one task.
type OnStatus = Report<dyn FnMut(&TaskStatusResponse) + Send>;

/// A task that the server works on. [`Client::bulk`](crate::Client::bulk) submits tasks, and
/// [`Client::task`](crate::Client::task) makes a handle from an id.
///
/// It is a handle: dropping it does not stop the task. Clones are cheap.
#[derive(Clone)]
pub struct Task {
    session: Arc<Session>,
    id: TaskId,
    idempotency_key: Option<String>,
    entries: Option<Entries>,
}

/// Waits for the end of a task. [`Task::wait`] makes it; await it.
///
/// Dropping the future does not stop the task, and another [`Task::wait`] can wait for it again.
#[must_use = "it does not wait until it is awaited"]
#[derive(Clone)]
pub struct Wait {
    task: Task,
    first: Duration,
    longest: Duration,
    report: Option<OnStatus>,
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
    /// The positions of the entries that each failure is about.
    failed: Vec<Vec<usize>>,
}

impl TaskOutcome {
    /// The failures, each with the positions of the entries that it is about, in the list that was given to
    /// [`Client::bulk`](crate::Client::bulk).
    ///
    /// A server names the ids of what a failure is about. Entries with such an id are found by it; an email address or a
    /// name counts as one. Where the ids are those of no entry, as of a new customer's account, there are no positions,
    /// and neither are there if the task's handle was made from an id.
    pub fn failures(&self) -> impl Iterator<Item = (&TaskFailure, &[usize])> {
        let positions = self.failed.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
        self.response.failures.iter().zip(positions)
    }
}

impl Task {
    /// The handle of a task of which the id alone is known.
    pub(crate) fn of_id(session: Arc<Session>, id: TaskId) -> Self {
        Self { session, id, idempotency_key: None, entries: None }
    }

    /// A task that was submitted with these entries.
    pub(crate) fn submitted(
        session: Arc<Session>,
        id: TaskId,
        idempotency_key: Option<String>,
        entries: Entries,
    ) -> Self {
        Self { session, id, idempotency_key, entries: Some(entries) }
    }

    /// Its id.
    pub fn id(&self) -> &TaskId {
        &self.id
    }

    /// The idempotency key that it was submitted with; `None` when the handle was made from an id.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// The positions of its entries in the list that was given to [`Client::bulk`](crate::Client::bulk); `None` when the
    /// handle was made from an id.
    pub fn positions(&self) -> Option<Range<usize>> {
        self.entries.as_ref().map(Entries::positions)
    }

    /// Its entries, by the operation that was given to [`Client::bulk`](crate::Client::bulk); `None` when that was
    /// another operation, or when the handle was made from an id.
    ///
    /// ```
    /// # use jsm_client::csm::customer::BulkManageCustomerProfiles;
    /// # fn example(task: jsm_client::tasks::Task) {
    /// for entry in task.entries::<BulkManageCustomerProfiles>().unwrap_or_default() {
    ///     println!("{:?} is in task {}", entry.payload.email, task.id());
    /// }
    /// # }
    /// ```
    pub fn entries<O: Batched>(&self) -> Option<&[O::Entry]> {
        self.entries.as_ref()?.of::<O>()
    }

    /// Requests its status once.
    ///
    /// # Errors
    ///
    /// What any call can fail with; of kind [`NotFound`](ErrorKind::NotFound) when there is no such task.
    pub async fn status(&self) -> Result<TaskStatusResponse> {
        Ok(self.session.call(GetTask::new(self.id.clone()), &RequestOptions::new()).await?.value)
    }

    /// Waits for its end: polls its status after 2 s, and then at growing intervals of up to 30 s. The last poll is
    /// shortly before the deadline.
    ///
    /// The wait ends with a status that is known to mean an end, such as `COMPLETED` or `FAILED`. With an unknown status
    /// it goes on until the deadline, and the error then names the status; see [`TaskState`].
    pub fn wait(&self) -> Wait {
        let (task, options) = (self.clone(), RequestOptions::new());
        Wait { task, first: FIRST, longest: LONGEST, report: None, options }
    }
}

impl Wait {
    /// Sets the wait before the first poll, 2 s by default, and the longest interval between polls, 30 s by default.
    /// Each interval is 1.5 times the one before. The shortest interval is one millisecond.
    pub fn poll_interval(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = interval(first, longest);
        self
    }

    /// Sets a function that is called with each status that the server reports, the last one included.
    ///
    /// The API reports no number of entries that are done: a status has a word, the failures so far, and the date of the
    /// last change.
    pub fn on_status(mut self, report: impl FnMut(&TaskStatusResponse) + Send + 'static) -> Self {
        self.report = Some(Arc::new(Mutex::new(report)));
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
        let Self { task, first, longest, report: on_status, options } = &self;
        let poller = Poller {
            first: *first,
            longest: *longest,
            deadline: Deadline::new(&task.session, options),
            turns: None,
            report: &|response| report(on_status.as_ref(), |on_status| on_status(response)),
        };
        poller.wait(task).await
    }
}

/// How a task is polled.
pub(super) struct Poller<'a> {
    /// The wait before the first poll.
    pub(super) first: Duration,
    /// The longest interval between polls.
    pub(super) longest: Duration,
    pub(super) deadline: Deadline<'a>,
    /// What each poll has to have one of, where many tasks are polled.
    pub(super) turns: Option<&'a Semaphore>,
    /// Called with each status.
    pub(super) report: &'a (dyn Fn(&TaskStatusResponse) + Send + Sync),
}

impl Poller<'_> {
    /// Polls a task until it has ended.
    pub(super) async fn wait(self, task: &Task) -> Result<TaskOutcome> {
        let Self { first, longest, deadline, turns, report } = self;
        let (mut interval, mut last) = (first, None);
        loop {
            let left = deadline.left();
            let is_last = interval >= left;
            if is_last {
                interval = left.saturating_sub(LAST).max(left / 2);
            }
            task.session.transport.clock.sleep(interval).await;
            let response = {
                let _turn = match turns {
                    Some(turns) => turns.acquire().await.ok(),
                    None => None,
                };
                if deadline.left().is_zero() {
                    return Err(task.too_late(deadline.time(), last));
                }
                // Tasks that are not polled at the moment need no memory for a call.
                match Box::pin(deadline.call(GetTask::new(task.id.clone()))).await {
                    Ok(response) => response,
                    Err(error) if is_last && error.is_timeout() => {
                        return Err(task.too_late(deadline.time(), last).with_source(error));
                    }
                    Err(error) => return Err(error),
                }
            };
            report(&response);
            match TaskState::of(&response) {
                TaskState::Ended(result) => {
                    let failed = task.entries.as_ref().map(|entries| entries.failed(&response.failures));
                    return Ok(TaskOutcome { result, response, failed: failed.unwrap_or_default() });
                }
                state => last = Some((state, response.status)),
            }
            if is_last {
                return Err(task.too_late(deadline.time(), last));
            }
            interval = interval.mul_f64(1.5).min(longest);
        }
    }
}

/// The wait before the first poll and the longest interval, as they can be.
pub(super) fn interval(first: Duration, longest: Duration) -> (Duration, Duration) {
    let first = first.clamp(Duration::from_millis(1), FOREVER);
    (first, longest.clamp(first, FOREVER))
}

/// Calls a function of the program's, if there is one.
pub(super) fn report<F: ?Sized>(on_status: Option<&Report<F>>, call: impl FnOnce(&mut F)) {
    if let Some(on_status) = on_status {
        call(&mut on_status.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Task {
    /// The error of a task that has not ended by the deadline.
    fn too_late(&self, time: Duration, last: Option<(TaskState, String)>) -> Error {
        let id = &self.id;
        let time = match time.as_secs() {
            0 => format!("{} ms", time.as_millis()),
            seconds => format!("{seconds} s"),
        };
        let note = match last {
            Some((TaskState::Unknown(status), _)) => format!(
                "task {id} has the status {status:?} after {time}, which is not known to mean success or \
                 failure; read the data back"
            ),
            Some((_, status)) => {
                format!("task {id} has the status {status} after {time}; it goes on, wait for it later")
            }
            None => {
                format!("task {id} could not be polled within {time}; it goes on, wait for it later")
            }
        };
        Error::new(ErrorKind::Timeout, note).with_operation(GetTask::INFO)
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
            .field("positions", &self.positions())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("task", &self.task)
            .field("first", &self.first)
            .field("longest", &self.longest)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
