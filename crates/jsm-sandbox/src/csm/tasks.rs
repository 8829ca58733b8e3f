//! Tasks: bulk work that is accepted now and done later, by the sandbox's clock.
//!
//! That clock stands still unless it is moved. As long as nobody has moved it, whoever waits for a task is not kept
//! waiting for ever: what was looked at, or stood in the way of another task, is done by the next request.
//!
//! What the work consists of is written in the bulk operations.

use serde_json::{Value, json};

use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::clock::{START, rfc3339};
use crate::reply::{Outcome, Reply};
use crate::world::{Task, World};

/// How long one entry takes, in milliseconds: observed were eight minutes for a hundred.
const PER_ENTRY: i64 = 4_800;

pub(super) const BEHAVIOURS: &[Behaviour] = &[Behaviour::new("GetTask", Role::Agent, get)];

/// Accepts entries to be worked on.
pub(super) fn submit(
    world: &mut World,
    call: &Call,
    kind: &'static str,
    entries: Vec<Value>,
    work: fn(&mut World, &Value) -> Result<(), Reply>,
) -> Outcome {
    if call.header("idempotency-key").is_none_or(str::is_empty) {
        return Err(Reply::invalid("The header Idempotency-Key is needed."));
    }
    let unfinished = || world.csm.tasks.values().filter(|task| !task.done);
    if unfinished().count() >= call.task_limit {
        let next = unfinished().min_by_key(|task| task.ends).map(|task| task.id.clone());
        if let Some(task) = next.and_then(|id| world.csm.tasks.get_mut(&id)) {
            hurry(task, call.now);
        }
        return Err(Reply::passing("Maximum number of tasks reached"));
    }
    let id = format!("7a5c0000-0000-4000-8000-{:012x}", world.next("task", 1));
    let duration = PER_ENTRY * i64::try_from(entries.len()).unwrap_or(1);
    let task = Task {
        id: id.clone(),
        kind,
        created: call.now,
        ends: call.now + duration,
        done: false,
        entries,
        work,
        failures: Vec::new(),
    };
    world.csm.tasks.insert(id.clone(), task);
    Ok(accepted(&id))
}

fn hurry(task: &mut Task, now: i64) {
    if now == START {
        task.ends = now;
    }
}

fn accepted(id: &str) -> Reply {
    // The address is relative to the API's base, not to the host.
    Reply::json(202, json!({"id": id, "statusUrl": format!("/api/v1/tasks/{id}")}))
}

/// Does the work of all tasks whose time has come, in the order in which they end.
pub(crate) fn settle(world: &mut World) {
    let now = world.now;
    let mut due: Vec<(i64, String)> = world
        .csm
        .tasks
        .values()
        .filter(|task| !task.done && task.ends <= now)
        .map(|task| (task.ends, task.id.clone()))
        .collect();
    due.sort();
    for (ends, id) in due {
        let Some(task) = world.csm.tasks.get_mut(&id) else { continue };
        task.done = true;
        let (entries, work) = (std::mem::take(&mut task.entries), task.work);
        // Whatever the work creates was created when the task ended, not when somebody looked.
        world.now = ends;
        let failures: Vec<Value> =
            entries.iter().filter_map(|entry| Some(failure(entry, work(world, entry).err()?))).collect();
        if let Some(task) = world.csm.tasks.get_mut(&id) {
            task.failures = failures;
        }
    }
    world.now = now;
}

fn failure(entry: &Value, refusal: Reply) -> Value {
    let payload = &entry["payload"];
    let id =
        [&payload["customerId"], &payload["email"], &payload["id"], &payload["name"], &entry["customerId"]]
            .into_iter()
            .chain([&entry["organizationId"], &entry["name"]])
            .find_map(Value::as_str)
            .unwrap_or_default();
    let customer = entry.to_string().contains("customerId") || payload.get("email").is_some();
    json!({
        "entity": if customer { "CUSTOMER" } else { "ORGANIZATION" },
        "entityId": id,
        "operation": entry["operationType"].as_str().unwrap_or("UPDATE"),
        "operatedOn": if customer { "CUSTOMER_ACCOUNT" } else { "ORGANIZATION" },
        "operatedOnIds": [id],
        "error": refusal.message().unwrap_or("It could not be done."),
    })
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let task = world.csm.tasks.get_mut(call.path("taskId")).ok_or_else(|| Reply::not_found("The task"))?;
    let status = match (task.done, task.failures.is_empty()) {
        (false, _) => "IN_PROGRESS",
        (true, true) => "COMPLETED",
        (true, false) => "FAILED",
    };
    hurry(task, call.now);
    Ok(Reply::ok(json!({
        "id": task.id,
        "type": task.kind,
        "status": status,
        "failures": task.failures,
        "createdAt": rfc3339(task.created),
        "updatedAt": rfc3339(if task.done { task.ends } else { task.created }),
    })))
}
