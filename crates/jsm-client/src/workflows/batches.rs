//! Cutting the list in a request into pieces that a server takes.

use jsm_raw::Batched;

/// The operation once for every piece of its list; none where the list is empty.
///
/// An entry that is too much by itself gets a piece of its own, and the server says what it thinks of it.
pub(super) fn parts<O: Batched>(operation: &O) -> Vec<O> {
    let limit = O::INFO.batch_limit.map_or(usize::MAX, |limit| limit as usize);
    let mut pieces: Vec<Vec<O::Entry>> = Vec::new();
    let mut weight = 0;
    for entry in operation.entries() {
        let more = O::entry_size(entry);
        match pieces.last_mut() {
            Some(piece) if weight + more <= limit => {
                piece.push(entry.clone());
                weight += more;
            }
            _ => {
                pieces.push(vec![entry.clone()]);
                weight = more;
            }
        }
    }
    let with = |entries| {
        let mut part = operation.clone();
        part.set_entries(entries);
        part
    };
    pieces.into_iter().map(with).collect()
}
