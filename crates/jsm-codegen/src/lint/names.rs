//! Names that cannot be written in Rust, and names that are one and the same there.
//!
//! The type generator names a type without a name of its own after its place; two of one name would silently
//! become one.

use std::collections::BTreeMap;

use heck::ToPascalCase;
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::emit::plain;
use crate::model::{Document, Media, Schema};

const RENAME: &str = "give it an x-jsm-name in ergonomics.yaml";
const CORRECT: &str = "correct it in corrections.yaml";

/// Reports every such name.
pub(super) fn check(document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let mut types = Types { by_name: BTreeMap::new(), found };
    for (name, schema) in &document.schemas {
        types.component(name, schema);
    }
    for (name, schema) in &document.schemas {
        types.inside(schema, &name.to_pascal_case());
    }
    for operation in &document.operations {
        let name = operation.annotations.name.unwrap_or_default().to_pascal_case();
        for parameter in &operation.parameters {
            let own = format!("{name}{}", parameter.name.to_pascal_case());
            parameter.schema.iter().for_each(|schema| types.nameless(schema, &own));
        }
        let mut media = |content: &[Media<'_>], own: &str| {
            content.iter().filter_map(|media| media.schema.as_ref()).for_each(|s| types.nameless(s, own));
        };
        operation.body.iter().for_each(|body| media(&body.content, &format!("{name}Body")));
        operation.successes().for_each(|(_, response)| media(&response.content, &format!("{name}Response")));
    }
    document.each_schema(&mut |schema| properties(schema, found));
}

/// Reports property names of one schema that are one field name in Rust.
fn properties(schema: &Schema<'_>, found: &mut Vec<Diagnostic>) {
    let mut fields: BTreeMap<String, &str> = BTreeMap::new();
    for name in schema.properties.keys() {
        let ident = plain(name);
        if ident.is_empty() {
            let problem = format!("no Rust name can be made of its property {name:?}");
            found.push(Diagnostic::new(&schema.place, problem, CORRECT));
        } else if let Some(first) = fields.insert(ident, name) {
            let problem = format!("its properties {first} and {name} have one Rust name");
            found.push(Diagnostic::new(&schema.place, problem, CORRECT));
        }
    }
}

/// The types of the module by their Rust names: where each is, and its schema.
struct Types<'f> {
    by_name: BTreeMap<String, (String, Value)>,
    found: &'f mut Vec<Diagnostic>,
}

impl Types<'_> {
    fn component(&mut self, name: &str, schema: &Schema<'_>) {
        let rust = name.to_pascal_case();
        if syn::parse_str::<syn::Ident>(&rust).is_err() {
            self.found.push(Diagnostic::new(name, "no Rust name can be made of its name", RENAME));
        }
        if let Some((first, _)) = self.by_name.insert(rust.clone(), (name.to_owned(), schema.json.clone())) {
            let problem = format!("its Rust name {rust} is that of {first} too");
            self.found.push(Diagnostic::new(name, problem, RENAME));
        }
    }

    /// Checks a schema that gets the given name if it needs a type.
    fn nameless(&mut self, schema: &Schema<'_>, name: &str) {
        let needs_a_type = schema.values.is_some_and(|values| !values.is_empty())
            || !schema.properties.is_empty()
            || schema.parts().nth(1).is_some();
        if needs_a_type {
            let known = self.by_name.entry(name.to_owned());
            let (first, other) = known.or_insert_with(|| (schema.place.clone(), schema.json.clone()));
            // One and the same schema in two places may well be one type.
            if other != schema.json {
                let problem = format!("its Rust name would be {name}, which is that of {first} too");
                let fix = "make it a schema of its own in generator.yaml";
                self.found.push(Diagnostic::new(&schema.place, problem, fix));
            }
        }
        self.inside(schema, name);
    }

    /// Checks the schemas inside one of the given name.
    fn inside(&mut self, schema: &Schema<'_>, name: &str) {
        for (property, inner) in &schema.properties {
            self.nameless(inner, &format!("{name}{}", property.to_pascal_case()));
        }
        schema.items.iter().for_each(|items| self.nameless(items, &format!("{name}Item")));
        schema.additional().into_iter().for_each(|value| self.nameless(value, &format!("{name}Value")));
    }
}
