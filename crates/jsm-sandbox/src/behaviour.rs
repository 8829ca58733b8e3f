//! The table's row that ties an operation to the function that does it.
//!
//! The rows stand with the functions, in the modules of the two APIs.

use crate::auth::Role;
use crate::call::Call;
use crate::reply::Outcome;
use crate::route::Info;
use crate::world::World;

/// What an operation does, and who may ask for it.
#[derive(Debug)]
pub(crate) struct Behaviour {
    pub(crate) info: Info,
    /// The least role that gets an answer.
    pub(crate) role: Role,
    pub(crate) run: fn(&mut World, &Call) -> Outcome,
}

impl Behaviour {
    pub(crate) const fn new(
        name: &'static str,
        method: &'static str,
        path: &'static str,
        role: Role,
        run: fn(&mut World, &Call) -> Outcome,
    ) -> Behaviour {
        Behaviour { info: Info { name, method, path, experimental: false }, role, run }
    }

    /// Asks for the opt-in header.
    pub(crate) const fn experimental(mut self) -> Behaviour {
        self.info.experimental = true;
        self
    }
}
