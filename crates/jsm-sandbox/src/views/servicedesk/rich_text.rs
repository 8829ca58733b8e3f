//! Texts as the portal shows them: as HTML.

use serde_json::{Value, json};

pub(crate) fn rich_text(text: &str) -> Value {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({"html": format!("<p>{text}</p>")})
}
