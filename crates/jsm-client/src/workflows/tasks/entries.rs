//! The entries of a task, and those that the failures of its outcome are about.

use std::any::Any;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use jsm_raw::csm::types::TaskFailure;
use jsm_raw::{Batched, BulkOperation};

/// The entries of a task: the batch that was submitted, and where it is in the list of the whole operation.
#[derive(Clone)]
pub(crate) struct Entries {
    first: usize,
    batch: Arc<dyn Batch>,
}

/// A submitted batch, whatever its operation.
trait Batch: Any + Send + Sync {
    /// How many entries it has.
    fn len(&self) -> usize;

    /// The ids of the entry of this number.
    fn ids(&self, number: usize) -> Vec<&str>;
}

impl<O: BulkOperation> Batch for O {
    fn len(&self) -> usize {
        self.entries().len()
    }

    fn ids(&self, number: usize) -> Vec<&str> {
        self.entries().get(number).map(O::entry_ids).unwrap_or_default()
    }
}

impl Entries {
    /// The entries of a batch, the first of which has this position.
    pub(crate) fn new<O: BulkOperation>(first: usize, batch: O) -> Self {
        Self { first, batch: Arc::new(batch) }
    }

    /// Their positions.
    pub(crate) fn positions(&self) -> Range<usize> {
        self.first..self.first + self.batch.len()
    }

    /// The entries themselves, if they are those of this operation.
    pub(super) fn of<O: Batched>(&self) -> Option<&[O::Entry]> {
        let batch: &dyn Any = &*self.batch;
        batch.downcast_ref::<O>().map(O::entries)
    }

    /// The positions of the entries that each failure is about: those with the id of the failure, or else with one of
    /// the ids that the task wrote to. Ids are compared without regard to case, as servers compare email addresses.
    pub(super) fn failed(&self, failures: &[TaskFailure]) -> Vec<Vec<usize>> {
        if failures.is_empty() {
            return Vec::new();
        }
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, position) in self.positions().enumerate() {
            for id in self.batch.ids(number) {
                by_id.entry(folded(id)).or_default().push(position);
            }
        }
        let with = |ids: &[String]| {
            let mut found: Vec<usize> =
                ids.iter().filter_map(|id| by_id.get(&folded(id))).flatten().copied().collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        let failed = |failure: &TaskFailure| match with(failure.entity_id.as_slice()) {
            none if none.is_empty() => with(&failure.operated_on_ids),
            found => found,
        };
        failures.iter().map(failed).collect()
    }
}

fn folded(id: &str) -> String {
    id.trim().to_lowercase()
}
