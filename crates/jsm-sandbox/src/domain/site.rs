//! The state of a site, and how a thing in it is found.
//!
//! The state can be read everywhere above, and changed by the rules alone.

use std::collections::BTreeMap;

use super::entities::article::Article;
use super::entities::bulk::Task;
use super::entities::detail_field::{DetailField, FieldOwner};
use super::entities::entitlement::{Entitlement, Product};
use super::entities::experience::Experience;
use super::entities::file::TemporaryFile;
use super::entities::issue::Issue;
use super::entities::organization::Organization;
use super::entities::person::{Caller, Person};
use super::entities::request_type::RequestType;
use super::entities::service_desk::ServiceDesk;
use super::error::Error;

/// How bulk tasks are worked on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskSettings {
    /// How many tasks can be unfinished before the next one is refused.
    pub(crate) limit: usize,
    /// How long one entry takes, in milliseconds.
    pub(crate) entry_millis: i64,
}

/// Texts in other languages, by the language's tag in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Translations(BTreeMap<String, BTreeMap<String, String>>);

impl Translations {
    pub(super) fn add(&mut self, language: &str, text: &str, translated: &str) {
        let texts = self.0.entry(language.to_lowercase()).or_default();
        texts.insert(text.to_owned(), translated.to_owned());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts in a language, or in the one without its region: `de` for `de-CH`.
    pub(crate) fn find(&self, tag: &str) -> Option<&BTreeMap<String, String>> {
        let tag = tag.to_lowercase();
        let mut tag = tag.as_str();
        loop {
            if let Some(texts) = self.0.get(tag) {
                return Some(texts);
            }
            tag = tag.rsplit_once('-')?.0;
        }
    }
}

/// All that exists on a site.
#[derive(Debug)]
pub(crate) struct Site {
    /// The time, in milliseconds since the Unix epoch.
    pub(super) now: i64,
    pub(super) people: BTreeMap<String, Person>,
    pub(super) desks: BTreeMap<u64, ServiceDesk>,
    pub(super) organizations: BTreeMap<u64, Organization>,
    pub(super) request_types: BTreeMap<u64, RequestType>,
    pub(super) issues: BTreeMap<u64, Issue>,
    pub(super) temporary_files: BTreeMap<String, TemporaryFile>,
    pub(super) articles: Vec<Article>,
    pub(super) detail_fields: BTreeMap<FieldOwner, Vec<DetailField>>,
    pub(super) products: BTreeMap<String, Product>,
    pub(super) entitlements: BTreeMap<String, Entitlement>,
    pub(super) experiences: BTreeMap<String, Experience>,
    pub(super) tasks: BTreeMap<String, Task>,
    pub(super) task_settings: TaskSettings,
    pub(super) translations: Translations,
    numbers: BTreeMap<&'static str, u64>,
}

impl Site {
    pub(crate) fn new(now: i64, task_settings: TaskSettings) -> Site {
        Site {
            now,
            people: BTreeMap::new(),
            desks: BTreeMap::new(),
            organizations: BTreeMap::new(),
            request_types: BTreeMap::new(),
            issues: BTreeMap::new(),
            temporary_files: BTreeMap::new(),
            articles: Vec::new(),
            detail_fields: BTreeMap::new(),
            products: BTreeMap::new(),
            entitlements: BTreeMap::new(),
            experiences: BTreeMap::new(),
            tasks: BTreeMap::new(),
            task_settings,
            translations: Translations::default(),
            numbers: BTreeMap::new(),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    pub(crate) fn translations(&self) -> &Translations {
        &self.translations
    }

    /// The next number of a kind of things. No number is given twice.
    pub(super) fn next(&mut self, kind: &'static str, first: u64) -> u64 {
        let next = self.numbers.entry(kind).or_insert(first);
        *next += 1;
        *next - 1
    }

    pub(crate) fn person(&self, account_id: &str) -> Option<&Person> {
        self.people.get(account_id)
    }

    pub(super) fn person_with_email(&self, email: &str) -> Option<&Person> {
        self.people.values().find(|person| person.email.eq_ignore_ascii_case(email))
    }

    /// The customer with this account id.
    pub(crate) fn customer(&self, account_id: &str) -> Result<&Person, Error> {
        let person = self.people.get(account_id).filter(|person| person.is_customer());
        person.ok_or(Error::NotFound("The customer"))
    }

    pub(super) fn customer_mut(&mut self, account_id: &str) -> Result<&mut Person, Error> {
        let person = self.people.get_mut(account_id).filter(|person| person.is_customer());
        person.ok_or(Error::NotFound("The customer"))
    }

    /// The service desk that a text names, whether or not the caller may see it.
    pub(crate) fn desk(&self, named: &str) -> Result<&ServiceDesk, Error> {
        let desk = self.desks.values().find(|desk| desk.is_named(named));
        desk.ok_or(Error::NotFound("The service desk"))
    }

    pub(super) fn desk_mut(&mut self, named: &str) -> Result<&mut ServiceDesk, Error> {
        let desk = self.desks.values_mut().find(|desk| desk.is_named(named));
        desk.ok_or(Error::NotFound("The service desk"))
    }

    pub(crate) fn desk_by_id(&self, id: u64) -> Option<&ServiceDesk> {
        self.desks.get(&id)
    }

    /// The organization with this id, whether or not the caller may see it.
    pub(crate) fn organization(&self, id: u64) -> Result<&Organization, Error> {
        self.organizations.get(&id).ok_or(Error::NotFound("The organization"))
    }

    pub(super) fn organization_mut(&mut self, id: u64) -> Result<&mut Organization, Error> {
        self.organizations.get_mut(&id).ok_or(Error::NotFound("The organization"))
    }

    /// The organization whose id a text is.
    pub(crate) fn organization_named(&self, id: &str) -> Result<&Organization, Error> {
        self.organization(id.parse().map_err(|_| Error::NotFound("The organization"))?)
    }

    pub(crate) fn request_type_by_id(&self, id: u64) -> Option<&RequestType> {
        self.request_types.get(&id)
    }

    /// The issue that an id or key names, if the caller may see it.
    pub(crate) fn issue(&self, caller: &Caller, named: &str) -> Result<&Issue, Error> {
        let issue = self.issue_id(named).and_then(|id| self.issues.get(&id));
        issue.filter(|issue| self.can_see(caller, issue)).ok_or(Error::NotFound("The request"))
    }

    /// The same to change it.
    pub(super) fn issue_mut(&mut self, caller: &Caller, named: &str) -> Result<&mut Issue, Error> {
        let id = self.issue(caller, named)?.id;
        self.issue_by_id_mut(id)
    }

    pub(crate) fn issue_by_id(&self, id: u64) -> Result<&Issue, Error> {
        self.issues.get(&id).ok_or(Error::NotFound("The request"))
    }

    pub(super) fn issue_by_id_mut(&mut self, id: u64) -> Result<&mut Issue, Error> {
        self.issues.get_mut(&id).ok_or(Error::NotFound("The request"))
    }

    pub(super) fn issue_id(&self, named: &str) -> Option<u64> {
        let is_named =
            |issue: &&Issue| issue.key.eq_ignore_ascii_case(named) || issue.id.to_string() == named;
        self.issues.values().find(is_named).map(|issue| issue.id)
    }

    /// Agents see every issue; others those they reported, take part in, approve, or share in an organization.
    pub(crate) fn can_see(&self, caller: &Caller, issue: &Issue) -> bool {
        let account_id = caller.account_id.as_str();
        caller.is_agent()
            || issue.reporter == account_id
            || issue.participants.contains(account_id)
            || issue.is_approved_by(account_id)
            || issue.organization.is_some_and(|id| self.is_member(account_id, id))
    }

    pub(crate) fn is_member(&self, account_id: &str, organization: u64) -> bool {
        self.organizations.get(&organization).is_some_and(|organization| organization.has_member(account_id))
    }

    /// The organizations that an account is a member of.
    pub(crate) fn organizations_of(&self, account_id: &str) -> Vec<&Organization> {
        self.organizations.values().filter(|organization| organization.has_member(account_id)).collect()
    }

    pub(crate) fn detail_fields(&self, owner: FieldOwner) -> &[DetailField] {
        self.detail_fields.get(&owner).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn product(&self, id: &str) -> Result<&Product, Error> {
        self.products.get(id).ok_or(Error::NotFound("The product"))
    }

    /// All products, in the order of their ids.
    pub(crate) fn products(&self) -> Vec<&Product> {
        self.products.values().collect()
    }

    pub(crate) fn entitlement(&self, id: &str) -> Result<&Entitlement, Error> {
        self.entitlements.get(id).ok_or(Error::NotFound("The entitlement"))
    }

    pub(crate) fn task(&self, id: &str) -> Result<&Task, Error> {
        self.tasks.get(id).ok_or(Error::NotFound("The task"))
    }

    pub(crate) fn article(&self, id: u64) -> Result<&Article, Error> {
        let article = self.articles.iter().find(|article| article.id == id);
        article.ok_or(Error::NotFound("The article"))
    }
}
