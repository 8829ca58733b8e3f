//! Where a value is in a message, and where its schema is in a document.

use std::fmt;

/// Where a schema is in a document. It is shown as a JSON pointer.
#[derive(Clone, Copy, Debug)]
pub enum Place<'p> {
    /// A JSON pointer.
    Root(&'p str),
    /// The member of this name.
    Child(&'p Place<'p>, &'p str),
}

impl<'p> Place<'p> {
    /// The place of a member.
    pub fn child(&'p self, name: &'p str) -> Self {
        Self::Child(self, name)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(pointer) => f.write_str(pointer),
            Self::Child(parent, name) => {
                write!(f, "{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
            }
        }
    }
}

/// Where a value is in a message, as long as the message is compared.
#[derive(Clone, Copy, Debug)]
pub enum ValuePath<'p> {
    /// The whole message.
    Root,
    /// A property that the document has.
    Property(&'p ValuePath<'p>, &'p str),
    /// A property that the document does not have.
    Unknown(&'p ValuePath<'p>, &'p str),
    /// An entry of a map, by its key.
    Entry(&'p ValuePath<'p>, &'p str),
    /// An item of a list.
    Item(&'p ValuePath<'p>, usize),
}

impl ValuePath<'_> {
    /// The path as JSONPath below the root, with a wildcard for items and entries: `.values[*].reporter.active`.
    ///
    /// It has nothing of the message's data. Keys of maps are data, so they are left out, and so is an unknown name that
    /// does not look like the name of a property: a server can have made a map of what was an object.
    pub fn shape(&self) -> String {
        let mut text = String::new();
        self.write_shape(&mut text);
        text
    }

    fn write_shape(&self, text: &mut String) {
        match self {
            Self::Root => {}
            Self::Property(parent, name) => {
                parent.write_shape(text);
                match is_plain(name) {
                    true => text.extend([".", name]),
                    false => text.extend(["['", &name.replace('\\', "\\\\").replace('\'', "\\'"), "']"]),
                }
            }
            Self::Unknown(parent, name) => {
                parent.write_shape(text);
                text.extend([".", if looks_like_a_name(name) { name } else { "*" }]);
            }
            Self::Entry(parent, _) => {
                parent.write_shape(text);
                text.push_str(".*");
            }
            Self::Item(parent, _) => {
                parent.write_shape(text);
                text.push_str("[*]");
            }
        }
    }
}

/// The path with all keys and indices, below the root: `.values[3].reporter.active`.
impl fmt::Display for ValuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Property(parent, name) | Self::Unknown(parent, name) | Self::Entry(parent, name) => {
                write!(f, "{parent}.{name}")
            }
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Whether a name can be in a JSONPath without quotes.
fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Whether a name looks like those of properties, which begin with a small letter, and not like an id, a key or a text.
fn looks_like_a_name(name: &str) -> bool {
    const LONGEST: usize = 40;
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let is_small = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    is_small && is_plain(name) && name.len() <= LONGEST && digits <= 3
}
