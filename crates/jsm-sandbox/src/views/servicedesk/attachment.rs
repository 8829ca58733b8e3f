//! Attachments, temporary ones, and the signed addresses of files.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::links::issue_path;
use super::user::user_by_id;
use crate::domain::entities::file::{Attachment, File};
use crate::domain::entities::issue::Issue;
use crate::domain::site::Site;
use crate::message::request::{Links, Request};
use crate::views::date::date;

/// An attachment. It has no id in JSON: its id is the number at the end of its links.
pub(crate) fn attachment(site: &Site, issue: &Issue, attachment: &Attachment, links: &Links) -> Value {
    let content = format!("{}{}", links.site, issue_path(issue, &format!("attachment/{}", attachment.id)));
    let mut own_links = json!({
        "self": content,
        "jiraRest": format!("{}/rest/api/2/attachment/{}", links.base, attachment.id),
        "content": content,
    });
    if attachment.is_image() {
        own_links["thumbnail"] = format!("{content}/thumbnail").into();
    }
    json!({
        "_links": own_links,
        "filename": attachment.file.name,
        "mimeType": attachment.file.media_type,
        "size": attachment.file.bytes.len(),
        "author": user_by_id(site, &attachment.author, links),
        "created": date(attachment.created),
    })
}

/// The result of an upload: each file under its temporary id.
pub(crate) fn temporary_attachments(ids: &[String], files: &[File]) -> Value {
    let one = |(id, file): (&String, &File)| json!({"temporaryAttachmentId": id, "fileName": file.name});
    json!({"temporaryAttachments": ids.iter().zip(files).map(one).collect::<Vec<_>>()})
}

/// The address of an attachment's file, signed for a few minutes. It names the operation whose response has it.
pub(crate) fn signed_address(site: &Site, attachment: &Attachment, request: &Request) -> String {
    let name = utf8_percent_encode(&attachment.file.name, NON_ALPHANUMERIC);
    let signed = site.sign(attachment);
    format!(
        "{}/file/{}/{name}?operation={}&expires={}&signature={}",
        request.links.media, attachment.id, request.info.name, signed.expires, signed.signature
    )
}
