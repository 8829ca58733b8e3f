//! Reading what is on a site, for tests.

use super::entities::contents::{Attachment, Comment, Customer, CustomerRequest, Organization};
use super::entities::entitlement::Holder;
use super::entities::issue::Issue;
use super::entities::person::{Person, Role};
use super::entities::service_desk::ServiceDesk;
use super::site::Site;

impl Site {
    /// All customers, in the order in which their accounts were created.
    pub(crate) fn read_customers(&self) -> Vec<Customer> {
        let customers = self.people.values().filter(|person| person.role == Role::Customer);
        let read = |person: &Person| {
            let account_id = &person.account_id;
            let organizations = self.organizations_of(account_id);
            Customer {
                account_id: account_id.clone(),
                email: person.email.clone(),
                name: person.name.clone(),
                active: person.active,
                service_desks: self.keys_of_desks(|desk| desk.customers.contains(account_id)),
                organizations: organizations.iter().map(|found| found.name.clone()).collect(),
                products: self.names_of_products(&Holder::Customer(account_id.clone())),
                details: person.details.clone(),
            }
        };
        customers.map(read).collect()
    }

    /// All organizations, in the order in which they were created.
    pub(crate) fn read_organizations(&self) -> Vec<Organization> {
        let organizations = self.organizations.values().map(|found| Organization {
            id: found.id.to_string(),
            name: found.name.clone(),
            members: found.members.iter().map(|account_id| self.email_of(account_id)).collect(),
            service_desks: self.keys_of_desks(|desk| desk.organizations.contains(&found.id)),
            products: self.names_of_products(&Holder::Organization(found.id)),
            details: found.details.clone(),
        });
        organizations.collect()
    }

    /// All customer requests, the oldest first.
    pub(crate) fn read_issues(&self) -> Vec<CustomerRequest> {
        self.issues.values().map(|issue| self.read_issue(issue)).collect()
    }

    /// The customer request that an id or key names.
    pub(crate) fn read_issue_named(&self, named: &str) -> Option<CustomerRequest> {
        let id = self.issue_id(named)?;
        self.issues.get(&id).map(|issue| self.read_issue(issue))
    }

    pub(super) fn read_issue(&self, issue: &Issue) -> CustomerRequest {
        let comments = issue.comments.iter().map(|comment| Comment {
            id: comment.id.to_string(),
            author: self.email_of(&comment.author),
            body: comment.body.clone(),
            public: comment.public,
        });
        let attachments = issue.attachments.iter().map(|attachment| Attachment {
            id: attachment.id.to_string(),
            name: attachment.file.name.clone(),
            media_type: attachment.file.media_type.clone(),
            content: attachment.file.bytes.clone(),
            public: attachment.public,
        });
        let kind = self.request_type_by_id(issue.request_type);
        let organization = issue.organization.and_then(|id| self.organizations.get(&id));
        CustomerRequest {
            id: issue.id.to_string(),
            key: issue.key.clone(),
            service_desk: self.desk_by_id(issue.desk).map(|desk| desk.key.clone()).unwrap_or_default(),
            request_type: kind.map(|kind| kind.name.clone()).unwrap_or_default(),
            reporter: self.email_of(&issue.reporter),
            participants: issue.participants.iter().map(|account_id| self.email_of(account_id)).collect(),
            organization: organization.map(|found| found.name.clone()),
            status: issue.status().name.clone(),
            summary: issue.summary().to_owned(),
            fields: issue.fields.clone(),
            comments: comments.collect(),
            attachments: attachments.collect(),
        }
    }

    /// The email address of an account, or its id where it is deleted.
    fn email_of(&self, account_id: &str) -> String {
        self.person(account_id).map_or(account_id, |person| person.email.as_str()).to_owned()
    }

    fn keys_of_desks(&self, is_wanted: impl Fn(&&ServiceDesk) -> bool) -> Vec<String> {
        self.desks.values().filter(is_wanted).map(|desk| desk.key.clone()).collect()
    }

    fn names_of_products(&self, holder: &Holder) -> Vec<String> {
        let held = self.entitlements.values().filter(|found| found.holder == *holder);
        held.filter_map(|found| self.products.get(&found.product))
            .map(|product| product.name.clone())
            .collect()
    }
}
