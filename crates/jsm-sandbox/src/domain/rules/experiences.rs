//! Customer experiences: who may enter a help center, and the issues that come from there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::comments::check_visibility;
use super::new_issues::NewIssue;
use crate::domain::entities::experience::Experience;
use crate::domain::entities::issue::Issue;
use crate::domain::entities::organization::Organization;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;

/// How many organizations one request lets in.
const MOST_GRANTED: usize = 5;

/// What a request says of an issue from outside.
#[derive(Debug)]
pub(crate) struct ExternalDraft<'a> {
    pub(crate) experience: Option<&'a str>,
    pub(crate) origin: Option<&'a str>,
    pub(crate) summary: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) metadata: Option<&'a Map<String, Value>>,
    /// The email address of the reporter, where that is not the caller.
    pub(crate) email: Option<&'a str>,
}

impl Site {
    /// Adds a help center; with `organizations`, one that their members alone may enter.
    pub(in crate::domain) fn add_experience(
        &mut self,
        name: &'static str,
        desk: u64,
        organizations: Option<BTreeSet<u64>>,
    ) {
        let id = format!("c0e00000-0000-4000-8000-{:012x}", self.next("experience", 1));
        self.experiences.insert(id.clone(), Experience { id, name, desk, organizations });
    }

    fn experience(&self, id: &str) -> Result<&Experience, Error> {
        self.experiences.get(id).ok_or(Error::NotFound("The customer experience"))
    }

    /// The organizations whose members may enter a restricted help center.
    pub(crate) fn organizations_with_access(&self, experience: &str) -> Result<Vec<&Organization>, Error> {
        let ids = self.experience(experience)?.organizations.as_ref().ok_or_else(not_restricted)?;
        Ok(ids.iter().filter_map(|id| self.organizations.get(id)).collect())
    }

    pub(crate) fn grant_access(&mut self, experience: &str, ids: Option<&[&str]>) -> Result<(), Error> {
        self.organizations_with_access(experience)?;
        let ids = ids.filter(|ids| !ids.is_empty());
        let ids = ids.ok_or_else(|| Error::invalid("A list of organizationIds is needed."))?;
        if ids.len() > MOST_GRANTED {
            return Err(Error::invalid(format!("At most {MOST_GRANTED} organizations at once.")));
        }
        let ids: Result<Vec<u64>, Error> =
            ids.iter().map(|id| self.organization_named(id).map(|organization| organization.id)).collect();
        self.access_mut(experience)?.extend(ids?);
        Ok(())
    }

    /// Takes away access. It is no error where the organization had none.
    pub(crate) fn revoke_access(&mut self, experience: &str, id: &str) -> Result<(), Error> {
        self.access_mut(experience)?.retain(|other| other.to_string() != id);
        Ok(())
    }

    fn access_mut(&mut self, experience: &str) -> Result<&mut BTreeSet<u64>, Error> {
        let experience = self.experiences.get_mut(experience);
        let experience = experience.ok_or(Error::NotFound("The customer experience"))?;
        experience.organizations.as_mut().ok_or_else(not_restricted)
    }

    /// The help centers that a customer may enter.
    pub(crate) fn experiences_for(&self, account_id: &str) -> Result<Vec<&Experience>, Error> {
        self.customer(account_id)?;
        let may_enter = |experience: &&Experience| {
            let organizations = experience.organizations.as_ref();
            organizations.is_none_or(|ids| ids.iter().any(|id| self.is_member(account_id, *id)))
        };
        Ok(self.experiences.values().filter(may_enter).collect())
    }

    /// Makes an issue visible on a help center, once.
    pub(crate) fn raise_issue(&mut self, experience: &str, named: &str) -> Result<(), Error> {
        self.experience(experience)?;
        let id = self.issue_id(named).ok_or(Error::NotFound("The request"))?;
        let issue = self.issue_by_id_mut(id)?;
        match std::mem::replace(&mut issue.raised, true) {
            true => Err(Error::AlreadyRaised),
            false => Ok(()),
        }
    }

    /// Raises an issue that came in elsewhere. A reporter without an account gets one.
    pub(crate) fn create_external_issue(
        &mut self,
        caller: &Caller,
        draft: &ExternalDraft<'_>,
    ) -> Result<&Issue, Error> {
        let needed = |text: Option<&str>, name: &str| match text {
            Some(text) => Ok(text.to_owned()),
            None => Err(Error::invalid(format!("A {name} is needed."))),
        };
        let desk = self.experience(&needed(draft.experience, "helpCenterId")?);
        let desk = desk.map_err(|_| Error::invalid("There is no such customer experience."))?.desk;
        needed(draft.origin, "origin")?;
        let summary = needed(draft.summary, "summary")?;
        let mut metadata = draft.metadata.into_iter().flat_map(Map::values);
        if metadata.any(|value| value.is_object() || value.is_array()) {
            return Err(Error::invalid("The metadata is flat: texts, numbers, and true or false."));
        }
        let reporter = match draft.email {
            None => caller.account_id.clone(),
            Some(_) if !caller.is_agent() => {
                return Err(Error::Forbidden("Only agents name the reporter of a request."));
            }
            Some(email) => match self.person_with_email(email) {
                Some(person) => person.account_id.clone(),
                None => self.create_account(Some(email), None)?,
            },
        };
        let mut kinds = self.request_types.values();
        let request_type = kinds.find(|kind| kind.desk == desk && kind.form.is_empty()).map(|kind| kind.id);
        let mut fields = Map::from_iter([("summary".to_owned(), Value::from(summary))]);
        fields.extend(draft.description.map(|text| ("description".to_owned(), Value::from(text))));
        let (request_type, participants) = (request_type.unwrap_or_default(), BTreeSet::new());
        let id = self.add_issue(NewIssue { desk, request_type, reporter, participants, fields });
        self.issue_by_id(id)
    }

    /// Comments on an issue from a help center, and returns the comment's id.
    pub(crate) fn comment_externally(
        &mut self,
        caller: &Caller,
        (experience, named): (&str, &str),
        text: Option<&str>,
        public: bool,
    ) -> Result<u64, Error> {
        self.experience(experience)?;
        let id = self.issue_id(named).ok_or(Error::NotFound("The request"))?;
        let text = text.ok_or_else(|| Error::invalid("A comment needs a text."))?;
        check_visibility(caller, public)?;
        self.add_comment(id, &caller.account_id, text, public)
    }
}

fn not_restricted() -> Error {
    Error::invalid("The customer experience is not restricted to organizations.")
}
