//! Where a request stands, where it stood before, and where it can go.
//!
//! The workflow itself is part of the world.

use serde_json::{Value, json};

use super::{comments, requests};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Status, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetStatusHistory", Role::Customer, history),
    Behaviour::new("GetTransitions", Role::Customer, transitions),
    Behaviour::new("PerformTransition", Role::Customer, perform),
];

fn history(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let history: Vec<&(Status, i64)> = request.history.iter().rev().collect();
    page(call, &history, &[], |(status, since)| render(*status, *since))
}

fn transitions(world: &mut World, call: &Call) -> Outcome {
    let transitions = requests::in_path(world, call)?.transitions();
    page(call, &transitions, &[], |transition| json!({"id": transition.id, "name": transition.name}))
}

fn perform(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let wanted = call.text("id").ok_or_else(|| Reply::invalid("The id of a transition is needed."))?;
    let transition = request.transitions().into_iter().find(|transition| transition.id == wanted);
    let transition =
        transition.ok_or_else(|| Reply::invalid(format!("There is no transition '{wanted}' from here.")))?;
    let id = request.id;
    let said = call.body.pointer("/additionalComment/body").and_then(Value::as_str);
    if let Some(text) = comments::text(said)? {
        world.add_comment(id, &call.actor.account_id, text, true)?;
    }
    world.request_mut(id)?.go_to(transition.to, call.now);
    Ok(Reply::no_content())
}

pub(super) fn render(status: Status, since: i64) -> Value {
    json!({"status": status.name, "statusCategory": status.category, "statusDate": date::render(since)})
}
