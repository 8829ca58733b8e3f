//! Comments, with their attachments where a request expands them.

use serde_json::{Value, json};

use super::attachment::attachment;
use super::links::issue_path;
use super::rich_text::rich_text;
use super::user::user_by_id;
use crate::domain::entities::issue::{Comment, Issue};
use crate::domain::site::Site;
use crate::message::request::Request;
use crate::views::date::date;
use crate::views::page::first_page;

pub(crate) const EXPANDS: &[&str] = &["attachment", "renderedBody"];

pub(crate) fn comment(site: &Site, issue: &Issue, comment: &Comment, request: &Request) -> Value {
    let path = issue_path(issue, &format!("comment/{}", comment.id));
    let mut json = json!({
        "_expands": EXPANDS,
        "_links": {"self": format!("{}{path}", request.links.base)},
        "id": comment.id.to_string(),
        "body": comment.body,
        "public": comment.public,
        "author": user_by_id(site, &comment.author, &request.links),
        "created": date(comment.created),
    });
    if request.expands("attachment") || request.expands("comment.attachment") {
        let files = issue.attachments_of(comment);
        json["attachments"] = first_page(request, &format!("{path}/attachment"), &files, |file| {
            attachment(site, issue, file, &request.links)
        });
    }
    if request.expands("renderedBody") || request.expands("comment.renderedBody") {
        json["renderedBody"] = rich_text(&comment.body);
    }
    json
}
