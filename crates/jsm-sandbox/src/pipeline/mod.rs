//! The pipeline: all that happens to one request, in order: route, authenticate, limit, validate, handle, validate,
//! quirk, fault, log.
//!
//! Each step is a function of its own module, and gets no more than it works on.

mod document; // The documents of the APIs, read once.
pub(crate) mod fault; // What goes wrong where a test asks for it.
mod idempotency; // Responses that are kept by idempotency keys.
pub(crate) mod log; // The requests that arrived.
pub(crate) mod quirk; // How real servers deviate from the documents.
pub(crate) mod rate_limits; // Rate limits as the cloud enforces them.
mod schema; // Whether a JSON value fits a schema.
pub(crate) mod state; // All that the steps work on.
pub(crate) mod violation; // What the documents do not allow.

mod authenticate;
mod handle;
mod platform;
mod read;
mod route;
mod validate;

use self::fault::{Delivery, Fault};
use self::route::{Operation, Target};
use self::state::{Service, State};
use crate::message::raw::RawRequest;
use crate::message::response::Response;

/// Responds to one request, and says how the response is to be delivered.
pub(crate) fn respond(service: &Service, raw: &RawRequest) -> (Response, Delivery) {
    let mut state = service.begin_request();
    let state = &mut *state;
    let (origin, target) = route::route(&service.origins, raw);
    let fault = state.faults.next(target.operation());
    let mut query = raw.query_pairs();
    let mut response = match (fault.before(&mut query), &target) {
        (Some(response), _) => response,
        (None, Target::Operation(operation)) => {
            serve(service, state, raw, operation, query, &fault).unwrap_or_else(|refusal| refusal)
        }
        (None, Target::Nothing { api, status }) => {
            platform::nothing(&mut state.violations, raw, api, *status)
        }
        (None, Target::Platform) => platform::serve(service, state, raw, origin),
    };
    let delivery = fault.delivery();
    log::record(&mut state.log, raw, target.operation(), &mut response, delivery);
    (response, delivery)
}

/// Serves an operation. The first step that refuses the request responds to it.
fn serve(
    service: &Service,
    state: &mut State,
    raw: &RawRequest,
    operation: &Operation,
    query: Vec<(String, String)>,
    fault: &Fault,
) -> Result<Response, Response> {
    let (settings, now) = (&service.settings, state.site.now());
    let login = authenticate::authenticate(&state.credentials, raw, operation, now)?;
    state.usage.admit(settings.limits, operation, &login.caller, now)?;
    let request = read::read(service, raw, operation, login.caller.clone(), query)?;
    let valid = validate::request(&mut state.violations, raw, &request);
    let mut response = handle::handle(&mut state.site, &mut state.keys, operation, &request, valid)?;
    validate::response(&mut state.violations, operation.info, &response);
    state.usage.charge(settings.limits, operation, &login.caller, &mut response, now);
    authenticate::report(&login, &mut response);
    quirk::apply(&settings.quirks, &request.links, &mut response);
    fault.transform(&mut state.last_pages, raw, &request, &mut response);
    Ok(response)
}
