//! Request types: found, created, deleted, and who may raise a request of them.

use serde_json::Value;

use crate::domain::entities::field::{Field, FieldOption};
use crate::domain::entities::person::{Caller, Role};
use crate::domain::entities::properties::Properties;
use crate::domain::entities::request_type::RequestType;
use crate::domain::error::Error;
use crate::domain::site::Site;

/// The issue types that a request type can be built on.
const ISSUE_TYPES: std::ops::RangeInclusive<u64> = 10_001..=10_005;
/// How many request types one request checks.
const MOST_CHECKED: usize = 50;

/// Which request types are wanted.
#[derive(Debug, Default)]
pub(crate) struct RequestTypeFilter<'a> {
    /// Part of the name or the description.
    pub(crate) text: &'a str,
    /// Whether a text also finds types that are hidden in the portal.
    pub(crate) hidden: bool,
    pub(crate) restricted: Option<bool>,
    /// Ids of service desks; all where there is none.
    pub(crate) desks: Vec<&'a str>,
    pub(crate) group: Option<&'a str>,
}

/// A request type to create.
#[derive(Debug)]
pub(crate) struct NewRequestType<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) issue_type: Option<&'a str>,
    pub(crate) description: &'a str,
    pub(crate) help_text: &'a str,
}

/// Whose permissions for which request types are asked for.
#[derive(Debug)]
pub(crate) struct PermissionCheck<'a> {
    pub(crate) permissions: &'a [&'a str],
    /// Another account than the caller's.
    pub(crate) account_id: Option<&'a str>,
    pub(crate) request_types: &'a [u64],
}

/// The request types that an account may raise, and those that it may change.
#[derive(Debug)]
pub(crate) struct Permissions {
    pub(crate) can_create: Vec<u64>,
    pub(crate) can_administer: Vec<u64>,
}

impl RequestTypeFilter<'_> {
    fn matches(&self, kind: &RequestType) -> bool {
        let text = self.text.to_lowercase();
        let found = text.is_empty()
            || ((kind.name.to_lowercase().contains(&text)
                || kind.description.to_lowercase().contains(&text))
                && (!kind.groups.is_empty() || self.hidden));
        found
            && self.restricted.is_none_or(|restricted| kind.restricted == restricted)
            && (self.desks.is_empty() || self.desks.iter().any(|desk| *desk == kind.desk.to_string()))
            && self.group.is_none_or(|group| kind.groups.iter().any(|id| id.to_string() == group))
    }
}

impl Site {
    /// Adds a request type that asks for a summary and a description.
    pub(in crate::domain) fn add_request_type(&mut self, desk: u64, name: &str, issue_type: u64) -> u64 {
        let id = self.next("request type", 1);
        let kind = RequestType {
            id,
            desk,
            name: name.to_owned(),
            description: String::new(),
            help_text: String::new(),
            issue_type,
            groups: Vec::new(),
            restricted: false,
            fields: vec![
                Field::text("summary", "What do you need?").required(),
                Field::text_area("description", "Why do you need it?"),
            ],
            form: Vec::new(),
            approvers: Vec::new(),
            properties: Properties::default(),
        };
        self.request_types.insert(id, kind);
        id
    }

    /// Adds a field to a request type, in the place of one with the same id. Its options get ids.
    pub(in crate::domain) fn add_field(&mut self, request_type: u64, mut field: Field) {
        for option in &mut field.options {
            self.give_id(option);
            option.children.iter_mut().for_each(|child| self.give_id(child));
        }
        let Some(kind) = self.request_types.get_mut(&request_type) else { return };
        match kind.fields.iter_mut().find(|other| other.id == field.id) {
            Some(other) => *other = field,
            None => kind.fields.push(field),
        }
    }

    fn give_id(&mut self, option: &mut FieldOption) {
        option.id = self.next("option", 10_100).to_string();
    }

    /// The request types of all service desks that a caller sees.
    pub(crate) fn find_request_types(
        &self,
        caller: &Caller,
        filter: &RequestTypeFilter<'_>,
    ) -> Vec<&RequestType> {
        let is_visible = |kind: &&RequestType| {
            self.desks.get(&kind.desk).is_some_and(|desk| desk.is_visible_to(caller)) && filter.matches(kind)
        };
        self.request_types.values().filter(is_visible).collect()
    }

    /// The request types of one service desk.
    pub(crate) fn request_types_of_desk(
        &self,
        caller: &Caller,
        desk: &str,
        filter: &RequestTypeFilter<'_>,
    ) -> Result<Vec<&RequestType>, Error> {
        let desk = self.visible_desk(caller, desk)?.id;
        let kinds = self.request_types.values().filter(|kind| kind.desk == desk && filter.matches(kind));
        Ok(kinds.collect())
    }

    /// A request type of a service desk. Anonymous callers see those of every service desk.
    pub(crate) fn request_type(&self, caller: &Caller, desk: &str, id: u64) -> Result<&RequestType, Error> {
        let desk = self.desk(desk)?;
        let hidden = caller.role > Role::Anonymous && !desk.is_visible_to(caller);
        let kind = self.request_types.get(&id).filter(|kind| kind.desk == desk.id && !hidden);
        kind.ok_or(Error::NotFound("The request type"))
    }

    fn request_type_mut(&mut self, caller: &Caller, desk: &str, id: u64) -> Result<&mut RequestType, Error> {
        self.request_type(caller, desk, id)?;
        self.request_types.get_mut(&id).ok_or(Error::NotFound("The request type"))
    }

    pub(crate) fn create_request_type(
        &mut self,
        desk: &str,
        new: &NewRequestType<'_>,
    ) -> Result<&RequestType, Error> {
        let desk = self.desk(desk)?.id;
        let name = new.name.ok_or_else(|| Error::invalid("A request type needs a name."))?;
        let issue_type = new.issue_type.ok_or_else(|| Error::invalid("An issueTypeId is needed."))?;
        let issue_type = issue_type.parse().ok().filter(|id| ISSUE_TYPES.contains(id));
        let issue_type = issue_type.ok_or(Error::NotFound("The issue type"))?;
        let id = self.add_request_type(desk, name, issue_type);
        let kind = self.request_types.get_mut(&id).ok_or(Error::NotFound("The request type"))?;
        kind.description = new.description.to_owned();
        kind.help_text = new.help_text.to_owned();
        Ok(kind)
    }

    pub(crate) fn delete_request_type(&mut self, caller: &Caller, desk: &str, id: u64) -> Result<(), Error> {
        self.request_type(caller, desk, id)?;
        self.request_types.remove(&id);
        Ok(())
    }

    /// Which of these request types an account may raise, and which it may change.
    pub(crate) fn check_permissions(
        &self,
        caller: &Caller,
        desk: &str,
        check: &PermissionCheck<'_>,
    ) -> Result<Permissions, Error> {
        let desk = self.desk(desk).map_err(|_| Error::invalid("There is no such service desk."))?;
        if check.permissions.is_empty() {
            return Err(Error::invalid("Name at least one of canCreateRequest and canAdminister."));
        }
        let role = match check.account_id {
            None => caller.role,
            Some(account_id) => {
                let person = self.person(account_id);
                person.ok_or_else(|| Error::invalid(format!("'{account_id}' is no account.")))?.role
            }
        };
        if check.request_types.len() > MOST_CHECKED {
            return Err(Error::invalid(format!("At most {MOST_CHECKED} request types are checked at once.")));
        }
        let kinds = check.request_types.iter().filter_map(|id| self.request_types.get(id));
        let kinds: Vec<&RequestType> = kinds.filter(|kind| kind.desk == desk.id).collect();
        let can_create = kinds.iter().filter(|kind| kind.can_be_raised_by(role));
        let can_administer = kinds.iter().filter(|_| role == Role::Admin);
        Ok(Permissions {
            can_create: can_create.map(|kind| kind.id).collect(),
            can_administer: can_administer.map(|kind| kind.id).collect(),
        })
    }

    /// Sets a property, and says whether its key is new.
    pub(crate) fn set_request_type_property(
        &mut self,
        caller: &Caller,
        (desk, id): (&str, u64),
        key: &str,
        value: &Value,
    ) -> Result<bool, Error> {
        self.request_type_mut(caller, desk, id)?.properties.set(key, value)
    }

    pub(crate) fn delete_request_type_property(
        &mut self,
        caller: &Caller,
        (desk, id): (&str, u64),
        key: &str,
    ) -> Result<(), Error> {
        self.request_type_mut(caller, desk, id)?.properties.remove(key)
    }
}
