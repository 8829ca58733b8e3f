//! The knowledge base.

use crate::domain::entities::person::Role;
use crate::domain::site::Site;
use crate::handlers::handler::{Handler, Outcome};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::views::page::cursor_page;
use crate::views::servicedesk::article::{article, article_page};

pub(super) const HANDLERS: &[Handler] = &[
    Handler::new("SearchArticles", Role::Customer, search),
    Handler::new("SearchServiceDeskArticles", Role::Customer, search_desk),
    Handler::new("ViewArticle", Role::Anonymous, view),
];

fn search(site: &mut Site, request: &Request) -> Outcome {
    find(site, request, None)
}

fn search_desk(site: &mut Site, request: &Request) -> Outcome {
    find(site, request, Some(request.path("serviceDeskId")))
}

fn find(site: &Site, request: &Request, desk: Option<&str>) -> Outcome {
    let text = request.query("query");
    let articles = site.find_articles(&request.caller, desk, text)?;
    let highlight = text.filter(|_| request.flag("highlight") == Some(true));
    Ok(Response::ok(cursor_page(request, &articles, |found| article(found, highlight, &request.links))?))
}

fn view(site: &mut Site, request: &Request) -> Outcome {
    let article = site.article(request.path_number("pageId", "The article")?)?;
    Ok(Response::raw(200, "text/html;charset=UTF-8", article_page(article)))
}
