//! Batches: the list in a request, cut into lists that a server accepts.

use jsm_raw::Batched;

/// The operation once for each batch of its entries; none if it has no entries.
///
/// An entry that exceeds the limit by itself is a batch of its own, and the server responds with its own error.
pub(super) fn batches<O: Batched>(operation: &O) -> Vec<O> {
    let limit = O::INFO.batch_limit.map_or(usize::MAX, |limit| limit as usize);
    let mut batches: Vec<Vec<O::Entry>> = Vec::new();
    let mut size = 0;
    for entry in operation.entries() {
        let more = O::entry_size(entry);
        match batches.last_mut() {
            Some(batch) if size + more <= limit => {
                batch.push(entry.clone());
                size += more;
            }
            _ => {
                batches.push(vec![entry.clone()]);
                size = more;
            }
        }
    }
    let with = |entries| {
        let mut batch = operation.clone();
        batch.set_entries(entries);
        batch
    };
    batches.into_iter().map(with).collect()
}
