//! Which operations meet a schema, and whether they send it, read it, or get it with a failure.
//!
//! Every schema is visited a bounded number of times, however the schemas refer to each other. What a change means
//! to those operations is not asked here.

use std::collections::{BTreeSet, HashMap};
use std::ops::{BitOr, BitOrAssign};

use super::model::{Interface, Operation, Shape};

/// The sides from which programs meet a value, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides(u8);

impl Sides {
    pub(super) const NONE: Sides = Sides(0);
    /// In requests.
    pub(super) const SENT: Sides = Sides(1);
    /// In answers of success.
    pub(super) const READ: Sides = Sides(2);
    /// In answers of failure.
    pub(super) const FAILING: Sides = Sides(4);

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

/// Whether a status is an answer that a call returns, rather than an error.
pub(super) fn is_success(operation: &Operation, status: &str) -> bool {
    status.starts_with('2')
        || status.parse().is_ok_and(|status| operation.notes.response_statuses.contains(&status))
        || status == "default" && !operation.answers.keys().any(|status| status.starts_with('2'))
}

/// The side from which a program meets what comes with a status.
pub(super) fn side_of(operation: &Operation, status: &str) -> Sides {
    if is_success(operation, status) { Sides::READ } else { Sides::FAILING }
}

/// Who meets which component schema of one document.
pub(super) struct Reach<'i> {
    positions: HashMap<&'i str, usize>,
    sides: Vec<Sides>,
    /// For every schema, the schemas that refer to it.
    holders: Vec<Vec<usize>>,
    /// For every schema, the operations that name it themselves.
    users: Vec<Vec<usize>>,
}

impl<'i> Reach<'i> {
    pub(super) fn of(interface: &'i Interface) -> Self {
        let positions: HashMap<&str, usize> =
            interface.schemas.keys().enumerate().map(|(position, name)| (*name, position)).collect();
        let count = positions.len();
        let (mut held, mut holders) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut found = Vec::new();
        for (holder, shape) in interface.schemas.values().enumerate() {
            references(shape, &mut found);
            for position in found.drain(..).filter_map(|name| positions.get(name).copied()) {
                held[holder].push(position);
                holders[position].push(holder);
            }
        }

        let mut sides = vec![Sides::NONE; count];
        let mut users = vec![Vec::new(); count];
        let mut open = Vec::new();
        for (number, operation) in interface.operations.iter().enumerate() {
            for (shape, side) in shapes(operation) {
                references(shape, &mut found);
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
        Reach { positions, sides, holders, users }
    }

    pub(super) fn sides(&self, schema: &str) -> Sides {
        self.positions.get(schema).map_or(Sides::NONE, |position| self.sides[*position])
    }

    /// The operations that meet a schema, directly or inside of other schemas.
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

/// The shapes that an operation names itself, each with its side.
fn shapes<'i, 'a>(operation: &'i Operation<'a>) -> impl Iterator<Item = (&'i Shape<'a>, Sides)> {
    let parameters = operation.parameters.iter().map(|parameter| &parameter.shape);
    let bodies = operation.body.iter().flat_map(|body| body.media.values());
    let answers = operation.answers.iter().flat_map(|(status, answer)| {
        let side = side_of(operation, status);
        answer.media.values().map(move |shape| (shape, side))
    });
    parameters.chain(bodies).map(|shape| (shape, Sides::SENT)).chain(answers)
}

fn references<'i>(shape: &'i Shape, found: &mut Vec<&'i str>) {
    found.extend(shape.reference.as_deref());
    for inner in shape.inside() {
        references(inner, found);
    }
}
