//! Who is involved in a request besides its reporter, who hears of it, and how the reporter liked it.
//!
//! What is said and attached has files of its own.

use serde_json::{Value, json};

use super::customers::{account_ids, refuse_unknown};
use super::requests;
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::page::{first_page, page};
use crate::reply::{Outcome, Reply};
use crate::world::World;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetParticipants", Role::Customer, participants),
    Behaviour::new("AddParticipants", Role::Agent, add_participants),
    Behaviour::new("RemoveParticipants", Role::Agent, remove_participants),
    Behaviour::new("GetSubscription", Role::Customer, subscription),
    Behaviour::new("Subscribe", Role::Customer, subscribe),
    Behaviour::new("Unsubscribe", Role::Customer, unsubscribe),
    Behaviour::new("GetFeedback", Role::Customer, feedback),
    Behaviour::new("PostFeedback", Role::Customer, post_feedback),
    Behaviour::new("DeleteFeedback", Role::Customer, delete_feedback),
];

fn participants(world: &mut World, call: &Call) -> Outcome {
    let participants: Vec<&String> = requests::in_path(world, call)?.participants.iter().collect();
    page(call, &participants, &[], |account_id| requests::person(world, account_id, call))
}

fn add_participants(world: &mut World, call: &Call) -> Outcome {
    let id = requests::in_path(world, call)?.id;
    let added = account_ids(call)?;
    let unknown: Vec<&str> =
        added.iter().copied().filter(|account_id| !world.people.contains_key(*account_id)).collect();
    refuse_unknown(&unknown)?;
    world.request_mut(id)?.participants.extend(added.iter().map(|account_id| (*account_id).to_owned()));
    Ok(Reply::ok(first_page(call, &call.api_path, &added, |account_id| {
        requests::person(world, account_id, call)
    })))
}

fn remove_participants(world: &mut World, call: &Call) -> Outcome {
    let id = requests::in_path(world, call)?.id;
    let removed = account_ids(call)?;
    let request = world.request_mut(id)?;
    // Nobody is removed when one of them does not take part.
    if let Some(stranger) = removed.iter().find(|account_id| !request.participants.contains(**account_id)) {
        return Err(Reply::invalid(format!("'{stranger}' does not take part in this request.")));
    }
    for account_id in removed {
        request.participants.remove(account_id);
    }
    let left: Vec<String> = request.participants.iter().cloned().collect();
    Ok(Reply::ok(first_page(call, &call.api_path, &left, |account_id| {
        requests::person(world, account_id, call)
    })))
}

fn subscription(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    Ok(Reply::ok(json!({"subscribed": request.subscribers.contains(&call.actor.account_id)})))
}

fn subscribe(world: &mut World, call: &Call) -> Outcome {
    let id = requests::in_path(world, call)?.id;
    world.request_mut(id)?.subscribers.insert(call.actor.account_id.clone());
    Ok(Reply::no_content())
}

fn unsubscribe(world: &mut World, call: &Call) -> Outcome {
    let id = requests::in_path(world, call)?.id;
    world.request_mut(id)?.subscribers.remove(&call.actor.account_id);
    Ok(Reply::no_content())
}

fn feedback(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let given = request.feedback.as_ref().ok_or_else(|| Reply::not_found("Feedback on the request"))?;
    Ok(Reply::ok(render(given)))
}

fn post_feedback(world: &mut World, call: &Call) -> Outcome {
    let id = own(world, call)?;
    let rating = call.body.get("rating").and_then(Value::as_i64).filter(|rating| (1..=5).contains(rating));
    let rating = rating.ok_or_else(|| Reply::invalid("The rating is a number from 1 to 5."))?;
    if let Some(kind) = call.text("type").filter(|kind| *kind != "csat") {
        return Err(Reply::invalid(format!("Feedback is of type csat, not '{kind}'.")));
    }
    let comment = call.body.pointer("/comment/body").and_then(Value::as_str).unwrap_or_default();
    let given = (rating, comment.to_owned());
    let answer = render(&given);
    world.request_mut(id)?.feedback = Some(given);
    Ok(Reply::created(answer))
}

fn delete_feedback(world: &mut World, call: &Call) -> Outcome {
    let id = own(world, call)?;
    world.request_mut(id)?.feedback = None;
    Ok(Reply::no_content())
}

/// The request in the path, if it is the caller's own.
fn own(world: &World, call: &Call) -> Result<u64, Reply> {
    let request = requests::in_path(world, call)?;
    match request.reporter == call.actor.account_id {
        true => Ok(request.id),
        false => Err(Reply::forbidden("Only its reporter gives feedback on a request.")),
    }
}

fn render((rating, comment): &(i64, String)) -> Value {
    json!({"type": "csat", "rating": rating, "comment": {"body": comment}})
}
