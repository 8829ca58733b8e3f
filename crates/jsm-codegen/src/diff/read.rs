//! Reading a document for comparison: the model, brought into a form in which equal meanings are equal.

use std::borrow::Cow;
use std::ops::Deref;

use serde_json::Value;

use super::normal::normal;
use crate::diagnostic::Diagnostic;
use crate::model::{Document, Media, Parameter, Schema, require_openapi_3};

/// The interface that a document describes, ready to be compared.
///
/// Titles, descriptions and examples are in the model and never compared, so they can never be reported as changes.
#[derive(Debug)]
pub struct Interface<'a>(Document<'a>);

impl<'a> Deref for Interface<'a> {
    type Target = Document<'a>;

    fn deref(&self) -> &Document<'a> {
        &self.0
    }
}

/// Reads the interface that an upstream, pinned or effective document describes.
///
/// What has another form than OpenAPI's is passed over, so that a page of changes can be had of a document that other
/// steps would refuse.
///
/// # Errors
/// Refuses what is not an OpenAPI 3.0 document with `paths`.
pub fn read(json: &Value) -> Result<Interface<'_>, Diagnostic> {
    require_openapi_3(json)?;
    if !json.get("paths").is_some_and(Value::is_object) {
        return Err(Diagnostic::new("", "it has no `paths`", "give the OpenAPI 3.0 document of an API"));
    }
    let mut document = Document::read(json);
    document.schemas = document.schemas.into_iter().map(|(name, schema)| (name, normal(schema))).collect();
    for operation in &mut document.operations {
        operation.parameters.retain(|parameter| !parameter.name.is_empty() && !parameter.location.is_empty());
        operation.parameters.sort_by_key(|parameter| (parameter.location, parameter.name));
        operation.parameters.iter_mut().for_each(of_parameter);
        operation.body.iter_mut().for_each(|body| of_content(&mut body.content));
        operation.responses.values_mut().for_each(|response| of_content(&mut response.content));
    }
    Ok(Interface(document))
}

fn of_parameter(parameter: &mut Parameter<'_>) {
    parameter.required |= parameter.location == "path";
    let content = std::mem::take(&mut parameter.content).into_iter();
    let schema = parameter.schema.take().or_else(|| content.into_iter().find_map(|media| media.schema));
    parameter.schema = schema.map(normal);
}

/// Media types without their own parameters (`; charset=...`), each once; one without a schema holds any JSON.
fn of_content(content: &mut Vec<Media<'_>>) {
    for media in content.iter_mut() {
        let plain = media.name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        media.name = Cow::Owned(plain);
        let schema = media.schema.take();
        let any = || Schema::any(String::new(), media.at.clone(), &Value::Null);
        media.schema = Some(schema.map_or_else(any, normal));
    }
    content.sort_by(|one, other| one.name.cmp(&other.name));
    content.dedup_by(|one, other| one.name == other.name);
}
