//! Customer experiences: help centers that customers visit.

use std::collections::BTreeSet;

/// A help center.
#[derive(Clone, Debug)]
pub(crate) struct Experience {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) desk: u64,
    /// The organizations whose members may enter; all customers may where there is no such list.
    pub(crate) organizations: Option<BTreeSet<u64>>,
}
