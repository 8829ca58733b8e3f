//! Text from elsewhere as one line of printable text.
//!
//! Errors end up in logs and terminals, and much of their text comes from servers. Line breaks would forge log lines,
//! escape sequences would control a terminal, and bidirectional marks would show a text that is not there. What is
//! shown passes through here; accessors return the text as it came. Programs do not need it: `jsm-client` does.

/// The text in one line: runs of white space and control characters become one blank, invisible characters go.
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() || c.is_control() {
            gap = !line.is_empty();
        } else {
            if std::mem::take(&mut gap) {
                line.push(' ');
            }
            line.push(c);
        }
    }
    line
}

/// The beginning of the line, with an ellipsis where there is more.
pub fn excerpt(text: &str, most: usize) -> String {
    let mut line = line(text);
    if let Some((at, _)) = line.char_indices().nth(most) {
        line.truncate(at);
        line.push('…');
    }
    line
}

/// The text without white space, byte order marks and other invisible characters around it.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Whether a character takes no space, or changes how its neighbours are shown.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        // Soft hyphen, joiners, zero-width spaces, byte order mark, fillers.
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        // Bidirectional marks, embeddings, overrides and isolates.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2065}'..='\u{206f}'
        // Variation selectors, annotations, formats of shorthand and music, tags.
        | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        // Private use, and what is no character.
        | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..='\u{10ffff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::{excerpt, line};

    #[test]
    fn makes_one_line_of_any_text() {
        for (text, wanted) in [
            ("  two\r\n\tlines\u{b}\u{c}\n", "two lines"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a b c d"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred [0m"),
            ("nul\0bell\u{7}del\u{7f}csi\u{9b}31m", "nul bell del csi 31m"),
            ("user\u{202e}nimda\u{2066}x\u{200f}y\u{61c}", "usernimdaxy"),
            ("ze\u{200b}ro\u{200d} \u{feff} wi\u{ad}dth", "zero width"),
            ("Jörg 鍋 \u{fffd} 🎉", "Jörg 鍋 \u{fffd} 🎉"),
            ("\u{1fffe}\u{e0041}\u{e001}\u{10fffd}", ""),
        ] {
            assert_eq!(line(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn shows_the_beginning_of_a_long_text() {
        assert_eq!(excerpt("ää\nä", 4), "ää ä");
        assert_eq!(excerpt("ää\nää", 4), "ää ä…");
    }
}
