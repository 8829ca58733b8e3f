//! Changes of an issue's fields by agents, and the people whom agents find.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field_values::{LINE, is_line};
use crate::domain::entities::person::{Caller, Person};
use crate::domain::error::Error;
use crate::domain::site::Site;

impl Site {
    /// The people for whom a condition holds. Only agents may browse users, and others find none.
    pub(crate) fn find_people(&self, caller: &Caller, is_wanted: impl Fn(&Person) -> bool) -> Vec<&Person> {
        match caller.is_agent() {
            true => self.people.values().filter(|person| is_wanted(person)).collect(),
            false => Vec::new(),
        }
    }

    /// Changes fields of an issue. `null` empties a field; the summary cannot be empty.
    pub(crate) fn edit_issue(
        &mut self,
        caller: &Caller,
        named: &str,
        fields: Map<String, Value>,
    ) -> Result<(), Error> {
        let issue = self.issue(caller, named)?;
        if !caller.is_agent() {
            return Err(Error::Forbidden("Only agents change the fields of an issue."));
        }
        let kind = self.request_type_by_id(issue.request_type);
        let is_known = |id: &str| kind.is_some_and(|kind| kind.fields.iter().any(|field| field.id == id));
        let errors: BTreeMap<String, String> = fields
            .iter()
            .filter_map(|(id, value)| {
                let fits = || value.as_str().is_some_and(|text| !text.trim().is_empty() && is_line(text));
                let why = match id.as_str() {
                    "summary" if fits() => return None,
                    "summary" => format!("The summary takes {LINE}, and cannot be empty."),
                    "attachment" => "Files are attached, and not set.".to_owned(),
                    id if is_known(id) => return None,
                    _ => "The issue has no such field, or it cannot be changed.".to_owned(),
                };
                Some((id.clone(), why))
            })
            .collect();
        if !errors.is_empty() {
            return Err(Error::InvalidFields(errors));
        }
        let now = self.now;
        let issue = self.issue_mut(caller, named)?;
        for (id, value) in fields {
            match value {
                Value::Null => issue.fields.remove(&id),
                value => issue.fields.insert(id, value),
            };
        }
        issue.updated = now;
        Ok(())
    }
}
