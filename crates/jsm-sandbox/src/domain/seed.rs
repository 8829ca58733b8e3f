//! The data that a sandbox starts with: the demo data, or what a test describes.

use super::credentials::Account;
use super::demo;
use super::entities::person::Role;
use super::populate::{add_issue, add_staff, add_standard_types, add_to_desk};
use super::site::Site;

/// The data that a sandbox starts with.
///
/// A seed is a list of things to add, in order. Customers, organizations and requests go to the service desk that was
/// added last.
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
    Desk { key: String, name: String, open_access: bool },
    Customer { name: String, email: String },
    Organization { name: String, members: Vec<String> },
    Request { reporter: String, summary: String },
    Product { name: String },
}

impl Seed {
    /// Nothing but the three accounts of [`Sandbox::account`](crate::Sandbox::account).
    pub fn empty() -> Seed {
        Seed { demo: false, steps: Vec::new() }
    }

    /// The demo data, with which a sandbox starts by default.
    ///
    /// Two service desks: `HELP` with 250 customers, and `SHOP` with open access. Five organizations; request types with
    /// fields, a form and an approval; 61 requests in several states; articles, products, detail fields and two help
    /// centers.
    pub fn demo() -> Seed {
        Seed { demo: true, steps: Vec::new() }
    }

    /// Adds a service desk with two request types, such as `desk("BOOKS", "Book Shop")`.
    pub fn desk(self, key: &str, name: &str) -> Seed {
        self.step(Step::Desk { key: key.to_owned(), name: name.to_owned(), open_access: false })
    }

    /// Adds a service desk with open access: all customers may raise requests, and none can be removed from it.
    pub fn open_desk(self, key: &str, name: &str) -> Seed {
        self.step(Step::Desk { key: key.to_owned(), name: name.to_owned(), open_access: true })
    }

    /// Adds a customer.
    pub fn customer(self, name: &str, email: &str) -> Seed {
        self.step(Step::Customer { name: name.to_owned(), email: email.to_owned() })
    }

    /// Adds an organization whose members have these email addresses. An address without an account is ignored.
    pub fn organization(self, name: &str, members: &[&str]) -> Seed {
        let members = members.iter().map(|email| (*email).to_owned()).collect();
        self.step(Step::Organization { name: name.to_owned(), members })
    }

    /// Adds a request of the customer with this email address. The administrator is its reporter where the address has
    /// no account.
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

    /// Fills a site, and returns the accounts of an administrator, an agent and a customer.
    pub(crate) fn fill(&self, site: &mut Site) -> [Account; 3] {
        let staff = add_staff(site);
        if self.demo {
            demo::fill(site, &staff);
        }
        let mut desk = site.desks.keys().next_back().copied().unwrap_or_default();
        for step in &self.steps {
            match step {
                Step::Desk { key, name, open_access } => {
                    desk = site.add_desk(key, name, *open_access);
                    add_standard_types(site, desk);
                }
                Step::Customer { name, email } => {
                    let account_id = site.add_person(name, email, Role::Customer);
                    add_to_desk(site, desk, &account_id);
                }
                Step::Organization { name, members } => {
                    let id = site.add_organization(name);
                    let members = members.iter().filter_map(|email| site.person_with_email(email));
                    let members: Vec<String> = members.map(|person| person.account_id.clone()).collect();
                    if let Ok(organization) = site.organization_mut(id) {
                        organization.members.extend(members);
                    }
                    if let Some(desk) = site.desks.get_mut(&desk) {
                        desk.organizations.insert(id);
                    }
                }
                Step::Request { reporter, summary } => {
                    let reporter = site.person_with_email(reporter).map(|person| person.account_id.clone());
                    let reporter = reporter.unwrap_or_else(|| staff[0].account_id.clone());
                    let mut kinds = site.request_types.values();
                    let kind = kinds.find(|kind| kind.desk == desk).map(|kind| kind.id).unwrap_or_default();
                    add_issue(site, desk, kind, &reporter, summary);
                }
                Step::Product { name } => drop(site.add_product(name)),
            }
        }
        staff
    }
}
