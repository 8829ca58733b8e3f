//! Detail fields, which administrators define for customers, organizations and entitlements, and values for them.

use std::collections::BTreeMap;

use crate::domain::error::Error;

/// The values that one thing has, by the fields' names.
pub(crate) type Details = BTreeMap<String, Vec<String>>;

/// The kind of things that a detail field belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FieldOwner {
    Customer,
    Organization,
    Entitlement,
}

/// A field that an administrator added to all things of a kind.
#[derive(Clone, Debug)]
pub(crate) struct DetailField {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    /// The values to choose from, where the kind has such.
    pub(crate) options: Option<Vec<String>>,
}

/// What a request says of a field to add.
#[derive(Clone, Debug, Default)]
pub(crate) struct Definition {
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) options: Option<Vec<String>>,
}

/// Values for the field of a name, as a request brings them.
#[derive(Clone, Debug)]
pub(crate) struct DetailValues {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

const KINDS: [&str; 6] = ["TEXT", "SELECT", "MULTISELECT", "DATE", "EMAIL", "PHONE"];

impl Definition {
    /// The field, without its id, if the definition makes sense on its own.
    pub(crate) fn check(&self) -> Result<DetailField, Error> {
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Error::invalid("A detail field needs a name."))?.to_owned();
        let kind = self.kind.as_deref().map(str::trim);
        let kind = KINDS.into_iter().find(|known| kind == Some(known));
        let kind = kind.ok_or_else(|| Error::invalid(format!("The type is one of {}.", KINDS.join(", "))))?;
        let has_options = matches!(kind, "SELECT" | "MULTISELECT");
        if has_options && self.options.as_ref().is_none_or(Vec::is_empty) {
            return Err(Error::invalid(format!("A field of type {kind} needs options.")));
        }
        if !has_options && self.options.is_some() {
            return Err(no_options(kind));
        }
        Ok(DetailField { id: 0, name, kind, options: self.options.clone() })
    }
}

impl DetailField {
    /// Names are compared without regard to capitals and to spaces around them.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        same_name(&self.name, name)
    }

    /// Replaces the options of a field that has some.
    pub(crate) fn set_options(&mut self, options: Vec<String>) -> Result<(), Error> {
        if self.options.is_none() {
            return Err(no_options(self.kind));
        }
        self.options = Some(options);
        Ok(())
    }

    /// Refuses values that the field does not take.
    pub(crate) fn check_values(&self, values: &[String]) -> Result<(), Error> {
        let name = &self.name;
        if values.len() > 1 && self.kind != "MULTISELECT" {
            return Err(Error::invalid(format!("The field '{name}' holds one value.")));
        }
        let fits = |value: &String| match self.kind {
            "SELECT" | "MULTISELECT" => self.options.as_ref().is_some_and(|options| options.contains(value)),
            "EMAIL" => value.contains('@'),
            "PHONE" => value.starts_with('+'),
            _ => true,
        };
        match values.iter().find(|value| !fits(value)) {
            Some(value) => Err(Error::invalid(format!("The field '{name}' does not take '{value}'."))),
            None => Ok(()),
        }
    }
}

pub(crate) fn same_name(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

fn no_options(kind: &str) -> Error {
    Error::invalid(format!("A field of type {kind} takes no options."))
}
