//! Service desks.
//!
//! Customers, organizations, queues and request types of a desk have files of their own.

use serde_json::{Value, json};

use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Desk, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetServiceDesks", Role::Customer, list),
    Behaviour::new("GetServiceDesk", Role::Customer, get),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    let desks: Vec<&Desk> = world.desks.values().filter(|desk| visible(desk, call)).collect();
    page(call, &desks, &[], |desk| render(desk, call))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    Ok(Reply::ok(render(visible_desk(world, call)?, call)))
}

/// The desk in the path, if the caller may know of it.
pub(super) fn visible_desk<'a>(world: &'a World, call: &Call) -> Result<&'a Desk, Reply> {
    let desk = world.desk(call.path("serviceDeskId"))?;
    if visible(desk, call) { Ok(desk) } else { Err(Reply::not_found("The service desk")) }
}

/// Agents see every desk, customers the open ones and those they belong to.
pub(super) fn visible(desk: &Desk, call: &Call) -> bool {
    call.actor.role >= Role::Agent || desk.open || desk.customers.contains(&call.actor.account_id)
}

pub(super) fn render(desk: &Desk, call: &Call) -> Value {
    json!({
        "id": desk.id.to_string(),
        "projectId": desk.project_id.to_string(),
        "projectKey": desk.key,
        "projectName": desk.name,
        "projectTypeKey": "service_desk",
        "_links": {"self": format!("{}/rest/servicedeskapi/servicedesk/{}", call.base, desk.id)},
    })
}
