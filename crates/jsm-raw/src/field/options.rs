//! Options by what people call them: by label, by id, or by the labels of a cascading option.

use std::collections::HashSet;

use super::description::{Description, FieldOption};
use super::error::{FieldError, FieldErrorKind, excerpt};
use super::kind::{FieldKind, kind};
use super::names::folded;

/// What is between the labels of a cascading option.
const BETWEEN: char = '/';

impl FieldOption<'_> {
    /// What people see, or else the id.
    pub(super) fn shown(&self) -> &str {
        self.label.map(str::trim).filter(|label| !label.is_empty()).or(self.value).unwrap_or_default()
    }

    /// What distinguishes it from another option.
    fn id(&self) -> &str {
        self.value.or(self.label).unwrap_or_default()
    }
}

/// An option as it was given.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// By its id.
    Id(String),
    /// By its label or id.
    Text(String),
    /// By a number, which is an id or, where no option has that id, a label.
    Number(String),
}

impl Given {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Id(text) | Self::Text(text) | Self::Number(text) => text,
        }
    }
}

/// The options that are meant: those with the exact label or id or, if there are none, whatever the case of the label.
fn named<'o, 'a>(options: &'o [FieldOption<'a>], given: &Given) -> Vec<&'o FieldOption<'a>> {
    let text = given.text().trim();
    let exact = |by_label: bool| -> Vec<_> {
        let is = |value: Option<&str>| value.map(str::trim) == Some(text);
        let is_exact = |option: &&FieldOption<'_>| is(option.value) || by_label && is(option.label);
        options.iter().filter(|option| !text.is_empty() && is_exact(option)).collect()
    };
    let exact = match given {
        Given::Id(_) => return distinct(exact(false)),
        Given::Text(_) => exact(true),
        Given::Number(_) => {
            Some(exact(false)).filter(|found| !found.is_empty()).unwrap_or_else(|| exact(true))
        }
    };
    if !exact.is_empty() {
        return distinct(exact);
    }
    let wanted = folded(text);
    let is_similar = |option: &&FieldOption<'_>| {
        !wanted.is_empty() && option.label.is_some_and(|label| folded(label) == wanted)
    };
    distinct(options.iter().filter(is_similar).collect())
}

/// Options without those that servers list twice.
fn distinct<'o, 'a>(mut options: Vec<&'o FieldOption<'a>>) -> Vec<&'o FieldOption<'a>> {
    let mut seen = HashSet::new();
    options.retain(|option| seen.insert(option.id()));
    options
}

/// The one option that is meant.
pub(super) fn option<'o, 'a>(
    field: &Description<'_>,
    options: &'o [FieldOption<'a>],
    given: &Given,
) -> Result<&'o FieldOption<'a>, FieldError> {
    match named(options, given).as_slice() {
        [one] => Ok(*one),
        [] => Err(no_option(field, given.text(), labels_of(options))),
        several => Err(ambiguous(field, given.text(), several.iter().map(|option| option.id()))),
    }
}

/// The option of a cascading field that a text names, with the options above it, outermost first.
///
/// Labels can contain a slash themselves, so every way to cut the text is tried.
pub(super) fn path<'o, 'a>(
    field: &Description<'a>,
    options: &'o [FieldOption<'a>],
    text: &str,
) -> Result<Vec<&'o FieldOption<'a>>, FieldError> {
    let mut paths = Vec::new();
    paths_of(options, text, &mut Vec::new(), &mut paths);
    match paths.len() {
        1 => Ok(paths.remove(0)),
        0 => Err(no_option(field, text, all_paths(options))),
        _ => {
            // With ids in place of labels, it is another text of the same form.
            let ids = |path: &Vec<&FieldOption<'_>>| {
                path.iter().map(|option| option.id()).collect::<Vec<_>>().join(" / ")
            };
            let ids: Vec<String> = paths.iter().map(ids).collect();
            let message =
                format!("several options are called \"{}\"; give ids: {}", excerpt(text), ids.join(", "));
            let mut error = FieldError::new(FieldErrorKind::Invalid, field.id, field.name, message);
            error.allowed = ids.into();
            Err(error)
        }
    }
}

fn paths_of<'o, 'a>(
    options: &'o [FieldOption<'a>],
    text: &str,
    above: &mut Vec<&'o FieldOption<'a>>,
    paths: &mut Vec<Vec<&'o FieldOption<'a>>>,
) {
    for option in named(options, &Given::Text(text.to_owned())) {
        paths.push(above.iter().copied().chain([option]).collect());
    }
    for (at, _) in text.match_indices(BETWEEN) {
        for option in named(options, &Given::Text(text[..at].to_owned())) {
            above.push(option);
            paths_of(&option.children, &text[at + BETWEEN.len_utf8()..], above, paths);
            above.pop();
        }
    }
}

/// The labels of options, each once.
fn labels_of(options: &[FieldOption<'_>]) -> Vec<String> {
    let mut seen = HashSet::new();
    let labels = options.iter().map(FieldOption::shown).filter(|label| seen.insert(*label));
    labels.map(str::to_owned).collect()
}

/// The texts that name the options of a field.
pub(crate) fn option_names(field: &Description<'_>) -> Vec<String> {
    match kind(field).kind {
        FieldKind::CascadingOption => all_paths(&field.options),
        _ => labels_of(&field.options),
    }
}

/// The texts that name an option of a cascading field, outer options too, each once.
fn all_paths(options: &[FieldOption<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    for option in options {
        all.push(option.shown().to_owned());
        let inner = all_paths(&option.children);
        all.extend(inner.iter().map(|inner| format!("{} {BETWEEN} {inner}", option.shown())));
    }
    all.retain(|path| seen.insert(path.clone()));
    all
}

/// The labels of a cascading option for which no options are listed.
pub(super) fn labels(text: &str) -> Vec<&str> {
    let spaced: Vec<&str> = text.split(" / ").collect();
    let parts = if spaced.len() > 1 { spaced } else { text.split(BETWEEN).collect() };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn no_option(field: &Description<'_>, text: &str, allowed: Vec<String>) -> FieldError {
    let message = match allowed.is_empty() {
        false => format!("\"{}\" is not one of its options", excerpt(text)),
        true => format!("\"{}\" is one option too many: there is none to choose from", excerpt(text)),
    };
    FieldError::new(FieldErrorKind::Invalid, field.id, field.name, message).with_allowed(text, allowed)
}

fn ambiguous<'i>(field: &Description<'_>, text: &str, ids: impl Iterator<Item = &'i str>) -> FieldError {
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    let message = format!(
        "several options are called \"{}\"; give the id of one, as in {{\"id\": \"{}\"}}: {}",
        excerpt(text),
        ids.first().map(String::as_str).unwrap_or_default(),
        ids.join(", ")
    );
    let mut error = FieldError::new(FieldErrorKind::Invalid, field.id, field.name, message);
    error.allowed = ids.into();
    error
}
