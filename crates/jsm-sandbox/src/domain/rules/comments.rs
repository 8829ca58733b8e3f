//! Comments: public ones for customers, internal ones for agents.

use crate::domain::entities::issue::{Comment, Issue};
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;

/// The longest text of a comment, in characters.
const LONGEST: usize = 32_767;

impl Site {
    pub(in crate::domain) fn add_comment(
        &mut self,
        issue: u64,
        author: &str,
        body: &str,
        public: bool,
    ) -> Result<u64, Error> {
        let (id, now) = (self.next("comment", 1_000), self.now);
        let issue = self.issue_by_id_mut(issue)?;
        issue.updated = now;
        let (author, body) = (author.to_owned(), body.to_owned());
        issue.comments.push(Comment { id, author, body, public, created: now });
        Ok(id)
    }

    /// Comments on an issue, and returns the comment's id.
    pub(crate) fn create_comment(
        &mut self,
        caller: &Caller,
        named: &str,
        body: Option<&str>,
        public: Option<bool>,
    ) -> Result<u64, Error> {
        let issue = self.issue(caller, named)?.id;
        let body = checked_text(body)?.ok_or_else(|| Error::invalid("A comment needs a body."))?;
        let public = public.ok_or_else(|| Error::invalid("Say whether the comment is public."))?;
        check_visibility(caller, public)?;
        self.add_comment(issue, &caller.account_id, body, public)
    }

    /// A comment that a caller may see, with its issue.
    pub(crate) fn comment(&self, caller: &Caller, named: &str, id: u64) -> Result<(&Issue, &Comment), Error> {
        let issue = self.issue(caller, named)?;
        let comment = issue.comments_for(caller).into_iter().find(|comment| comment.id == id);
        Ok((issue, comment.ok_or(Error::NotFound("The comment"))?))
    }
}

/// Customers write what everybody on the issue may read.
pub(super) fn check_visibility(caller: &Caller, public: bool) -> Result<(), Error> {
    match public || caller.is_agent() {
        true => Ok(()),
        false => Err(Error::Forbidden("Customers only write what everybody on the request may read.")),
    }
}

/// Refuses a text that is longer than a comment may be.
pub(super) fn checked_text(text: Option<&str>) -> Result<Option<&str>, Error> {
    match text.is_some_and(|text| text.chars().count() > LONGEST) {
        true => Err(Error::invalid(format!("A comment has at most {LONGEST} characters."))),
        false => Ok(text),
    }
}
