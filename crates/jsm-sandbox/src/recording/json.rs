//! JSON bodies, well-formed or not.
//!
//! Odd JSON is what a recording is wanted for. So the text is read token by token: a property that comes twice comes twice
//! after redaction, half a surrogate pair stays half a pair, and a body that breaks off breaks off at the same place.

use std::collections::HashSet;

use super::place::Place;
use super::texts::Replacer;

/// How deep values may be nested, as parsers have it. What is deeper is left out.
const DEEPEST: usize = 128;

/// The byte order mark, which some servers begin with.
const MARK: char = '\u{feff}';

/// A body after redaction.
pub(super) struct Redacted {
    pub(super) text: String,
    /// Whether a reader that keeps values only would lose what is odd about it.
    pub(super) is_odd: bool,
}

/// The text is not JSON from here on.
struct Cut;

/// Replaces all that is not known to be harmless.
pub(super) fn redact(replacer: &mut Replacer, text: &str, place: &Place) -> Redacted {
    let is_marked = text.starts_with(MARK);
    let made = if is_marked { MARK.to_string() } else { String::new() };
    let mut scanner = Scanner { replacer, rest: text, made, is_odd: is_marked };
    let end = scanner.value(place, 0);
    scanner.skip_space();
    if end.is_err() {
        scanner.is_odd = true;
    } else if !scanner.rest.is_empty() {
        // Something follows the value.
        let rest = scanner.rest;
        let replaced = scanner.replacer.text(&Place::unknown("trailing"), rest);
        scanner.made += &replaced;
        scanner.is_odd = true;
    }
    Redacted { text: scanner.made, is_odd: scanner.is_odd }
}

struct Scanner<'a> {
    replacer: &'a mut Replacer,
    /// What was not read so far.
    rest: &'a str,
    made: String,
    is_odd: bool,
}

impl<'a> Scanner<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', MARK]);
    }

    /// Reads a mark, if it comes next.
    fn takes(&mut self, mark: char) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                self.made.push(mark);
                true
            }
            None => false,
        }
    }

    fn value(&mut self, place: &Place, depth: usize) -> Result<(), Cut> {
        self.skip_space();
        if depth > DEEPEST {
            return Err(Cut);
        }
        match self.rest.chars().next() {
            Some('{') => self.object(place, depth),
            Some('[') => self.list(place, depth),
            Some('"') => {
                let text = self.string();
                let replaced = self.replacer.text(place, &text.text);
                self.write(&replaced, text.surrogate, text.is_whole)
            }
            Some('-' | '0'..='9') => {
                let end = self.rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(self.rest.len());
                let (number, rest) = self.rest.split_at(end);
                self.rest = rest;
                if serde_json::from_str::<serde_json::Number>(number).is_err() {
                    self.is_odd = true;
                    // One that is too large for programs is one for those that do not read it.
                    let is_large = number.parse().is_ok_and(f64::is_infinite);
                    self.made += if is_large { "1e999" } else { "0x" };
                    return if is_large { Ok(()) } else { Err(Cut) };
                }
                let replaced = self.replacer.number(place, number);
                let read = serde_json::from_str(&replaced).map(|value: serde_json::Value| value.to_string());
                self.is_odd |= read.is_ok_and(|read| read != replaced);
                self.made += &replaced;
                Ok(())
            }
            _ => {
                let literal = ["true", "false", "null"]
                    .into_iter()
                    .find(|word| self.rest.starts_with(word))
                    .ok_or(Cut)?;
                self.rest = &self.rest[literal.len()..];
                self.made += literal;
                Ok(())
            }
        }
    }

    fn object(&mut self, place: &Place, depth: usize) -> Result<(), Cut> {
        self.takes('{');
        if self.takes('}') {
            return Ok(());
        }
        let mut names = HashSet::new();
        loop {
            self.skip_space();
            if !self.rest.starts_with('"') {
                return Err(Cut);
            }
            let name = self.string();
            self.is_odd |= !names.insert(name.text.clone());
            let (replaced, member) = self.member(place, &name.text);
            self.write(&replaced, name.surrogate, name.is_whole)?;
            if !self.takes(':') {
                return Err(Cut);
            }
            self.value(&member, depth + 1)?;
            if self.takes('}') {
                return Ok(());
            }
            if !self.takes(',') {
                return Err(Cut);
            }
        }
    }

    /// The name of a member after redaction, and the place of its value.
    fn member(&mut self, place: &Place, name: &str) -> (String, Place) {
        if let Some(property) = place.property(name) {
            return (name.to_owned(), property);
        }
        if let Some(mut entry) = place.entry("") {
            let key = self.replacer.key(name);
            if key == name {
                // A field that every site has: its texts are called after it.
                entry.name.clone_from(&key);
            }
            return (key, entry);
        }
        let (name, is_kept) = self.replacer.name(name);
        let place = Place::unknown(if is_kept { &name } else { "" });
        (name, place)
    }

    fn list(&mut self, place: &Place, depth: usize) -> Result<(), Cut> {
        self.takes('[');
        if self.takes(']') {
            return Ok(());
        }
        let item = place.item();
        loop {
            self.value(&item, depth + 1)?;
            if self.takes(']') {
                return Ok(());
            }
            if !self.takes(',') {
                return Err(Cut);
            }
        }
    }

    /// Writes a text, with half a surrogate pair if it had one, and without its end if it had none.
    fn write(&mut self, text: &str, surrogate: Option<u16>, is_whole: bool) -> Result<(), Cut> {
        let quoted = serde_json::Value::from(text).to_string();
        self.made += &quoted[..quoted.len() - 1];
        if let Some(surrogate) = surrogate {
            self.is_odd = true;
            self.made += &format!("\\u{surrogate:04x}");
        }
        if !is_whole {
            return Err(Cut);
        }
        self.made.push('"');
        Ok(())
    }

    /// Reads a text in quotation marks.
    fn string(&mut self) -> Text {
        let mut text = Text { text: String::new(), surrogate: None, is_whole: false };
        let mut rest: &'a str = &self.rest[1..];
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            match letter {
                '"' => {
                    text.is_whole = true;
                    break;
                }
                '\\' => {
                    let Some(escape) = rest.chars().next() else { break };
                    rest = &rest[escape.len_utf8()..];
                    match escape {
                        'u' => rest = text.escape(rest),
                        'b' => text.text.push('\u{8}'),
                        'f' => text.text.push('\u{c}'),
                        'n' => text.text.push('\n'),
                        'r' => text.text.push('\r'),
                        't' => text.text.push('\t'),
                        other => text.text.push(other),
                    }
                }
                other => text.text.push(other),
            }
        }
        self.rest = rest;
        text
    }
}

/// A text as a body has it.
struct Text {
    text: String,
    /// A half of a surrogate pair whose other half is missing.
    surrogate: Option<u16>,
    is_whole: bool,
}

impl Text {
    /// Reads what follows `\u`, and returns what follows that.
    fn escape<'a>(&mut self, rest: &'a str) -> &'a str {
        let unit = |text: &str| u16::from_str_radix(text.get(..4)?, 16).ok();
        let Some(first) = unit(rest) else { return rest };
        let after = &rest[4..];
        let second = after.strip_prefix("\\u").and_then(unit);
        let pair = [first, second.unwrap_or_default()];
        if let Some(Ok(letter)) = char::decode_utf16(pair).next() {
            self.text.push(letter);
            // A pair takes both units.
            return if letter.len_utf16() == 2 { &after[6..] } else { after };
        }
        self.surrogate = Some(first);
        after
    }
}

#[cfg(test)]
mod tests {
    use super::super::texts::Origins;
    use super::*;

    fn redacted(text: &str, place: &Place) -> (String, bool) {
        let origin = || "https://acme.atlassian.net".to_owned();
        let origins = Origins { site: origin(), gateway: origin(), own: origin(), own_files: origin() };
        let mut replacer = Replacer::new(&origins, HashSet::new(), 0);
        let redacted = redact(&mut replacer, text, place);
        (redacted.text, redacted.is_odd)
    }

    #[test]
    fn texts_in_a_map_are_called_after_the_fields_that_every_site_has() {
        let all = jsm_raw::servicedesk::OPERATIONS;
        let create = all.iter().find(|info| info.name == "CreateRequest").unwrap();
        for (values, expected) in [
            (r#"{"summary":"Dark"}"#, r#"{"summary":"Summary 1"}"#),
            (r#"{"summary":"Dark étage"}"#, r#"{"summary":"Summary 1 é"}"#),
            (r#"{"description":"Ada"}"#, r#"{"description":"Description 1"}"#),
            (r#"{"labels":["Ada","Bob"]}"#, r#"{"labels":["Labels 1","Labels 2"]}"#),
            (r#"{"priority":{"name":"Ada"}}"#, r#"{"priority":{"name":"Name 1"}}"#),
            // A key that people chose is replaced, and gives no name.
            (r#"{"Ada":"Bob"}"#, r#"{"key-1":"Text 1"}"#),
        ] {
            let [sent, expected] =
                [values, expected].map(|values| format!(r#"{{"requestFieldValues":{values}}}"#));
            assert_eq!(redacted(&sent, &Place::request(create)), (expected, false));
        }
    }

    #[test]
    fn json_keeps_its_form_however_odd_it_is() {
        let deep = "[".repeat(200);
        for (text, expected, is_odd) in [
            (
                r#"{"name": "Ada", "active": true, "size": 3, "key": null}"#,
                r#"{"name":"Name 1","active":true,"size":3,"key":null}"#,
                false,
            ),
            (r#"{"Ada": ["Ada", ""]}"#, r#"{"key-1":["key-1",""]}"#, false),
            (r#"{"name":"Ada","name":"Bob"}"#, r#"{"name":"Name 1","name":"Name 2"}"#, true),
            (r#"{"name":"Ada \ud83d"}"#, r#"{"name":"Name 1\ud83d"}"#, true),
            (r#"{"name":"\ud83c\udfab \u0041da"}"#, r#"{"name":"Name 1 é 🎫"}"#, false),
            (
                r#"{"values":[{"name":"Ada"},{"name":"Bo"#,
                r#"{"values":[{"name":"Name 1"},{"name":"Name 2"#,
                true,
            ),
            (r#"{"values":[{"na"#, r#"{"values":[{"key-1"#, true),
            (r#"{"a\"da":1"#, r#"{"key-1":2"#, true),
            (r#"{"id": 007}"#, r#"{"id":0x"#, true),
            (r#"{"id": 4e777, "name": "Ada"}"#, r#"{"id":1e999,"name":"Name 1"}"#, true),
            ("\u{feff}{\"name\": \"Ada\"}", "\u{feff}{\"name\":\"Name 1\"}", true),
            (r#"{"score": 1.50}"#, r#"{"score":2.55}"#, false),
            (r#"{} Ada"#, "{}Trailing 1", true),
            (r#"[null,{},[]]"#, "[null,{},[]]", false),
            ("nul", "", true),
            ("\"\\u00", "\"10", true),
            ("\"\\", "\"", true),
            (deep.as_str(), &deep[..129], true),
        ] {
            assert_eq!(redacted(text, &Place::unknown("")), (expected.to_owned(), is_odd), "{text}");
        }
    }
}
