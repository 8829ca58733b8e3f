//! The pipeline: all that happens to one request, in order: route, fault, authenticate, limit, validate, handle,
//! validate, quirk, translate, log.
//!
//! Each step is a function of its own module, and gets no more than it works on.

pub(crate) mod added_routes; // Endpoints that a test serves itself.
pub(crate) mod document; // The documents of the APIs, read once.
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
mod jira;
mod language;
mod platform;
mod read;
mod route;
mod validate;

use self::added_routes::RouteCall;
use self::fault::{Delivery, Fault};
use self::log::RecordedRequest;
use self::route::{JiraCall, Operation, Target};
use self::state::Service;
use crate::message::origin::Origin;
use crate::message::raw::RawRequest;
use crate::message::response::Response;

/// Responds to one request, and says how the response is to be delivered.
///
/// Whatever a test brings along, the functions of routes and the conditions of faults, runs without the lock, so that it
/// may use the sandbox.
pub(crate) async fn respond(service: &Service, raw: &RawRequest) -> (Response, Delivery) {
    service.begin_request();
    let (origin, target) = route::route(&service.origins, &service.lock().routes, raw);
    let recorded = log::recorded(raw, target.operation());
    let fault = next_fault(service, &target, &recorded);
    let number = service.lock().log.arrived(recorded);
    let mut query = raw.query_pairs();
    let mut response = match (fault.before(&mut query), &target) {
        (Some(response), _) => response,
        (None, Target::Added(call)) => {
            serve_added(service, raw, origin, call, query, &fault).await.unwrap_or_else(|refusal| refusal)
        }
        (None, Target::Operation(operation)) => {
            let mut response =
                serve(service, raw, operation, query, &fault).unwrap_or_else(|refusal| refusal);
            language::translate(service.lock().site.translations(), operation.api.name, raw, &mut response);
            response
        }
        (None, Target::Jira(call)) => serve_jira(service, raw, origin, call, query, &fault),
        (None, Target::Nothing { api, status }) => {
            platform::nothing(&mut service.lock().violations, raw, api, *status)
        }
        (None, Target::File(_) | Target::Platform) => {
            platform::serve(service, &mut service.lock(), raw, origin)
        }
    };
    let delivery = fault.delivery();
    service.lock().log.responded(number, &mut response, delivery.drop);
    (response, delivery)
}

/// The fault that happens to a request; one that does nothing where there is none.
fn next_fault(service: &Service, target: &Target, request: &RecordedRequest) -> Fault {
    let faults = service.lock().faults.all();
    let is_meant = |fault: &&Fault| fault.matches(target.name(fault.is_of_body()), request);
    let matched = faults.iter().filter(is_meant);
    let matched = matched.map(Fault::id).collect();
    service.lock().faults.next(&matched)
}

/// Serves a route that the test added.
async fn serve_added(
    service: &Service,
    raw: &RawRequest,
    origin: Origin,
    call: &RouteCall,
    query: Vec<(String, String)>,
    fault: &Fault,
) -> Result<Response, Response> {
    let caller = {
        let state = service.lock();
        let cloud_id = call.site.map(|site| service.origins.cloud_id(site));
        authenticate::authenticate_account(&state.credentials, raw, origin, cloud_id, state.site.now())?
    };
    let request = call.request(raw, caller, call.site.map(|site| service.origins.site(site)), query);
    let mut response = call.run(request).await;
    let hosts = [service.origins.gateway.as_str(), &service.origins.site];
    fault.transform(&mut service.lock().last_pages, &call.route.path, hosts, raw, &mut response);
    Ok(response)
}

/// Serves an endpoint of the Jira platform.
fn serve_jira(
    service: &Service,
    raw: &RawRequest,
    origin: Origin,
    call: &JiraCall,
    query: Vec<(String, String)>,
    fault: &Fault,
) -> Response {
    let state = &mut *service.lock();
    match jira::serve(state, raw, origin, service.origins.cloud_id(call.site), call, query) {
        Ok(mut response) => {
            let hosts = [call.base.as_str(), &service.origins.site];
            fault.transform(&mut state.last_pages, call.endpoint.path, hosts, raw, &mut response);
            response
        }
        Err(refusal) => refusal,
    }
}

/// Serves an operation. The first step that refuses the request responds to it.
fn serve(
    service: &Service,
    raw: &RawRequest,
    operation: &Operation,
    query: Vec<(String, String)>,
    fault: &Fault,
) -> Result<Response, Response> {
    let state = &mut *service.lock();
    let (settings, now) = (&service.settings, state.site.now());
    let cloud_id = service.origins.cloud_id(operation.site);
    let login = authenticate::authenticate(&state.credentials, raw, operation, cloud_id, now)?;
    state.usage.admit(settings.limits, operation, &login.caller, now)?;
    let request = read::read(service, raw, operation, login.caller.clone(), query)?;
    let valid = validate::request(&mut state.violations, raw, &request);
    let (site, keys) = state.site_mut(operation.site);
    let mut response = handle::handle(site, keys, operation, &request, valid)?;
    validate::response(&mut state.violations, operation.info, &response);
    state.usage.charge(settings.limits, operation, &login.caller, &mut response, now);
    authenticate::report(&login, &mut response);
    quirk::apply(&settings.quirks, &request.links, &mut response);
    let hosts = [request.links.base.as_str(), &request.links.site];
    fault.transform(&mut state.last_pages, &validate::name(operation.info), hosts, raw, &mut response);
    Ok(response)
}
