//! Customer experiences: help centers, who may enter them, and requests that come in through them.
//!
//! The requests are the same ones that service desks list.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{customers, organizations};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Experience, NewRequest, World};

/// How many organizations one call lets in.
const MOST_GRANTED: usize = 5;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetOrganizationsWithAccess", Role::Admin, organizations),
    Behaviour::new("GrantOrganizationsAccess", Role::Admin, grant),
    Behaviour::new("RevokeOrganizationAccess", Role::Admin, revoke),
    Behaviour::new("RaiseIssue", Role::Agent, raise),
    Behaviour::new("CreateExternalRequest", Role::Customer, create_external),
    Behaviour::new("AddRequestComment", Role::Customer, comment),
];

fn organizations(world: &mut World, call: &Call) -> Outcome {
    let allowed: Vec<u64> = restricted(world, call)?.iter().copied().collect();
    let start = page::offset(call, "startAt")?.min(allowed.len());
    let limit = page::limit(call)?.min(call.page_cap);
    let to = (start + limit).min(allowed.len());
    let results: Vec<Value> = allowed[start..to]
        .iter()
        .filter_map(|id| world.organizations.get(id))
        .map(organizations::summary)
        .collect();
    Ok(Reply::ok(json!({
        "startAt": start,
        "limit": limit,
        "size": results.len(),
        "isLast": to == allowed.len(),
        "results": results,
    })))
}

fn grant(world: &mut World, call: &Call) -> Outcome {
    restricted(world, call)?;
    let ids = call.texts("organizationIds").filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| Reply::invalid("A list of organizationIds is needed."))?;
    if ids.len() > MOST_GRANTED {
        return Err(Reply::invalid(format!("At most {MOST_GRANTED} organizations at once.")));
    }
    let mut found = BTreeSet::new();
    for id in ids {
        found.insert(organizations::find(world, id)?.id);
    }
    restricted_mut(world, call)?.extend(found);
    Ok(Reply::no_content())
}

fn revoke(world: &mut World, call: &Call) -> Outcome {
    let id = call.path("organizationId").parse().unwrap_or_default();
    // Taking away what was not there is no error.
    restricted_mut(world, call)?.remove(&id);
    Ok(Reply::no_content())
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Experience, Reply> {
    world.csm.experiences.get(id).ok_or_else(|| Reply::not_found("The customer experience"))
}

fn restricted<'a>(world: &'a World, call: &Call) -> Result<&'a BTreeSet<u64>, Reply> {
    let list = find(world, call.path("helpCenterId"))?.organizations.as_ref();
    list.ok_or_else(not_restricted)
}

fn restricted_mut<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut BTreeSet<u64>, Reply> {
    let experience = world.csm.experiences.get_mut(call.path("helpCenterId"));
    let experience = experience.ok_or_else(|| Reply::not_found("The customer experience"))?;
    experience.organizations.as_mut().ok_or_else(not_restricted)
}

fn not_restricted() -> Reply {
    Reply::invalid("The customer experience is not restricted to organizations.")
}

/// The experiences that a customer may enter.
pub(super) fn open_to(world: &World, account_id: &str) -> Vec<Value> {
    let member = |id: &u64| {
        world.organizations.get(id).is_some_and(|organization| organization.members.contains(account_id))
    };
    world
        .csm
        .experiences
        .values()
        .filter(|experience| {
            experience.organizations.as_ref().is_none_or(|allowed| allowed.iter().any(member))
        })
        .map(|experience| json!({"id": experience.id, "name": experience.name}))
        .collect()
}

fn raise(world: &mut World, call: &Call) -> Outcome {
    find(world, call.path("helpCenterId"))?;
    let id = request_id(world, call)?;
    let request = world.request_mut(id)?;
    if request.raised {
        return Err(Reply::refuse(409, "csm.raise.error.raised", "The issue is on the help center already."));
    }
    request.raised = true;
    Ok(Reply::no_content())
}

fn request_id(world: &World, call: &Call) -> Result<u64, Reply> {
    world.request_id(call.path("issueIdOrKey")).ok_or_else(|| Reply::not_found("The request"))
}

fn create_external(world: &mut World, call: &Call) -> Outcome {
    let needed = |name: &str| call.text(name).ok_or_else(|| Reply::invalid(format!("A {name} is needed.")));
    let desk = find(world, needed("helpCenterId")?)
        .map_err(|_| Reply::invalid("There is no such customer experience."))?
        .desk;
    needed("origin")?;
    let summary = needed("summary")?;
    let metadata = call.body.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    if metadata.values().any(|value| value.is_object() || value.is_array()) {
        return Err(Reply::invalid("The metadata is flat: texts, numbers, and true or false."));
    }
    let reporter = match call.text("email") {
        None => call.actor.account_id.clone(),
        Some(_) if call.actor.role < Role::Agent => {
            return Err(Reply::forbidden("Only agents say who reports a request."));
        }
        Some(email) => match world.person_with_email(email) {
            Some(person) => person.account_id.clone(),
            None => customers::add(world, &json!({"email": email}))?,
        },
    };
    let request_type = world.request_types.values().find(|kind| kind.desk == desk && kind.form.is_empty());
    let request_type = request_type.map(|kind| kind.id).unwrap_or_default();
    let mut fields = Map::from_iter(BTreeMap::from([("summary".to_owned(), Value::from(summary))]));
    if let Some(description) = call.text("description") {
        fields.insert("description".to_owned(), description.into());
    }
    let id = world.add_request(NewRequest {
        desk,
        request_type,
        reporter: &reporter,
        participants: BTreeSet::new(),
        fields,
    });
    let request = world.request_mut(id)?;
    Ok(Reply::created(json!({"issueId": request.id.to_string(), "issueKey": request.key})))
}

fn comment(world: &mut World, call: &Call) -> Outcome {
    find(world, call.path("helpCenterId"))?;
    let id = request_id(world, call)?;
    // The body's form is not documented: a text under one of the two names that the siblings use is taken.
    let text = call.text("comment").or_else(|| call.text("body"));
    let text = text.ok_or_else(|| Reply::invalid("A comment needs a text."))?;
    let public = call.body.get("public").and_then(Value::as_bool).unwrap_or(true);
    if !public && call.actor.role < Role::Agent {
        return Err(Reply::forbidden("Only agents comment internally."));
    }
    let comment = world.add_comment(id, &call.actor.account_id, text, public)?;
    Ok(Reply::created(json!({"id": comment.to_string()})))
}
