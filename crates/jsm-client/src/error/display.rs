//! An error as one sentence.

use std::fmt;

use jsm_raw::OperationInfo;

use super::Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let mut parts = Vec::new();
        parts.extend(inner.operation.map(spoken));
        if let Some(status) = inner.status {
            parts.push(match status.canonical_reason() {
                Some(reason) => format!("{} {reason}", status.as_u16()),
                None => status.as_u16().to_string(),
            });
        }
        let said = self.message().map(|message| one_line(message) + &self.details(message));
        match (&inner.note, said) {
            (Some(note), Some(said)) => parts.push(format!("{note} ({said})")),
            (Some(note), None) => parts.push(note.clone()),
            (None, Some(said)) => parts.push(said),
            // A server that says nothing leaves it to us.
            (None, None) => parts.extend(self.documented().map(one_line)),
        }
        if let Some(scopes) = self.required_scopes() {
            let sets: Vec<String> = scopes.iter().map(|set| set.join(" and ")).collect();
            parts.push(format!("the token needs {}", sets.join(", or ")));
        }
        f.write_str(&parts.join(": "))?;
        match inner.retry_after {
            Some(wait) if !wait.is_zero() => write!(f, "; retry after {} s", wait.as_secs().max(1)),
            _ => Ok(()),
        }
    }
}

impl Error {
    /// Complaints that the message does not repeat, in brackets: the first few.
    fn details(&self, message: &str) -> String {
        let fields = self.field_errors().map(|(field, why)| format!("{field}: {}", one_line(why)));
        let forms = self.form_errors().iter().filter_map(|form| {
            let why = form.detail.as_deref().or(form.title.as_deref())?;
            Some(match form.questions.as_slice() {
                [] => one_line(why),
                questions => format!("{}: {}", questions.join(", "), one_line(why)),
            })
        });
        let news: Vec<String> = fields.chain(forms).filter(|news| !message.contains(news.as_str())).collect();
        match news.len() {
            0 => String::new(),
            1..=SHOWN => format!(" ({})", news.join("; ")),
            all => format!(" ({}; and {} more)", news[..SHOWN].join("; "), all - SHOWN),
        }
    }
}

/// How many complaints about fields and forms a sentence has room for.
const SHOWN: usize = 3;

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

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_suffix('.').map(str::to_owned).unwrap_or(line)
}
