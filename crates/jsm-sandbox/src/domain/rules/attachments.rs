//! Files: uploaded to a service desk for an hour, attached to an issue for good, downloaded by signed addresses.

use super::comments::{check_visibility, checked_text};
use crate::domain::entities::file::{Attachment, File, TemporaryFile};
use crate::domain::entities::issue::Issue;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;

/// How many files one upload may have.
const MOST_FILES: usize = 60;
/// How large a file may be, in bytes.
const LARGEST_FILE: usize = 10 * 1024 * 1024;
/// How long an uploaded file waits to be attached, in milliseconds.
const UPLOAD_LASTS: i64 = 60 * 60 * 1_000;
/// How long a signed address is good for, in milliseconds.
const ADDRESS_LASTS: i64 = 5 * 60 * 1_000;

/// What a request says of files to attach.
#[derive(Debug)]
pub(crate) struct NewAttachments<'a> {
    pub(crate) temporary_ids: &'a [&'a str],
    pub(crate) public: Option<bool>,
    pub(crate) comment: Option<&'a str>,
}

/// The ids of what was attached.
#[derive(Debug)]
pub(crate) struct Attached {
    pub(crate) comment: u64,
    pub(crate) attachments: Vec<u64>,
}

/// What makes the address of a file good: until when, and the signature of that.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) expires: i64,
    pub(crate) signature: String,
}

impl Site {
    /// Keeps files for a service desk, and returns their temporary ids.
    pub(crate) fn upload(
        &mut self,
        caller: &Caller,
        desk: &str,
        files: &[File],
    ) -> Result<Vec<String>, Error> {
        let desk = self.visible_desk(caller, desk)?.id;
        if files.len() > MOST_FILES {
            return Err(Error::TooManyFiles(MOST_FILES));
        }
        if files.is_empty() {
            return Err(Error::invalid("There is no file in a part named 'file'."));
        }
        if let Some(file) = files.iter().find(|file| file.bytes.len() > LARGEST_FILE) {
            return Err(Error::invalid(format!("{} is larger than {LARGEST_FILE} bytes.", file.name)));
        }
        let now = self.now;
        self.temporary_files.retain(|_, waiting| waiting.expires > now);
        let expires = now + UPLOAD_LASTS;
        let keep = |file: &File| {
            let id = format!("7e4f0000-0000-4000-8000-{:012x}", self.next("temporary file", 1));
            self.temporary_files.insert(id.clone(), TemporaryFile { desk, expires, file: file.clone() });
            id
        };
        Ok(files.iter().map(keep).collect())
    }

    /// Attaches uploaded files to an issue, under a comment of their own.
    pub(crate) fn attach(
        &mut self,
        caller: &Caller,
        named: &str,
        new: &NewAttachments<'_>,
    ) -> Result<Attached, Error> {
        let issue = self.issue(caller, named)?;
        let (issue, desk) = (issue.id, issue.desk);
        let public = new.public.ok_or_else(|| Error::invalid("Say whether the files are public."))?;
        check_visibility(caller, public)?;
        if new.temporary_ids.is_empty() {
            return Err(Error::invalid("At least one temporary attachment id is needed."));
        }
        let text = checked_text(new.comment)?.unwrap_or_default();
        let now = self.now;
        let waits = |id: &&str| {
            self.temporary_files.get(*id).is_some_and(|file| file.desk == desk && file.expires > now)
        };
        if let Some(id) = new.temporary_ids.iter().find(|id| !waits(id)) {
            return Err(Error::NoTemporaryFile((*id).to_owned()));
        }
        let comment = self.add_comment(issue, &caller.account_id, text, public)?;
        let mut attachments = Vec::new();
        for id in new.temporary_ids {
            // A file that is named twice is attached once.
            let Some(temporary) = self.temporary_files.remove(*id) else { continue };
            let attachment = Attachment {
                id: self.next("attachment", 30_000),
                comment: Some(comment),
                public,
                author: caller.account_id.clone(),
                created: now,
                file: temporary.file,
            };
            attachments.push(attachment.id);
            self.issue_by_id_mut(issue)?.attachments.push(attachment);
        }
        Ok(Attached { comment, attachments })
    }

    /// An attachment that a caller may see, with its issue.
    pub(crate) fn attachment(
        &self,
        caller: &Caller,
        named: &str,
        id: u64,
    ) -> Result<(&Issue, &Attachment), Error> {
        let issue = self.issue(caller, named)?;
        let attachment = issue.attachments_for(caller).into_iter().find(|file| file.id == id);
        Ok((issue, attachment.ok_or(Error::NotFound("The attachment"))?))
    }

    /// The attachment of which there is a thumbnail: an image.
    pub(crate) fn thumbnail(&self, caller: &Caller, named: &str, id: u64) -> Result<&Attachment, Error> {
        let (_, attachment) = self.attachment(caller, named, id)?;
        if attachment.is_image() { Ok(attachment) } else { Err(Error::NotFound("The thumbnail")) }
    }

    /// Signs the address of an attachment.
    pub(crate) fn sign(&self, attachment: &Attachment) -> Signed {
        let expires = self.now + ADDRESS_LASTS;
        Signed { expires, signature: signature(attachment.id, expires) }
    }

    /// The file behind a signed address.
    pub(crate) fn download(&self, id: u64, signed: &Signed) -> Result<&File, Error> {
        if signed.expires <= self.now || signed.signature != signature(id, signed.expires) {
            return Err(Error::Forbidden("The address has expired."));
        }
        let mut attachments = self.issues.values().flat_map(|issue| &issue.attachments);
        let attachment = attachments.find(|attachment| attachment.id == id);
        attachment.map(|attachment| &attachment.file).ok_or(Error::NotFound("The file"))
    }
}

/// This protects nothing: it makes an address that was not signed fail, as it would.
fn signature(id: u64, expires: i64) -> String {
    let hash = format!("{id}:{expires}").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
