//! What an answer means: the value of the operation, or why there is none.
//!
//! How the answer came to be is `send`'s.

use bytes::Bytes;
use jsm_raw::{Answer, Operation};

use crate::error::{Error, Kind, Result, is_html};
use crate::flows::substitutes::{self, Expected};
use crate::send::Received;

/// How much of a body, of a key in it, or of a reader's complaint is shown.
const EXCERPT: usize = 40;
const COMPLAINT: usize = 120;

/// The answer as a value.
pub(crate) fn decode<O: Operation>(received: &Received) -> Result<O::Output> {
    let info = O::INFO;
    let Received { status, headers, body, attempts } = received;
    let fail = |error: Error| error.with_operation(info).with_attempts(*attempts);
    let explained = || Error::answered(info, *status, headers, body.clone());
    if status.is_success() && !matches!(info.answer, Answer::Bytes | Answer::Page) && is_html(body, headers) {
        let note = "an HTML page came instead of the answer, as from a login page or a proxy";
        return Err(fail(explained().with_kind(Kind::Html).with_note(note)));
    }
    if info.answer == Answer::Bytes && status.is_success() && !Expected::of(info).allows(headers) {
        return Err(fail(substitutes::explain(info, headers, body.clone())));
    }
    if !status.is_success() && is_complaint(body) {
        return Err(fail(explained()));
    }
    O::answer(body).map_err(|cause| {
        fail(if !status.is_success() {
            explained()
        } else {
            let note = match body.is_empty() {
                true => "the answer is empty".to_owned(),
                false => {
                    format!("the answer is no {}: {}", name_of::<O::Output>(), complaint(body, &cause))
                }
            };
            Error::new(Kind::Decode, note).with_answer(*status, headers, body.clone())
        })
    })
}

/// Whether a body that could be an answer is an error's after all: nearly all of an answer can be missing, so that a
/// reader takes either.
fn is_complaint(body: &[u8]) -> bool {
    let message =
        |map: &serde_json::Map<_, _>| ["errorMessage", "message"].iter().any(|key| map.contains_key(*key));
    serde_json::from_slice(body).is_ok_and(|map| message(&map))
}

/// The name of a type without its modules: `a::b::Page<a::b::User>` reads better as `Page<User>`.
fn name_of<T>() -> String {
    let parts = std::any::type_name::<T>().split_inclusive(['<', '>', ',', ' ', '(', ')', '[', ']']);
    parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}

/// What is wrong with a body, where, and what stands there, without the rest of the body.
///
/// The reader tells a line and a column. From these the path is found in a look at the text alone: reading the answer
/// once more in a way that keeps paths would need the code of every reader a second time.
fn complaint(body: &Bytes, cause: &serde_json::Error) -> String {
    let (path, start) = place(body, offset(body, cause.line(), cause.column()));
    if cause.is_eof() {
        return format!("it breaks off at {path}");
    }
    let text = cause.to_string();
    let text = text.split_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    // What stands before the expectation can be of any length and hold anything.
    let wanted = match text.rsplit_once(", expected ") {
        Some((_, wanted)) => format!("expected {wanted}"),
        None => text.to_owned(),
    };
    let found = body.get(start..).map(|rest| &rest[..rest.len().min(4 * EXCERPT)]).unwrap_or_default();
    let found = String::from_utf8_lossy(found).split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{} at {path}, found `{}`", cut(&wanted, COMPLAINT), cut(&found, EXCERPT))
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// How many bytes stand in front of a column, which counts bytes too.
fn offset(body: &[u8], line: usize, column: usize) -> usize {
    let lines = body.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1));
    (lines.map(<[u8]>::len).sum::<usize>() + column).min(body.len())
}

/// An object or a list that is open at some place of a text, and where in it that place is.
struct Open {
    start: usize,
    step: Step,
}

enum Step {
    Key(Option<String>),
    Index(usize),
}

/// The path of the value that was read when a reader stopped, and where that value begins.
fn place(text: &[u8], stopped: usize) -> (String, usize) {
    let mut open: Vec<Open> = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(byte) = text.get(at).filter(|_| at < stopped) {
        let begun = at;
        at += 1;
        match byte {
            b'{' => {
                start = begun;
                open.push(Open { start, step: Step::Key(None) });
            }
            b'[' => {
                start = at;
                open.push(Open { start: begun, step: Step::Index(0) });
            }
            b'}' | b']' => start = open.pop().map_or(begun, |closed| closed.start),
            b':' => start = at,
            b',' => {
                start = at;
                match open.last_mut().map(|open| &mut open.step) {
                    Some(Step::Key(key)) => *key = None,
                    Some(Step::Index(index)) => *index += 1,
                    None => {}
                }
            }
            b'"' => {
                start = begun;
                while let Some(byte) = text.get(at).filter(|byte| **byte != b'"') {
                    at += if *byte == b'\\' { 2 } else { 1 };
                }
                at += 1;
                if let Some(Step::Key(key @ None)) = open.last_mut().map(|open| &mut open.step) {
                    let name = text.get(begun + 1..at - 1).unwrap_or_default();
                    *key = Some(cut(&String::from_utf8_lossy(name), EXCERPT));
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                start = begun;
                while text.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !b",:]}".contains(byte))
                {
                    at += 1;
                }
            }
        }
    }
    let mut path = "$".to_owned();
    for open in &open {
        match &open.step {
            Step::Key(Some(key)) => path.extend([".", key]),
            Step::Key(None) => {}
            Step::Index(index) => path += &format!("[{index}]"),
        }
    }
    (path, start)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use serde::Deserialize;

    use super::{complaint, name_of};

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is read and not looked at")]
    struct Shelf {
        books: Vec<Book>,
        #[serde(default)]
        by_name: BTreeMap<String, Vec<u8>>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is read and not looked at")]
    struct Book {
        title: String,
        pages: Option<u32>,
    }

    #[test]
    fn says_what_is_wrong_where_and_what_stands_there() {
        let cases = [
            (r#"{"books":[{"title":5}]}"#, "expected a string at $.books[0].title, found `5}]}`"),
            (
                r#"{"books":[{"title":"a"},{"title":"b","pages":"many"}]}"#,
                "expected u32 at $.books[1].pages, found `\"many\"}]}`",
            ),
            (
                r#"{"books":[{"title":{"de":"x"}}]}"#,
                "expected a string at $.books[0].title, found `{\"de\":\"x\"}}]}`",
            ),
            (
                r#"{"books":[{"title":"a"},{"pages":1}]}"#,
                "missing field `title` at $.books[1], found `{\"pages\":1}]}`",
            ),
            (r#"{"books":[{"title":"a"}, 7]}"#, "expected struct Book at $.books[1], found `7]}`"),
            (r#"{"books":{}}"#, "expected a sequence at $.books, found `{}}`"),
            (
                "{\"books\":\n [\n  {\"title\": \"ä\\\"ö\", \"pages\": []}\n ]\n}",
                "expected u32 at $.books[0].pages, found `[]} ] }`",
            ),
            (
                r#"{"books":[],"by_name":{"a":[1],"b":[1,2,300]}}"#,
                "expected u8 at $.by_name.b[2], found `300]}}`",
            ),
            (r#"["books"]"#, "expected a sequence at $[0], found `\"books\"]`"),
            ("5", "expected struct Shelf at $, found `5`"),
            (r#"{"books":[{"title":"a"#, "it breaks off at $.books[0].title"),
            (r#"{"books":[{"ti"#, "it breaks off at $.books[0].ti"),
            ("{", "it breaks off at $"),
            (r#"{"books":[1"#, "expected struct Book at $.books[0], found `1`"),
            (r#"{"books":[]} {"#, "trailing characters at $, found `{`"),
            ("nonsense", "expected ident at $, found `nonsense`"),
        ];
        for (text, wanted) in cases {
            let cause = serde_json::from_str::<Shelf>(text).expect_err("the text is no shelf");
            assert_eq!(complaint(&Bytes::from(text), &cause), wanted, "{text}: {cause}");
        }
    }

    #[test]
    fn shows_little_of_a_long_value() {
        let text = format!(r#"{{"books":"{}"}}"#, "secret ".repeat(1000));
        let cause = serde_json::from_str::<Shelf>(&text).expect_err("a text is no list");
        assert!(complaint(&Bytes::from(text), &cause).len() < 120);
    }

    #[test]
    fn names_a_type_without_its_modules() {
        assert_eq!(
            name_of::<Vec<(String, Option<BTreeMap<u8, Book>>)>>(),
            "Vec<(String, Option<BTreeMap<u8, Book>>)>"
        );
    }
}
