//! Tasks: their statuses, their entries, and waiting for many of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use jsm_client::csm::customer::{BulkManageCustomerAccounts, BulkManageCustomerProfiles};
use jsm_client::csm::organization::{BulkManageOrganizationDetails, BulkManageOrganizations};
use jsm_client::csm::types::{
    BulkCustomerProfilePayload, BulkManageCustomerProfileOperation, BulkOperationType,
    BulkOrganizationDetailFieldOperation, BulkOrganizationOperation, BulkOrganizationPayload,
    DetailFieldOperation, ProfileOperationType,
};
use jsm_client::tasks::{Task, TaskResult};
use jsm_client::{Client, ErrorKind};
use jsm_sandbox::Sandbox;
use serde_json::{Value, json};

use super::super::clock::TestClock;
use super::super::script::{Script, ScriptedRequest, json};
use super::super::{of, to};

/// How long a site takes for an entry of a task.
const ENTRY: Duration = Duration::from_millis(4_800);

async fn slow_site() -> (Arc<Sandbox>, TestClock, Client) {
    let sandbox = Sandbox::builder().no_violations().task_duration(ENTRY).start().await.unwrap();
    let sandbox = Arc::new(sandbox);
    let clock = TestClock::along_with(&sandbox);
    let csm = of(&sandbox, &clock).build().unwrap();
    (sandbox, clock, csm)
}

fn profile(kind: ProfileOperationType, email: &str) -> BulkManageCustomerProfileOperation {
    let payload = BulkCustomerProfilePayload::new().email(email).display_name("New");
    BulkManageCustomerProfileOperation::new(kind, payload)
}

fn updates<'a>(emails: impl IntoIterator<Item = &'a str>) -> BulkManageCustomerProfiles {
    let entries = emails.into_iter().map(|email| profile(ProfileOperationType::Update, email));
    BulkManageCustomerProfiles::new(entries)
}

#[tokio::test]
async fn a_wait_reports_every_status_and_the_last_one() {
    let (_sandbox, clock, csm) = slow_site().await;
    let entries = (0..10).map(|n| profile(ProfileOperationType::Upsert, &format!("n{n}@example.com")));
    let tasks = csm.bulk(BulkManageCustomerProfiles::new(entries)).await.unwrap();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let report = Arc::clone(&seen);
    let wait = tasks[0].wait().on_status(move |status| report.lock().unwrap().push(status.status.clone()));
    assert_eq!(wait.await.unwrap().result, TaskResult::Succeeded);
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), clock.waits().len(), "one for each poll");
    let (last, before) = seen.split_last().unwrap();
    assert_eq!(last, "COMPLETED");
    assert!(!before.is_empty() && before.iter().all(|status| status == "IN_PROGRESS"), "{seen:?}");
}

#[tokio::test]
async fn a_task_knows_its_entries() {
    let (_sandbox, _, csm) = slow_site().await;
    let entries = (0..230).map(|n| profile(ProfileOperationType::Upsert, &format!("n{n}@example.com")));
    let tasks = csm.bulk(BulkManageCustomerProfiles::new(entries)).await.unwrap();
    let positions: Vec<_> = tasks.iter().map(|task| task.positions().unwrap()).collect();
    assert_eq!(positions, [0..100, 100..200, 200..230]);
    for task in &tasks {
        let (entries, positions) =
            (task.entries::<BulkManageCustomerProfiles>().unwrap(), task.positions().unwrap());
        let emails = entries.iter().map(|entry| entry.payload.email.clone().unwrap());
        assert!(emails.eq(positions.map(|n| format!("n{n}@example.com"))));
        assert!(task.entries::<BulkManageCustomerAccounts>().is_none(), "those are of another operation");
    }
    let other = csm.task(tasks[0].id());
    assert_eq!((other.positions(), other.entries::<BulkManageCustomerProfiles>()), (None, None));
}

#[tokio::test]
async fn failures_name_the_entries_that_they_are_about() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let csm = of(&sandbox, &TestClock::new()).build().unwrap();
    // Those that exist can be updated; those that do not, and one that is there twice, cannot.
    let known = "ada.adler.0@example.com";
    let mut emails = vec![known; 130];
    for (position, email) in
        [(3, "größe@example.com"), (99, "two@example.com"), (100, "x@example.com"), (129, "two@example.com")]
    {
        emails[position] = email;
    }
    emails[98] = "TWO@example.com";
    let tasks = csm.bulk(updates(emails)).await.unwrap();
    let mut failed = BTreeMap::new();
    for (_, outcome) in csm.wait_all(tasks).await {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.result, TaskResult::Failed);
        for (failure, positions) in outcome.failures() {
            failed.insert(failure.entity_id.clone().unwrap().to_lowercase(), positions.to_vec());
        }
    }
    let expected = [
        ("größe@example.com", vec![3]),
        // Two entries of a task with one id: either can be meant. The last one is of another task.
        ("two@example.com", vec![129]),
        ("x@example.com", vec![100]),
    ];
    assert_eq!(failed, expected.map(|(id, positions)| (id.to_owned(), positions)).into());
}

/// A site with one task, which fails at once with these failures.
async fn failing(failures: Value) -> (Script, Client) {
    let script = Script::serve(move |request| match request.method.as_str() {
        "POST" => json(202, &json!({"id": "7", "statusUrl": "/api/v1/tasks/7"})),
        _ => json(200, &json!({"id": "7", "type": "T", "status": "FAILED", "failures": failures})),
    })
    .await;
    let csm = to(&script.url, &TestClock::new()).build().unwrap();
    (script, csm)
}

#[tokio::test]
async fn entries_are_found_by_the_ids_that_a_server_names() {
    let mut emails = ["a@example.com", "B@Example.com", "c@example.com", "a@example.com"].to_vec();
    emails.extend(std::iter::repeat_n("d@example.com", 3));
    for (failure, positions) in [
        (json!({"entityId": "a@example.com"}), &[0, 3][..]),
        (json!({"entityId": " b@example.COM "}), &[1]),
        (json!({"entityId": "qm:1", "operatedOnIds": ["c@example.com", "b@example.com"]}), &[1, 2]),
        // The first id is what it is about; the others are what was to be written.
        (json!({"entityId": "c@example.com", "operatedOnIds": ["a@example.com"]}), &[2]),
        (json!({"entityId": "qm:1", "operatedOnIds": ["qm:2", ""]}), &[]),
        (json!({"entityId": null, "operatedOnIds": null}), &[]),
        (json!({"error": "something"}), &[]),
    ] {
        let (_script, csm) = failing(json!([failure])).await;
        let task = csm.bulk(updates(emails.iter().copied())).await.unwrap().remove(0);
        let outcome = task.wait().await.unwrap();
        let found: Vec<&[usize]> = outcome.failures().map(|(_, positions)| positions).collect();
        assert_eq!(found, [positions], "{failure}");
        // A handle made from the id has the failure and no positions.
        let outcome = csm.task("7").wait().await.unwrap();
        assert_eq!(outcome.failures().map(|(_, positions)| positions.len()).collect::<Vec<_>>(), [0]);
    }
    let by_number = |ids: Value| async move {
        let (_script, csm) = failing(json!([{"entityId": ids}])).await;
        let details = [5, 6]
            .map(|id| BulkOrganizationDetailFieldOperation::new(Vec::<DetailFieldOperation>::new(), id));
        let details = csm.bulk(BulkManageOrganizationDetails::new(details)).await;
        let organization = |payload| BulkOrganizationOperation::new(BulkOperationType::Update, payload);
        let organizations = [
            organization(BulkOrganizationPayload::new().name("Acme")),
            organization(BulkOrganizationPayload::new().id(6).name("Größe")),
        ];
        let organizations = csm.bulk(BulkManageOrganizations::new(organizations)).await;
        let mut found = Vec::new();
        for tasks in [details.map_err(|e| e.error), organizations.map_err(|e| e.error)] {
            let outcome = tasks.unwrap()[0].wait().await.unwrap();
            found.extend(outcome.failures().map(|(_, positions)| positions.to_vec()));
        }
        found
    };
    assert_eq!(by_number(json!("6")).await, [[1], [1]]);
    assert_eq!(by_number(json!(6)).await, [[1], [1]], "a number is read as text");
    assert_eq!(by_number(json!("GRÖSSE")).await, [vec![], Vec::<usize>::new()], "ß has no capital letter");
    assert_eq!(by_number(json!("ACME")).await, [vec![], vec![0]]);
}

/// How often each task was polled, which tasks are being polled, and how many were at most.
type Polls = (BTreeMap<u64, u32>, BTreeSet<u64>, usize);

/// A site with many tasks, each of which is polled so often until it has ended. Task 13 is unknown.
struct Tasks {
    script: Script,
    /// The polls of each task, and the most tasks that were polled and had not ended.
    polls: Arc<Mutex<Polls>>,
}

impl Tasks {
    async fn that_end_after(polls: impl Fn(u64) -> u32 + Send + 'static) -> Tasks {
        let counted = Arc::new(Mutex::new((BTreeMap::new(), BTreeSet::new(), 0)));
        let shared = Arc::clone(&counted);
        let respond = move |request: &ScriptedRequest| {
            let id: u64 = request.path.rsplit('/').next().unwrap().parse().unwrap();
            let mut shared = shared.lock().unwrap();
            let (counts, running, most) = &mut *shared;
            let count: &mut u32 = counts.entry(id).or_default();
            *count += 1;
            if id == 13 {
                return json(404, &json!({"message": "There is no such task."}));
            }
            let status = if *count < polls(id) { "IN_PROGRESS" } else { "COMPLETED" };
            match status {
                "COMPLETED" => running.remove(&id),
                _ => running.insert(id),
            };
            *most = running.len().max(*most);
            json(200, &json!({"id": id.to_string(), "type": "T", "status": status, "failures": []}))
        };
        Tasks { script: Script::serve(respond).await, polls: counted }
    }

    fn client(&self, clock: &TestClock) -> Client {
        to(&self.script.url, clock).build().unwrap()
    }
}

fn numbers(tasks: impl IntoIterator<Item = Task>) -> Vec<u64> {
    tasks.into_iter().map(|task| task.id().as_str().parse().unwrap()).collect()
}

#[tokio::test]
async fn many_tasks_are_waited_for_at_once() {
    let site = Tasks::that_end_after(|id| 1 + (id % 3) as u32).await;
    let clock = TestClock::new();
    let csm = site.client(&clock);
    let tasks = (1..=200u64).map(|id| csm.task(id.to_string()));
    let seen: Arc<Mutex<BTreeMap<u64, Vec<String>>>> = Arc::default();
    let report = Arc::clone(&seen);
    let wait = csm.wait_all(tasks).concurrency(6).on_status(move |task, status| {
        let id = task.id().as_str().parse().unwrap();
        report.lock().unwrap().entry(id).or_default().push(status.status.clone());
    });
    let outcomes = wait.await;

    let (failed, ended): (Vec<_>, Vec<_>) = outcomes.iter().partition(|(_, outcome)| outcome.is_err());
    assert_eq!(numbers(outcomes.iter().map(|(task, _)| task.clone())), (1..=200).collect::<Vec<_>>());
    assert_eq!((failed.len(), ended.len()), (1, 199), "one task that fails does not affect the others");
    assert_eq!(failed[0].0.id().as_str(), "13");
    assert!(failed[0].1.as_ref().unwrap_err().is_not_found());
    let (counts, running, most) = site.polls.lock().unwrap().clone();
    assert!(running.is_empty() && most > 100, "{most} are waited for at once");
    assert!(counts.iter().all(|(id, count)| *id == 13 || *count == 1 + (*id % 3) as u32), "{counts:?}");
    let seen = seen.lock().unwrap();
    assert!(!seen.contains_key(&13));
    assert!(counts.keys().filter(|id| **id != 13).all(|id| seen[id].len() as u32 == counts[id]));
    // The intervals are those of each task: 2 s before its first poll, then 3 s and 4.5 s.
    let waits: BTreeSet<String> = clock.waits().iter().map(|wait| format!("{wait:.1}")).collect();
    assert!(waits.is_subset(&["2.0", "3.0", "4.5"].map(str::to_owned).into()), "{waits:?}");
    assert_eq!(clock.waits().iter().filter(|wait| **wait == 2.0).count(), 200);
}

#[tokio::test]
async fn tasks_that_do_not_end_hold_up_no_other() {
    // The first 20 go on for ever; 492 others have ended by their second poll.
    let site = Tasks::that_end_after(|id| if id < 120 { u32::MAX } else { 2 }).await;
    let csm = site.client(&TestClock::new());
    let wait = csm.wait_all((100..612u64).map(|id| csm.task(id.to_string())));
    let outcomes = wait.concurrency(4).deadline(Duration::from_secs(600)).await;
    let (ended, running): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|(_, outcome)| outcome.is_ok());
    assert_eq!((ended.len(), running.len()), (492, 20));
    for (task, outcome) in running {
        let error = outcome.unwrap_err();
        assert!(
            error.is_timeout() && error.to_string().contains("has the status IN_PROGRESS"),
            "{task:?}: {error}"
        );
    }
}

#[tokio::test]
async fn no_more_polls_are_in_flight_than_allowed() {
    // No response comes before the seventh request, which waits for its turn.
    let script = Script::serve(|_| {
        json(200, &json!({"id": "1", "type": "T", "status": "COMPLETED", "failures": []})).after(7)
    })
    .await;
    let csm = to(&script.url, &TestClock::new()).build().unwrap();
    let wait =
        tokio::spawn(csm.wait_all((0..512).map(|id: u32| csm.task(id.to_string()))).concurrency(6).send());
    while script.requests().len() < 6 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(script.requests().len(), 6);
    // Another caller's poll is the seventh.
    assert_eq!(csm.task("other").status().await.unwrap().status, "COMPLETED");
    let outcomes = wait.await.unwrap();
    assert!(outcomes.len() == 512 && outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    assert_eq!(script.requests().len(), 513);
}

#[tokio::test]
async fn outcomes_can_be_read_as_they_come() {
    // The first one ends last.
    let site = Tasks::that_end_after(|id| if id == 1 { 5 } else { 1 }).await;
    let csm = site.client(&TestClock::new());
    let mut ended = csm.wait_all((1..=9u64).map(|id| csm.task(id.to_string()))).concurrency(3).stream();
    let mut order = Vec::new();
    while let Some((task, outcome)) = ended.next().await {
        assert!(outcome.is_ok());
        order.extend(numbers([task]));
    }
    assert_eq!(order.last(), Some(&1), "{order:?}");
    assert_eq!(order.into_iter().collect::<BTreeSet<u64>>().len(), 9);
    assert_eq!(csm.wait_all([]).await.len(), 0);
}

#[tokio::test]
async fn a_wait_that_is_dropped_polls_no_more() {
    let site = Tasks::that_end_after(|_| u32::MAX).await;
    let csm = site.client(&TestClock::new());
    let tasks: Vec<Task> = (20..52u64).map(|id| csm.task(id.to_string())).collect();
    for drop_at in [1, 7, 40] {
        let mut wait = csm.wait_all(tasks.clone()).concurrency(16).send();
        let before = site.script.requests().len();
        while site.script.requests().len() < before + drop_at {
            assert!(futures_util::poll!(&mut wait).is_pending());
            tokio::task::yield_now().await;
        }
        drop(wait);
        // Requests that were in flight may arrive still.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let after = site.script.requests().len();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(site.script.requests().len(), after);
    }
}

#[tokio::test]
async fn the_deadline_is_that_of_all_waits_together() {
    let site = Tasks::that_end_after(|id| if id < 4 { 1 } else { u32::MAX }).await;
    let clock = TestClock::new();
    let csm = site.client(&clock);
    let wait = csm.wait_all((1..=9u64).map(|id| csm.task(id.to_string()))).concurrency(2);
    let outcomes = wait.deadline(Duration::from_secs(60)).await;
    let errors: Vec<_> =
        outcomes.iter().filter_map(|(task, outcome)| Some((task, outcome.as_ref().err()?))).collect();
    assert_eq!(errors.len(), 6);
    for (task, error) in errors {
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains(&format!("task {} ", task.id())), "{error}");
    }
    assert!(clock.passed() <= 60.0, "{} s", clock.passed());
}

#[tokio::test]
async fn a_task_that_ends_before_the_deadline_is_seen_to_end() {
    // After the last of the growing intervals that the deadline has time for, and before the deadline.
    for (ends, deadline) in [(50.0, 60), (54.0, 60), (0.0, 1), (0.5, 2), (7.0, 12)] {
        let clock = TestClock::new();
        let now = clock.clone();
        let script = Script::serve(move |_| {
            let status = if now.passed() >= ends { "COMPLETED" } else { "IN_PROGRESS" };
            json(200, &json!({"id": "7", "type": "T", "status": status, "failures": []}))
        })
        .await;
        let csm = to(&script.url, &clock).build().unwrap();
        let deadline = Duration::from_secs(deadline);
        let outcome = csm.task("7").wait().deadline(deadline).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(outcome.result, TaskResult::Succeeded);
        assert!(clock.passed() >= ends && clock.passed() < deadline.as_secs_f64(), "{}", clock.passed());
    }
}
