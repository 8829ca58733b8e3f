//! What the status of a task means.

use jsm_raw::csm::types::TaskStatusResponse;

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
