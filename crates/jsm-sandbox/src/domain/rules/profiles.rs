//! Profiles: customers and organizations with their details, members and products, written all or nothing.

use super::organizations::at_most;
use crate::domain::entities::bulk::{AccountPayload, OrganizationPayload, Profile};
use crate::domain::entities::detail_field::{Details, FieldOwner, same_name};
use crate::domain::entities::entitlement::Holder;
use crate::domain::entities::organization::Organization;
use crate::domain::entities::person::Person;
use crate::domain::error::Error;
use crate::domain::site::Site;

/// How many profiles one request fetches.
const MOST_FETCHED: usize = 25;

impl Site {
    /// The customers who have all of these values, given as names of fields and values.
    pub(crate) fn find_customers(&self, wanted: &[(&str, Option<&str>)]) -> Result<Vec<&Person>, Error> {
        if wanted.is_empty() {
            return Err(Error::invalid("At least one detail field to search by is needed."));
        }
        let has = |details: &Details, name: &str, value: Option<&str>| {
            let mut fields = details.iter().filter(|(field, _)| same_name(field, name));
            fields.any(|(_, values)| values.iter().any(|held| Some(held.as_str()) == value))
        };
        let matches =
            |person: &&Person| wanted.iter().all(|(name, value)| has(&person.details, name, *value));
        Ok(self.people.values().filter(|person| person.is_customer()).filter(matches).collect())
    }

    /// The customers with these ids. Those that do not exist are left out.
    pub(crate) fn fetch_customers(&self, ids: Option<&[&str]>) -> Result<Vec<&Person>, Error> {
        let ids = needed_ids(ids, "customerIds")?;
        Ok(ids.iter().filter_map(|id| self.customer(id).ok()).collect())
    }

    /// The organizations with these ids, for their profiles. Those that do not exist are left out.
    pub(crate) fn fetch_organization_profiles(
        &self,
        ids: Option<&[&str]>,
    ) -> Result<Vec<&Organization>, Error> {
        let ids = needed_ids(ids, "organizationIds")?;
        Ok(ids.iter().filter_map(|id| self.organization_named(id).ok()).collect())
    }

    /// Creates a customer with a profile, and returns the account id.
    pub(crate) fn create_customer_profile(
        &mut self,
        account: &AccountPayload,
        profile: &Profile,
    ) -> Result<String, Error> {
        let details = self.check_customer_profile(profile)?;
        let id = self.create_account(account.email.as_deref(), account.name.as_deref())?;
        self.write_customer_profile(&id, details, profile)?;
        Ok(id)
    }

    /// Creates an organization with a profile, and returns its id.
    pub(crate) fn create_organization_profile(
        &mut self,
        name: Option<&str>,
        profile: &Profile,
    ) -> Result<u64, Error> {
        let details = self.check_organization_profile(profile)?;
        let id = self.create_organization(name)?;
        self.write_organization_profile(id, details, profile)?;
        Ok(id)
    }

    fn check_customer_profile(&self, profile: &Profile) -> Result<Details, Error> {
        for id in &profile.organizations {
            let organization = self.organization(*id);
            organization.map_err(|_| Error::invalid(format!("There is no organization {id}.")))?;
        }
        let details = self.checked_details(FieldOwner::Customer, &profile.details)?;
        self.check_products(profile)?;
        Ok(details)
    }

    fn check_organization_profile(&self, profile: &Profile) -> Result<Details, Error> {
        for id in &profile.customers {
            self.customer(id).map_err(|_| Error::invalid(format!("There is no customer '{id}'.")))?;
        }
        let details = self.checked_details(FieldOwner::Organization, &profile.details)?;
        self.check_products(profile)?;
        Ok(details)
    }

    fn check_products(&self, profile: &Profile) -> Result<(), Error> {
        match profile.products.iter().find(|id| !self.products.contains_key(*id)) {
            Some(id) => Err(Error::invalid(format!("There is no product '{id}'."))),
            None => Ok(()),
        }
    }

    fn write_customer_profile(&mut self, id: &str, details: Details, profile: &Profile) -> Result<(), Error> {
        self.customer_mut(id)?.details.extend(details);
        for organization in &profile.organizations {
            self.organization_mut(*organization)?.members.insert(id.to_owned());
        }
        for product in &profile.products {
            self.add_entitlement(Holder::Customer(id.to_owned()), product);
        }
        Ok(())
    }

    fn write_organization_profile(
        &mut self,
        id: u64,
        details: Details,
        profile: &Profile,
    ) -> Result<(), Error> {
        let organization = self.organization_mut(id)?;
        organization.details.extend(details);
        organization.members.extend(profile.customers.iter().cloned());
        for product in &profile.products {
            self.add_entitlement(Holder::Organization(id), product);
        }
        Ok(())
    }

    /// Creates, updates or deletes an account, as an entry of a bulk operation says.
    pub(super) fn apply_account(&mut self, operation: &str, account: &AccountPayload) -> Result<(), Error> {
        let id = account.id.as_deref().unwrap_or_default();
        let name = account.name.as_deref();
        match operation {
            "CREATE" => self.create_account(account.email.as_deref(), name).map(drop),
            "UPDATE" => {
                let name = name.ok_or_else(|| Error::invalid("A displayName is needed."))?;
                self.customer_mut(id)?.name = name.to_owned();
                Ok(())
            }
            "DELETE" => self.delete_account(id),
            other => Err(unknown_operation(other)),
        }
    }

    /// Creates or updates a customer with a profile, as an entry of a bulk operation says.
    pub(super) fn apply_customer_profile(
        &mut self,
        operation: &str,
        account: &AccountPayload,
        profile: &Profile,
    ) -> Result<(), Error> {
        let details = self.check_customer_profile(profile)?;
        let name = account.name.as_deref();
        let existing = match (&account.id, &account.email) {
            (Some(id), _) => Some(self.customer(id)?.account_id.clone()),
            (None, Some(email)) => self.person_with_email(email).map(|person| person.account_id.clone()),
            (None, None) => None,
        };
        let id = match existing_to_change(operation, existing)? {
            Some(id) => id,
            None => self.create_account(account.email.as_deref(), name)?,
        };
        if let Some(name) = name {
            self.customer_mut(&id)?.name = name.to_owned();
        }
        self.write_customer_profile(&id, details, profile)
    }

    /// Creates, updates or deletes an organization, as an entry of a bulk operation says.
    pub(super) fn apply_organization(
        &mut self,
        operation: &str,
        organization: &OrganizationPayload,
    ) -> Result<(), Error> {
        if operation == "DELETE" {
            let existing = self.existing_organization(organization)?;
            return self.delete_organization(existing.ok_or(Error::NotFound("The organization"))?);
        }
        self.organization_to_write(operation, organization).map(drop)
    }

    /// Creates or updates an organization with a profile, as an entry of a bulk operation says.
    pub(super) fn apply_organization_profile(
        &mut self,
        operation: &str,
        organization: &OrganizationPayload,
        profile: &Profile,
    ) -> Result<(), Error> {
        let details = self.check_organization_profile(profile)?;
        let id = self.organization_to_write(operation, organization)?;
        self.write_organization_profile(id, details, profile)
    }

    /// The organization to write to, under the name it is to have.
    fn organization_to_write(
        &mut self,
        operation: &str,
        organization: &OrganizationPayload,
    ) -> Result<u64, Error> {
        let name = organization.name.as_deref();
        let existing = self.existing_organization(organization)?;
        let id = match existing_to_change(operation, existing)? {
            Some(id) => id,
            None => self.create_organization(name)?,
        };
        if name.is_some() {
            self.rename_organization(id, name)?;
        }
        Ok(id)
    }

    fn existing_organization(&self, organization: &OrganizationPayload) -> Result<Option<u64>, Error> {
        match (&organization.id, &organization.name) {
            (Some(id), _) => self.organization_named(id).map(|found| Some(found.id)),
            (None, Some(name)) => Ok(self.organization_by_name(name).map(|found| found.id)),
            (None, None) => Ok(None),
        }
    }
}

/// The existing thing that an operation changes; none where it creates one.
fn existing_to_change<T>(operation: &str, existing: Option<T>) -> Result<Option<T>, Error> {
    match (operation, existing) {
        ("CREATE", Some(_)) => Err(Error::invalid("It exists already.")),
        ("UPDATE", None) => Err(Error::invalid("There is nothing to update.")),
        ("CREATE" | "UPDATE" | "UPSERT", existing) => Ok(existing),
        (other, _) => Err(unknown_operation(other)),
    }
}

pub(super) fn unknown_operation(operation: &str) -> Error {
    Error::invalid(format!("There is no operation '{operation}' here."))
}

fn needed_ids<'a>(ids: Option<&'a [&'a str]>, name: &str) -> Result<&'a [&'a str], Error> {
    let ids = ids.ok_or_else(|| Error::invalid(format!("A list of {name} is needed.")))?;
    at_most(ids, MOST_FETCHED, name)?;
    Ok(ids)
}
