//! Pseudonyms of texts that people wrote: a numbered label, with what a program may look for in a text.
//!
//! Kept are: whether a text has lines, tags or letters beyond ASCII, about how long it is, the phrases of servers that clients
//! know errors by, and which other things it names, by their pseudonyms.

use super::ids;
use super::pseudonyms::Pseudonyms;
use super::vocabulary;

/// How many characters a pseudonym has at least, for originals of more than so many.
const LENGTHS: [usize; 4] = [2_000, 400, 100, 30];

/// The most things that a pseudonym repeats of those that the original names.
const MOST_NAMED: usize = 5;

/// The pseudonym of a text in a property of this name.
pub(super) fn pseudonym(pseudonyms: &mut Pseudonyms, name: &str, text: &str) -> String {
    if let Some(known) = pseudonyms.known(text) {
        return known.to_owned();
    }
    let label = label(name);
    let named = named(pseudonyms, text).join(", ");
    let letters = match text.chars().max() {
        Some('\u{10000}'..) => " \u{e9} \u{1f3ab}",
        Some('\u{80}'..) => " \u{e9}",
        _ => "",
    };
    let length = text.chars().count();
    let least = LENGTHS.into_iter().find(|least| length > *least).unwrap_or_default();
    let (has_lines, has_tags) = (text.contains('\n'), is_marked_up(text));
    pseudonyms.of(text, &label, |n| {
        let mut made = format!("{label} {n}{letters}");
        if !named.is_empty() {
            made += &format!(" ({named})");
        }
        if let Some(phrase) = vocabulary::phrase(text) {
            made += &format!(": {phrase}");
        }
        if has_lines {
            made += "\ntext";
        }
        while made.len() < least {
            made += " text";
        }
        if has_tags { format!("<p>{made}</p>") } else { made }
    })
}

/// Whether a text has tags.
pub(super) fn is_marked_up(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        rest.contains('>') && rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
    })
}

/// What the pseudonyms of a property are called: its name as words.
fn label(name: &str) -> String {
    let mut label = String::new();
    for letter in name.chars().filter(char::is_ascii_alphabetic) {
        match label.is_empty() {
            true => label.push(letter.to_ascii_uppercase()),
            false if letter.is_ascii_uppercase() => label.extend([' ', letter.to_ascii_lowercase()]),
            false => label.push(letter),
        }
    }
    if label.is_empty() { "Text".to_owned() } else { label }
}

/// The pseudonyms of ids and addresses in a text, and of texts that were seen elsewhere.
fn named(pseudonyms: &mut Pseudonyms, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_edge = |c: char| c.is_whitespace() || "<>()[]{},;\"'`|".contains(c);
    for word in text.split(is_edge) {
        let word = word.trim_matches(|c: char| ".:!?".contains(c));
        let is_thing =
            ids::is_email(word) || word.contains('-') && word.contains(|c: char| c.is_ascii_digit());
        let pseudonym = match pseudonyms.known(word) {
            Some(known) if word.len() >= 4 => Some(known.to_owned()),
            _ if is_thing => ids::pseudonym(pseudonyms, word, false),
            _ => None,
        };
        found.extend(pseudonym.filter(|pseudonym| !found.contains(pseudonym)));
        if found.len() == MOST_NAMED {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_replaced_wholly_and_keeps_what_programs_look_for() {
        let mut pseudonyms = Pseudonyms::default();
        let long = "Ada's secret. ".repeat(40);
        for (name, text, expected) in [
            ("displayName", "Ada Lovelace", "Display name 1"),
            ("", "Ada", "Text 1"),
            ("displayName", "Ada Lovelace", "Display name 1"),
            ("name", "Ada Lovelace", "Display name 1"),
            ("summary", "Größe", "Summary 1 é"),
            ("summary", "東京 🎫", "Summary 2 é 🎫"),
            ("body", "first\nsecond", "Body 1\ntext"),
            ("errorMessage", "The address ada@example.org exists.", "Error message 1 (person-1@example.com)"),
            ("errorMessage", "HELP-1: not for <b>Ada</b>", "<p>Error message 2 (DESK-1)</p>"),
            ("message", "Unauthorized; Scope does not match for Ada", "Message 1: scope does not match"),
        ] {
            assert_eq!(pseudonym(&mut pseudonyms, name, text), expected, "{text}");
        }
        let pseudonym = pseudonym(&mut pseudonyms, "body", &long);
        assert!(pseudonym.starts_with("Body 2 text") && (400..420).contains(&pseudonym.len()), "{pseudonym}");
    }
}
