//! From a method and a path to an operation.
//!
//! Which operations there are is written in the documents; what they do is written in the behaviours.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// What a path leads to.
pub(crate) enum Found<T> {
    /// An operation and the values in its path.
    Operation(T, BTreeMap<&'static str, String>),
    /// The path exists, with other methods.
    OtherMethod,
    /// Nothing is there.
    Nothing,
}

/// Finds the operation that a request means. Fixed segments win over placeholders.
pub(crate) fn find<T>(
    all: impl Iterator<Item = (T, &'static str, &'static str)>,
    method: &str,
    path: &str,
) -> Found<T> {
    let mut best: Option<(T, BTreeMap<&'static str, String>)> = None;
    let mut known = false;
    for (operation, its_method, template) in all {
        let Some(values) = matched(template, path) else { continue };
        known = true;
        if its_method == method && best.as_ref().is_none_or(|(_, others)| values.len() < others.len()) {
            best = Some((operation, values));
        }
    }
    match best {
        Some((operation, values)) => Found::Operation(operation, values),
        None if known => Found::OtherMethod,
        None => Found::Nothing,
    }
}

/// The values of a template's placeholders, when the path has its form.
fn matched(template: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut values = BTreeMap::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                values.insert(name, percent_decode_str(segment).decode_utf8().ok()?.into_owned());
            }
            None if segment != expected => return None,
            None => {}
        }
    }
    segments.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_segment_wins_over_a_placeholder() {
        let all = [("one", "GET", "/customer/{id}"), ("fixed", "GET", "/customer/details")];
        let name = |path| match find(all.into_iter(), "GET", path) {
            Found::Operation(name, values) => format!("{name} {values:?}"),
            Found::OtherMethod => "other method".to_owned(),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(name("/customer/details"), "fixed {}");
        assert_eq!(name("/customer/qm%3A1"), r#"one {"id": "qm:1"}"#);
        assert_eq!(name("/customer/"), "nothing");
        assert_eq!(name("/customer/1/more"), "nothing");
    }
}
