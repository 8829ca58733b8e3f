//! The rules by which a schema tells what a field takes.
//!
//! They hold for Jira as a whole: its own types, and the kinds of custom fields that it brings along. A field of any other
//! kind takes JSON as it is.

use super::description::Description;

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldKind {
    /// Text; some fields take a single line.
    Text,
    /// Text of several lines, or a document in the Atlassian Document Format.
    RichText,
    /// A number.
    Number,
    /// A date without a time.
    Date,
    /// A moment: a date and a time with an offset.
    DateTime,
    /// A label: a word without white space.
    Label,
    /// One of several values, by its id or name.
    Option,
    /// An option and one of its own options.
    CascadingOption,
    /// An account.
    User,
    /// An organization, by its id.
    Organization,
    /// A file that was uploaded before, by its temporary id.
    Attachment,
    /// Something else, which is sent as it is.
    Other,
}

impl FieldKind {
    /// Whether a value names a thing that a list has once.
    pub(super) fn is_reference(self) -> bool {
        use FieldKind::{Attachment, CascadingOption, Label, Option, Organization, User};
        matches!(self, Attachment | CascadingOption | Label | Option | Organization | User)
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) kind: FieldKind,
    /// Whether the field takes a list of such values.
    pub(crate) list: bool,
    /// Whether a text has to be a single line.
    pub(super) single_line: bool,
    /// The member of an object that holds the value's name, where no options are listed; none for values that are no
    /// objects.
    pub(super) name: Option<&'static str>,
}

const fn rule(kind: FieldKind) -> Rule {
    Rule { kind, list: false, single_line: false, name: None }
}

const fn named(member: &'static str) -> Rule {
    Rule { name: Some(member), ..rule(FieldKind::Option) }
}

const LINE: Rule = Rule { single_line: true, ..rule(FieldKind::Text) };

/// Rules by the type of a value, or of the entries of a list.
const BY_TYPE: [(&str, Rule); 17] = [
    ("string", rule(FieldKind::Text)),
    ("number", rule(FieldKind::Number)),
    ("date", rule(FieldKind::Date)),
    ("datetime", rule(FieldKind::DateTime)),
    ("option", named("value")),
    ("option-with-child", Rule { name: Some("value"), ..rule(FieldKind::CascadingOption) }),
    ("priority", named("name")),
    ("component", named("name")),
    ("version", named("name")),
    ("resolution", named("name")),
    ("securitylevel", named("name")),
    ("issuetype", named("name")),
    ("group", named("name")),
    ("project", named("key")),
    ("user", rule(FieldKind::User)),
    ("sd-customerorganization", rule(FieldKind::Organization)),
    ("attachment", rule(FieldKind::Attachment)),
];

/// Rules of fields that Jira itself defines, where the type does not tell.
const BY_SYSTEM: [(&str, Rule); 4] = [
    ("summary", LINE),
    ("description", rule(FieldKind::RichText)),
    ("environment", rule(FieldKind::RichText)),
    ("labels", Rule { list: true, ..rule(FieldKind::Label) }),
];

/// What the keys of the kinds of custom fields begin with that Jira brings along.
const CUSTOM: &str = "com.atlassian.jira.plugin.system.customfieldtypes:";

/// Rules of the kinds of custom fields, where the type does not tell: some servers give options the type of text.
const BY_CUSTOM: [(&str, Rule); 8] = [
    ("textfield", LINE),
    ("textarea", rule(FieldKind::RichText)),
    ("labels", Rule { list: true, ..rule(FieldKind::Label) }),
    ("select", named("value")),
    ("radiobuttons", named("value")),
    ("multiselect", Rule { list: true, ..named("value") }),
    ("multicheckboxes", Rule { list: true, ..named("value") }),
    ("cascadingselect", Rule { name: Some("value"), ..rule(FieldKind::CascadingOption) }),
];

/// The rule of a field.
pub(crate) fn kind(field: &Description<'_>) -> Rule {
    let of = |rules: &[(&str, Rule)], key: Option<&str>| {
        rules.iter().find(|(known, _)| Some(*known) == key).map(|(_, rule)| *rule)
    };
    let custom = field.custom.and_then(|key| key.strip_prefix(CUSTOM));
    let list = field.schema_type == Some("array");
    let by_type = || {
        let key = if list { field.items } else { field.schema_type };
        of(&BY_TYPE, key).map(|rule| Rule { list, ..rule })
    };
    let known = of(&BY_CUSTOM, custom).or_else(|| of(&BY_SYSTEM, field.system)).or_else(by_type);
    match known {
        // A text of which only some are allowed.
        Some(rule) if rule.kind == FieldKind::Text && !field.options.is_empty() => {
            Rule { kind: FieldKind::Option, ..rule }
        }
        Some(rule) => rule,
        None => Rule { list, ..rule(FieldKind::Other) },
    }
}
