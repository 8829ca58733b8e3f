//! Attachments of customer requests, and files that wait to be attached.

use serde_json::json;

use crate::domain::entities::file::Attachment;
use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::rules::attachments::NewAttachments;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::{first_page, page};
use crate::views::servicedesk::attachment::{attachment, signed_address, temporary_attachments};
use crate::views::servicedesk::comment::comment;

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("AttachTemporaryFiles", Role::Customer, upload),
    Handler::new("AddRequestAttachments", Role::Customer, attach),
    Handler::new("GetRequestAttachments", Role::Customer, list),
    Handler::new("GetCommentAttachments", Role::Customer, list_of_comment),
    Handler::new("GetAttachmentContent", Role::Customer, content),
    Handler::new("GetAttachmentThumbnail", Role::Customer, thumbnail),
];

fn upload(site: &mut Site, request: &Request) -> Outcome {
    let ids = site.upload(&request.caller, request.path("serviceDeskId"), &request.files)?;
    Ok(Response::created(temporary_attachments(&ids, &request.files)))
}

fn attach(site: &mut Site, request: &Request) -> Outcome {
    let temporary_ids = request.texts("temporaryAttachmentIds").unwrap_or_default();
    let new = NewAttachments {
        temporary_ids: &temporary_ids,
        public: request.bool("public"),
        comment: request.text_at("/additionalComment/body"),
    };
    let attached = site.attach(&request.caller, issue(request), &new)?;
    let (issue, added) = site.comment(&request.caller, issue(request), attached.comment)?;
    let files = issue.attachments.iter().filter(|file| attached.attachments.contains(&file.id));
    let files: Vec<&Attachment> = files.collect();
    let page = first_page(request, &request.links.api_path, &files, |file| {
        attachment(site, issue, file, &request.links)
    });
    Ok(Response::created(json!({"comment": comment(site, issue, added, request), "attachments": page})))
}

fn list(site: &mut Site, request: &Request) -> Outcome {
    let issue = site.issue(&request.caller, issue(request))?;
    let files = issue.attachments_for(&request.caller);
    Ok(Response::ok(page(request, &files, &[], |file| attachment(site, issue, file, &request.links))?))
}

fn list_of_comment(site: &mut Site, request: &Request) -> Outcome {
    let id = request.path_number("commentId", "The comment")?;
    let (issue, comment) = site.comment(&request.caller, issue(request), id)?;
    let files = issue.attachments_of(comment);
    Ok(Response::ok(page(request, &files, &[], |file| attachment(site, issue, file, &request.links))?))
}

fn content(site: &mut Site, request: &Request) -> Outcome {
    let (_, file) = site.attachment(&request.caller, issue(request), id(request)?)?;
    Ok(Response::empty(303).header("location", signed_address(site, file, request)))
}

fn thumbnail(site: &mut Site, request: &Request) -> Outcome {
    let file = site.thumbnail(&request.caller, issue(request), id(request)?)?;
    Ok(Response::empty(303).header("location", signed_address(site, file, request)))
}

fn issue(request: &Request) -> &str {
    request.path("issueIdOrKey")
}

fn id(request: &Request) -> Result<u64, Error> {
    request.path_number("attachmentId", "The attachment")
}
