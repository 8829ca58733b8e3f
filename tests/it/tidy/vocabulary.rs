//! Words that the glossary of ARCHITECTURE.md retires: no name, no documentation and no text of the crates has them.

use std::collections::BTreeSet;
use std::fs;

use proc_macro2::{Spacing, TokenStream, TokenTree};
use xtask::files;

use super::sources;

/// Retired words, with the terms that replace them.
const RETIRED: &[(&[&str], &str)] = &[
    (&["answer", "answers", "answered", "answering"], "response, responds"),
    (&["repeatable"], "idempotent"),
    (&["patience"], "retries, timeouts, rate limits"),
    (&["paging", "paged"], "pagination, paginated"),
    (&["chunked", "chunking"], "batch, batched"),
    (&["leaf"], "page"),
    (&["judge", "verdict"], "progress, result, outcome"),
    (&["seam", "seams"], "the name of what is emitted"),
    (&["mend", "mends", "mended", "mending"], "fix"),
    (&["told", "complaint", "complaints"], "reported, message, error detail"),
    (&["whoever", "somebody", "nobody", "anybody"], "the caller, the server, another process, by default"),
    (&["soften", "softened"], "make lenient"),
];

/// Where a retired word is a term of the APIs: the forms of request types have questions and answers, and an approver
/// answers an approval.
const TERMS: &[&str] = &["form", "question", "approval"];

#[test]
fn names_documentation_and_texts_use_the_glossary() {
    let mut found = BTreeSet::new();
    for source in sources(&["crates", "xtask/src"]) {
        if !source.path.contains("/src/") {
            continue;
        }
        // What the sandbox sends are the servers' words.
        let texts = !source.path.starts_with("crates/jsm-sandbox/");
        let mut gathered = Vec::new();
        gather(source.text.parse().expect("it is Rust"), texts, &mut gathered);
        for text in gathered {
            let words = retired(&text).into_iter();
            found.extend(
                words.map(|(word, term)| format!("{}: {text:?}: write {term} for {word}", source.path)),
            );
        }
    }
    let pages = ["README.md", "CONTRIBUTING.md", "openapi/README.md", "crates/jsm-client/src/guide.md"];
    for path in pages {
        let text = fs::read_to_string(files::root().join(path)).expect("it is text");
        // Code is checked where it is defined.
        for line in text.lines().map(|line| line.split('`').step_by(2).collect::<String>()) {
            let words = retired(&line).into_iter();
            found.extend(words.map(|(word, term)| format!("{path}: {line:?}: write {term} for {word}")));
        }
    }
    let list: Vec<String> = found.into_iter().collect();
    assert!(list.is_empty(), "the glossary of ARCHITECTURE.md has other terms:\n{}", list.join("\n"));
}

#[test]
fn retired_words_are_found_in_every_case() {
    for (text, word) in [
        ("AnswerBody", Some("answer")),
        ("set_answer_status", Some("answer")),
        ("The server answers with a page.", Some("answers")),
        ("PAGED_LISTS", Some("paged")),
        ("The answers to the questions of a form.", None),
        ("Responds with one Page.", None),
    ] {
        assert_eq!(retired(text).first().map(|(word, _)| *word), word, "{text}");
    }
    let mut words = Vec::new();
    let code = "/// Docs.\nstruct Name { field: Type } fn function(argument: u8) { let local = other.chunk(\"some text\", \"name\"); }";
    gather(code.parse().unwrap(), true, &mut words);
    assert_eq!(words, [" Docs.", "Name", "field", "function", "argument", "local", "some text"]);
}

/// The retired words in a text or a name, each with its replacement.
fn retired(text: &str) -> Vec<(&'static str, &'static str)> {
    let words: BTreeSet<String> = words(text).collect();
    if TERMS.iter().any(|term| words.iter().any(|word| word.starts_with(term))) {
        return Vec::new();
    }
    let all = RETIRED.iter().flat_map(|(retired, term)| retired.iter().map(move |word| (*word, *term)));
    all.filter(|(word, _)| words.contains(*word)).collect()
}

/// The words of a sentence, or of a name in any case, in small letters.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in text.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if letter.is_alphabetic() { letter.to_ascii_lowercase() } else { ' ' });
        before = letter;
    }
    spaced.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// The names that code defines, its documentation and, if wanted, its texts. Names that it only uses may be other crates',
/// and a text of one word is a name in JSON or HTTP.
fn gather(code: TokenStream, texts: bool, found: &mut Vec<String>) {
    const DEFINES: [&str; 10] =
        ["const", "enum", "fn", "let", "mod", "mut", "static", "struct", "trait", "type"];
    let mut before = String::new();
    let mut tokens = code.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(name) => {
                let is_field = matches!(tokens.peek(), Some(TokenTree::Punct(mark))
                    if mark.as_char() == ':' && mark.spacing() == Spacing::Alone);
                if (is_field && before != ":") || DEFINES.contains(&before.as_str()) {
                    found.push(name.to_string());
                }
            }
            TokenTree::Literal(text) => {
                let text = syn::parse_str::<syn::LitStr>(&text.to_string()).map(|text| text.value());
                // Documentation is a text after `doc =`.
                let wanted = texts || before == "=";
                found.extend(text.ok().filter(|text| wanted && text.contains(' ')));
            }
            TokenTree::Group(group) => gather(group.stream(), texts, found),
            TokenTree::Punct(_) => {}
        }
        before = token.to_string();
    }
}
