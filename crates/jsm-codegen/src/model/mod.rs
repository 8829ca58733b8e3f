//! A document, read once into types: what `lint`, `emit`, `diff` and `surface` work on.
//!
//! Reading is lenient: what has another form than OpenAPI's counts as absent, so that a comparison or a list of
//! problems can be had of any document. Documents are changed as JSON, by `distil`, `overlay` and `effective`.

mod annotations;
mod node;
mod operation;
mod pointer;
mod problems;
mod references;
mod schema;
mod version;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use operation::Reader;
use problems::Problems;

pub(crate) use annotations::{
    Base, Batch, DocumentAnnotations, Field, FieldValues, Id, LinkedId, OperationAnnotations, PREFIX,
    Pagination, PaginationStyle, SameId, SchemaAnnotations, SlaCycle, SlaCycles,
};
pub(crate) use node::{list, object, text, texts};
pub(crate) use operation::{JSON, Media, Operation, Parameter, RequestBody, Response, place, template};
pub use pointer::{Pointer, resolve};
pub(crate) use schema::{Additional, LIMITS, SCHEMAS, Schema};
pub(crate) use version::{is_openapi_3, require_openapi_3};

/// The methods that a path can have, in the order in which operations are listed.
pub const METHODS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "trace"];

/// A document.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The JSON that it was read from.
    pub(crate) json: &'a Value,
    /// By path, then by method.
    pub(crate) operations: Vec<Operation<'a>>,
    /// The schemas of the components, by name.
    pub(crate) schemas: BTreeMap<&'a str, Schema<'a>>,
    pub(crate) annotations: DocumentAnnotations<'a>,
    /// Annotations that could not be read.
    pub(crate) unread: BTreeMap<&'a str, &'a Value>,
    /// What is wrong with annotations and references.
    pub(crate) problems: Vec<Diagnostic>,
}

impl<'a> Document<'a> {
    /// Reads a document: an effective one, or any other of OpenAPI 3.0.
    pub fn read(json: &'a Value) -> Self {
        let mut problems = Problems::default();
        references::check(json, &mut problems);
        let (annotations, unread) = annotations::read(json);
        let unread = problems.unread("the document", unread);
        let mut operations = Vec::new();
        for (path, item) in object(json, "paths").filter(|(path, _)| !path.starts_with("x-")) {
            if item.get("$ref").is_some() {
                problems.path_reference(path);
            }
            let (item, at) = pointer::located(json, item, || Pointer::of(["paths", path]));
            let mut reader = Reader { document: json, problems: &mut problems };
            reader.none(item, path);
            for method in METHODS {
                if let Some(node) = item.get(method).filter(|node| node.is_object()) {
                    operations.push(reader.operation(path, method, item, &at, node));
                }
            }
        }
        operations.sort_by_key(|operation| (operation.path, operation.method));
        let schemas = json.get("components").into_iter().flat_map(|components| object(components, "schemas"));
        let schemas = schemas.map(|(name, node)| {
            let at = Pointer::of(["components", "schemas", name]);
            (name, Schema::read(node, name.to_owned(), at, &mut problems))
        });
        let schemas = schemas.collect();
        let mut document =
            Document { json, operations, schemas, annotations, unread, problems: problems.found };
        document.complete_operations();
        document
    }

    /// Adds to the operations what takes the whole document: labels and rate limit keys.
    fn complete_operations(&mut self) {
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for id in self.operations.iter().filter_map(|operation| operation.id) {
            *uses.entry(id).or_default() += 1;
        }
        let complete = self.operations.iter().map(|operation| {
            let unique = operation.id.filter(|id| uses.get(id) == Some(&1));
            (unique.map_or_else(|| operation.place(), str::to_owned), self.rate_limit_key(operation))
        });
        let complete: Vec<_> = complete.collect();
        for (operation, (label, key)) in self.operations.iter_mut().zip(complete) {
            (operation.label, operation.rate_limit_key) = (label, key);
        }
    }

    fn rate_limit_key(&self, operation: &Operation<'a>) -> Option<&'a str> {
        let mut in_path = operation.parameters.iter().filter(|parameter| parameter.location == "path");
        let limits = |schema: &Schema<'a>| self.resolve(schema).annotations.rate_limit_key;
        in_path
            .find(|parameter| parameter.schema.as_ref().is_some_and(limits))
            .map(|parameter| parameter.name)
    }

    /// How many operations and schemas there are.
    pub fn size(&self) -> (usize, usize) {
        (self.operations.len(), self.schemas.len())
    }

    /// Whether the document has our annotations, as effective documents do.
    ///
    /// Between an annotated document and one that is not, the annotations are no news.
    pub(crate) fn is_annotated(&self) -> bool {
        self.operations.iter().any(|operation| operation.annotations.name.is_some())
    }

    /// The schema itself, or the component that it refers to.
    pub(crate) fn resolve<'s>(&'s self, schema: &'s Schema<'a>) -> &'s Schema<'a> {
        let mut schema = schema;
        // A longer chain of references is a circle.
        for _ in 0..16 {
            match schema.reference.as_deref().and_then(|name| self.schemas.get(name)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// Whether the entries of a parameter's list are sent with commas between them (`explode: false`).
    pub(crate) fn is_joined(&self, parameter: &Parameter<'a>) -> bool {
        let is_list = parameter.schema.as_ref().is_some_and(|schema| self.resolve(schema).kind() == "array");
        is_list && parameter.explode == Some(&Value::Bool(false))
    }

    /// The schemas that are ids of their own, by name.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (&'a str, &Schema<'a>)> {
        let all = self.schemas.iter().map(|(name, schema)| (*name, schema));
        all.filter(|(_, schema)| schema.annotations.id == Some(Id::Own))
    }

    /// Every schema of the document, with those inside others.
    pub(crate) fn each_schema<'s>(&'s self, visit: &mut dyn FnMut(&'s Schema<'a>)) {
        self.schemas.values().for_each(|schema| schema.each(visit));
        self.operations.iter().for_each(|operation| operation.each_schema(visit));
    }
}
