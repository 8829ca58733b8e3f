//! The demo data: two service desks with people, requests, articles, products and help centers.

use serde_json::json;

use super::entities::account::Account;
use super::entities::article::Article;
use super::entities::detail_field::{Definition, FieldOwner};
use super::entities::field::Field;
use super::entities::person::Role;
use super::entities::workflow::{IN_PROGRESS, RESOLVED, Status, StatusCategory};
use super::populate::{add_issue, add_standard_types, add_to_desk};
use super::site::Site;

/// How many customers there are.
const CUSTOMERS: usize = 250;

const FIRST_NAMES: &[&str] = &[
    "Ada", "Boris", "Chen", "Dana", "Elif", "Fred", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona",
    "Noor", "Olga", "Paul", "Quinn", "Rosa", "Sami", "Tara", "Uma", "Vera", "Wim", "Xenia", "Yusuf", "Zoe",
];
const LAST_NAMES: &[&str] =
    &["Adler", "Brook", "Castro", "Diaz", "Engel", "Fuchs", "Garcia", "Holm", "Ivanov", "Jansen", "Smith"];

/// Adds the demo data to a site that has the staff already.
pub(super) fn fill(site: &mut Site, staff: &[Account; 3]) {
    let help = site.add_desk("HELP", "Help Desk", false);
    let shop = site.add_desk("SHOP", "Shop Support", true);
    let [general, _] = add_standard_types(site, help);
    let [shop_general, _] = add_standard_types(site, shop);
    add_special_types(site, help, staff);
    let customers = add_customers(site, help, shop);
    add_to_desk(site, shop, &staff[2].account_id);
    add_issues(site, staff, &customers, [(help, general), (shop, shop_general)]);
    site.articles = articles(help, shop);
    add_customer_service(site, help, shop);
}

/// A request type with an approval, and one with a form.
fn add_special_types(site: &mut Site, desk: u64, staff: &[Account; 3]) {
    let access = site.add_request_type(desk, "Ask for access", 10_003);
    if let Some(kind) = site.request_types.get_mut(&access) {
        kind.groups = vec![10 * desk + 1];
        kind.approvers = vec![staff[0].account_id.clone()];
    }
    let systems = ["Wiki", "Payroll", "Warehouse"];
    site.add_field(access, Field::select("customfield_10050", "System", &systems).required());
    site.add_field(access, Field::user("customfield_10051", "Manager"));
    let form = site.add_request_type(desk, "Order a laptop", 10_004);
    if let Some(kind) = site.request_types.get_mut(&form) {
        kind.groups = vec![10 * desk];
        kind.form = vec!["1".to_owned(), "2".to_owned()];
    }
}

/// The customers of both service desks, some of them in organizations.
fn add_customers(site: &mut Site, help: u64, shop: u64) -> Vec<String> {
    let organizations: Vec<u64> = ["Acme", "Birch Books", "Cedar Cycles", "Dune Dairy", "Elm Energy"]
        .into_iter()
        .map(|name| site.add_organization(name))
        .collect();
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        let first = FIRST_NAMES[number % FIRST_NAMES.len()];
        let last = LAST_NAMES[number % LAST_NAMES.len()];
        let email = format!("{}.{}.{number}@example.com", first.to_lowercase(), last.to_lowercase());
        let account_id = site.add_person(&format!("{first} {last}"), &email, Role::Customer);
        add_to_desk(site, help, &account_id);
        if number % 10 == 0 {
            add_to_desk(site, shop, &account_id);
        }
        if number % 3 == 0
            && let Ok(organization) = site.organization_mut(organizations[number % organizations.len()])
        {
            organization.members.insert(account_id.clone());
        }
        customers.push(account_id);
    }
    if let Some(desk) = site.desks.get_mut(&help) {
        desk.organizations.extend(organizations.iter().take(3));
    }
    customers
}

/// Issues in several states, created a minute apart until the moment in which the sandbox starts.
fn add_issues(site: &mut Site, staff: &[Account; 3], customers: &[String], desks: [(u64, u64); 2]) {
    const TOPICS: [&str; 6] = [
        "Printer on fire",
        "Cannot log in",
        "Order is late",
        "New keyboard",
        "Wrong invoice",
        "Slow network",
    ];
    let [admin, agent, customer] = staff;
    let start = site.now;
    for number in 0..60_usize {
        site.now = start - i64::try_from(60 - number).unwrap_or_default() * 60_000;
        let (desk, kind) = desks[number % 2];
        let reporter = match number % 5 {
            0 => &admin.account_id,
            1 => &customer.account_id,
            _ => &customers[number % customers.len()],
        };
        let summary = format!("{} {}", TOPICS[number % TOPICS.len()], number + 1);
        let id = add_issue(site, desk, kind, reporter, &summary);
        let now = site.now;
        if number % 3 == 0 {
            let _ = site.add_comment(id, &agent.account_id, "We are looking into it.", true);
            let _ = site.add_comment(id, &agent.account_id, "Probably the usual.", false);
        }
        if let Ok(issue) = site.issue_by_id_mut(id) {
            match number % 4 {
                1 => issue.set_status(Status::new(IN_PROGRESS, StatusCategory::Indeterminate), now),
                2 => issue.set_status(Status::new(RESOLVED, StatusCategory::Done), now),
                _ => {}
            }
            issue.participants.insert(customers[(number + 7) % customers.len()].clone());
        }
    }
    site.now = start;
    // One that waits for the administrator's approval.
    let access = site.request_types.values().find(|kind| !kind.approvers.is_empty());
    if let Some((desk, kind)) = access.map(|kind| (kind.desk, kind.id)) {
        let id = add_issue(site, desk, kind, &customer.account_id, "Access to the warehouse");
        if let Ok(issue) = site.issue_by_id_mut(id) {
            let system = json!({"id": "10102", "value": "Warehouse"});
            issue.fields.insert("customfield_10050".to_owned(), system);
        }
    }
}

fn articles(help: u64, shop: u64) -> Vec<Article> {
    [
        (help, "Reset a password", "How to reset a password that was forgotten or has leaked."),
        (help, "Connect a printer", "The printer wants a name, a cable and a restart."),
        (help, "Printer on fire", "Leave the room. Then open a request."),
        (help, "Work from home", "What to bring home, and how to reach the network from there."),
        (shop, "Return an order", "Orders can be returned within thirty days."),
        (shop, "Where is my order", "How to follow an order on its way to you."),
        (shop, "Pay by invoice", "Who can pay an order by invoice, and how."),
    ]
    .into_iter()
    .zip(65_537..)
    .map(|((desk, title, text), id)| Article { id, desk, title, text })
    .collect()
}

/// What Customer Service Management adds: detail fields with a few values, products, and help centers.
fn add_customer_service(site: &mut Site, help: u64, shop: u64) {
    for (owner, name, kind, options) in [
        (FieldOwner::Customer, "Region", "SELECT", &["AU", "EU", "US"][..]),
        (FieldOwner::Customer, "Language", "TEXT", &[]),
        (FieldOwner::Customer, "Phone", "PHONE", &[]),
        (FieldOwner::Organization, "Tier", "SELECT", &["Gold", "Silver"]),
        (FieldOwner::Organization, "Since", "DATE", &[]),
        (FieldOwner::Entitlement, "Seats", "TEXT", &[]),
    ] {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let definition = Definition {
            name: Some(name.to_owned()),
            kind: Some(kind.to_owned()),
            options: (!options.is_empty()).then_some(options),
        };
        let _ = site.create_detail_field(owner, &definition);
    }
    let customers = site.people.values_mut().filter(|person| person.role == Role::Customer);
    for (number, person) in customers.enumerate() {
        let region = ["AU", "EU", "US"][number % 3];
        person.details.insert("Region".to_owned(), vec![region.to_owned()]);
    }
    for name in ["Widget", "Gadget", "Sprocket"] {
        site.add_product(name);
    }
    let organizations = site.organizations.keys().take(2).copied().collect();
    site.add_experience("Help", help, None);
    site.add_experience("Shop", shop, Some(organizations));
}
