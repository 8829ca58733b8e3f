//! Fields and their options, as servers describe them.

/// A field, as its server describes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Description<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// The name that people see.
    pub(crate) name: &'a str,
    /// Kind of its value.
    pub(crate) schema_type: Option<&'a str>,
    /// Kind of the entries if the value is a list.
    pub(crate) items: Option<&'a str>,
    /// The name of a field that Jira itself defines.
    pub(crate) system: Option<&'a str>,
    /// The key of the kind of a custom field.
    pub(crate) custom: Option<&'a str>,
    /// The values to choose from, where they are limited.
    pub(crate) options: Vec<FieldOption<'a>>,
}

/// A value to choose for a field.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOption<'a> {
    /// Its id.
    pub(crate) value: Option<&'a str>,
    /// What people see.
    pub(crate) label: Option<&'a str>,
    /// The options to choose from next.
    pub(crate) children: Vec<FieldOption<'a>>,
}
