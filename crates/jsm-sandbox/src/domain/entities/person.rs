//! People with an account, their roles, and the caller of a request.

use super::detail_field::Details;

/// What an account may do on the site, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// A caller without credentials, or with credentials that were refused.
    Anonymous,
    /// Raises requests and sees their own.
    ///
    /// The account with this role is `Casey Customer`, `customer@sandbox.example.com`. Of the demo data, it sees the service
    /// desk `SHOP`. Of the service desks that a seed adds, it sees those with open access
    /// ([`Seed::open_desk`](crate::Seed::open_desk)), and those to which the seed adds it:
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use jsm_sandbox::{Role, Sandbox, Seed};
    ///
    /// let desk = Seed::empty().desk("HELP", "Help Desk");
    /// let seed = desk.customer("Casey Customer", "customer@sandbox.example.com");
    /// let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
    /// assert_eq!(sandbox.account(Role::Customer).email, "customer@sandbox.example.com");
    /// # });
    /// ```
    Customer,
    /// Works on requests and manages customers: an account with a licence.
    Agent,
    /// Administers the site. May do all that agents may.
    Admin,
}

/// A person with an account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) account_id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) active: bool,
    /// Values of the detail fields of customers.
    pub(crate) details: Details,
}

impl Person {
    /// Whether this is the account of a customer that can log in. Agents and administrators are no customers.
    pub(crate) fn is_customer(&self) -> bool {
        self.role == Role::Customer && self.active
    }

    /// Whether the text, in lower case, begins the name, a word of it, or the email address.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let name = self.name.to_lowercase();
        name.starts_with(text)
            || name.split_whitespace().any(|word| word.starts_with(text))
            || self.email.to_lowercase().starts_with(text)
    }
}

/// The caller of a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Empty for an anonymous caller.
    pub(crate) account_id: String,
    pub(crate) role: Role,
    /// What the credentials are good for; everything when there is no list.
    pub(crate) scopes: Option<Vec<String>>,
    /// The cloud ids of the sites that the credentials are good for; all sites when there is no list.
    pub(crate) sites: Option<Vec<String>>,
    /// Whether an OAuth app calls. Its requests are counted in points.
    pub(crate) is_app: bool,
}

impl Caller {
    pub(crate) fn anonymous() -> Caller {
        Caller { account_id: String::new(), role: Role::Anonymous, scopes: None, sites: None, is_app: false }
    }

    /// Whether the credentials are good for the site with this cloud id.
    pub(crate) fn reaches(&self, cloud_id: &str) -> bool {
        self.sites.as_ref().is_none_or(|sites| sites.iter().any(|site| site == cloud_id))
    }

    pub(crate) fn is_agent(&self) -> bool {
        self.role >= Role::Agent
    }

    /// Whether the credentials hold all scopes of one of these sets.
    pub(crate) fn has_scopes(&self, sets: &[&[&str]]) -> bool {
        let Some(held) = &self.scopes else { return true };
        sets.is_empty()
            || sets.iter().any(|set| set.iter().all(|scope| held.iter().any(|other| other == scope)))
    }
}
