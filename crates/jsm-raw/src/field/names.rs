//! Names as people write them: found whatever their case, or similar to one that was mistyped.

/// How many texts are returned.
const MOST: usize = 3;

/// How many characters of a text are compared.
const COMPARED: usize = 64;

/// The indices of the names that a text is: those that are equal, else those that differ in case and white space only.
pub fn named<'a>(text: &str, names: impl Iterator<Item = &'a str> + Clone) -> Vec<usize> {
    let indices = |is_name: &dyn Fn(&str) -> bool| {
        let found = names.clone().enumerate().filter(|(_, name)| is_name(name));
        found.map(|(index, _)| index).collect::<Vec<_>>()
    };
    let (text, wanted) = (text.trim(), folded(text));
    let equal = indices(&|name| !text.is_empty() && name.trim() == text);
    if equal.is_empty() { indices(&|name| !wanted.is_empty() && folded(name) == wanted) } else { equal }
}

/// The texts that are most similar to a given one, at most three, the most similar first.
///
/// Case and white space do not count. A text is similar if it contains the given one, or if few letters differ.
pub fn nearest<'a>(given: &str, texts: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let wanted: Vec<char> = folded(given).chars().take(COMPARED).collect();
    let most = (wanted.len() / 3).max(1);
    let score = |text: &'a str| {
        let text: Vec<char> = folded(text).chars().take(COMPARED).collect();
        let contains = wanted.len() > 2 && text.windows(wanted.len()).any(|part| part == wanted);
        if wanted.is_empty() || (!contains && text.len().abs_diff(wanted.len()) > most) {
            return None;
        }
        let distance = distance(&wanted, &text);
        // At least one letter has to be right.
        let is_near = distance <= most && distance < wanted.len();
        (contains || is_near).then_some((distance, !contains))
    };
    let mut found: Vec<_> = texts.into_iter().filter_map(|text| Some((score(text)?, text))).collect();
    found.sort_by_key(|((distance, other), text)| (*distance, *other, text.len()));
    found.dedup_by_key(|(_, text)| *text);
    found.into_iter().take(MOST).map(|(_, text)| text)
}

/// A text without what people do not see as a difference: case, and the white space around and between its words.
pub(super) fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// How many letters have to be added, removed, replaced or swapped with their neighbour.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, b) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(a != b);
            let mut least = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            let swapped = row > 0 && column > 0 && *a == to[column - 1] && from[row - 1] == *b;
            if swapped {
                least = least.min(before_last[column - 1] + 1);
            }
            next.push(least);
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let texts = ["High", "Highest", "Medium", "Low", "Größe", "Hardware / Laptop", ""];
        for (given, found) in [
            ("hihg", &["High"][..]),
            ("HIGH", &["High", "Highest"]),
            ("Meduim", &["Medium"]),
            ("grösse", &["Größe"]),
            ("laptop", &["Hardware / Laptop"]),
            ("hig", &["High", "Highest"]),
            ("Urgent", &[]),
            ("", &[]),
            ("x", &[]),
            ("Lo", &["Low"]),
        ] {
            assert_eq!(nearest(given, texts).collect::<Vec<_>>(), found, "{given}");
        }
        let long = "x".repeat(100_000);
        assert_eq!(nearest(&long, [long.as_str(), "x"]).count(), 1);
    }
}
