//! Statuses and transitions.

use serde_json::{Value, json};

use crate::domain::entities::workflow::{Status, Transition};
use crate::views::date::date;

pub(crate) fn status((status, since): (&Status, i64)) -> Value {
    json!({"status": status.name, "statusCategory": status.category.name(), "statusDate": date(since)})
}

pub(crate) fn transition(transition: &Transition) -> Value {
    json!({"id": transition.id, "name": transition.name})
}
