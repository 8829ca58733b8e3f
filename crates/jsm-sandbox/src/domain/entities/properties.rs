//! Entity properties: JSON values that apps keep on organizations and request types under keys of their own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::error::Error;

const LONGEST_KEY: usize = 255;
const LONGEST_VALUE: usize = 32_768;

/// The properties of one thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties(BTreeMap<String, Value>);

impl Properties {
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, key: &str) -> Result<&Value, Error> {
        self.0.get(key).ok_or(Error::NotFound("The property"))
    }

    /// Sets a value, and says whether the key is new.
    pub(crate) fn set(&mut self, key: &str, value: &Value) -> Result<bool, Error> {
        if key.chars().count() > LONGEST_KEY {
            return Err(Error::invalid(format!(
                "The key of a property has at most {LONGEST_KEY} characters."
            )));
        }
        if value.to_string().len() > LONGEST_VALUE {
            return Err(Error::invalid(format!(
                "The value of a property has at most {LONGEST_VALUE} characters."
            )));
        }
        Ok(self.0.insert(key.to_owned(), value.clone()).is_none())
    }

    pub(crate) fn remove(&mut self, key: &str) -> Result<(), Error> {
        self.0.remove(key).map(drop).ok_or(Error::NotFound("The property"))
    }
}
