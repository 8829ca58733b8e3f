//! A row of the table of handlers: an operation, who may call it, and what it does.

use crate::domain::entities::person::Role;
use crate::domain::error::Error;
use crate::domain::site::Site;
use crate::message::request::Request;
use crate::message::response::Response;

/// What a handler returns. The pipeline writes errors in the shape of the API.
pub(crate) type Outcome = Result<Response, Error>;

/// What an operation does.
#[derive(Debug)]
pub(crate) struct Handler {
    /// The name of the operation, unique in its API.
    pub(crate) name: &'static str,
    /// The lowest role that may call it.
    pub(crate) role: Role,
    pub(crate) run: fn(&mut Site, &Request) -> Outcome,
}

impl Handler {
    pub(crate) const fn new(
        name: &'static str,
        role: Role,
        run: fn(&mut Site, &Request) -> Outcome,
    ) -> Handler {
        Handler { name, role, run }
    }
}
