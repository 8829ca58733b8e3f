//! Service desks: who sees them, who their customers are, which organizations belong to them, what their queues hold.

use std::collections::BTreeSet;

use super::accounts::some_accounts;
use crate::domain::entities::issue::Issue;
use crate::domain::entities::organization::Organization;
use crate::domain::entities::person::{Caller, Person};
use crate::domain::entities::service_desk::{Holds, Queue, ServiceDesk};
use crate::domain::entities::sla::Metric;
use crate::domain::entities::workflow::{WAITING_FOR_SUPPORT, Workflow};
use crate::domain::error::Error;
use crate::domain::site::Site;

/// The fields that a queue shows by default.
const COLUMNS: [&str; 5] = ["issuetype", "summary", "created", "reporter", "status"];

impl Site {
    /// Adds a service desk with three queues.
    pub(in crate::domain) fn add_desk(&mut self, key: &str, name: &str, open_access: bool) -> u64 {
        let id = self.next("desk", 1);
        let queue = |number, name: &str, clause, holds: fn(&Issue) -> bool| Queue {
            id: id * 10 + number,
            name: name.to_owned(),
            jql: format!("project = {key} AND {clause} ORDER BY created ASC"),
            columns: COLUMNS.map(str::to_owned).to_vec(),
            holds: Holds::Rule(holds),
        };
        let queues = vec![
            queue(0, "All open", "statusCategory != Done", |issue| !issue.is_closed()),
            queue(1, "Waiting for support", "status = \"Waiting for support\"", |issue| {
                issue.status().name == WAITING_FOR_SUPPORT
            }),
            queue(2, "Recently resolved", "statusCategory = Done", Issue::is_closed),
        ];
        let desk = ServiceDesk {
            id,
            project_id: 10_000 + id,
            key: key.to_owned(),
            name: name.to_owned(),
            open_access,
            customers: BTreeSet::new(),
            organizations: BTreeSet::new(),
            groups: Vec::new(),
            queues,
            workflow: Workflow::standard(),
            metrics: Metric::standard(),
            last_number: 0,
        };
        self.desks.insert(id, desk);
        id
    }

    /// The service desks that a caller sees.
    pub(crate) fn visible_desks(&self, caller: &Caller) -> Vec<&ServiceDesk> {
        self.desks.values().filter(|desk| desk.is_visible_to(caller)).collect()
    }

    /// The service desk that a text names, if the caller may see it.
    pub(crate) fn visible_desk(&self, caller: &Caller, named: &str) -> Result<&ServiceDesk, Error> {
        let desk = self.desk(named)?;
        if desk.is_visible_to(caller) { Ok(desk) } else { Err(Error::NotFound("The service desk")) }
    }

    /// The active customers of a service desk whom a text matches.
    pub(crate) fn customers(&self, desk: &str, text: &str) -> Result<Vec<&Person>, Error> {
        let text = text.trim().to_lowercase();
        let customers = self.desk(desk)?.customers.iter().filter_map(|account_id| self.person(account_id));
        Ok(customers.filter(|person| person.active && person.matches(&text)).collect())
    }

    /// Adds accounts to the customers of a service desk.
    ///
    /// Those that exist are added even when the request is refused because of the others.
    pub(crate) fn add_customers(&mut self, desk: &str, account_ids: &[&str]) -> Result<(), Error> {
        self.desk(desk)?;
        some_accounts(account_ids)?;
        let known = account_ids.iter().filter(|account_id| self.people.contains_key(**account_id));
        let known: Vec<String> = known.map(|account_id| (*account_id).to_owned()).collect();
        self.desk_mut(desk)?.customers.extend(known);
        self.check_accounts(account_ids)
    }

    /// Removes accounts from the customers of a service desk without open access.
    pub(crate) fn remove_customers(&mut self, desk: &str, account_ids: &[&str]) -> Result<(), Error> {
        let desk = self.desk_mut(desk)?;
        some_accounts(account_ids)?;
        if desk.open_access {
            return Err(Error::OpenAccess);
        }
        for account_id in account_ids {
            desk.customers.remove(*account_id);
        }
        Ok(())
    }

    /// Creates an account and adds it to the customers of a service desk.
    pub(crate) fn invite_customer(
        &mut self,
        desk: &str,
        email: Option<&str>,
        name: Option<&str>,
    ) -> Result<String, Error> {
        self.desk(desk)?;
        let account_id = self.create_customer(email, name)?;
        self.desk_mut(desk)?.customers.insert(account_id.clone());
        Ok(account_id)
    }

    /// The organizations of a service desk; with `member`, those that this account is a member of.
    pub(crate) fn organizations_of_desk(
        &self,
        caller: &Caller,
        desk: &str,
        member: Option<&str>,
    ) -> Result<Vec<&Organization>, Error> {
        self.check_member_filter(caller, member)?;
        let organizations = self.desk(desk)?.organizations.iter();
        let organizations = organizations.filter_map(|id| self.organizations.get(id));
        Ok(organizations.filter(|found| member.is_none_or(|member| found.has_member(member))).collect())
    }

    pub(crate) fn add_organization_to_desk(&mut self, desk: &str, id: Option<u64>) -> Result<(), Error> {
        let id = self.sent_organization(id)?;
        self.desk_mut(desk)?.organizations.insert(id);
        Ok(())
    }

    pub(crate) fn remove_organization_from_desk(&mut self, desk: &str, id: Option<u64>) -> Result<(), Error> {
        let id = self.sent_organization(id)?;
        self.desk_mut(desk)?.organizations.remove(&id);
        Ok(())
    }

    /// The organization that a body names. A number that cannot be an id names none that exists.
    fn sent_organization(&self, id: Option<u64>) -> Result<u64, Error> {
        let id = id.ok_or(Error::NotFound("The organization"))?;
        self.organization(id).map(|organization| organization.id)
    }

    /// A queue of a service desk.
    pub(crate) fn queue(&self, desk: &str, id: u64) -> Result<(&ServiceDesk, &Queue), Error> {
        let desk = self.desk(desk)?;
        let queue = desk.queues.iter().find(|queue| queue.id == id);
        Ok((desk, queue.ok_or(Error::NotFound("The queue"))?))
    }

    /// The issues in a queue, the oldest first.
    pub(crate) fn queue_issues(&self, desk: &ServiceDesk, queue: &Queue) -> Vec<&Issue> {
        let is_held = |issue: &&Issue| {
            issue.desk == desk.id
                && match &queue.holds {
                    Holds::Rule(holds) => holds(issue),
                    Holds::Condition(holds) => holds(&self.read_issue(issue)),
                }
        };
        self.issues.values().filter(is_held).collect()
    }
}
