//! Waiting for many tasks at once.

use std::fmt;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jsm_raw::csm::types::TaskStatusResponse;
use tokio::sync::Semaphore;

use super::task::{FIRST, LONGEST, Poller, Report, Task, TaskOutcome, interval, report};
use crate::error::Result;
use crate::response::Session;
use crate::transport::options::{RequestOptions, option_setters};
use crate::workflows::deadline::{Deadline, End};

/// What is called with every status of every task.
type OnTaskStatus = Report<dyn FnMut(&Task, &TaskStatusResponse) + Send>;

/// How many polls are in flight by default.
const CONCURRENCY: usize = 8;

/// Waits for the ends of many tasks. [`Client::wait_all`](crate::Client::wait_all) makes it; await it, or read the
/// outcomes as they come with [`stream`](Self::stream).
///
/// Dropping the future or the stream stops no task, and all of them can be waited for again.
#[must_use = "it does not wait until it is awaited"]
pub struct WaitAll {
    session: Arc<Session>,
    tasks: Vec<Task>,
    concurrency: usize,
    first: Duration,
    longest: Duration,
    report: Option<OnTaskStatus>,
    options: RequestOptions,
}

/// What the waits for all tasks share.
struct Shared {
    session: Arc<Session>,
    first: Duration,
    longest: Duration,
    report: Option<OnTaskStatus>,
    options: RequestOptions,
    end: End,
    turns: Semaphore,
}

impl WaitAll {
    pub(crate) fn new(session: Arc<Session>, tasks: Vec<Task>) -> Self {
        Self {
            session,
            tasks,
            concurrency: CONCURRENCY,
            first: FIRST,
            longest: LONGEST,
            report: None,
            options: RequestOptions::new(),
        }
    }

    /// Sets how many polls are in flight at the same time; 8 by default, at least 1.
    ///
    /// All tasks are waited for at once, each at its own intervals, so that a task that does not end holds up no other.
    pub fn concurrency(mut self, polls: usize) -> Self {
        self.concurrency = polls.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets the wait before the first poll, 2 s by default, and the longest interval between two polls of a task, 30 s by
    /// default. See [`Wait::poll_interval`](super::Wait::poll_interval).
    pub fn poll_interval(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = interval(first, longest);
        self
    }

    /// Sets a function that is called with each status of each task that the server reports, the last one included.
    pub fn on_status(mut self, report: impl FnMut(&Task, &TaskStatusResponse) + Send + 'static) -> Self {
        self.report = Some(Arc::new(Mutex::new(report)));
        self
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt to request a status; the client's by default, which is 60 s.",
        deadline: "Sets the deadline of waiting for all tasks. When it passes, the waits that are left fail, and their \
                   tasks go on. The default is the client's [`deadline`](crate::ClientBuilder::deadline) if one is set, \
                   else an hour."
    }

    /// Waits when the future is polled, and returns each task with its outcome, in the order of the tasks. See
    /// [`Call::send`](crate::Call::send).
    ///
    /// A task whose outcome cannot be had has an error, see [`Wait::send`](super::Wait::send); the others are not
    /// affected.
    pub fn send(self) -> BoxFuture<'static, Vec<(Task, Result<TaskOutcome>)>> {
        Box::pin(async move {
            let mut outcomes: Vec<_> = std::iter::repeat_with(|| None).take(self.tasks.len()).collect();
            let mut ended = self.numbered();
            while let Some((number, task, outcome)) = ended.next().await {
                outcomes[number] = Some((task, outcome));
            }
            outcomes.into_iter().flatten().collect()
        })
    }

    /// Waits as the stream is read, and returns each task with its outcome, in the order in which the tasks end.
    ///
    /// The deadline counts from here.
    ///
    /// ```
    /// use futures_util::StreamExt;
    ///
    /// # async fn example(csm: jsm_client::Client, tasks: Vec<jsm_client::tasks::Task>) {
    /// let mut ended = csm.wait_all(tasks).stream();
    /// while let Some((task, outcome)) = ended.next().await {
    ///     println!("{}: {:?}", task.id(), outcome.map(|outcome| outcome.result));
    /// }
    /// # }
    /// ```
    pub fn stream(self) -> BoxStream<'static, (Task, Result<TaskOutcome>)> {
        self.numbered().map(|(_, task, outcome)| (task, outcome)).boxed()
    }

    /// The outcomes as they come, with the numbers of their tasks.
    fn numbered(self) -> BoxStream<'static, (usize, Task, Result<TaskOutcome>)> {
        let Self { session, tasks, concurrency, first, longest, report, options } = self;
        let (end, turns) = (End::new(&session, &options), Semaphore::new(concurrency));
        let shared = Arc::new(Shared { session, first, longest, report, options, end, turns });
        let wait = move |(number, task): (usize, Task)| {
            let shared = Arc::clone(&shared);
            async move {
                let outcome = shared.wait(&task).await;
                (number, task, outcome)
            }
        };
        let waits: FuturesUnordered<_> = tasks.into_iter().enumerate().map(wait).collect();
        waits.boxed()
    }
}

impl Shared {
    async fn wait(&self, task: &Task) -> Result<TaskOutcome> {
        let Self { session, first, longest, report: on_status, options, end, turns } = self;
        let on_status = on_status.as_ref();
        let poller = Poller {
            first: *first,
            longest: *longest,
            deadline: Deadline::at(*end, session, options),
            turns: Some(turns),
            report: &|response| report(on_status, |on_status| on_status(task, response)),
        };
        poller.wait(task).await
    }
}

impl IntoFuture for WaitAll {
    type Output = Vec<(Task, Result<TaskOutcome>)>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl fmt::Debug for WaitAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitAll")
            .field("tasks", &self.tasks)
            .field("concurrency", &self.concurrency)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
