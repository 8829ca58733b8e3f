//! Which operations use a schema, and whether they send it, read it, or get it with an error.
//!
//! Every schema is visited a bounded number of times, however the schemas refer to each other.

use std::collections::{BTreeSet, HashMap};
use std::ops::{BitOr, BitOrAssign};

use super::read::Interface;
use crate::model::{Operation, Schema};

/// The sides from which programs see a value, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides(u8);

impl Sides {
    pub(super) const NONE: Sides = Sides(0);
    /// In requests.
    pub(super) const SENT: Sides = Sides(1);
    /// In responses of success.
    pub(super) const READ: Sides = Sides(2);
    /// In responses of errors.
    pub(super) const IN_ERRORS: Sides = Sides(4);

    pub(super) fn holds(self, side: Sides) -> bool {
        self.0 & side.0 != 0
    }

    /// The sides of both sets that are also in the other.
    pub(super) fn only(self, sides: Sides) -> Sides {
        Sides(self.0 & sides.0)
    }
}

impl BitOr for Sides {
    type Output = Sides;

    fn bitor(self, other: Sides) -> Sides {
        Sides(self.0 | other.0)
    }
}

impl BitOrAssign for Sides {
    fn bitor_assign(&mut self, other: Sides) {
        self.0 |= other.0;
    }
}

/// Whether a status is that of a response that a call returns, rather than of an error.
pub(super) fn is_success(operation: &Operation<'_>, status: &str) -> bool {
    status.starts_with('2')
        || status.parse().is_ok_and(|status| operation.annotations.response_statuses.contains(&status))
        || status == "default" && !operation.responses.keys().any(|status| status.starts_with('2'))
}

/// The side from which a program sees what comes with a status.
pub(super) fn side_of(operation: &Operation<'_>, status: &str) -> Sides {
    if is_success(operation, status) { Sides::READ } else { Sides::IN_ERRORS }
}

/// Which operations use which component schema of one document.
pub(super) struct Usage<'i> {
    positions: HashMap<&'i str, usize>,
    sides: Vec<Sides>,
    /// For every schema, the schemas that refer to it.
    holders: Vec<Vec<usize>>,
    /// For every schema, the operations that name it themselves.
    users: Vec<Vec<usize>>,
}

impl<'i> Usage<'i> {
    pub(super) fn of(interface: &'i Interface<'_>) -> Self {
        let positions: HashMap<&str, usize> =
            interface.schemas.keys().enumerate().map(|(position, name)| (*name, position)).collect();
        let count = positions.len();
        let (mut held, mut holders) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut found = Vec::new();
        for (holder, schema) in interface.schemas.values().enumerate() {
            references(schema, &mut found);
            for position in found.drain(..).filter_map(|name| positions.get(name).copied()) {
                held[holder].push(position);
                holders[position].push(holder);
            }
        }

        let mut sides = vec![Sides::NONE; count];
        let mut users = vec![Vec::new(); count];
        let mut open = Vec::new();
        for (number, operation) in interface.operations.iter().enumerate() {
            for (schema, side) in schemas(operation) {
                references(schema, &mut found);
                for position in found.drain(..).filter_map(|name| positions.get(name).copied()) {
                    users[position].push(number);
                    open.push((position, side));
                }
            }
        }
        // A schema is taken up again only when it gains a side, so three times at most.
        while let Some((position, side)) = open.pop() {
            let known = sides[position];
            if known | side != known {
                sides[position] |= side;
                open.extend(held[position].iter().map(|inner| (*inner, side)));
            }
        }
        Usage { positions, sides, holders, users }
    }

    pub(super) fn sides(&self, schema: &str) -> Sides {
        self.positions.get(schema).map_or(Sides::NONE, |position| self.sides[*position])
    }

    /// The operations that use a schema, directly or inside of other schemas.
    pub(super) fn operations(&self, schema: &str) -> BTreeSet<usize> {
        let mut open: Vec<usize> = self.positions.get(schema).into_iter().copied().collect();
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        let mut operations = BTreeSet::new();
        while let Some(position) = open.pop() {
            operations.extend(&self.users[position]);
            open.extend(self.holders[position].iter().copied().filter(|holder| seen.insert(*holder)));
        }
        operations
    }
}

/// The schemas that an operation names itself, each with its side.
fn schemas<'s, 'a>(operation: &'s Operation<'a>) -> impl Iterator<Item = (&'s Schema<'a>, Sides)> {
    let parameters = operation.parameters.iter().filter_map(|parameter| parameter.schema.as_ref());
    let body = operation.body.iter().flat_map(|body| &body.content).filter_map(|media| media.schema.as_ref());
    let responses = operation.responses.iter().flat_map(|(status, response)| {
        let side = side_of(operation, status);
        response.content.iter().filter_map(move |media| Some((media.schema.as_ref()?, side)))
    });
    parameters.chain(body).map(|schema| (schema, Sides::SENT)).chain(responses)
}

fn references<'s>(schema: &'s Schema<'_>, found: &mut Vec<&'s str>) {
    schema.each(&mut |schema| found.extend(schema.reference.as_deref()));
}
