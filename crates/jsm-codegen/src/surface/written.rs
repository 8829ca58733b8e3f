//! Types and signatures on one line, as a reader writes them.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, ImplItemFn, Type};

/// A function, without the arguments in `without`.
pub(super) fn signature(of: &str, method: &ImplItemFn, without: &[String]) -> String {
    let name = &method.sig.ident;
    let arguments: Vec<_> = method
        .sig
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some((typed.pat.to_token_stream().to_string(), short(&typed.ty))),
        })
        .filter(|(argument, _)| !without.contains(argument))
        // A setter's argument is called as the setter is.
        .map(|(argument, ty)| if name == &argument { ty } else { format!("{argument}: {ty}") })
        .collect();
    let returns = match &method.sig.output {
        syn::ReturnType::Type(_, ty) => Some(short(ty)).filter(|ty| ty != "Self"),
        syn::ReturnType::Default => None,
    };
    let returns = returns.map(|ty| format!(" -> {ty}")).unwrap_or_default();
    format!("{of}::{name}({}){returns}{}", arguments.join(", "), deprecated(&method.attrs))
}

/// A mark for what is deprecated.
pub(super) fn deprecated(attrs: &[Attribute]) -> &'static str {
    if attrs.iter().any(|attr| attr.path().is_ident("deprecated")) { " [deprecated]" } else { "" }
}

/// A type as a reader writes it: the last part of every path, and no space that Rust does without.
pub(super) fn short(ty: &Type) -> String {
    struct Last;
    impl VisitMut for Last {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            visit_mut::visit_path_mut(self, path);
            path.leading_colon = None;
            if let Some(last) = path.segments.pop() {
                path.segments = std::iter::once(last).collect();
            }
        }
    }
    let mut ty = ty.clone();
    Last.visit_type_mut(&mut ty);
    tidy(ty.to_token_stream())
}

/// A type with its paths, but for the crate's own name.
pub(super) fn written(ty: &Type) -> String {
    tidy(ty.to_token_stream()).replace("crate::", "")
}

fn tidy(tokens: TokenStream) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                text.push_str(tidy(group.stream()).trim_end_matches(", "));
                text.push_str(close);
            }
            // A long type has a comma at the end of each of its lines.
            TokenTree::Punct(mark) if mark.as_char() == '>' => {
                text.truncate(text.trim_end_matches(", ").len());
                text.push('>');
            }
            TokenTree::Punct(mark) if mark.as_char() == '=' => text += " = ",
            TokenTree::Punct(mark) if mark.as_char() == ',' => text += ", ",
            other => {
                let word = other.to_string();
                let letter = |c: char| c.is_alphanumeric() || c == '_';
                if text.ends_with(letter) && word.starts_with(letter) {
                    text.push(' ');
                }
                text += &word;
            }
        }
    }
    text
}

/// The last name of a path.
pub(super) fn last(path: &syn::Path) -> String {
    path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}
