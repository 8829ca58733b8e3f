//! What was repaired in a response.

use std::fmt;

/// How many repairs of one response are listed.
const LISTED: usize = 1_000;

/// A value in a response that did not fit the operation's output, and how it was decoded all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// The JSON path of the value, such as `$.values[3].active`.
    pub path: String,
    /// How it was decoded.
    pub action: RepairAction,
}

/// How a value that did not fit was decoded. More actions may be added; match with a wildcard.
///
/// JSON types are called by their names: `null`, `boolean`, `number`, `string`, `array`, `object`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepairAction {
    /// A byte order mark in front of the text was skipped.
    SkippedByteOrderMark,
    /// Half of a surrogate pair was replaced with U+FFFD.
    ReplacedSurrogate,
    /// A name was in one object more than once, or beside another name for the same property; one value was kept.
    MergedDuplicate,
    /// A value was converted to the JSON type that is expected.
    Converted {
        /// The JSON type that was sent.
        from: &'static str,
        /// The JSON type that was read.
        to: &'static str,
    },
    /// A property with a value of another shape was left out, so that it reads as absent.
    LeftOut {
        /// The JSON type that was sent.
        found: &'static str,
    },
    /// An item of a list that cannot be read was dropped.
    Dropped {
        /// The JSON type that was sent.
        found: &'static str,
    },
    /// So many more repairs were made and are not listed.
    More(usize),
}

impl fmt::Display for RepairAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SkippedByteOrderMark => f.write_str("byte order mark skipped"),
            Self::ReplacedSurrogate => f.write_str("half a surrogate pair replaced"),
            Self::MergedDuplicate => f.write_str("duplicate name merged"),
            Self::Converted { from, to } => write!(f, "{from} read as {to}"),
            Self::LeftOut { found } => write!(f, "{found} read as absent"),
            Self::Dropped { found } => write!(f, "{found} dropped from the list"),
            Self::More(count) => write!(f, "{count} more repairs"),
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.action)
    }
}

/// What was repaired in one response.
#[derive(Debug, Default)]
pub(crate) struct Repairs {
    pub(crate) listed: Vec<Repair>,
    /// How many items were dropped from the list that the page is about.
    pub(crate) dropped: u64,
    more: usize,
}

impl Repairs {
    pub(super) fn add(&mut self, path: impl FnOnce() -> String, action: RepairAction) {
        match self.listed.len() < LISTED {
            true => self.listed.push(Repair { path: path(), action }),
            false => self.more += 1,
        }
    }

    pub(super) fn finish(mut self) -> Self {
        if self.more > 0 {
            self.listed.push(Repair { path: "$".to_owned(), action: RepairAction::More(self.more) });
        }
        self
    }
}
