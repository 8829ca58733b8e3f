//! Customer experiences.

use serde_json::{Value, json};

use crate::domain::entities::experience::Experience;

pub(crate) fn experience(experience: &Experience) -> Value {
    json!({"id": experience.id, "name": experience.name})
}
