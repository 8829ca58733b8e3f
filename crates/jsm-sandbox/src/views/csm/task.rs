//! Bulk tasks.

use serde_json::{Value, json};

use crate::calendar::rfc3339;
use crate::domain::entities::bulk::{Failure, Task};

/// A task that was accepted. The address is relative to the API's base, not to the host.
pub(crate) fn accepted_task(id: &str) -> Value {
    json!({"id": id, "statusUrl": format!("/api/v1/tasks/{id}")})
}

pub(crate) fn task(task: &Task) -> Value {
    let status = match (task.done, task.failures.is_empty()) {
        (false, _) => "IN_PROGRESS",
        (true, true) => "COMPLETED",
        (true, false) => "FAILED",
    };
    json!({
        "id": task.id,
        "type": task.kind,
        "status": status,
        "failures": task.failures.iter().map(failure).collect::<Vec<_>>(),
        "createdAt": rfc3339(task.created),
        "updatedAt": rfc3339(if task.done { task.ends } else { task.created }),
    })
}

fn failure(failure: &Failure) -> Value {
    let (id, customer) = (failure.entry.entity(), failure.entry.concerns_customer());
    json!({
        "entity": if customer { "CUSTOMER" } else { "ORGANIZATION" },
        "entityId": id,
        "operation": failure.entry.operation(),
        "operatedOn": if customer { "CUSTOMER_ACCOUNT" } else { "ORGANIZATION" },
        "operatedOnIds": [id],
        "error": failure.error,
    })
}
