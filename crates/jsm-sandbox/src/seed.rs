//! The worlds a sandbox can start from.
//!
//! What happens to them afterwards is up to the requests that arrive.

use std::collections::BTreeSet;

use serde_json::{Map, json};

use crate::auth::{Account, Role};
use crate::world::{Article, DetailField, Field, FieldKind, Group, IN_PROGRESS, NewRequest, RESOLVED, World};

/// How many customers the demo world has.
const CUSTOMERS: usize = 250;

const FIRST_NAMES: &[&str] = &[
    "Ada", "Boris", "Chen", "Dana", "Elif", "Fred", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona",
    "Noor", "Olga", "Paul", "Quinn", "Rosa", "Sami", "Tara", "Uma", "Vera", "Wim", "Xenia", "Yusuf", "Zoe",
];
const LAST_NAMES: &[&str] =
    &["Adler", "Brook", "Castro", "Diaz", "Engel", "Fuchs", "Garcia", "Holm", "Ivanov", "Jansen", "Smith"];

/// What exists when a sandbox starts.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use jsm_sandbox::{Sandbox, Seed};
///
/// let seed = Seed::empty()
///     .desk("BOOKS", "Book Shop")
///     .customer("Ada Reader", "ada@example.com")
///     .organization("Readers", &["ada@example.com"])
///     .request("ada@example.com", "My book has no ending");
/// let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Seed {
    demo: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Desk { key: String, name: String, open: bool },
    Customer { name: String, email: String },
    Organization { name: String, members: Vec<String> },
    Request { reporter: String, summary: String },
    Product { name: String },
}

impl Seed {
    /// Nothing but the accounts that log in.
    pub fn empty() -> Seed {
        Seed { demo: false, steps: Vec::new() }
    }

    /// Two desks: `HELP` with 250 customers, and `SHOP`, which is open to everybody. Five organizations; request types
    /// with fields, a form and an approval; requests in several states; articles, products, detail fields and two
    /// help centers.
    pub fn demo() -> Seed {
        Seed { demo: true, steps: Vec::new() }
    }

    /// Adds a desk with two request types. What follows goes to this desk.
    pub fn desk(self, key: &str, name: &str) -> Seed {
        self.step(Step::Desk { key: key.to_owned(), name: name.to_owned(), open: false })
    }

    /// Adds a desk that is open to everybody. What follows goes to this desk.
    pub fn open_desk(self, key: &str, name: &str) -> Seed {
        self.step(Step::Desk { key: key.to_owned(), name: name.to_owned(), open: true })
    }

    /// Adds a customer to the last desk.
    pub fn customer(self, name: &str, email: &str) -> Seed {
        self.step(Step::Customer { name: name.to_owned(), email: email.to_owned() })
    }

    /// Adds an organization of these customers to the last desk. Addresses of nobody are passed over.
    pub fn organization(self, name: &str, members: &[&str]) -> Seed {
        let members = members.iter().map(|email| (*email).to_owned()).collect();
        self.step(Step::Organization { name: name.to_owned(), members })
    }

    /// Adds a request of this customer to the last desk. An address of nobody makes it the administrator's.
    pub fn request(self, reporter: &str, summary: &str) -> Seed {
        self.step(Step::Request { reporter: reporter.to_owned(), summary: summary.to_owned() })
    }

    /// Adds a product.
    pub fn product(self, name: &str) -> Seed {
        self.step(Step::Product { name: name.to_owned() })
    }

    fn step(mut self, step: Step) -> Seed {
        self.steps.push(step);
        self
    }

    pub(crate) fn fill(&self, world: &mut World, staff: &[Account; 3]) {
        if self.demo {
            demo(world, staff);
        }
        let mut desk = world.desks.keys().next_back().copied().unwrap_or_default();
        for step in &self.steps {
            match step {
                Step::Desk { key, name, open } => {
                    desk = world.add_desk(key, name, *open);
                    standard_types(world, desk);
                }
                Step::Customer { name, email } => {
                    let account_id = world.add_person(name, email, Role::Customer);
                    join(world, desk, &account_id);
                }
                Step::Organization { name, members } => {
                    let id = world.add_organization(name);
                    let members: Vec<String> = members
                        .iter()
                        .filter_map(|email| Some(world.person_with_email(email)?.account_id.clone()))
                        .collect();
                    if let Some(organization) = world.organizations.get_mut(&id) {
                        organization.members.extend(members);
                    }
                    if let Some(desk) = world.desks.get_mut(&desk) {
                        desk.organizations.insert(id);
                    }
                }
                Step::Request { reporter, summary } => {
                    let reporter = world.person_with_email(reporter).map(|person| person.account_id.clone());
                    let reporter = reporter.unwrap_or_else(|| staff[0].account_id.clone());
                    let kind =
                        world.request_types.values().find(|kind| kind.desk == desk).map(|kind| kind.id);
                    file(world, desk, kind.unwrap_or_default(), &reporter, summary);
                }
                Step::Product { name } => drop(world.add_product(name)),
            }
        }
    }
}

/// The accounts that every site has: an administrator, an agent and a customer.
pub(crate) fn staff(world: &mut World) -> [Account; 3] {
    [
        ("Alex Admin", "admin", Role::Admin),
        ("Ari Agent", "agent", Role::Agent),
        ("Casey Customer", "customer", Role::Customer),
    ]
    .map(|(name, user, role)| {
        let email = format!("{user}@sandbox.example.com");
        let account_id = world.add_person(name, &email, role);
        Account { account_id, email, token: format!("sandbox-{user}-token"), role }
    })
}

/// Lets somebody into a desk.
fn join(world: &mut World, desk: u64, account_id: &str) {
    if let Some(desk) = world.desks.get_mut(&desk) {
        desk.customers.insert(account_id.to_owned());
    }
}

/// The request types of every desk: one for everything, and one that only agents raise.
fn standard_types(world: &mut World, desk: u64) -> [u64; 2] {
    let groups = [("Common requests", 10 * desk), ("Access", 10 * desk + 1)];
    if let Some(desk) = world.desks.get_mut(&desk) {
        desk.groups = groups.map(|(name, id)| Group { id, name: name.to_owned() }).to_vec();
    }
    let [(_, common), (_, access)] = groups;
    let general = world.add_request_type(desk, "Get help", 10_001);
    let internal = world.add_request_type(desk, "Report an incident", 10_002);
    if let Some(kind) = world.request_types.get_mut(&general) {
        kind.description = "For everything that has no form of its own".to_owned();
        kind.help_text = "Say what happened and what you expected.".to_owned();
        kind.groups = vec![common];
        kind.fields.extend([
            Field { id: "duedate", name: "Due date", required: false, visible: true, kind: FieldKind::Date },
            Field {
                id: "attachment",
                name: "Files",
                required: false,
                visible: true,
                kind: FieldKind::Attachments,
            },
            Field {
                id: "customfield_10040",
                name: "Source",
                required: false,
                visible: false,
                kind: FieldKind::Text,
            },
        ]);
    }
    if let Some(kind) = world.request_types.get_mut(&internal) {
        kind.description = "For agents".to_owned();
        kind.groups = vec![access];
        kind.restricted = true;
    }
    [general, internal]
}

/// Files a request that says nothing but its summary.
fn file(world: &mut World, desk: u64, request_type: u64, reporter: &str, summary: &str) -> u64 {
    let fields = Map::from_iter([
        ("summary".to_owned(), json!(summary)),
        ("description".to_owned(), json!(format!("{summary}, as described on the phone"))),
    ]);
    world.add_request(NewRequest { desk, request_type, reporter, participants: BTreeSet::new(), fields })
}

fn demo(world: &mut World, staff: &[Account; 3]) {
    let help = world.add_desk("HELP", "Help Desk", false);
    let shop = world.add_desk("SHOP", "Shop Support", true);
    let [general, _] = standard_types(world, help);
    let [shop_general, _] = standard_types(world, shop);
    special_types(world, help, staff);
    let customers = people(world, help, shop);
    join(world, shop, &staff[2].account_id);
    requests(world, staff, &customers, [(help, general), (shop, shop_general)]);
    world.articles = articles(help, shop);
    customer_service(world, help, shop);
}

/// A request type with an approval, and one with a form.
fn special_types(world: &mut World, desk: u64, staff: &[Account; 3]) {
    let access = world.add_request_type(desk, "Ask for access", 10_003);
    if let Some(kind) = world.request_types.get_mut(&access) {
        kind.groups = vec![10 * desk + 1];
        kind.approvers = vec![staff[0].account_id.clone()];
        kind.fields.extend([
            Field {
                id: "customfield_10050",
                name: "System",
                required: true,
                visible: true,
                kind: FieldKind::Choice(&[("10100", "Wiki"), ("10101", "Payroll"), ("10102", "Warehouse")]),
            },
            Field {
                id: "customfield_10051",
                name: "Manager",
                required: false,
                visible: true,
                kind: FieldKind::User,
            },
        ]);
    }
    let form = world.add_request_type(desk, "Order a laptop", 10_004);
    if let Some(kind) = world.request_types.get_mut(&form) {
        kind.groups = vec![10 * desk];
        kind.form = vec!["1", "2"];
    }
}

/// The customers, in desks and organizations.
fn people(world: &mut World, help: u64, shop: u64) -> Vec<String> {
    let organizations: Vec<u64> = ["Acme", "Birch Books", "Cedar Cycles", "Dune Dairy", "Elm Energy"]
        .into_iter()
        .map(|name| world.add_organization(name))
        .collect();
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        let first = FIRST_NAMES[number % FIRST_NAMES.len()];
        let last = LAST_NAMES[number % LAST_NAMES.len()];
        let email = format!("{}.{}.{number}@example.com", first.to_lowercase(), last.to_lowercase());
        let account_id = world.add_person(&format!("{first} {last}"), &email, Role::Customer);
        join(world, help, &account_id);
        if number % 10 == 0 {
            join(world, shop, &account_id);
        }
        if number % 3 == 0
            && let Some(organization) =
                world.organizations.get_mut(&organizations[number % organizations.len()])
        {
            organization.members.insert(account_id.clone());
        }
        customers.push(account_id);
    }
    if let Some(desk) = world.desks.get_mut(&help) {
        desk.organizations.extend(organizations.iter().take(3));
    }
    customers
}

/// Requests in several states, a minute apart, up to the moment in which the sandbox starts.
fn requests(world: &mut World, staff: &[Account; 3], customers: &[String], desks: [(u64, u64); 2]) {
    let [admin, agent, customer] = staff;
    let start = world.now;
    let topics = [
        "Printer on fire",
        "Cannot log in",
        "Order is late",
        "New keyboard",
        "Wrong invoice",
        "Slow network",
    ];
    for number in 0..60_usize {
        world.now = start - i64::try_from(60 - number).unwrap_or_default() * 60_000;
        let (desk, kind) = desks[number % 2];
        let reporter = match number % 5 {
            0 => &admin.account_id,
            1 => &customer.account_id,
            _ => &customers[number % customers.len()],
        };
        let summary = format!("{} {}", topics[number % topics.len()], number + 1);
        let id = file(world, desk, kind, reporter, &summary);
        let now = world.now;
        if number % 3 == 0 {
            let _ = world.add_comment(id, &agent.account_id, "We are looking into it.", true);
            let _ = world.add_comment(id, &agent.account_id, "Probably the usual.", false);
        }
        if let Ok(request) = world.request_mut(id) {
            match number % 4 {
                1 => request.go_to(IN_PROGRESS, now),
                2 => request.go_to(RESOLVED, now),
                _ => {}
            }
            request.participants.insert(customers[(number + 7) % customers.len()].clone());
        }
    }
    world.now = start;
    // One that waits for the administrator's approval.
    let access =
        world.request_types.values().find(|kind| !kind.approvers.is_empty()).map(|kind| (kind.desk, kind.id));
    if let Some((desk, kind)) = access {
        let id = file(world, desk, kind, &customer.account_id, "Access to the warehouse");
        if let Ok(request) = world.request_mut(id) {
            let system = json!({"id": "10102", "value": "Warehouse"});
            request.fields.insert("customfield_10050".to_owned(), system);
        }
    }
}

fn articles(help: u64, shop: u64) -> Vec<Article> {
    [
        (help, "Reset a password", "How to reset a password that was forgotten or has leaked."),
        (help, "Connect a printer", "The printer wants a name, a cable and some patience."),
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

/// What Customer Service Management adds: fields with a few values, products with a few owners, help centers.
fn customer_service(world: &mut World, help: u64, shop: u64) {
    let mut field = |name: &str, kind: &str, options: &[&str]| DetailField {
        id: world.next("detail field", 321),
        name: name.to_owned(),
        kind: kind.to_owned(),
        options: (!options.is_empty()).then(|| options.iter().map(|option| (*option).to_owned()).collect()),
    };
    let customer_fields = vec![
        field("Region", "SELECT", &["AU", "EU", "US"]),
        field("Language", "TEXT", &[]),
        field("Phone", "PHONE", &[]),
    ];
    let organization_fields = vec![field("Tier", "SELECT", &["Gold", "Silver"]), field("Since", "DATE", &[])];
    let entitlement_fields = vec![field("Seats", "TEXT", &[])];
    world.csm.customer_fields = customer_fields;
    world.csm.organization_fields = organization_fields;
    world.csm.entitlement_fields = entitlement_fields;
    let customers = world.people.values_mut().filter(|person| person.role == Role::Customer);
    for (number, person) in customers.enumerate() {
        let region = ["AU", "EU", "US"][number % 3];
        person.details.insert("Region".to_owned(), vec![region.to_owned()]);
    }
    for name in ["Widget", "Gadget", "Sprocket"] {
        world.add_product(name);
    }
    let organizations = world.organizations.keys().take(2).copied().collect();
    world.add_experience("Help", help, None);
    world.add_experience("Shop", shop, Some(organizations));
}
