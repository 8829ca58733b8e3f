//! What may stand as one segment of a path.

use std::fmt::Display;

use crate::RequestError;

/// Refuses a value that would lead to another endpoint once it stands in a path.
///
/// Escaping does not help: URLs resolve an escaped dot as they do a plain one, and servers undo an escaped slash.
pub(crate) fn path_segment(parameter: &str, value: &impl Display) -> Result<(), RequestError> {
    let value = value.to_string();
    let why = match value.as_str() {
        "" => "is empty; name the thing that is meant",
        "." | ".." => "is a relative path, not an id",
        other if other.contains(['/', '\\']) => "has a slash, which would lead to another endpoint",
        other if other.chars().any(char::is_control) => "has a control character",
        _ => return Ok(()),
    };
    Err(RequestError::segment(parameter, why))
}

#[cfg(test)]
mod tests {
    use super::path_segment;

    #[test]
    fn refuses_what_leads_elsewhere() {
        for value in ["", ".", "..", "a/b", "..\\x", "a\nb"] {
            assert!(path_segment("id", &value).is_err(), "{value:?} was taken");
        }
        for value in ["1", "ABC-1", "projectKey:ABC", "qm:1:2", "...", "a b"] {
            assert!(path_segment("id", &value).is_ok(), "{value:?} was refused");
        }
    }
}
