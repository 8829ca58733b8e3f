//! Organizations: created, renamed and deleted by either API, with members and properties.

use std::collections::BTreeSet;

use serde_json::Value;

use super::accounts::some_accounts;
use crate::domain::entities::detail_field::Details;
use crate::domain::entities::entitlement::Holder;
use crate::domain::entities::organization::Organization;
use crate::domain::entities::person::{Caller, Person};
use crate::domain::entities::properties::Properties;
use crate::domain::error::Error;
use crate::domain::site::Site;

/// The longest name that Jira Service Management takes for an organization.
const LONGEST_NAME: usize = 200;
/// How many organizations can be asked for in one request.
const MOST_FETCHED: usize = 50;

impl Site {
    pub(in crate::domain) fn add_organization(&mut self, name: &str) -> u64 {
        let id = self.next("organization", 1);
        let organization = Organization {
            id,
            name: name.to_owned(),
            created: self.now,
            members: BTreeSet::new(),
            properties: Properties::default(),
            details: Details::new(),
        };
        self.organizations.insert(id, organization);
        id
    }

    pub(super) fn organization_by_name(&self, name: &str) -> Option<&Organization> {
        self.organizations.values().find(|organization| organization.name == name)
    }

    /// The organization of a name, created where there is none. Jira Service Management creates organizations so.
    pub(crate) fn find_or_create_organization(&mut self, name: Option<&str>) -> Result<&Organization, Error> {
        let name = needed_name(name)?;
        if name.chars().count() > LONGEST_NAME {
            return Err(Error::invalid(format!(
                "The name of an organization has at most {LONGEST_NAME} characters."
            )));
        }
        let existing = self.organization_by_name(name).map(|organization| organization.id);
        let id = existing.unwrap_or_else(|| self.add_organization(name));
        self.organization(id)
    }

    /// Creates an organization whose name no other has. Customer Service Management creates organizations so.
    pub(crate) fn create_organization(&mut self, name: Option<&str>) -> Result<u64, Error> {
        let name = needed_name(name)?;
        match self.organization_by_name(name) {
            Some(_) => Err(name_taken(name)),
            None => Ok(self.add_organization(name)),
        }
    }

    /// Gives an organization a name that no other has.
    pub(crate) fn rename_organization(
        &mut self,
        id: u64,
        name: Option<&str>,
    ) -> Result<&Organization, Error> {
        self.organization(id)?;
        let name = needed_name(name)?;
        if self.organization_by_name(name).is_some_and(|other| other.id != id) {
            return Err(name_taken(name));
        }
        let organization = self.organization_mut(id)?;
        organization.name = name.to_owned();
        Ok(organization)
    }

    /// Deletes an organization, and takes it out of all that refers to it. Its members keep their requests.
    pub(crate) fn delete_organization(&mut self, id: u64) -> Result<(), Error> {
        self.organization(id)?;
        self.organizations.remove(&id);
        for desk in self.desks.values_mut() {
            desk.organizations.remove(&id);
        }
        for issue in self.issues.values_mut().filter(|issue| issue.organization == Some(id)) {
            issue.organization = None;
        }
        for experience in self.experiences.values_mut() {
            if let Some(organizations) = &mut experience.organizations {
                organizations.remove(&id);
            }
        }
        self.entitlements.retain(|_, entitlement| entitlement.holder != Holder::Organization(id));
        Ok(())
    }

    /// The organizations that a caller sees; with `member`, those that this account is a member of.
    pub(crate) fn visible_organizations(
        &self,
        caller: &Caller,
        member: Option<&str>,
    ) -> Result<Vec<&Organization>, Error> {
        self.check_member_filter(caller, member)?;
        let organizations = self.organizations.values().filter(|found| found.is_visible_to(caller));
        Ok(organizations.filter(|found| member.is_none_or(|member| found.has_member(member))).collect())
    }

    /// Only agents ask for the organizations of an account.
    pub(super) fn check_member_filter(&self, caller: &Caller, member: Option<&str>) -> Result<(), Error> {
        let Some(member) = member else { return Ok(()) };
        if !caller.is_agent() {
            return Err(Error::Forbidden("Only agents may ask for the organizations of an account."));
        }
        self.person(member).map(drop).ok_or(Error::NotFound("The user"))
    }

    pub(crate) fn visible_organization(&self, caller: &Caller, id: u64) -> Result<&Organization, Error> {
        let organization = self.organization(id)?;
        let visible = organization.is_visible_to(caller);
        if visible { Ok(organization) } else { Err(Error::NotFound("The organization")) }
    }

    pub(crate) fn members(&self, id: u64) -> Result<Vec<&Person>, Error> {
        let members = self.organization(id)?.members.iter();
        Ok(members.filter_map(|account_id| self.person(account_id)).collect())
    }

    /// Adds accounts to the members. Where one does not exist, none is added.
    pub(crate) fn add_members(&mut self, id: u64, account_ids: &[&str]) -> Result<(), Error> {
        self.organization(id)?;
        some_accounts(account_ids)?;
        self.check_accounts(account_ids)?;
        let account_ids = account_ids.iter().map(|account_id| (*account_id).to_owned());
        self.organization_mut(id)?.members.extend(account_ids);
        Ok(())
    }

    /// Removes accounts from the members. Where one does not exist, none is removed.
    pub(crate) fn remove_members(&mut self, id: u64, account_ids: &[&str]) -> Result<(), Error> {
        self.organization(id)?;
        some_accounts(account_ids)?;
        self.check_accounts(account_ids)?;
        let organization = self.organization_mut(id)?;
        for account_id in account_ids {
            organization.members.remove(*account_id);
        }
        Ok(())
    }

    /// The organizations with these ids and names. Those that do not exist are left out.
    pub(crate) fn fetch_organizations(
        &self,
        ids: &[&str],
        names: &[&str],
    ) -> Result<Vec<&Organization>, Error> {
        at_most(ids, MOST_FETCHED, "organizationIds")?;
        at_most(names, MOST_FETCHED - ids.len(), "organizations")?;
        let by_id = ids.iter().filter_map(|id| self.organization_named(id).ok());
        Ok(by_id.chain(names.iter().filter_map(|name| self.organization_by_name(name))).collect())
    }

    /// Sets a property, and says whether its key is new.
    pub(crate) fn set_organization_property(
        &mut self,
        id: u64,
        key: &str,
        value: &Value,
    ) -> Result<bool, Error> {
        self.organization_mut(id)?.properties.set(key, value)
    }

    pub(crate) fn delete_organization_property(&mut self, id: u64, key: &str) -> Result<(), Error> {
        self.organization_mut(id)?.properties.remove(key)
    }
}

/// Refuses a list that is longer than a request may have it.
pub(super) fn at_most(list: &[&str], most: usize, name: &str) -> Result<(), Error> {
    match list.len() <= most {
        true => Ok(()),
        false => Err(Error::invalid(format!("At most {most} {name} at once."))),
    }
}

fn needed_name(name: Option<&str>) -> Result<&str, Error> {
    name.filter(|name| !name.trim().is_empty()).ok_or_else(|| Error::invalid("An organization needs a name."))
}

fn name_taken(name: &str) -> Error {
    Error::invalid(format!("There is an organization '{name}' already."))
}
