//! The table's row that ties an operation to the function that does it.
//!
//! The rows stand with the functions, in the modules of the two APIs.

use crate::auth::Role;
use crate::call::Call;
use crate::reply::Outcome;
use crate::world::World;

/// What an operation does, and who may ask for it.
#[derive(Debug)]
pub(crate) struct Behaviour {
    /// The operation's name in its API.
    pub(crate) name: &'static str,
    /// The least role that gets an answer.
    pub(crate) role: Role,
    pub(crate) run: fn(&mut World, &Call) -> Outcome,
}

impl Behaviour {
    pub(crate) const fn new(
        name: &'static str,
        role: Role,
        run: fn(&mut World, &Call) -> Outcome,
    ) -> Behaviour {
        Behaviour { name, role, run }
    }
}
