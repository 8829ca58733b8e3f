//! Pieces that both the demo data and the seeds of tests consist of.

use std::collections::BTreeSet;

use serde_json::{Map, json};

use super::entities::account::Account;
use super::entities::field::Field;
use super::entities::person::Role;
use super::entities::service_desk::Group;
use super::rules::new_issues::NewIssue;
use super::site::Site;

/// The accounts that every site has: an administrator, an agent and a customer.
pub(super) fn add_staff(site: &mut Site) -> [Account; 3] {
    [
        ("Alex Admin", "admin", Role::Admin),
        ("Ari Agent", "agent", Role::Agent),
        ("Casey Customer", "customer", Role::Customer),
    ]
    .map(|(name, user, role)| {
        let email = format!("{user}@sandbox.example.com");
        let account_id = site.add_person(name, &email, role);
        Account { account_id, email, token: format!("sandbox-{user}-token"), role }
    })
}

pub(super) fn add_to_desk(site: &mut Site, desk: u64, account_id: &str) {
    if let Some(desk) = site.desks.get_mut(&desk) {
        desk.customers.insert(account_id.to_owned());
    }
}

/// The request types of every service desk: one for everything, and one that only agents raise.
pub(super) fn add_standard_types(site: &mut Site, desk: u64) -> [u64; 2] {
    let groups = [("Common requests", 10 * desk), ("Access", 10 * desk + 1)];
    if let Some(desk) = site.desks.get_mut(&desk) {
        desk.groups = groups.map(|(name, id)| Group { id, name: name.to_owned() }).to_vec();
    }
    let [(_, common), (_, access)] = groups;
    let general = site.add_request_type(desk, "Get help", 10_001);
    let internal = site.add_request_type(desk, "Report an incident", 10_002);
    if let Some(kind) = site.request_types.get_mut(&general) {
        kind.description = "For everything that has no form of its own".to_owned();
        kind.help_text = "Say what happened and what you expected.".to_owned();
        kind.groups = vec![common];
    }
    site.add_field(general, Field::date("duedate", "Due date"));
    site.add_field(general, Field::attachments("Files"));
    site.add_field(general, Field::text("customfield_10040", "Source").hidden());
    if let Some(kind) = site.request_types.get_mut(&internal) {
        kind.description = "For agents".to_owned();
        kind.groups = vec![access];
        kind.restricted = true;
    }
    [general, internal]
}

/// Adds an issue that has a summary, and a description made of it.
pub(super) fn add_issue(site: &mut Site, desk: u64, request_type: u64, reporter: &str, summary: &str) -> u64 {
    let fields = Map::from_iter([
        ("summary".to_owned(), json!(summary)),
        ("description".to_owned(), json!(format!("{summary}, as described on the phone"))),
    ]);
    let (reporter, participants) = (reporter.to_owned(), BTreeSet::new());
    site.add_issue(NewIssue { desk, request_type, reporter, participants, fields })
}
