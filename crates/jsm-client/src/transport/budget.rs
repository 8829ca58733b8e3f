//! The retry budget, which stops the retries of an operation whose server does not recover.
//!
//! Each operation has a budget for each reason to retry, so that one that only fails uses up its own and no other. Waiting
//! for a rate limit costs nothing.

/// The tokens of a budget, at the start and at most.
const BUDGET: u32 = 500;

/// The tokens that a retry costs. A success returns one, or the cost of the retry that led to it.
const COST: u32 = 5;

/// Why a request is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The connection could not be made or broke, or there was no response in time.
    Connection,
    /// The server failed.
    Server,
}

/// The budget of one operation.
///
/// Failures of requests that were in flight at the same time are one failure: when 500 requests fail together, all of them
/// are retried. When they fail again one by one, each pays.
#[derive(Debug, Default)]
pub(crate) struct Budget([Balance; 2]);

#[derive(Debug)]
struct Balance {
    tokens: u32,
    /// The last ticket that was given out when a retry was paid for.
    paid: u64,
}

impl Default for Balance {
    fn default() -> Self {
        Self { tokens: BUDGET, paid: 0 }
    }
}

impl Budget {
    /// Pays for a retry of the request with this ticket, or refuses. `last` is the last ticket that was given out.
    pub(crate) fn spend(&mut self, reason: Reason, ticket: u64, last: u64) -> bool {
        let balance = &mut self.0[reason as usize];
        if ticket <= balance.paid {
            return true;
        }
        match balance.tokens.checked_sub(COST) {
            Some(left) => {
                (balance.tokens, balance.paid) = (left, last);
                true
            }
            None => false,
        }
    }

    /// A request succeeded, after a retry for this reason if there was one.
    pub(crate) fn earn(&mut self, after: Option<Reason>) {
        for (balance, reason) in self.0.iter_mut().zip([Reason::Connection, Reason::Server]) {
            let brings = if after == Some(reason) { COST } else { 1 };
            balance.tokens = (balance.tokens + brings).min(BUDGET);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, Budget, COST, Reason};

    #[test]
    fn runs_dry_and_recovers() {
        let mut budget = Budget::default();
        let spent = (1..=1_000).filter(|ticket| budget.spend(Reason::Server, *ticket, *ticket)).count();
        assert_eq!(spent as u32, BUDGET / COST);
        assert!(budget.spend(Reason::Connection, 1_001, 1_001), "each reason has its own");
        (0..COST).for_each(|_| budget.earn(None));
        assert!(budget.spend(Reason::Server, 1_002, 1_002));
        assert!(!budget.spend(Reason::Server, 1_003, 1_003));
        budget.earn(Some(Reason::Server));
        assert!(budget.spend(Reason::Server, 1_004, 1_004), "a retry that helped costs nothing");
    }

    #[test]
    fn one_bad_moment_is_one_failure() {
        let mut budget = Budget::default();
        assert!((1..=10_000).all(|ticket| budget.spend(Reason::Server, ticket, 10_000)));
        assert!(budget.spend(Reason::Server, 10_001, 10_001));
    }
}
