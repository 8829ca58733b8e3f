//! What is said on a request: publicly to its customers, or internally among agents.
//!
//! Files that come with a comment are with the attachments.

use serde_json::{Value, json};

use super::{attachments, requests};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::page::{first_page, page};
use crate::reply::{Outcome, Reply};
use crate::world::{Comment, Request, World};

/// The longest text of a comment.
const LONGEST: usize = 32_767;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("GetComments", Role::Customer, list),
    Behaviour::new("CreateComment", Role::Customer, create),
    Behaviour::new("GetComment", Role::Customer, get),
];

const EXPANDS: &[&str] = &["attachment", "renderedBody"];

fn list(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let (public, internal) = (call.flag("public") != Some(false), call.flag("internal") != Some(false));
    let comments: Vec<&Comment> = seen(request, call)
        .into_iter()
        .filter(|comment| if comment.public { public } else { internal })
        .collect();
    page(call, &comments, EXPANDS, |comment| render(world, request, comment, call))
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let id = requests::in_path(world, call)?.id;
    let body = text(call.text("body"))?.ok_or_else(|| Reply::invalid("A comment needs a body."))?;
    let public = call.body.get("public").and_then(Value::as_bool);
    let public = public.ok_or_else(|| Reply::invalid("Say whether the comment is public."))?;
    may_say(public, call)?;
    let comment = world.add_comment(id, &call.actor.account_id, body, public)?;
    let request = world.request_mut(id)?.clone();
    let comment = request.comments.iter().find(|other| other.id == comment);
    let comment = comment.ok_or_else(|| Reply::not_found("The comment"))?;
    Ok(Reply::created(render(world, &request, comment, call)))
}

fn get(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    Ok(Reply::ok(render(world, request, in_path(request, call)?, call)))
}

/// The comment that the path names, if the caller may see it.
pub(super) fn in_path<'a>(request: &'a Request, call: &Call) -> Result<&'a Comment, Reply> {
    let id = call.path_number("commentId", "The comment")?;
    let comment = seen(request, call).into_iter().find(|comment| comment.id == id);
    comment.ok_or_else(|| Reply::not_found("The comment"))
}

/// Customers see what is public.
pub(super) fn seen<'a>(request: &'a Request, call: &Call) -> Vec<&'a Comment> {
    request.comments.iter().filter(|comment| comment.public || call.actor.role >= Role::Agent).collect()
}

pub(super) fn may_say(public: bool, call: &Call) -> Result<(), Reply> {
    match public || call.actor.role >= Role::Agent {
        true => Ok(()),
        false => Err(Reply::forbidden("Customers only say what everybody on the request may read.")),
    }
}

/// A text that is not longer than a comment may be.
pub(super) fn text(text: Option<&str>) -> Result<Option<&str>, Reply> {
    match text {
        Some(text) if text.chars().count() > LONGEST => {
            Err(Reply::invalid(format!("A comment has at most {LONGEST} characters.")))
        }
        other => Ok(other),
    }
}

pub(super) fn render(world: &World, request: &Request, comment: &Comment, call: &Call) -> Value {
    let mut json = json!({
        "_expands": EXPANDS,
        "_links": {
            "self": format!("{}/rest/servicedeskapi/request/{}/comment/{}", call.base, request.id, comment.id),
        },
        "id": comment.id.to_string(),
        "body": comment.body,
        "public": comment.public,
        "author": requests::person(world, &comment.author, call),
        "created": date::render(comment.created),
    });
    if call.expands("attachment") || call.expands("comment.attachment") {
        let files = attachments::of_comment(request, comment);
        let path = requests::path_of(request, &format!("comment/{}/attachment", comment.id));
        json["attachments"] =
            first_page(call, &path, &files, |file| attachments::render(world, request, file, call));
    }
    if call.expands("renderedBody") || call.expands("comment.renderedBody") {
        json["renderedBody"] = json!({"html": requests::html(&comment.body)});
    }
    json
}
