//! Articles of the knowledge base.

/// An article.
#[derive(Clone, Debug)]
pub(crate) struct Article {
    pub(crate) id: u64,
    pub(crate) desk: u64,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

impl Article {
    /// Whether title or text contain this text, in lower case.
    pub(crate) fn contains(&self, text: &str) -> bool {
        format!("{} {}", self.title, self.text).to_lowercase().contains(text)
    }
}
