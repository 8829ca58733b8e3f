//! What is reported of drift.

use std::fmt;

use http::StatusCode;
use jsm_raw::OperationInfo;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::super::repairs::RepairAction;

/// How one response differs from the document of its API. [`ClientBuilder::observe_drift`] gives it to a program.
///
/// It has names, paths and types, and no values of the response. Its `Display` has one line for each entry of
/// [`drift`](Self::drift). Serialized, it is an object with the operation's `api`, `operation`, `method` and `path`, and with
/// `status`, `request_id` and `drift`.
///
/// [`ClientBuilder::observe_drift`]: crate::ClientBuilder::observe_drift
#[derive(Clone)]
#[non_exhaustive]
pub struct DriftReport {
    /// The operation.
    pub operation: &'static OperationInfo,
    /// The status of the response.
    pub status: StatusCode,
    /// The id under which the server logged the request.
    pub request_id: Option<String>,
    /// The differences, each of them once; at least one, and at most 1,000.
    pub drift: Vec<Drift>,
}

/// One difference between a response and the document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Drift {
    /// What differs.
    pub kind: DriftKind,
    /// The JSONPath of the values that differ, such as `$.values[*].reporter.active`. Items of lists and entries of maps
    /// are wildcards. It is `$` for the whole body, and for a status.
    pub path: String,
    /// Where the effective document has what they differ from: the JSON pointer of a schema, such as
    /// `/components/schemas/User`, or of an operation's `responses`.
    pub pointer: String,
}

/// What differs. More kinds may be added; match with a wildcard.
///
/// JSON types are called by their names: `null`, `boolean`, `number`, `string`, `array`, `object`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DriftKind {
    /// A field is sent that the document does not have. The pointer is that of the object's schema.
    ///
    /// A name that can be data, such as an id, is left out of the path: it ends with `*` then.
    UnknownField {
        /// The JSON type that was sent.
        found: &'static str,
    },
    /// A value is sent that the documented enum does not list.
    UnknownEnumValue,
    /// A field is absent or `null` that is documented as always present, by `required` or by `x-jsm-always-present`. The
    /// pointer is that of the object's schema.
    MissingField,
    /// A value is sent that is not of the documented type, and could be decoded without a repair.
    OtherType {
        /// The documented type.
        documented: String,
        /// The JSON type that was sent.
        found: &'static str,
    },
    /// An integer is sent that the documented format cannot hold.
    OutOfRange,
    /// A value was repaired to decode the response; [`Response::repairs`](crate::Response::repairs) lists each.
    Repaired(RepairAction),
    /// The status is not documented for the operation.
    UndocumentedStatus,
    /// The body is empty or is not JSON, where JSON is documented.
    NoJson,
}

impl fmt::Display for DriftKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField { found } => write!(f, "unknown field of type {found}"),
            Self::UnknownEnumValue => f.write_str("unknown enum value"),
            Self::MissingField => f.write_str("missing, though documented as always present"),
            Self::OtherType { documented, found } => write!(f, "{found}, documented as {documented}"),
            Self::OutOfRange => f.write_str("integer outside of the documented range"),
            Self::Repaired(action) => write!(f, "{action}"),
            Self::UndocumentedStatus => f.write_str("undocumented status"),
            Self::NoJson => f.write_str("no JSON, though JSON is documented"),
        }
    }
}

impl DriftKind {
    /// The name of the kind, as it is serialized.
    fn name(&self) -> &'static str {
        match self {
            Self::UnknownField { .. } => "unknown_field",
            Self::UnknownEnumValue => "unknown_enum_value",
            Self::MissingField => "missing_field",
            Self::OtherType { .. } => "other_type",
            Self::OutOfRange => "out_of_range",
            Self::Repaired(_) => "repaired",
            Self::UndocumentedStatus => "undocumented_status",
            Self::NoJson => "no_json",
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.kind)
    }
}

impl fmt::Debug for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriftReport")
            .field("operation", &self.operation.name)
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("drift", &self.drift)
            .finish()
    }
}

impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OperationInfo { api, name, .. } = self.operation;
        for (at, drift) in self.drift.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{api} {name} {}: {drift}", self.status.as_u16())?;
        }
        Ok(())
    }
}

impl Serialize for Drift {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Drift", 4)?;
        object.serialize_field("kind", self.kind.name())?;
        object.serialize_field("path", &self.path)?;
        object.serialize_field("pointer", &self.pointer)?;
        object.serialize_field("text", &self.kind.to_string())?;
        object.end()
    }
}

impl Serialize for DriftReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("DriftReport", 7)?;
        object.serialize_field("api", self.operation.api)?;
        object.serialize_field("operation", self.operation.name)?;
        object.serialize_field("method", self.operation.method)?;
        object.serialize_field("path", self.operation.path)?;
        object.serialize_field("status", &self.status.as_u16())?;
        object.serialize_field("request_id", &self.request_id)?;
        object.serialize_field("drift", &self.drift)?;
        object.end()
    }
}
