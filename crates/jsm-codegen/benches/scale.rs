//! What invented documents of growing size cost on the way from upstream to Rust, step by step.
//!
//! `cargo bench -p jsm-codegen --bench scale` prints seconds and how they grow from size to size: twice the operations
//! should cost twice the time. It fails when the largest document takes more than five seconds or 500 MB. Nothing is
//! measured twice, for what is looked for is a wrong order of growth, not a few per cent.

use std::fmt::Write;
use std::process::ExitCode;
use std::time::Instant;

use jsm_codegen::diagnostic::Diagnostic;
use jsm_codegen::model::Document;
use jsm_codegen::{diff, distil, document, effective, emit, lint, overlay, surface};
use serde_json::{Value, json};

const SIZES: [usize; 4] = [75, 150, 300, 600];
const SECONDS: f64 = 5.0;
const MEGABYTES: f64 = 500.0;

fn main() -> ExitCode {
    let mut before: Vec<(&str, f64)> = Vec::new();
    let (mut total, mut memory) = (0.0, None);
    for size in SIZES {
        let (steps, peak) = match run(size) {
            Ok(steps) => steps,
            Err(problem) => {
                eprintln!("{size} operations: {problem}");
                return ExitCode::FAILURE;
            }
        };
        total =
            steps.iter().filter(|(name, _)| !["diff", "surface"].contains(name)).map(|(_, time)| time).sum();
        println!("{size} operations, {} schemas: {total:.3} s", schemas(size));
        for (at, (name, time)) in steps.iter().enumerate() {
            let grown =
                before.get(at).map(|(_, before)| format!("  x{:.1}", time / before)).unwrap_or_default();
            println!("  {name:10} {time:8.3} s{grown}");
        }
        (before, memory) = (steps, peak);
    }
    println!("most memory: {}", memory.map_or("unknown".to_owned(), |memory| format!("{memory:.0} MB")));
    if total > SECONDS || memory.is_some_and(|memory| memory > MEGABYTES) {
        eprintln!("more than {SECONDS} s or {MEGABYTES} MB");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The seconds of each step, and the most memory that there was until the last one that has a limit.
type Measured = (Vec<(&'static str, f64)>, Option<f64>);

fn run(size: usize) -> Result<Measured, Diagnostic> {
    let (upstream, words) = (upstream(size), words(size));
    let mut steps = Vec::new();
    let start = Instant::now();
    let mut before = spent(start);
    let mut lap = |name| {
        let now = spent(start);
        steps.push((name, now - before));
        before = now;
    };
    let pinned = distil::distil(&upstream, "Invented")?.document;
    lap("distil");
    let overlay = overlay::parse("words.yaml", &words)?;
    let made = effective::effective(&pinned, &[overlay]).map_err(|problems| problems[0].clone())?;
    lap("overlays");
    let model = Document::read(&made);
    if let Some(found) = lint::lint(&model).first() {
        return Err(found.clone());
    }
    lap("lint");
    let source = emit::emit("invented", &document::canonical(&made))?;
    lap("emit");
    let memory = peak();
    let parts = surface::surface(&model, &source)?;
    assert_eq!(parts.len(), size.div_ceil(20) + 1, "one part for each group, and the shared one");
    lap("surface");
    let changes = diff::compare(&diff::read(&pinned)?, &diff::read(&upstream)?);
    assert!(changes.is_empty(), "distilling keeps the interface");
    lap("diff");
    Ok((steps, memory))
}

fn schemas(operations: usize) -> usize {
    operations * 5 / 3
}

/// A document with that many operations, each with parameters, a body or a page, and schemas that refer to others.
fn upstream(operations: usize) -> Value {
    let schema =
        |at: usize| json!({"$ref": format!("#/components/schemas/Thing{}DTO", at % schemas(operations))});
    let mut document = json!({
        "openapi": "3.0.1", "info": {"title": "Invented", "version": "1"}, "paths": {},
        "components": {"schemas": {}},
    });
    for at in 0..operations {
        let answer =
            json!({"200": {"description": "It.", "content": {"application/json": {"schema": schema(at)}}}});
        let operation = match at % 2 {
            0 => json!({
                "operationId": format!("get{at}"), "responses": answer,
                "parameters": [
                    {"name": "thingId", "in": "path", "required": true, "schema": {"type": "string"}},
                    {"name": "expand", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "most", "in": "query", "schema": {"type": "integer", "format": "int32"}},
                ],
            }),
            _ => json!({
                "operationId": format!("create{at}"), "responses": answer,
                "requestBody": {"content": {"application/json": {"schema": schema(at + operations)}}},
            }),
        };
        let (path, method) = match at % 2 {
            0 => (format!("/thing{at}/{{thingId}}"), "get"),
            _ => (format!("/thing{at}"), "post"),
        };
        document["paths"][path] = json!({ method: operation });
    }
    for at in 0..schemas(operations) {
        document["components"]["schemas"][format!("Thing{at}DTO")] = json!({
            "type": "object",
            "description": "A thing.",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "description": "What it is called."},
                "count": {"type": "integer", "format": "int64"},
                "state": {"type": "string", "enum": ["open", "closed", format!("state{at}")]},
                "next": schema(at + 1),
                "parts": {"type": "array", "items": schema(at + 7)},
                "links": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        });
    }
    document
}

/// An overlay with what every operation needs.
fn words(operations: usize) -> String {
    let mut text = String::from(
        "overlay: 1.0.0\ninfo: {title: Words, version: 1.0.0}\nx-reason: invented\nactions:\n  \
         - {target: $, update: {x-jsm-strip-suffixes: [DTO], x-jsm-base: {site: ''}}}\n  \
         - {target: \"$.paths[*][*].responses['200']\", update: {description: It is here.}}\n",
    );
    for at in 0..operations {
        let (target, name) = match at % 2 {
            0 => (format!("$.paths['/thing{at}/{{thingId}}'].get"), format!("GetThing{at}")),
            _ => (format!("$.paths['/thing{at}'].post"), format!("CreateThing{at}")),
        };
        let group = at / 20;
        let _ = writeln!(
            text,
            "  - {{target: \"{target}\", update: {{description: Does it., x-jsm-name: {name}, x-jsm-group: group_{group}, \
             x-jsm-idempotent: true}}}}"
        );
    }
    text
}

/// Seconds of computing so far, which a busy machine does not stretch; where the system does not tell, since `start`.
fn spent(start: Instant) -> f64 {
    let shown = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = shown.and_then(|shown| shown.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

/// The most memory this process has had, in megabytes, where the system tells.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}
