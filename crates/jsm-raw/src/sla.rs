//! Cycles of SLAs: from the moment in which the time starts to count until the goal is met.

use std::fmt;

use jiff::SignedDuration;

use crate::sealed::Sealed;

/// A cycle of an SLA, whether it has ended or not.
///
/// The generated types of cycles have `is_breached` as a method of their own. Import this trait for the other methods, or
/// to treat all cycles alike.
///
/// ```
/// use jsm_raw::SlaCycle;
/// use jsm_raw::servicedesk::types::SlaInformation;
///
/// let sla: SlaInformation = serde_json::from_str(
///     r#"{"name": "Time to resolution",
///         "completedCycles": [{"breached": false, "elapsedTime": {"millis": 5000}}],
///         "ongoingCycle": {"breached": true, "remainingTime": {"millis": -90000}}}"#,
/// )?;
/// assert_eq!(sla.cycles().filter(|cycle| cycle.is_breached()).count(), 1);
/// let over = sla.ongoing_cycle.and_then(|cycle| cycle.remaining()).expect("it has a length");
/// assert_eq!(over.to_string(), "-PT1M30S");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The trait is sealed: it cannot be implemented outside this crate.
pub trait SlaCycle: Sealed + fmt::Debug + Send + Sync {
    /// Whether the goal was missed: as the server reports it, else by the times. `false` if the response has neither.
    fn is_breached(&self) -> bool;

    /// The time that the goal allows.
    fn goal(&self) -> Option<SignedDuration>;

    /// The time that the cycle has taken so far, or took.
    fn elapsed(&self) -> Option<SignedDuration>;

    /// The time that is left to the goal; below zero once it is missed.
    fn remaining(&self) -> Option<SignedDuration>;
}

/// Whether a goal was missed.
#[allow(dead_code, reason = "only generated code calls it, and only where an API has SLAs")]
pub(crate) fn is_breached(
    reported: Option<bool>,
    goal: Option<SignedDuration>,
    elapsed: Option<SignedDuration>,
    remaining: Option<SignedDuration>,
) -> bool {
    let over = || matches!((goal, elapsed), (Some(goal), Some(elapsed)) if elapsed > goal);
    reported.unwrap_or_else(|| remaining.map_or_else(over, |time| time.is_negative()))
}
