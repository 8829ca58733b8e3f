//! Fields that request types ask for, and the options of those that have some.

use serde_json::{Value, json};

/// A field of a request type, for [`Seed::field`](crate::Seed::field).
///
/// It has the id of a field that Jira itself defines, such as `duedate`, or of a custom field, such as
/// `customfield_10050`. By default it is optional and visible.
///
/// ```
/// use jsm_sandbox::{Field, Seed};
///
/// let seed = Seed::empty()
///     .desk("HELP", "Help Desk")
///     .request_type("Order a laptop")
///     .field(Field::select("customfield_10050", "Model", &["Small", "Large"]).required())
///     .field(Field::cascading_select("customfield_10051", "Place", &[("Berlin", &["Mitte", "Wedding"])]))
///     .field(Field::date("duedate", "Needed by"))
///     .field(Field::text("customfield_10052", "Source").hidden().preset("portal"));
/// ```
#[derive(Clone, Debug)]
pub struct Field {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) visible: bool,
    pub(crate) kind: FieldKind,
    pub(crate) options: Vec<FieldOption>,
    /// Texts or labels of what it holds where a request does not say.
    pub(crate) defaults: Vec<String>,
    /// The same, as an administrator has set it.
    pub(crate) presets: Vec<String>,
}

/// One of the values that a field takes.
#[derive(Clone, Debug)]
pub(crate) struct FieldOption {
    /// Empty until the field is added to a site.
    pub(crate) id: String,
    pub(crate) label: String,
    /// What to choose from next.
    pub(crate) children: Vec<FieldOption>,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Text,
    TextArea,
    Url,
    Number,
    Date,
    DateTime,
    Select,
    RadioButtons,
    MultiSelect,
    Checkboxes,
    CascadingSelect,
    Priority,
    Components,
    Labels,
    User,
    Users,
    Organizations,
    Attachments,
}

impl Field {
    fn new(id: &str, name: &str, kind: FieldKind, options: &[&str]) -> Field {
        Field {
            id: id.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            required: false,
            visible: true,
            kind,
            options: options.iter().map(|label| FieldOption::new(label, &[])).collect(),
            defaults: Vec::new(),
            presets: Vec::new(),
        }
    }

    /// A line of text.
    pub fn text(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::Text, &[])
    }

    /// Several lines of text. In requests with `isAdfRequest`, it also takes a document.
    pub fn text_area(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::TextArea, &[])
    }

    /// An address, such as `https://example.com`.
    pub fn url(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::Url, &[])
    }

    /// A number.
    pub fn number(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::Number, &[])
    }

    /// A date, such as `2026-01-31`.
    pub fn date(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::Date, &[])
    }

    /// A date with a time, such as `2026-01-31T14:30:00.000+0100`.
    pub fn date_time(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::DateTime, &[])
    }

    /// One of several options, from a list.
    pub fn select(id: &str, name: &str, options: &[&str]) -> Field {
        Field::new(id, name, FieldKind::Select, options)
    }

    /// One of several options, by radio buttons.
    pub fn radio_buttons(id: &str, name: &str, options: &[&str]) -> Field {
        Field::new(id, name, FieldKind::RadioButtons, options)
    }

    /// Any of several options, from a list.
    pub fn multi_select(id: &str, name: &str, options: &[&str]) -> Field {
        Field::new(id, name, FieldKind::MultiSelect, options)
    }

    /// Any of several options, by checkboxes.
    pub fn checkboxes(id: &str, name: &str, options: &[&str]) -> Field {
        Field::new(id, name, FieldKind::Checkboxes, options)
    }

    /// One of several options, and one of those that it has itself.
    pub fn cascading_select(id: &str, name: &str, options: &[(&str, &[&str])]) -> Field {
        let options = options.iter().map(|(label, children)| FieldOption::new(label, children)).collect();
        Field { options, ..Field::new(id, name, FieldKind::CascadingSelect, &[]) }
    }

    /// The field `priority`, one of several priorities.
    pub fn priority(name: &str, priorities: &[&str]) -> Field {
        Field::new("priority", name, FieldKind::Priority, priorities)
    }

    /// The field `components`, any of several components.
    pub fn components(name: &str, components: &[&str]) -> Field {
        Field::new("components", name, FieldKind::Components, components)
    }

    /// Words without spaces; `labels` is a field that Jira itself defines.
    pub fn labels(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::Labels, &[])
    }

    /// An account.
    pub fn user(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::User, &[])
    }

    /// Several accounts.
    pub fn users(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::Users, &[])
    }

    /// The organizations that a request is shared with, by their ids.
    pub fn organizations(id: &str, name: &str) -> Field {
        Field::new(id, name, FieldKind::Organizations, &[])
    }

    /// The field `attachment`: uploaded files, by their temporary ids.
    pub fn attachments(name: &str) -> Field {
        Field::new("attachment", name, FieldKind::Attachments, &[])
    }

    /// A request without a value for it is refused, unless it has a default or a preset value. That such a value takes the
    /// place of a missing one is a guess: no documentation says so.
    pub fn required(mut self) -> Field {
        self.required = true;
        self
    }

    /// The portal does not show it: only administrators see it, where they expand `hiddenFields`.
    pub fn hidden(mut self) -> Field {
        self.visible = false;
        self
    }

    /// What the portal says below the field.
    pub fn description(mut self, text: &str) -> Field {
        self.description = text.to_owned();
        self
    }

    /// The text, or the label of the option, that the portal begins with; of a cascading select, such as
    /// `Berlin / Mitte`. A request without a value gets it. Several add up, where the field holds several.
    pub fn default_value(mut self, text: &str) -> Field {
        self.defaults.push(text.to_owned());
        self
    }

    /// The text, or the label of the option, that an administrator has set beforehand. It takes precedence over a default.
    pub fn preset(mut self, text: &str) -> Field {
        self.presets.push(text.to_owned());
        self
    }

    /// The option that a value names by its id, or by its label.
    pub(crate) fn option<'a>(options: &'a [FieldOption], value: &Value) -> Option<&'a FieldOption> {
        let id = match value.get("id") {
            Some(Value::String(id)) => Some(id.clone()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        };
        let label = ["value", "name"].iter().find_map(|name| value.get(*name)).and_then(Value::as_str);
        match (id, label) {
            (Some(id), _) => options.iter().find(|option| option.id == id),
            (None, Some(label)) => options.iter().find(|option| option.label == label),
            (None, None) => None,
        }
    }

    /// An option as the field holds it. Some kinds call the label of an option its name.
    pub(crate) fn held(&self, option: &FieldOption) -> Value {
        match self.kind {
            FieldKind::Priority | FieldKind::Components => json!({"id": option.id, "name": option.label}),
            _ => json!({"id": option.id, "value": option.label}),
        }
    }

    /// The option with this label; with `Berlin / Mitte`, an option and one of its own.
    pub(crate) fn chosen(&self, text: &str) -> Option<(&FieldOption, Option<&FieldOption>)> {
        fn find<'a>(options: &'a [FieldOption], label: &str) -> Option<&'a FieldOption> {
            options.iter().find(|option| option.label == label)
        }
        if let Some(option) = find(&self.options, text) {
            return Some((option, None));
        }
        let (label, child) = text.split_once(" / ")?;
        let option = find(&self.options, label)?;
        Some((option, Some(find(&option.children, child)?)))
    }

    /// The value that the field has where a request does not say.
    pub(crate) fn initial(&self) -> Option<Value> {
        let texts = if self.presets.is_empty() { &self.defaults } else { &self.presets };
        let first = texts.first()?;
        let held = |text: &String| {
            let (option, child) = self.chosen(text)?;
            let mut value = self.held(option);
            if let Some(child) = child {
                value["child"] = self.held(child);
            }
            Some(value)
        };
        match self.kind {
            FieldKind::Select
            | FieldKind::RadioButtons
            | FieldKind::Priority
            | FieldKind::CascadingSelect => held(first),
            FieldKind::MultiSelect | FieldKind::Checkboxes | FieldKind::Components => {
                Some(texts.iter().filter_map(held).collect())
            }
            FieldKind::Labels | FieldKind::Organizations => Some(json!(texts)),
            FieldKind::Number => first.parse::<f64>().ok().map(Value::from),
            FieldKind::User => Some(json!({"accountId": first})),
            FieldKind::Users => Some(texts.iter().map(|id| json!({"accountId": id})).collect()),
            FieldKind::Attachments => None,
            _ => Some(json!(first)),
        }
    }
}

impl FieldOption {
    fn new(label: &str, children: &[&str]) -> FieldOption {
        let children = children.iter().map(|label| FieldOption::new(label, &[])).collect();
        FieldOption { id: String::new(), label: label.to_owned(), children }
    }
}
