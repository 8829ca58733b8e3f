//! Operations: parameters, bodies and responses, with references to shared ones followed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::annotations::{
    self, NoAnnotations, OperationAnnotations, OptIn, Pagination, PaginationAnnotation, ParameterAnnotations,
};
use super::node::{flag, list, object, text, texts};
use super::pointer::{Pointer, located};
use super::problems::Problems;
use super::schema::{Schema, deprecation};

/// The media type that is read and written as values.
pub(crate) const JSON: &str = "application/json";

/// One method on one path.
#[derive(Clone, Debug)]
pub(crate) struct Operation<'a> {
    pub(crate) at: Pointer,
    pub(crate) path: &'a str,
    /// In small letters, as the document writes it.
    pub(crate) method: &'static str,
    pub(crate) id: Option<&'a str>,
    /// The name that Atlassian's documentation gives it; empty where it has none.
    pub(crate) title: &'a str,
    /// The page of Atlassian's documentation that it is on.
    pub(crate) tag: Option<&'a str>,
    /// What reports call it: the operationId where that is unique, else method and path.
    pub(crate) label: String,
    pub(crate) description: &'a str,
    /// Its own parameters, then those of its path that it does not override.
    pub(crate) parameters: Vec<Parameter<'a>>,
    pub(crate) body: Option<RequestBody<'a>>,
    /// By status, class of statuses (`2XX`) or `default`.
    pub(crate) responses: BTreeMap<&'a str, Response<'a>>,
    /// Sets of scopes, each of which lets a token in.
    pub(crate) scopes: Vec<Vec<&'a str>>,
    pub(crate) experimental: bool,
    pub(crate) deprecated: bool,
    pub(crate) annotations: OperationAnnotations<'a>,
    /// Annotations that could not be read.
    pub(crate) unread: BTreeMap<&'a str, &'a Value>,
    /// The path parameter by whose value the server limits the rate of writes.
    pub(crate) rate_limit_key: Option<&'a str>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub(crate) struct Parameter<'a> {
    pub(crate) at: Pointer,
    pub(crate) name: &'a str,
    /// `path`, `query`, `header` or `cookie`: what OpenAPI calls `in`.
    pub(crate) location: &'a str,
    pub(crate) description: &'a str,
    pub(crate) required: bool,
    pub(crate) deprecated: bool,
    pub(crate) style: Option<&'a Value>,
    pub(crate) explode: Option<&'a Value>,
    pub(crate) schema: Option<Schema<'a>>,
    /// Media types, where the document gives them in place of a schema.
    pub(crate) content: Vec<Media<'a>>,
    pub(crate) annotations: ParameterAnnotations<'a>,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub(crate) struct RequestBody<'a> {
    pub(crate) at: Pointer,
    pub(crate) description: &'a str,
    pub(crate) required: bool,
    pub(crate) content: Vec<Media<'a>>,
}

/// What comes with a status.
#[derive(Clone, Debug)]
pub(crate) struct Response<'a> {
    pub(crate) at: Pointer,
    pub(crate) description: &'a str,
    pub(crate) content: Vec<Media<'a>>,
}

/// A body in one media type.
#[derive(Clone, Debug)]
pub(crate) struct Media<'a> {
    pub(crate) at: Pointer,
    /// The media type as it is written.
    pub(crate) name: Cow<'a, str>,
    pub(crate) schema: Option<Schema<'a>>,
}

impl<'a> Operation<'a> {
    /// Method and path, as one writes a request: what diagnostics call the operation.
    pub(crate) fn place(&self) -> String {
        place(self.method, self.path)
    }

    /// The name of its Rust type; without an annotation the operationId's.
    pub(crate) fn name(&self) -> String {
        let pascal = |id: &str| {
            let mut letters = id.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
        };
        let named = self.annotations.name.map(str::to_owned);
        named.or_else(|| pascal(self.id?.trim())).unwrap_or_default()
    }

    /// The Rust module that it is in.
    pub(crate) fn group(&self) -> &'a str {
        self.annotations.group.unwrap_or("other")
    }

    /// Whether sending it twice does no more than sending it once.
    pub(crate) fn is_idempotent(&self) -> bool {
        let by_method = || matches!(self.method, "get" | "head" | "options" | "put" | "delete");
        self.annotations.idempotent.unwrap_or_else(by_method)
    }

    /// How it is paginated, if it is.
    pub(crate) fn pagination(&self) -> Option<&Pagination<'a>> {
        match &self.annotations.pagination {
            Some(PaginationAnnotation::Paginated(pagination)) => Some(pagination),
            _ => None,
        }
    }

    /// Whether the opt-in header is sent whatever the program opted in to.
    pub(crate) fn always_opts_in(&self) -> bool {
        self.annotations.opt_in == Some(OptIn::Always)
    }

    /// The schema of its JSON body.
    pub(crate) fn json_body(&self) -> Option<&Schema<'a>> {
        json(&self.body.as_ref()?.content)
    }

    /// The responses of success, with their statuses.
    pub(crate) fn successes(&self) -> impl Iterator<Item = (&'a str, &Response<'a>)> {
        let all = self.responses.iter().map(|(status, response)| (*status, response));
        all.filter(|(status, _)| status.starts_with('2'))
    }

    /// The documented statuses with their descriptions.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = (u16, &'a str)> {
        self.responses
            .iter()
            .filter_map(|(status, response)| Some((status.parse().ok()?, response.description)))
    }

    /// The schema of its JSON response, where it succeeds.
    pub(crate) fn json_response(&self) -> Option<&Schema<'a>> {
        self.successes().find_map(|(_, response)| json(&response.content))
    }

    /// Whether a success is a page of HTML.
    pub(crate) fn responds_with_html(&self) -> bool {
        self.successes().any(|(_, response)| response.content.iter().any(|media| media.name == "text/html"))
    }

    /// The names of the parameters in its path, in order.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &'a str> {
        self.path.split('{').skip(1).filter_map(|piece| Some(piece.split_once('}')?.0))
    }

    /// The parameter of a name in a location.
    pub(crate) fn parameter(&self, location: &str, name: &str) -> Option<&Parameter<'a>> {
        self.parameters.iter().find(|parameter| parameter.location == location && parameter.name == name)
    }

    /// Every schema that it names, with those inside them.
    pub(crate) fn each_schema<'s>(&'s self, visit: &mut dyn FnMut(&'s Schema<'a>)) {
        let named = self.parameters.iter().filter_map(|parameter| parameter.schema.as_ref());
        let contents = self.parameters.iter().map(|parameter| &parameter.content);
        let contents = contents.chain(self.body.iter().map(|body| &body.content));
        let contents = contents.chain(self.responses.values().map(|response| &response.content));
        let in_content = contents.flatten().filter_map(|media| media.schema.as_ref());
        named.chain(in_content).for_each(|schema| schema.each(visit));
    }
}

impl<'a> Parameter<'a> {
    /// Why it should not be used any more, where the document marks it as deprecated.
    pub(crate) fn deprecation(&self) -> Option<&'a str> {
        deprecation(self.deprecated, self.annotations.deprecated)
    }

    /// What the server takes where nothing is sent.
    pub(crate) fn default(&self) -> Option<&'a Value> {
        self.schema.as_ref()?.default
    }
}

impl Media<'_> {
    /// Where its schema is, or itself where it has none.
    pub(crate) fn schema_at(&self) -> &str {
        self.schema.as_ref().map_or(&self.at, |schema| &schema.at).as_str()
    }
}

/// Method and path, as one writes a request.
pub(crate) fn place(method: &str, path: &str) -> String {
    format!("{} {path}", method.to_uppercase())
}

/// A path without the names of its parameters, which no server sees.
pub(crate) fn template(path: &str) -> String {
    let mut pieces = path.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |path, piece| path + "{}" + piece.split_once('}').map_or("", |(_, rest)| rest))
}

fn json<'s, 'a>(content: &'s [Media<'a>]) -> Option<&'s Schema<'a>> {
    content.iter().find(|media| media.name == JSON)?.schema.as_ref()
}

/// Reads the operations of one document.
pub(super) struct Reader<'a, 'p> {
    pub(super) document: &'a Value,
    pub(super) problems: &'p mut Problems,
}

impl<'a> Reader<'a, '_> {
    /// Reads one operation; `item` is its path's node, `item_at` the place of that.
    pub(super) fn operation(
        &mut self,
        path: &'a str,
        method: &'static str,
        item: &'a Value,
        item_at: &Pointer,
        node: &'a Value,
    ) -> Operation<'a> {
        let (at, place) = (item_at.join(method), place(method, path));
        let (annotations, unread) = annotations::read(node);
        let unread = self.problems.unread(&place, unread);
        let mut parameters: Vec<Parameter<'a>> = Vec::new();
        for (owner, owner_at) in [(node, &at), (item, item_at)] {
            for (index, entry) in list(owner, "parameters").enumerate() {
                let read = self.parameter(entry, &owner_at.join("parameters").item(index), &place);
                if !parameters.iter().any(|known| known.name == read.name && known.location == read.location)
                {
                    parameters.push(read);
                }
            }
        }
        let body = node.get("requestBody").map(|body| self.body(body, at.join("requestBody"), &place));
        let responses = object(node, "responses").filter(|(status, _)| !status.starts_with("x-"));
        let responses = responses
            .map(|(status, node)| (status, self.response(node, &at.join("responses").join(status), &place)))
            .collect();
        Operation {
            id: node.get("operationId").and_then(Value::as_str),
            title: title(node),
            tag: texts(node, "tags").next(),
            description: text(node, "description"),
            scopes: scopes(self.document, node),
            experimental: flag(node, "x-experimental"),
            deprecated: flag(node, "deprecated"),
            label: String::new(),
            rate_limit_key: None,
            at,
            path,
            method,
            parameters,
            body,
            responses,
            annotations,
            unread,
        }
    }

    fn parameter(&mut self, entry: &'a Value, at: &Pointer, place: &str) -> Parameter<'a> {
        let (node, at) = located(self.document, entry, || at.clone());
        let (name, location) = (text(node, "name"), text(node, "in"));
        let place = format!("{place}, {name}");
        let (annotations, unread) = annotations::read(node);
        self.problems.unread(&place, unread);
        let schema = node.get("schema").filter(|schema| schema.is_object());
        Parameter {
            name,
            location,
            description: text(node, "description"),
            required: flag(node, "required"),
            deprecated: flag(node, "deprecated"),
            style: node.get("style"),
            explode: node.get("explode"),
            schema: schema
                .map(|schema| Schema::read(schema, place.clone(), at.join("schema"), self.problems)),
            content: self.content(node, &at, &place),
            annotations,
            at,
        }
    }

    fn body(&mut self, node: &'a Value, at: Pointer, place: &str) -> RequestBody<'a> {
        let (node, at) = located(self.document, node, || at);
        let place = format!("{place}, body");
        self.none(node, &place);
        RequestBody {
            description: text(node, "description"),
            required: flag(node, "required"),
            content: self.content(node, &at, &place),
            at,
        }
    }

    fn response(&mut self, node: &'a Value, at: &Pointer, place: &str) -> Response<'a> {
        let (node, found) = located(self.document, node, || at.clone());
        let place = format!("{place}, {}", at.keys().last().unwrap_or_default());
        self.none(node, &place);
        Response {
            description: text(node, "description"),
            content: self.content(node, &found, &place),
            at: found,
        }
    }

    fn content(&mut self, node: &'a Value, at: &Pointer, place: &str) -> Vec<Media<'a>> {
        let content = object(node, "content").map(|(name, media)| {
            let at = at.join("content").join(name);
            let schema = media
                .get("schema")
                .map(|schema| Schema::read(schema, place.to_owned(), at.join("schema"), self.problems));
            Media { at, name: Cow::Borrowed(name), schema }
        });
        content.collect()
    }

    /// Reports annotations where none belongs.
    pub(super) fn none(&mut self, node: &'a Value, place: &str) {
        let (NoAnnotations {}, unread) = annotations::read(node);
        self.problems.unread(place, unread);
    }
}

/// The name that Atlassian's documentation gives an operation; some documents have it in place of an id.
fn title(node: &Value) -> &str {
    let titles =
        [text(node, "summary"), Some(text(node, "operationId")).filter(|id| id.contains(' ')).unwrap_or("")];
    titles.into_iter().find(|title| !title.is_empty()).unwrap_or_default()
}

/// The sets of scopes each of which lets a token in, each once: those of the vendor's own list, and those of the
/// standard's `security`, which the document gives for all operations that give none.
///
/// A scheme without scopes says how to sign in, not what the program must have been granted.
fn scopes<'a>(document: &'a Value, operation: &'a Value) -> Vec<Vec<&'a str>> {
    let granted = |list: &'a Value| list.as_array().into_iter().flatten().filter_map(Value::as_str);
    let security = if operation.get("security").is_some() { operation } else { document };
    let standard = list(security, "security").filter_map(Value::as_object);
    let standard = standard.map(|schemes| schemes.values().flat_map(granted).collect::<Vec<_>>());
    let vendor = list(operation, "x-atlassian-oauth2-scopes").map(|entry| texts(entry, "scopes").collect());
    let mut sets: Vec<Vec<&str>> = Vec::new();
    for set in standard.chain(vendor) {
        if !set.is_empty() && !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets
}
