//! Articles of the knowledge base.

use serde_json::{Value, json};

use super::links::API;
use crate::domain::entities::article::Article;
use crate::message::request::Links;

/// An article in a list. Where it contains `highlight`, markers surround this text.
pub(crate) fn article(article: &Article, highlight: Option<&str>, links: &Links) -> Value {
    let mark = |text: &str| match highlight.filter(|term| !term.is_empty()) {
        Some(term) => text.replace(term, &format!("@@@hl@@@{term}@@@endhl@@@")),
        None => text.to_owned(),
    };
    json!({
        "title": mark(article.title),
        "excerpt": mark(article.text),
        "source": {"type": "confluence"},
        "content": {"iframeSrc": format!("{}{API}/knowledgebase/article/view/{}", links.base, article.id)},
    })
}

/// The page that shows an article.
pub(crate) fn article_page(article: &Article) -> String {
    format!(
        "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>",
        article.title, article.text
    )
}
