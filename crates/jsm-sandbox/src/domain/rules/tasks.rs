//! Bulk tasks: accepted now, worked on entry by entry when their time has come.
//!
//! What cannot be applied as a whole is refused at once; what fails for one entry is a failure of the task.

use crate::domain::entities::bulk::{Entry, Failure, Task};
use crate::domain::entities::detail_field::{Definition, FieldOwner};
use crate::domain::error::Error;
use crate::domain::site::Site;

/// How much one bulk request may carry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BulkLimit {
    /// So many entries.
    Entries(usize),
    /// So many changes in all entries together, and as many entries.
    Changes(usize),
}

impl Site {
    /// Moves the time on, and works on all tasks that end by then, in the order in which they end.
    pub(crate) fn advance_to(&mut self, now: i64) {
        let mut due: Vec<(i64, String)> = self
            .tasks
            .values()
            .filter(|task| !task.done && task.ends <= now)
            .map(|task| (task.ends, task.id.clone()))
            .collect();
        due.sort();
        for (ends, id) in due {
            let Some(task) = self.tasks.get_mut(&id) else { continue };
            task.done = true;
            let entries = std::mem::take(&mut task.entries);
            // What a task creates was created when the task ended.
            self.now = ends;
            let apply = |entry: Entry| match self.apply(&entry) {
                Ok(()) => None,
                Err(error) => Some(Failure { entry, error: error.to_string() }),
            };
            let failures = entries.into_iter().filter_map(apply).collect();
            if let Some(task) = self.tasks.get_mut(&id) {
                task.failures = failures;
            }
        }
        self.now = now;
    }

    /// Accepts a task, and returns its id. Bulk requests need an idempotency key.
    pub(crate) fn submit_task(
        &mut self,
        kind: &'static str,
        key: Option<&str>,
        limit: BulkLimit,
        entries: Option<Vec<Entry>>,
    ) -> Result<String, Error> {
        let entries = entries.ok_or_else(|| Error::invalid("A list of entries is needed."))?;
        check_size(limit, &entries)?;
        for owner in [FieldOwner::Customer, FieldOwner::Organization, FieldOwner::Entitlement] {
            // New definitions are all or nothing: one name that is taken refuses the whole request.
            self.check_definitions(owner, &definitions(owner, &entries))?;
        }
        if key.is_none_or(str::is_empty) {
            return Err(Error::invalid("The header Idempotency-Key is needed."));
        }
        if self.tasks.values().filter(|task| !task.done).count() >= self.task_settings.limit {
            return Err(Error::TooManyTasks);
        }
        let id = format!("7a5c0000-0000-4000-8000-{:012x}", self.next("task", 1));
        let duration = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        let duration = duration.saturating_mul(self.task_settings.entry_millis);
        let task = Task {
            id: id.clone(),
            kind,
            created: self.now,
            ends: self.now.saturating_add(duration),
            done: false,
            entries,
            failures: Vec::new(),
        };
        self.tasks.insert(id.clone(), task);
        Ok(id)
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), Error> {
        match entry {
            Entry::CustomerAccount { operation, account } => self.apply_account(operation, account),
            Entry::CustomerProfile { operation, account, profile } => {
                self.apply_customer_profile(operation, account, profile)
            }
            Entry::CustomerDetails { id, changes } => {
                let details = self.customer(id)?.details.clone();
                let details = self.changed_details(FieldOwner::Customer, details, changes)?;
                self.customer_mut(id)?.details = details;
                Ok(())
            }
            Entry::Organization { operation, organization } => {
                self.apply_organization(operation, organization)
            }
            Entry::OrganizationProfile { operation, organization, profile } => {
                self.apply_organization_profile(operation, organization, profile)
            }
            Entry::OrganizationDetails { id, changes } => {
                let organization = self.organization_named(id)?;
                let (id, details) = (organization.id, organization.details.clone());
                let details = self.changed_details(FieldOwner::Organization, details, changes)?;
                self.organization_mut(id)?.details = details;
                Ok(())
            }
            Entry::DetailField { owner, definition } => {
                self.create_detail_field(*owner, definition).map(drop)
            }
        }
    }
}

fn check_size(limit: BulkLimit, entries: &[Entry]) -> Result<(), Error> {
    let changes = |entry: &Entry| match entry {
        Entry::CustomerDetails { changes, .. } | Entry::OrganizationDetails { changes, .. } => changes.len(),
        _ => 1,
    };
    let (most, size, what) = match limit {
        BulkLimit::Entries(most) => (most, entries.len(), "entries"),
        BulkLimit::Changes(most) if entries.len() > most => (most, entries.len(), "entries"),
        BulkLimit::Changes(most) => (most, entries.iter().map(changes).sum(), "operations"),
    };
    match size {
        0 => Err(Error::invalid("There is nothing to do.")),
        _ if size > most => Err(Error::invalid(format!("At most {most} {what} at once."))),
        _ => Ok(()),
    }
}

fn definitions(owner: FieldOwner, entries: &[Entry]) -> Vec<Definition> {
    let definition = |entry: &Entry| match entry {
        Entry::DetailField { owner: other, definition } if *other == owner => Some(definition.clone()),
        _ => None,
    };
    entries.iter().filter_map(definition).collect()
}
