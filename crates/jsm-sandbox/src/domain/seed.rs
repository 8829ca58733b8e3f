//! The data that a sandbox starts with: the demo data, or what a test describes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::demo;
use super::entities::account::Account;
use super::entities::contents::CustomerRequest;
use super::entities::field::Field;
use super::entities::service_desk::Holds;
use super::entities::sla_cycle::SlaCycle;
use super::entities::workflow::Workflow;
use super::populate::add_staff;
use super::seed_step::{Last, Step};
use super::site::Site;
use crate::clock::millis;

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

    /// Adds a service desk with two request types, such as `desk("BOOKS", "Book Shop")`. It has the customers that
    /// [`customer`](Seed::customer) adds; the account with [`Role::Customer`](crate::Role::Customer) is none of them.
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

    /// Adds a customer to the service desk that was added last. Where an account has the email address already, it becomes a
    /// customer of this service desk, too; the name has to be the same.
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

    /// Moves the request that was added last to this status of the service desk's workflow.
    pub fn status(self, name: &str) -> Seed {
        self.step(Step::Status(name.to_owned()))
    }

    /// Gives the request that was added last these cycles of an SLA, the oldest first; none leaves it without a cycle.
    /// All but the last have to be completed.
    ///
    /// By default, a request has one cycle, which begins with the request.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use jsm_sandbox::{Seed, SlaCycle};
    ///
    /// let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
    /// let seed = Seed::empty()
    ///     .desk("HELP", "Help Desk")
    ///     .sla("Time to repair", hours(8))
    ///     .customer("Ada Reader", "ada@example.com")
    ///     .request("ada@example.com", "The lamp is dark")
    ///     .sla_cycles("Time to first response", &[SlaCycle::completed(hours(1))])
    ///     .sla_cycles("Time to repair", &[SlaCycle::completed(hours(2)), SlaCycle::running(hours(9))]);
    /// ```
    pub fn sla_cycles(self, sla: &str, cycles: &[SlaCycle]) -> Seed {
        self.step(Step::SlaCycles { sla: sla.to_owned(), cycles: cycles.to_vec() })
    }

    /// Adds a comment to the request that was added last, of the account with this email address.
    pub fn comment(self, author: &str, text: &str, public: bool) -> Seed {
        self.step(Step::Comment { author: author.to_owned(), text: text.to_owned(), public })
    }

    /// Lets the account with this email address take part in the request that was added last.
    pub fn participant(self, email: &str) -> Seed {
        self.step(Step::Participant(email.to_owned()))
    }

    /// Adds a queue, besides the three that every service desk has: its JQL and its columns, as the API shows them, and
    /// which requests it holds. The sandbox does not evaluate the JQL. Columns are ids of fields.
    ///
    /// ```
    /// use jsm_sandbox::Seed;
    ///
    /// let seed = Seed::empty().desk("HELP", "Help Desk").queue(
    ///     "Laptops",
    ///     "project = HELP AND issuetype = Laptop",
    ///     &["summary", "customfield_10050"],
    ///     |request| request.request_type == "Order a laptop",
    /// );
    /// ```
    pub fn queue(
        self,
        name: &str,
        jql: &str,
        columns: &[&str],
        holds: impl Fn(&CustomerRequest) -> bool + Send + Sync + 'static,
    ) -> Seed {
        let (name, jql) = (name.to_owned(), jql.to_owned());
        let columns = columns.iter().map(|id| (*id).to_owned()).collect();
        self.step(Step::Queue { name, jql, columns, holds: Holds::Condition(Arc::new(holds)) })
    }

    /// Adds an SLA to the service desk, until a request is resolved, or changes the goal of the one with this name. Every
    /// service desk has `Time to first response` within 4 hours, and `Time to resolution` within 16.
    pub fn sla(self, name: &str, goal: Duration) -> Seed {
        self.step(Step::Sla { name: name.to_owned(), goal: millis(goal) })
    }

    /// Replaces the workflow of the service desk.
    pub fn workflow(self, workflow: Workflow) -> Seed {
        self.step(Step::Workflow(workflow))
    }

    /// Translates a text of the site, such as the name of a request type or the message of an error, into a language,
    /// such as `de` or `de-CH`.
    ///
    /// Responses have it where a request asks for the language, by the query parameter `requestLanguage` for service
    /// desks, or by the header `Accept-Language`. What people wrote is not translated.
    ///
    /// ```
    /// use jsm_sandbox::Seed;
    ///
    /// let seed = Seed::demo().translation("de", "Get help", "Hilfe holen").translation("de", "Resolved", "Gelöst");
    /// ```
    pub fn translation(self, language: &str, text: &str, translated: &str) -> Seed {
        let [language, text, translated] = [language, text, translated].map(str::to_owned);
        self.step(Step::Translation { language, text, translated })
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
