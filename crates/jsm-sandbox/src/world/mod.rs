//! Everything that exists on the site: people, desks, organizations; requests and profiles have files of their own.
//!
//! What a caller may see or do with it is decided by the behaviours.

mod csm;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::auth::Role;
use crate::reply::Reply;

pub(crate) use csm::*;
pub(crate) use requests::*;

/// The state of a site.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) desks: BTreeMap<u64, Desk>,
    pub(crate) organizations: BTreeMap<u64, Organization>,
    pub(crate) request_types: BTreeMap<u64, RequestType>,
    pub(crate) requests: BTreeMap<u64, Request>,
    pub(crate) temporary_files: BTreeMap<String, TemporaryFile>,
    pub(crate) articles: Vec<Article>,
    pub(crate) csm: Csm,
    counters: BTreeMap<&'static str, u64>,
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) account_id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) active: bool,
    /// Values of the detail fields of customers, by the fields' names.
    pub(crate) details: BTreeMap<String, Vec<String>>,
}

/// A service desk.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) id: u64,
    pub(crate) project_id: u64,
    pub(crate) key: String,
    pub(crate) name: String,
    /// Whether anybody with an account may raise requests; nobody can be removed from such a desk.
    pub(crate) open: bool,
    pub(crate) customers: BTreeSet<String>,
    pub(crate) organizations: BTreeSet<u64>,
    pub(crate) groups: Vec<Group>,
    pub(crate) queues: Vec<Queue>,
    /// How many requests it ever had: the number in the last one's key.
    pub(crate) requests: u64,
}

/// A group of customers.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) created: i64,
    pub(crate) members: BTreeSet<String>,
    pub(crate) properties: BTreeMap<String, Value>,
    /// Values of the detail fields of organizations, by the fields' names.
    pub(crate) details: BTreeMap<String, Vec<String>>,
}

impl World {
    pub(crate) fn new(now: i64) -> World {
        World {
            now,
            people: BTreeMap::new(),
            desks: BTreeMap::new(),
            organizations: BTreeMap::new(),
            request_types: BTreeMap::new(),
            requests: BTreeMap::new(),
            temporary_files: BTreeMap::new(),
            articles: Vec::new(),
            csm: Csm::default(),
            counters: BTreeMap::new(),
        }
    }

    /// The next number of a kind of thing; numbers are never given twice.
    pub(crate) fn next(&mut self, kind: &'static str, first: u64) -> u64 {
        let next = self.counters.entry(kind).or_insert(first);
        *next += 1;
        *next - 1
    }

    /// Adds an account. Ids sort in the order in which accounts were made.
    pub(crate) fn add_person(&mut self, name: &str, email: &str, role: Role) -> String {
        let number = self.next("person", 1);
        let account_id = match role {
            Role::Customer | Role::Anonymous => {
                format!("qm:7d3c5a11-4b0c-4e57-9a00-5eedfa11b0a7:{number:08x}-0000-4000-8000-{number:012x}")
            }
            Role::Agent | Role::Admin => format!("61a9c4e2d7b3f0a8{number:08x}"),
        };
        self.people.insert(
            account_id.clone(),
            Person {
                account_id: account_id.clone(),
                email: email.to_owned(),
                name: name.to_owned(),
                role,
                active: true,
                details: BTreeMap::new(),
            },
        );
        account_id
    }

    pub(crate) fn person_with_email(&self, email: &str) -> Option<&Person> {
        self.people.values().find(|person| person.email.eq_ignore_ascii_case(email))
    }

    /// The email address for a new account, if it is one and nobody has it yet.
    ///
    /// `taken` is the status of the refusal where somebody does.
    pub(crate) fn new_email<'a>(&self, email: Option<&'a str>, taken: u16) -> Result<&'a str, Reply> {
        let email = email.map(str::trim).filter(|email| !email.is_empty());
        let email = email.ok_or_else(|| Reply::invalid("An email address is needed."))?;
        let well_formed = email.split_once('@').is_some_and(|(user, host)| {
            let labels: Vec<&str> = host.split('.').collect();
            !user.is_empty() && !host.contains('@') && labels.len() > 1 && !labels.contains(&"")
        });
        if !well_formed || email.contains(char::is_whitespace) {
            return Err(Reply::invalid(format!("'{email}' is not an email address.")));
        }
        match self.person_with_email(email) {
            Some(_) => {
                let message = format!("An account with the address {email} exists already.");
                Err(Reply::refuse(taken, "sd.customer.signup.error.email.taken", message))
            }
            None => Ok(email),
        }
    }

    pub(crate) fn add_desk(&mut self, key: &str, name: &str, open: bool) -> u64 {
        let id = self.next("desk", 1);
        let queue = |number, name, clause, holds| Queue {
            id: id * 10 + number,
            name,
            jql: format!("project = {key} AND {clause} ORDER BY created ASC"),
            holds,
        };
        let queues = vec![
            queue(0, "All open", "statusCategory != Done", |request| !request.is_closed()),
            queue(1, "Waiting for support", "status = \"Waiting for support\"", |request| {
                request.status() == WAITING_FOR_SUPPORT
            }),
            queue(2, "Recently resolved", "statusCategory = Done", Request::is_closed),
        ];
        self.desks.insert(
            id,
            Desk {
                id,
                project_id: 10_000 + id,
                key: key.to_owned(),
                name: name.to_owned(),
                open,
                customers: BTreeSet::new(),
                organizations: BTreeSet::new(),
                groups: Vec::new(),
                queues,
                requests: 0,
            },
        );
        id
    }

    pub(crate) fn add_organization(&mut self, name: &str) -> u64 {
        let id = self.next("organization", 1);
        let created = self.now;
        self.organizations.insert(
            id,
            Organization {
                id,
                name: name.to_owned(),
                created,
                members: BTreeSet::new(),
                properties: BTreeMap::new(),
                details: BTreeMap::new(),
            },
        );
        id
    }

    /// Removes an organization and whatever refers to it.
    pub(crate) fn remove_organization(&mut self, id: u64) {
        self.organizations.remove(&id);
        for desk in self.desks.values_mut() {
            desk.organizations.remove(&id);
        }
        for request in self.requests.values_mut().filter(|request| request.organization == Some(id)) {
            request.organization = None;
        }
        for experience in self.csm.experiences.values_mut() {
            if let Some(organizations) = &mut experience.organizations {
                organizations.remove(&id);
            }
        }
        self.csm.entitlements.retain(|_, entitlement| entitlement.holder != Holder::Organization(id));
    }

    /// The desk that a path names by its id, its project's key, or either of them with a prefix.
    pub(crate) fn desk(&self, named: &str) -> Result<&Desk, Reply> {
        self.desk_id(named)
            .and_then(|id| self.desks.get(&id))
            .ok_or_else(|| Reply::not_found("The service desk"))
    }

    pub(crate) fn desk_mut(&mut self, named: &str) -> Result<&mut Desk, Reply> {
        self.desk_id(named)
            .and_then(|id| self.desks.get_mut(&id))
            .ok_or_else(|| Reply::not_found("The service desk"))
    }

    fn desk_id(&self, named: &str) -> Option<u64> {
        let mut desks = self.desks.values();
        let found = match named.split_once(':') {
            Some(("serviceDeskId", id)) => desks.find(|desk| desk.id.to_string() == id),
            Some(("projectKey", key)) => desks.find(|desk| desk.key == key),
            Some(("projectId", id)) => desks.find(|desk| desk.project_id.to_string() == id),
            Some(_) => None,
            None => desks.find(|desk| desk.id.to_string() == named || desk.key == named),
        };
        found.map(|desk| desk.id)
    }

    pub(crate) fn organization(&self, id: u64) -> Result<&Organization, Reply> {
        self.organizations.get(&id).ok_or_else(|| Reply::not_found("The organization"))
    }

    pub(crate) fn organization_mut(&mut self, id: u64) -> Result<&mut Organization, Reply> {
        self.organizations.get_mut(&id).ok_or_else(|| Reply::not_found("The organization"))
    }
}

impl Person {
    /// The user as Jira Service Management writes one.
    pub(crate) fn render(&self, base: &str) -> Value {
        let mut id = form_urlencoded::Serializer::new(String::new());
        id.append_pair("accountId", &self.account_id);
        let address = format!("{base}/rest/api/2/user?{}", id.finish());
        let avatar = |size: u32| format!("{base}/avatar/{size}.png");
        json!({
            "accountId": self.account_id,
            "emailAddress": self.email,
            "displayName": self.name,
            "active": self.active,
            "timeZone": "Etc/UTC",
            "_links": {
                "self": address,
                "jiraRest": address,
                "avatarUrls": {
                    "16x16": avatar(16), "24x24": avatar(24), "32x32": avatar(32), "48x48": avatar(48),
                },
            },
        })
    }
}
