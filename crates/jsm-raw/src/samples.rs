//! Every operation with sample arguments, for tests that cover all operations.

use reqwest::{Client, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::operation::Operation;
use crate::operation_info::OperationInfo;
use crate::request_error::RequestError;

/// Deserializes JSON as a type of the bindings and serializes it again.
pub type Rewrite = fn(&[u8]) -> Result<Value, serde_json::Error>;

/// Builds the request of a sample.
pub type Build = fn(&Client, &str) -> Result<Request, RequestError>;

/// Builds the request of a sample with a text as one parameter of its path.
pub type Lead = fn(&str, &Client, &str) -> Result<Request, RequestError>;

/// An operation with sample arguments.
#[non_exhaustive]
pub struct Sample {
    /// The facts of the operation.
    pub info: &'static OperationInfo,
    /// Its request with the required arguments.
    pub least: Build,
    /// Its request as `new` builds it.
    pub new: Build,
    /// Its request with all arguments.
    pub most: Build,
    /// For each path parameter that holds text: its name, and the request with another text in its place.
    pub segments: Vec<(&'static str, Lead)>,
    /// Decodes a response and encodes it again; absent where a response holds no JSON.
    pub reread: Option<Rewrite>,
    /// Decodes a request body and encodes it again; absent where the operation sends no JSON.
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
