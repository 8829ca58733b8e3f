//! Where in a JSON text something is.
//!
//! A decoder reports a line and a column. From these the path is found by looking at the text alone: decoding in a
//! way that keeps paths would need the code of every type a second time.

use std::ops::Range;

/// How much of a key is shown.
const EXCERPT: usize = 40;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// How many bytes are in front of a column, which counts bytes too.
pub(super) fn offset(body: &[u8], line: usize, column: usize) -> usize {
    let lines = body.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1));
    (lines.map(<[u8]>::len).sum::<usize>() + column).min(body.len())
}

pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Reads a JSON text from its beginning, as far as it is asked to, and knows the path of the value it is at.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    start: usize,
    open: Vec<Open>,
}

/// An object or a list that is open, and where in it the scanner is.
struct Open {
    start: usize,
    inside: Inside,
}

enum Inside {
    /// The bytes between the quotes of the key, once it was read.
    Object(Option<Range<usize>>),
    List(usize),
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, start: 0, open: Vec::new() }
    }

    /// Reads on up to an offset.
    pub(super) fn to(&mut self, stopped: usize) {
        let text = self.text;
        while let Some(byte) = text.get(self.at).filter(|_| self.at < stopped) {
            let begun = self.at;
            self.at += 1;
            match byte {
                b'{' => {
                    self.start = begun;
                    self.open.push(Open { start: begun, inside: Inside::Object(None) });
                }
                b'[' => {
                    self.start = self.at;
                    self.open.push(Open { start: begun, inside: Inside::List(0) });
                }
                b'}' | b']' => self.start = self.open.pop().map_or(begun, |closed| closed.start),
                b':' => self.start = self.at,
                b',' => {
                    self.start = self.at;
                    match self.open.last_mut().map(|open| &mut open.inside) {
                        Some(Inside::Object(key)) => *key = None,
                        Some(Inside::List(index)) => *index += 1,
                        None => {}
                    }
                }
                b'"' => {
                    self.start = begun;
                    while let Some(byte) = text.get(self.at).filter(|byte| **byte != b'"') {
                        self.at += if *byte == b'\\' { 2 } else { 1 };
                    }
                    self.at += 1;
                    if let Some(Inside::Object(key @ None)) =
                        self.open.last_mut().map(|open| &mut open.inside)
                    {
                        *key = Some(begun + 1..self.at - 1);
                    }
                }
                byte if byte.is_ascii_whitespace() => {}
                _ => {
                    self.start = begun;
                    let ends = |byte: &u8| byte.is_ascii_whitespace() || b",:]}".contains(byte);
                    while text.get(self.at).is_some_and(|byte| !ends(byte)) {
                        self.at += 1;
                    }
                }
            }
        }
    }

    /// What is open around the value that was read last. A list that was opened just now is that value itself.
    fn around(&self) -> &[Open] {
        match self.open.split_last() {
            Some((Open { inside: Inside::List(0), .. }, around))
                if self.text.get(..self.at).is_some_and(|text| text.ends_with(b"[")) =>
            {
                around
            }
            _ => &self.open,
        }
    }

    /// Where that value begins.
    pub(super) fn start(&self) -> usize {
        self.open.get(self.around().len()).map_or(self.start, |list| list.start)
    }

    /// The path of that value, with keys as they are, escapes included, and long ones cut.
    pub(super) fn path(&self) -> String {
        let mut path = "$".to_owned();
        for open in self.around() {
            match &open.inside {
                Inside::Object(Some(key)) => {
                    let key = String::from_utf8_lossy(self.text.get(key.clone()).unwrap_or_default());
                    path.extend([".", &cut(&key, EXCERPT)]);
                }
                Inside::Object(None) => {}
                Inside::List(index) => path += &format!("[{index}]"),
            }
        }
        path
    }

    /// The path of that value, exactly; nothing where a key is no text.
    pub(super) fn steps(&self) -> Option<Vec<Step>> {
        let mut steps = Vec::with_capacity(self.open.len());
        for open in self.around() {
            match &open.inside {
                Inside::Object(Some(key)) => {
                    let quoted = self.text.get(key.start.checked_sub(1)?..=key.end)?;
                    steps.push(Step::Key(serde_json::from_slice(quoted).ok()?));
                }
                Inside::Object(None) => {}
                Inside::List(index) => steps.push(Step::Index(*index)),
            }
        }
        Some(steps)
    }
}
