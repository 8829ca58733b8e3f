//! What retries may cost.

/// What a client may spend on retries, shared by all its calls.
///
/// Retries spend, successes earn. A server that answers nothing but errors empties it soon and is left alone.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: std::sync::atomic::AtomicU32,
}

const BUDGET: u32 = 500;
const COST: u32 = 5;

impl Default for Budget {
    fn default() -> Self {
        Self { tokens: BUDGET.into() }
    }
}

impl Budget {
    pub(crate) fn spend(&self) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        self.tokens.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(COST)).is_ok()
    }

    pub(crate) fn earn(&self) {
        use std::sync::atomic::Ordering::Relaxed;
        // A full budget stays as it is; losing the race for it does no harm.
        let _ = self.tokens.fetch_update(Relaxed, Relaxed, |left| (left < BUDGET).then_some(left + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, Budget, COST};

    #[test]
    fn a_budget_runs_dry_and_recovers() {
        let budget = Budget::default();
        assert_eq!((0..BUDGET).filter(|_| budget.spend()).count() as u32, BUDGET / COST);
        (0..COST).for_each(|_| budget.earn());
        assert!(budget.spend());
        assert!(!budget.spend());
    }
}
