//! Reading what is on the sites of a sandbox.

use std::fmt;

use crate::domain::entities::contents::{Customer, CustomerRequest, Organization};
use crate::pipeline::state::Service;
use crate::sandbox::Sandbox;

/// What is on one of the sites of a sandbox, as [`Sandbox::contents`] reads it. Each function reads it anew.
#[derive(Clone, Copy)]
pub struct Contents<'a> {
    service: &'a Service,
    site: usize,
}

impl Sandbox {
    /// All customers, in the order in which their accounts were created. The [account](Sandbox::account) of a customer is
    /// among them. With several sites, these are the customers of the first.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// // ... a program imports customers ...
    /// let fred = sandbox.customers().into_iter().find(|customer| customer.name == "Fred Fuchs").unwrap();
    /// assert_eq!((fred.active, fred.service_desks.as_slice()), (true, ["HELP".to_owned()].as_slice()));
    /// ```
    pub fn customers(&self) -> Vec<Customer> {
        self.first().customers()
    }

    /// All organizations, in the order in which they were created; with several sites, those of the first.
    pub fn organizations(&self) -> Vec<Organization> {
        self.first().organizations()
    }

    /// All customer requests, the oldest first; with several sites, those of the first. Requests of HTTP are in
    /// [`requests`](Sandbox::requests).
    pub fn customer_requests(&self) -> Vec<CustomerRequest> {
        self.first().customer_requests()
    }

    /// The customer request with this key or id; with several sites, on the first.
    ///
    /// ```
    /// # let sandbox = jsm_sandbox::Sandbox::builder().start_blocking().unwrap();
    /// // ... a program comments on a request ...
    /// let request = sandbox.customer_request("HELP-1").unwrap();
    /// assert_eq!(request.comments[0].body, "We are looking into it.");
    /// ```
    pub fn customer_request(&self, key: &str) -> Option<CustomerRequest> {
        self.first().customer_request(key)
    }

    /// What is on the site with this cloud id; none where there is no such site.
    ///
    /// ```
    /// use jsm_sandbox::{Sandbox, Seed};
    ///
    /// let seed = Seed::empty().desk("BOOKS", "Book Shop").customer("Ada Reader", "ada@example.com");
    /// let sandbox = Sandbox::builder().site("Moss", seed).start_blocking().unwrap();
    /// let moss = sandbox.contents(&sandbox.sites()[1].cloud_id).unwrap();
    /// assert!(moss.customers().iter().any(|customer| customer.name == "Ada Reader"));
    /// ```
    pub fn contents(&self, cloud_id: &str) -> Option<Contents<'_>> {
        let site = self.sites().iter().position(|site| site.cloud_id == cloud_id)?;
        Some(Contents { service: &self.service, site })
    }

    fn first(&self) -> Contents<'_> {
        Contents { service: &self.service, site: 0 }
    }
}

impl Contents<'_> {
    /// All customers, in the order in which their accounts were created.
    pub fn customers(&self) -> Vec<Customer> {
        self.service.lock().site(self.site).read_customers()
    }

    /// All organizations, in the order in which they were created.
    pub fn organizations(&self) -> Vec<Organization> {
        self.service.lock().site(self.site).read_organizations()
    }

    /// All customer requests, the oldest first.
    pub fn customer_requests(&self) -> Vec<CustomerRequest> {
        self.service.lock().site(self.site).read_issues()
    }

    /// The customer request with this key or id.
    pub fn customer_request(&self, key: &str) -> Option<CustomerRequest> {
        self.service.lock().site(self.site).read_issue_named(key)
    }
}

impl fmt::Debug for Contents<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = self.service.origins.site(self.site);
        formatter.debug_struct("Contents").field("site", &site).finish_non_exhaustive()
    }
}
