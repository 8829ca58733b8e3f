//! The knowledge base: articles found by a text, and shown.
//!
//! These two lists are paged by a cursor; all others of this API by an offset.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::desks::visible_desk;
use crate::auth::Role;
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::world::{Article, World};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("SearchArticles", Role::Customer, search),
    Behaviour::new("SearchServiceDeskArticles", Role::Customer, search_desk),
    Behaviour::new("ViewArticle", Role::Anonymous, view),
];

fn search(world: &mut World, call: &Call) -> Outcome {
    found(world, call, |_| true)
}

fn search_desk(world: &mut World, call: &Call) -> Outcome {
    // This operation is not documented to find nothing: a desk that is not there is a bad request.
    let desk = visible_desk(world, call).map_err(|_| Reply::invalid("There is no such service desk."))?.id;
    found(world, call, |article| article.desk == desk)
}

fn found(world: &World, call: &Call, test: impl Fn(&Article) -> bool) -> Outcome {
    let text = call.query("query").ok_or_else(|| Reply::invalid("The parameter query is needed."))?;
    let wanted = text.to_lowercase();
    let articles: Vec<&Article> = world
        .articles
        .iter()
        .filter(|article| test(article))
        .filter(|article| format!("{} {}", article.title, article.text).to_lowercase().contains(&wanted))
        .collect();
    let highlight = if call.flag("highlight") == Some(true) { Some(text) } else { None };
    let start = match call.query("cursor") {
        Some(cursor) => position(cursor)?.min(articles.len()),
        None => page::offset(call, "start")?.min(articles.len()),
    };
    let limit = page::limit(call)?;
    let size = limit.min(call.page_cap);
    let to = (start + size).min(articles.len());
    let link = |at: usize, back: bool| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &call.query {
            if !matches!(name.as_str(), "cursor" | "prev" | "start" | "limit") {
                query.append_pair(name, value);
            }
        }
        query.append_pair("cursor", &cursor(at)).append_pair("prev", if back { "true" } else { "false" });
        query.append_pair("limit", &limit.to_string());
        format!("{}{}?{}", call.base, call.api_path, query.finish())
    };
    let root = format!("{}/rest/servicedeskapi", call.base);
    let mut links = json!({"base": root, "context": "", "self": link(start, false)});
    if to < articles.len() {
        links["next"] = link(to, false).into();
    }
    if start > 0 {
        links["prev"] = link(start.saturating_sub(size), true).into();
    }
    Ok(Reply::ok(json!({
        "_expands": [],
        "_links": links,
        "start": start,
        "limit": limit,
        "size": to - start,
        "isLastPage": to == articles.len(),
        "values": articles[start..to].iter().map(|article| render(article, highlight, call)).collect::<Vec<_>>(),
    })))
}

/// A cursor says nothing to its reader, so that nobody is led to compute one.
fn cursor(position: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("article:{position}"))
}

fn position(cursor: &str) -> Result<usize, Reply> {
    let decoded = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .as_deref()
        .and_then(|text| text.strip_prefix("article:"))
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| Reply::invalid("The cursor was not made by this search."))
}

fn view(world: &mut World, call: &Call) -> Outcome {
    let id = call.path_number("pageId", "The article")?;
    let article = world.articles.iter().find(|article| article.id == id);
    let article = article.ok_or_else(|| Reply::not_found("The article"))?;
    let page = format!(
        "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>",
        article.title, article.text
    );
    Ok(Reply::raw(200, "text/html;charset=UTF-8", page))
}

fn render(article: &Article, highlight: Option<&str>, call: &Call) -> Value {
    let mark = |text: &str| match highlight.filter(|term| !term.is_empty()) {
        Some(term) => text.replace(term, &format!("@@@hl@@@{term}@@@endhl@@@")),
        None => text.to_owned(),
    };
    json!({
        "title": mark(article.title),
        "excerpt": mark(article.text),
        "source": {"type": "confluence"},
        "content": {
            "iframeSrc": format!("{}/rest/servicedeskapi/knowledgebase/article/view/{}", call.base, article.id),
        },
    })
}
