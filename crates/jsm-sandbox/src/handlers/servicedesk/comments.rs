//! Comments on customer requests.

use crate::domain::entities::issue::Comment;
use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::page;
use crate::views::servicedesk::comment::{EXPANDS, comment};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("GetComments", Role::Customer, list),
    Handler::new("CreateComment", Role::Customer, create),
    Handler::new("GetComment", Role::Customer, get),
];

fn list(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, request.path("issueIdOrKey"))?;
    let is_wanted =
        |comment: &&Comment| request.flag(if comment.public { "public" } else { "internal" }) != Some(false);
    let comments: Vec<&Comment> = issue.comments_for(&request.caller).into_iter().filter(is_wanted).collect();
    Ok(Response::ok(page(request, &comments, EXPANDS, |found| comment(site, issue, found, request))?))
}

fn create(site: &mut Site, request: &Request) -> Outcome {
    let (caller, named) = (&request.caller, request.path("issueIdOrKey"));
    let id = site.create_comment(caller, named, request.text("body"), request.bool("public"))?;
    let (issue, created) = site.comment(caller, named, id)?;
    Ok(Response::created(comment(site, issue, created, request)))
}

fn get(site: &mut Site, request: &Request) -> Outcome {
    let id = request.path_number("commentId", "The comment")?;
    let (issue, found) = site.comment(&request.caller, request.path("issueIdOrKey"), id)?;
    Ok(Response::ok(comment(site, issue, found, request)))
}
