//! `effective` writes the documents that the bindings are generated from; `expand` writes the bindings for reading.
//!
//! What overlays do and what the lint reports is in `jsm-codegen`.

use std::path::Path;

use clap::Args;
use jsm_codegen::diagnostic::Diagnostic;
use jsm_codegen::effective::{OVERLAYS, PROPOSED, effective};
use jsm_codegen::model::Document;
use jsm_codegen::{document, emit, lint, overlay, pins};

use crate::files::{self, Writer};
use crate::outcome::{Error, Outcome};

/// Write the effective documents: the pinned ones with all overlays applied.
#[derive(Args, Debug)]
pub struct EffectiveArgs {
    /// Write nothing; end with exit code 1 when a document is not current.
    #[arg(long)]
    pub check: bool,
}

/// Write the generated bindings of an API, formatted, to target/expand/.
#[derive(Args, Debug)]
pub struct ExpandArgs {
    /// The API: `servicedesk` or `csm`.
    pub api: String,
}

/// Where the effective document of an API is, seen from the root.
pub fn place(api: &str) -> String {
    format!("crates/jsm-raw/openapi/{api}.json")
}

/// The names of all APIs, in order.
///
/// # Errors
/// Fails if the record of pins cannot be read.
pub fn apis(root: &Path) -> Result<Vec<String>, Error> {
    let text = files::read(root, files::PINS)?.unwrap_or_default();
    let pins = pins::read(&text).map_err(|error| error.within(files::PINS))?;
    Ok(pins.into_keys().collect())
}

/// Makes the effective document of an API from what is in the checkout.
///
/// # Errors
/// Every overlay action that does not fit, or everything that the lint reports.
pub fn make(root: &Path, api: &str) -> Result<String, Error> {
    let place = files::pinned(api);
    let text = files::read(root, &place)?.ok_or_else(|| {
        Error::work("", format!("{place} is missing"), format!("run `cargo xtask pin {api}`"))
    })?;
    let pinned = document::parse(text.as_bytes()).map_err(|error| error.within(&place))?;
    let overlays = overlays(root, api)?;
    let failed = |diagnostics: Vec<Diagnostic>| Error {
        diagnostics: diagnostics.into_iter().map(|diagnostic| diagnostic.within(api)).collect(),
        code: 2,
    };
    let made = effective(&pinned, &overlays).map_err(failed)?;
    let found = lint::lint(&Document::read(&made));
    if found.is_empty() { Ok(document::canonical(&made)) } else { Err(failed(found)) }
}

/// Where the overlay is that an update proposes, seen from the root.
pub fn proposed(api: &str) -> String {
    format!("openapi/{api}/{PROPOSED}")
}

/// The overlays of an API that there are, in the order in which they apply.
///
/// # Errors
/// Fails if one cannot be read.
pub fn overlays(root: &Path, api: &str) -> Result<Vec<overlay::Overlay>, Error> {
    overlays_with(root, api, None)
}

/// The overlays of an API, with this text in place of the one that an update proposed before.
///
/// # Errors
/// Fails if one cannot be read.
pub fn overlays_with(root: &Path, api: &str, proposal: Option<&str>) -> Result<Vec<overlay::Overlay>, Error> {
    let mut all = Vec::new();
    for name in OVERLAYS {
        let place = format!("openapi/{api}/{name}");
        let text = match proposal.filter(|_| name == PROPOSED) {
            Some(text) => Some(text.to_owned()),
            None => files::read(root, &place)?,
        };
        if let Some(text) = text {
            all.push(overlay::parse(&place, &text)?);
        }
    }
    Ok(all)
}

/// Runs `effective`.
///
/// # Errors
/// Fails, with no file changed, if an overlay does not fit or the lint finds something.
pub fn run(root: &Path, args: &EffectiveArgs) -> Result<Outcome, Error> {
    let writer = match args.check {
        true => files::settled(root).map(|()| None)?,
        false => Some(Writer::open(root)?),
    };
    let mut drafts = Vec::new();
    for api in apis(root)? {
        let text = make(root, &api)?;
        if files::read(root, &place(&api))?.as_deref() != Some(&text) {
            drafts.push((place(&api), text));
        }
    }
    let names: Vec<&str> = drafts.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    if drafts.is_empty() {
        return Ok(Outcome::Fine("the effective documents are current".to_owned()));
    }
    let Some(writer) = writer else {
        return Ok(Outcome::Stale(format!("not current: {names}\nrun `cargo xtask effective`")));
    };
    writer.write_all(&drafts)?;
    Ok(Outcome::Fine(format!("wrote {names}")))
}

/// Runs `expand`.
///
/// # Errors
/// Fails if there is no such API or its document cannot be generated.
pub fn expand(root: &Path, args: &ExpandArgs) -> Result<Outcome, Error> {
    let writer = Writer::open(root)?;
    let known = apis(root)?;
    if !known.contains(&args.api) {
        let next = format!("name one of: {}", known.join(", "));
        return Err(Error::input("", format!("there is no API called {:?}", args.api), next));
    }
    let from = place(&args.api);
    let text = files::read(root, &from)?
        .ok_or_else(|| Error::work("", format!("{from} is missing"), "run `cargo xtask effective`"))?;
    let source = emit::emit(&args.api, &text).map_err(|error| error.within(&from))?;
    let to = format!("target/expand/{}.rs", args.api);
    writer.write_all(&[(to.clone(), format!("// Generated from {from}; for reading only.\n{source}"))])?;
    Ok(Outcome::Fine(format!("wrote {to}")))
}
