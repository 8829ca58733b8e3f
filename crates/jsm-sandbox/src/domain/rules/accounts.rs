//! Accounts of people: created by an email address that no other account has, renamed, deactivated, deleted.

use crate::domain::entities::detail_field::Details;
use crate::domain::entities::person::{Person, Role};
use crate::domain::error::Error;
use crate::domain::site::Site;

/// What an email address has only within quotation marks, which Jira does not take.
const SPECIAL: &str = "<>()[]\"\\,:;";

impl Site {
    /// Adds an account. Ids sort in the order in which accounts were created.
    pub(in crate::domain) fn add_person(&mut self, name: &str, email: &str, role: Role) -> String {
        let number = self.next("person", 1);
        let account_id = match role {
            Role::Customer | Role::Anonymous => {
                format!("qm:7d3c5a11-4b0c-4e57-9a00-5eedfa11b0a7:{number:08x}-0000-4000-8000-{number:012x}")
            }
            Role::Agent | Role::Admin => format!("61a9c4e2d7b3f0a8{number:08x}"),
        };
        let person = Person {
            account_id: account_id.clone(),
            email: email.to_owned(),
            name: name.to_owned(),
            role,
            active: true,
            details: Details::new(),
        };
        self.people.insert(account_id.clone(), person);
        account_id
    }

    /// Creates the account of a customer, who has a name.
    pub(crate) fn create_customer(
        &mut self,
        email: Option<&str>,
        name: Option<&str>,
    ) -> Result<String, Error> {
        let email = self.new_email(email)?;
        let name = name.ok_or_else(|| Error::invalid("A display name is needed."))?;
        Ok(self.add_person(name, email, Role::Customer))
    }

    /// Creates the account of a customer. Without a name it is named by its email address.
    pub(crate) fn create_account(
        &mut self,
        email: Option<&str>,
        name: Option<&str>,
    ) -> Result<String, Error> {
        let email = self.new_email(email)?;
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        Ok(self.add_person(name.unwrap_or(email), email, Role::Customer))
    }

    /// The email address for a new account, if it is well-formed and no account has it.
    fn new_email<'a>(&self, email: Option<&'a str>) -> Result<&'a str, Error> {
        let email = email.map(str::trim).filter(|email| !email.is_empty());
        let email = email.ok_or_else(|| Error::invalid("An email address is needed."))?;
        let well_formed = email.split_once('@').is_some_and(|(user, host)| {
            let labels: Vec<&str> = host.split('.').collect();
            !user.is_empty() && !host.contains('@') && labels.len() > 1 && !labels.contains(&"")
        });
        let is_special = |c: char| c.is_whitespace() || c.is_control() || SPECIAL.contains(c);
        if !well_formed || email.contains(is_special) {
            return Err(Error::invalid(format!("'{email}' is not an email address.")));
        }
        match self.person_with_email(email) {
            Some(_) => Err(Error::EmailTaken(email.to_owned())),
            None => Ok(email),
        }
    }

    /// Renames the account of a customer.
    pub(crate) fn rename_account(&mut self, account_id: &str, name: Option<&str>) -> Result<&Person, Error> {
        self.customer(account_id)?;
        let name = name.ok_or_else(|| Error::invalid("A displayName is needed."))?.to_owned();
        let person = self.customer_mut(account_id)?;
        person.name = name;
        Ok(person)
    }

    /// Deactivates the account of a customer, who then belongs to no service desk.
    pub(crate) fn revoke_portal_access(&mut self, account_id: &str) -> Result<(), Error> {
        let person = self.people.get_mut(account_id).filter(|person| person.role == Role::Customer);
        person.ok_or(Error::NotFound("The portal-only account"))?.active = false;
        for desk in self.desks.values_mut() {
            desk.customers.remove(account_id);
        }
        Ok(())
    }

    /// Deletes the account of a customer, and takes it out of all that lists it.
    pub(crate) fn delete_account(&mut self, account_id: &str) -> Result<(), Error> {
        self.customer(account_id)?;
        self.people.remove(account_id);
        for desk in self.desks.values_mut() {
            desk.customers.remove(account_id);
        }
        for organization in self.organizations.values_mut() {
            organization.members.remove(account_id);
        }
        self.entitlements.retain(|_, entitlement| !entitlement.holder.is_customer(account_id));
        Ok(())
    }

    /// Refuses account ids of which one does not exist.
    pub(super) fn check_accounts(&self, account_ids: &[&str]) -> Result<(), Error> {
        let unknown = account_ids.iter().filter(|account_id| !self.people.contains_key(**account_id));
        let unknown: Vec<String> = unknown.map(|account_id| (*account_id).to_owned()).collect();
        if unknown.is_empty() { Ok(()) } else { Err(Error::UnknownAccounts(unknown)) }
    }
}

/// Refuses an empty list of account ids.
pub(super) fn some_accounts(account_ids: &[&str]) -> Result<(), Error> {
    match account_ids.is_empty() {
        true => Err(Error::invalid("At least one account id is needed in accountIds.")),
        false => Ok(()),
    }
}
