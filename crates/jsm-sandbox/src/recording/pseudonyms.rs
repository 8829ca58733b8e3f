//! The table of pseudonyms, in memory alone.
//!
//! A pseudonym is counted, not computed from its original: without the table, nothing leads back.

use std::collections::{HashMap, HashSet};

/// The pseudonym of each original. Equal originals have equal pseudonyms, and different ones have different pseudonyms.
#[derive(Debug, Default)]
pub(super) struct Pseudonyms {
    by_original: HashMap<String, String>,
    used: HashSet<String>,
    counts: HashMap<String, u64>,
}

impl Pseudonyms {
    /// The pseudonym of a text that was seen before.
    pub(super) fn known(&self, original: &str) -> Option<&str> {
        self.by_original.get(original).map(String::as_str)
    }

    /// The pseudonym of a text. A new one is made from the next number of its kind.
    pub(super) fn of(&mut self, original: &str, kind: &str, make: impl Fn(u64) -> String) -> String {
        if let Some(known) = self.by_original.get(original) {
            return known.clone();
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        let pseudonym = loop {
            *count += 1;
            let candidate = make(*count);
            if candidate != original && self.used.insert(candidate.clone()) {
                break candidate;
            }
        };
        self.by_original.insert(original.to_owned(), pseudonym.clone());
        pseudonym
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_originals_have_equal_pseudonyms_and_different_ones_different() {
        let mut pseudonyms = Pseudonyms::default();
        let mut name = |original: &str| pseudonyms.of(original, "Name", |n| format!("Name {n}"));
        assert_eq!([name("Ada"), name("Bob"), name("Ada")], ["Name 1", "Name 2", "Name 1"]);
        // A pseudonym is never its original.
        assert_eq!(name("Name 3"), "Name 4");
        // Other kinds take no pseudonym that is in use.
        assert_eq!(pseudonyms.of("Eve", "other", |n| format!("Name {n}")), "Name 3");
        assert_eq!(pseudonyms.known("Eve"), Some("Name 3"));
    }
}
