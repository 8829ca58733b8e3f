//! Files: uploaded to a desk for a while, attached to a request for good, and fetched.
//!
//! A file's bytes come from a second origin; how it guards them is written there.

use serde_json::{Value, json};

use super::{comments, requests};
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::date;
use crate::media;
use crate::page::{first_page, page};
use crate::reply::{Outcome, Reply};
use crate::world::{Attachment, Comment, Request, TemporaryFile, World};

/// How many files one upload may carry.
const MOST_FILES: usize = 60;
/// How large a file may be.
const LARGEST_FILE: usize = 10 * 1024 * 1024;
/// How long an uploaded file waits to be attached, in milliseconds.
const KEPT: i64 = 60 * 60 * 1_000;

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("AttachTemporaryFiles", Role::Customer, upload),
    Behaviour::new("AddRequestAttachments", Role::Customer, attach),
    Behaviour::new("GetRequestAttachments", Role::Customer, list),
    Behaviour::new("GetCommentAttachments", Role::Customer, list_of_comment),
    Behaviour::new("GetAttachmentContent", Role::Customer, content),
    Behaviour::new("GetAttachmentThumbnail", Role::Customer, thumbnail),
];

fn upload(world: &mut World, call: &Call) -> Outcome {
    let desk = super::desks::visible_desk(world, call)?.id;
    if call.files.len() > MOST_FILES {
        return Err(Reply::refuse(
            413,
            "sd.attachment.error.toomany",
            format!("At most {MOST_FILES} files at once."),
        ));
    }
    if call.files.is_empty() {
        return Err(Reply::invalid("There is no file in a part named 'file'."));
    }
    if let Some(file) = call.files.iter().find(|file| file.bytes.len() > LARGEST_FILE) {
        return Err(Reply::invalid(format!("{} is larger than {LARGEST_FILE} bytes.", file.name)));
    }
    let mut answer = Vec::new();
    for file in &call.files {
        let id = format!("7e4f0000-0000-4000-8000-{:012x}", world.next("temporary file", 1));
        answer.push(json!({"temporaryAttachmentId": id, "fileName": file.name}));
        world
            .temporary_files
            .insert(id, TemporaryFile { desk, expires: call.now + KEPT, file: file.clone() });
    }
    Ok(Reply::created(json!({"temporaryAttachments": answer})))
}

fn attach(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let (request_id, desk) = (request.id, request.desk);
    let public = call.body.get("public").and_then(Value::as_bool);
    let public = public.ok_or_else(|| Reply::invalid("Say whether the files are public."))?;
    comments::may_say(public, call)?;
    let ids = call.texts("temporaryAttachmentIds").filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| Reply::invalid("At least one temporary attachment id is needed."))?;
    let said = call.body.pointer("/additionalComment/body").and_then(Value::as_str);
    let said = comments::text(said)?.unwrap_or_default().to_owned();
    let usable = |id: &&str| {
        world.temporary_files.get(*id).is_some_and(|file| file.desk == desk && file.expires > call.now)
    };
    if let Some(id) = ids.iter().find(|id| !usable(id)) {
        let message = format!("There is no file '{id}' waiting at this service desk; it may have expired.");
        return Err(Reply::refuse(400, "sd.attachment.error.temporary", message));
    }
    let comment = world.add_comment(request_id, &call.actor.account_id, &said, public)?;
    let mut attached = Vec::new();
    for id in ids {
        // A file that is named twice is attached once.
        let Some(waiting) = world.temporary_files.remove(id) else { continue };
        let attachment = Attachment {
            id: world.next("attachment", 30_000),
            comment,
            public,
            author: call.actor.account_id.clone(),
            created: call.now,
            file: waiting.file,
        };
        attached.push(attachment.clone());
        world.request_mut(request_id)?.attachments.push(attachment);
    }
    let request = world.request_mut(request_id)?.clone();
    let comment = request.comments.iter().find(|other| other.id == comment);
    Ok(Reply::created(json!({
        "comment": comment.map(|comment| comments::render(world, &request, comment, call)),
        "attachments": first_page(call, &call.api_path, &attached, |attachment| render(world, &request, attachment, call)),
    })))
}

fn list(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let files = seen(request, call);
    page(call, &files, &[], |file| render(world, request, file, call))
}

fn list_of_comment(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let files = of_comment(request, comments::in_path(request, call)?);
    page(call, &files, &[], |file| render(world, request, file, call))
}

fn content(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let file = in_path(request, call)?;
    Ok(Reply::empty(303).header("location", media::signed(&call.media, file, call.now)))
}

fn thumbnail(world: &mut World, call: &Call) -> Outcome {
    let request = requests::in_path(world, call)?;
    let file = in_path(request, call)?;
    match is_image(file) {
        true => Ok(Reply::empty(303).header("location", media::signed(&call.media, file, call.now))),
        false => Err(Reply::not_found("The thumbnail")),
    }
}

fn in_path<'a>(request: &'a Request, call: &Call) -> Result<&'a Attachment, Reply> {
    let id = call.path_number("attachmentId", "The attachment")?;
    let file = seen(request, call).into_iter().find(|file| file.id == id);
    file.ok_or_else(|| Reply::not_found("The attachment"))
}

/// Customers see what is public.
pub(super) fn seen<'a>(request: &'a Request, call: &Call) -> Vec<&'a Attachment> {
    request.attachments.iter().filter(|file| file.public || call.actor.role >= Role::Agent).collect()
}

pub(super) fn of_comment<'a>(request: &'a Request, comment: &Comment) -> Vec<&'a Attachment> {
    request.attachments.iter().filter(|file| file.comment == comment.id).collect()
}

fn is_image(file: &Attachment) -> bool {
    file.file.media_type.starts_with("image/")
}

/// An attachment has no id of its own in JSON: it is the number at the end of its links.
pub(super) fn render(world: &World, request: &Request, file: &Attachment, call: &Call) -> Value {
    let content = format!("{}/rest/servicedeskapi/request/{}/attachment/{}", call.site, request.id, file.id);
    let mut links = json!({
        "self": content,
        "jiraRest": format!("{}/rest/api/2/attachment/{}", call.base, file.id),
        "content": content,
    });
    if is_image(file) {
        links["thumbnail"] = format!("{content}/thumbnail").into();
    }
    json!({
        "_links": links,
        "filename": file.file.name,
        "mimeType": file.file.media_type,
        "size": file.file.bytes.len(),
        "author": requests::person(world, &file.author, call),
        "created": date::render(file.created),
    })
}
