//! Every operation with sample arguments, for tests that have to cover them all.

use reqwest::{Client, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Operation, OperationInfo, RequestError};

/// Reads JSON as a type of the bindings and writes it again.
pub type Rewrite = fn(&[u8]) -> Result<Value, serde_json::Error>;

/// Builds the request of one sample.
pub type Build = fn(&Client, &str) -> Result<Request, RequestError>;

/// Builds the request of one sample with a text in place of one segment of its path.
pub type Lead = fn(&str, &Client, &str) -> Result<Request, RequestError>;

/// One operation with sample arguments.
pub struct Sample {
    /// The facts of the operation.
    pub info: &'static OperationInfo,
    /// Its request with what it cannot go without.
    pub least: Build,
    /// Its request as `new` alone builds it.
    pub new: Build,
    /// Its request with everything it can carry.
    pub most: Build,
    /// For each parameter of the path that holds text: its name, and the request with another text in its place.
    pub segments: Vec<(&'static str, Lead)>,
    /// Reads an answer and writes it again; absent where an answer holds no JSON.
    pub reread: Option<Rewrite>,
    /// Reads a body as the operation sends it and writes it again; absent where it sends no JSON.
    pub body: Option<Rewrite>,
}

pub(crate) fn reread<O>(body: &[u8]) -> Result<Value, serde_json::Error>
where
    O: Operation,
    O::Output: Serialize,
{
    serde_json::to_value(O::decode(&bytes::Bytes::copy_from_slice(body))?)
}

pub(crate) fn rewrite<T: DeserializeOwned + Serialize>(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_slice::<T>(body)?)
}

pub(crate) fn read<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("a sample is made from the schema of its type")
}
