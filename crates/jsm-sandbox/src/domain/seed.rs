//! The data that a sandbox starts with: the demo data, or what a test describes.

use serde_json::Value;

use super::credentials::Account;
use super::demo;
use super::entities::field::Field;
use super::populate::add_staff;
use super::seed_step::{Last, Step};
use super::site::Site;

/// The data that a sandbox starts with.
///
/// A seed is a list of things to add, in order. Customers, organizations, request types and requests go to the service
/// desk that was added last; what describes a request type or a request, to the one that was added last. A sandbox does
/// not start with a seed that names what does not exist.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use jsm_sandbox::{Field, Sandbox, Seed};
///
/// let seed = Seed::empty()
///     .desk("BOOKS", "Book Shop")
///     .request_type("Report a misprint")
///     .field(Field::select("customfield_10050", "Edition", &["Hardcover", "Paperback"]).required())
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

    /// Adds a request type, which asks for a summary, and takes a description. The portal lists it under "Common
    /// requests".
    pub fn request_type(self, name: &str) -> Seed {
        self.step(Step::RequestType { name: name.to_owned() })
    }

    /// Describes the request type that was added last.
    pub fn description(self, text: &str) -> Seed {
        self.step(Step::Description(text.to_owned()))
    }

    /// Gives the request type that was added last a text that helps to fill it in.
    pub fn help_text(self, text: &str) -> Seed {
        self.step(Step::HelpText(text.to_owned()))
    }

    /// Lists the request type that was added last under a heading of the portal, which is added where there is none.
    pub fn group(self, name: &str) -> Seed {
        self.step(Step::Group(name.to_owned()))
    }

    /// Lets only agents raise requests of the type that was added last.
    pub fn agents_only(self) -> Seed {
        self.step(Step::AgentsOnly)
    }

    /// Adds a field to the request type that was added last, in the place of one with the same id.
    pub fn field(self, field: Field) -> Seed {
        self.step(Step::Field(field))
    }

    /// Gives the request type that was added last a form, by the ids of the questions that have to be answered.
    pub fn form(self, questions: &[&str]) -> Seed {
        self.step(Step::Form(questions.iter().map(|id| (*id).to_owned()).collect()))
    }

    /// Lets the account with this email address approve requests of the type that was added last. With several, all of
    /// them have to.
    pub fn approver(self, email: &str) -> Seed {
        self.step(Step::Approver(email.to_owned()))
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
    /// no account. It is of the request type that the seed added to the service desk last, "Get help" if it added none.
    pub fn request(self, reporter: &str, summary: &str) -> Seed {
        self.step(Step::Request { reporter: reporter.to_owned(), summary: summary.to_owned() })
    }

    /// Makes the request that was added last one of this type, by its name.
    pub fn of_request_type(self, name: &str) -> Seed {
        self.step(Step::OfRequestType(name.to_owned()))
    }

    /// Gives the request that was added last a value for a field, by the field's id.
    pub fn value(self, field: &str, value: Value) -> Seed {
        self.step(Step::Value { field: field.to_owned(), value })
    }

    /// Adds a product.
    pub fn product(self, name: &str) -> Seed {
        self.step(Step::Product { name: name.to_owned() })
    }

    fn step(mut self, step: Step) -> Seed {
        self.steps.push(step);
        self
    }

    /// Fills a site, and returns the accounts of an administrator, an agent and a customer, or says what is wrong.
    pub(crate) fn fill(&self, site: &mut Site) -> Result<[Account; 3], String> {
        let staff = add_staff(site);
        if self.demo {
            demo::fill(site, &staff);
        }
        let desk = site.desks.keys().next_back().copied().unwrap_or_default();
        let mut last = Last { desk, request_type: None, issue: None };
        for step in &self.steps {
            step.add(site, &staff, &mut last)?;
        }
        Ok(staff)
    }
}
