//! An error as one sentence.

use std::fmt;

use jsm_raw::OperationInfo;

use super::Error;
use super::body::{named, without_end};
use super::printable::{excerpt, line};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line(&self.sentence()))
    }
}

impl Error {
    /// The whole sentence. Parts of it are a server's, so it is shown as one line of printable text only.
    fn sentence(&self) -> String {
        let inner = &self.0;
        let mut parts = Vec::new();
        parts.extend(inner.operation.map(|info| match inner.template {
            _ if !info.api.is_empty() => spoken(info),
            "" => format!("{} request", info.method),
            template => format!("{} {template}", info.method),
        }));
        if let Some(status) = inner.status {
            parts.push(match status.canonical_reason() {
                Some(reason) => format!("{} {reason}", status.as_u16()),
                None => status.as_u16().to_string(),
            });
        }
        let message = self.message().map(|message| part(message) + &self.details(message));
        match (&inner.note, message) {
            (Some(note), Some(message)) => parts.push(format!("{note} ({message})")),
            (Some(note), None) => parts.push(note.clone()),
            (None, Some(message)) => parts.push(message),
            (None, None) => {}
        }
        // The server sent no message. The documented meaning of the status is marked as such.
        let documented = match (&inner.note, self.message()) {
            (None, None) => self.documented().map(|text| format!(" (documented: {})", part(text))),
            _ => None,
        };
        if let Some(scopes) = self.required_scopes() {
            let sets: Vec<String> = scopes.iter().map(|set| set.join(" and ")).collect();
            parts.push(format!("the token needs {}", sets.join(", or ")));
        }
        let mut sentence = parts.join(": ") + &documented.unwrap_or_default();
        if let Some(wait) = inner.retry_after.filter(|wait| !wait.is_zero()) {
            sentence += &format!("; retry after {} s", wait.as_secs().max(1));
        }
        sentence
    }

    /// Errors of fields and forms that the message does not repeat, in brackets: the first few.
    fn details(&self, message: &str) -> String {
        let fields = self.field_errors().map(|(field, why)| named(&part(field), &part(why)));
        let forms = self.form_errors().iter().filter_map(|form| {
            let why = form.detail.as_deref().or(form.title.as_deref())?;
            Some(match form.questions.as_slice() {
                [] => part(why),
                questions => named(&part(&questions.join(", ")), &part(why)),
            })
        });
        let message = line(message);
        let news: Vec<String> = fields.chain(forms).filter(|news| !message.contains(news.as_str())).collect();
        match news.len() {
            0 => String::new(),
            1..=SHOWN => format!(" ({})", news.join("; ")),
            all => format!(" ({}; and {} more)", news[..SHOWN].join("; "), all - SHOWN),
        }
    }
}

/// How many errors of fields and forms the sentence names.
const SHOWN: usize = 3;

/// How many characters of one part of a response the sentence shows.
const PART: usize = 1000;

/// The name of an operation in words: `CreateCustomer` is `create customer`.
pub(crate) fn spoken(info: &OperationInfo) -> String {
    let mut words = String::new();
    for c in info.name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// A part of the sentence, without the punctuation that ends it.
fn part(text: &str) -> String {
    excerpt(without_end(text), PART)
}
