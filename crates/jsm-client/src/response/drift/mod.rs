//! Drift: how the responses of a server differ from the document of its API.
//!
//! The effective document is compared with the JSON of a response as it came, because decoding drops what types do not
//! know. Nothing here is generic in operations, and programs that do not observe drift contain neither this nor the
//! documents: they are reached through the observer that `ClientBuilder::observe_drift` makes.

mod compare;
mod repaired;
mod report;

pub use report::{Drift, DriftKind, DriftReport};

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use jsm_raw::OperationInfo;

use super::repairs::Repair;
use crate::transport::{Head, UndecodedObserver};

/// Observes responses.
pub(crate) trait Observer: UndecodedObserver {
    /// Observes a response that was read whole, with what was repaired in it.
    fn response(&self, info: &'static OperationInfo, head: &Head, body: &Bytes, repairs: &[Repair]);
}

/// Reports drift to a function of the program.
pub(crate) struct DriftObserver<F>(pub(crate) F);

impl<F: Fn(&DriftReport) + Send + Sync> DriftObserver<F> {
    fn report(&self, report: Option<DriftReport>) {
        if let Some(report) = report {
            // A panic of an observer is not the call's. The panic hook has reported it.
            let _ = catch_unwind(AssertUnwindSafe(|| (self.0)(&report)));
        }
    }
}

impl<F: Fn(&DriftReport) + Send + Sync> UndecodedObserver for DriftObserver<F> {
    fn undecoded(&self, info: &'static OperationInfo, head: &Head, body: Option<&Bytes>) {
        self.report(compare::undecoded(info, head, body));
    }
}

impl<F: Fn(&DriftReport) + Send + Sync> Observer for DriftObserver<F> {
    fn response(&self, info: &'static OperationInfo, head: &Head, body: &Bytes, repairs: &[Repair]) {
        self.report(compare::response(info, head, body, repairs));
    }
}
