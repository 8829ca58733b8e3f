//! The knowledge base: articles found by a text.

use crate::domain::entities::article::Article;
use crate::domain::entities::person::Caller;
use crate::domain::error::Error;
use crate::domain::site::Site;

impl Site {
    /// The articles that contain a text: those of one service desk, or all.
    pub(crate) fn find_articles(
        &self,
        caller: &Caller,
        desk: Option<&str>,
        text: Option<&str>,
    ) -> Result<Vec<&Article>, Error> {
        // The documents know no status 404 for this search.
        let desk = desk.map(|desk| self.visible_desk(caller, desk)).transpose();
        let desk = desk.map_err(|_| Error::invalid("There is no such service desk."))?.map(|desk| desk.id);
        let text = text.ok_or_else(|| Error::invalid("The parameter query is needed."))?.to_lowercase();
        let articles = self.articles.iter().filter(|article| desk.is_none_or(|desk| article.desk == desk));
        Ok(articles.filter(|article| article.contains(&text)).collect())
    }
}
