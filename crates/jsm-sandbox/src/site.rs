//! One request from its arrival to its answer: what does it want, who is it, may it, does it fit, and do it.
//!
//! The steps' details are in the modules they are named after.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use jsm_raw::{OperationInfo, RequestBody};
use serde_json::{Value, json};

use crate::auth::{Actor, Credentials, Role};
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::clock::Clock;
use crate::contract::{self, Side, Violation};
use crate::fault::{self, Asked, Fault, Manner};
use crate::limits::{RateLimits, Usage};
use crate::log::{self, Log, Received};
use crate::quirks::{self, Quirk};
use crate::reply::{Outcome, Payload, Reply};
use crate::route::{self, Found};
use crate::world::{File, World};
use crate::{body, csm, idempotency, media, servicedesk};

/// The id by which the gateway knows the site.
pub(crate) const CLOUD_ID: &str = "5a4db0c5-0000-4000-8000-00000000c10d";

/// A running site.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) origins: Origins,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) state: Mutex<State>,
}

/// Where the parts of the cloud answer: scheme, host and port of each.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) site: String,
    pub(crate) gateway: String,
    pub(crate) media: String,
}

/// Which of them a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Site,
    Gateway,
    Media,
}

impl Door {
    /// The door that a path is meant for: the site lets in what is the gateway's, so that a program under test can
    /// do with one address.
    pub(crate) fn meant(self, path: &str) -> Self {
        let firsts = APIS.iter().filter_map(|api| api.operations.first()?.base.gateway);
        let starts = firsts.filter_map(|prefix| prefix.split('{').next()).chain(["/oauth/"]);
        match self {
            Self::Site if starts.into_iter().any(|start| path.starts_with(start)) => Self::Gateway,
            door => door,
        }
    }
}

/// What was decided when the site was started.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) page_cap: usize,
    pub(crate) task_limit: usize,
    pub(crate) limits: RateLimits,
    pub(crate) quirks: Vec<Quirk>,
    /// How far each request moves the clock.
    pub(crate) tick: Duration,
}

/// How many violations are kept, the first ones.
const MOST_VIOLATIONS: usize = 1_000;

/// Everything that changes while the site runs.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) credentials: Credentials,
    pub(crate) faults: Vec<Fault>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) log: Log,
    usage: Usage,
    /// The page that each operation answered last.
    pages: BTreeMap<(&'static str, &'static str), Value>,
    answered: u64,
}

/// A request as it came from the wire.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) door: Door,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The parts of a multipart body: their names and what they carry.
    pub(crate) parts: Vec<(String, File)>,
}

/// An API and all that is known of it here.
struct Api {
    name: &'static str,
    operations: &'static [&'static OperationInfo],
    behaviours: &'static [&'static [Behaviour]],
}

static APIS: [Api; 2] = [
    Api {
        name: "servicedesk",
        operations: &jsm_raw::servicedesk::OPERATIONS,
        behaviours: servicedesk::BEHAVIOURS,
    },
    Api { name: "csm", operations: &jsm_raw::csm::OPERATIONS, behaviours: csm::BEHAVIOURS },
];

/// What a request wants.
enum Target {
    Operation(Wanted),
    /// The API is there, and has nothing, or no such method, at this path.
    Missing {
        api: &'static str,
        status: u16,
    },
    Elsewhere,
}

struct Wanted {
    api: &'static Api,
    info: &'static OperationInfo,
    path: BTreeMap<&'static str, String>,
    /// What stands before the API's own path.
    base: String,
    api_path: String,
}

impl State {
    pub(crate) fn new(world: World, credentials: Credentials) -> State {
        State {
            world,
            credentials,
            faults: Vec::new(),
            violations: Vec::new(),
            log: Log::default(),
            usage: Usage::default(),
            pages: BTreeMap::new(),
            answered: 0,
        }
    }

    fn violate(&mut self, operation: String, side: Side, message: String) {
        // A client that repeats its mistake must not fill the memory; the first ones say what it is.
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation { operation, side, message });
        }
    }
}

impl Site {
    /// A panic in one request must not take the others with it, so a poisoned state stays in use.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answer(&self, arrived: &Arrived) -> (Reply, Manner) {
        self.clock.advance(self.settings.tick);
        let now = self.clock.now_millis();
        let mut guard = self.lock();
        let state = &mut *guard;
        state.world.now = now;
        csm::settle(&mut state.world);
        let target = match arrived.door {
            Door::Media => Target::Elsewhere,
            Door::Site | Door::Gateway => self.target(arrived),
        };
        let wanted = match &target {
            Target::Operation(wanted) => Some(wanted),
            Target::Missing { .. } | Target::Elsewhere => None,
        };
        let operation = wanted.map(|wanted| wanted.info.name);
        let fault = Fault::take(&mut state.faults, operation);
        let manner = fault.as_ref().map(Fault::manner).unwrap_or_default();
        let mut reply = if fault.as_ref().is_some_and(Fault::drops_before) {
            Reply::empty(500)
        } else if let Some(instead) = fault.as_ref().and_then(Fault::instead) {
            instead
        } else {
            match (&target, arrived.door) {
                (Target::Operation(wanted), _) => self.serve(state, arrived, wanted, fault.as_ref(), now),
                (Target::Missing { api, status }, _) => {
                    let asked = format!("{} {}", arrived.method, arrived.path);
                    state.violate(asked, Side::Request, "there is no such operation".to_owned());
                    let message = "There is nothing here, or nothing by this method.";
                    Reply::refuse(*status, "sd.rest.error.path", message).in_words_of(api)
                }
                (Target::Elsewhere, Door::Media) => self.file(state, arrived, now),
                (Target::Elsewhere, _) => self.beside(state, arrived, now),
            }
        };
        state.answered += 1;
        reply.headers.push(("ATL-TraceId", format!("{:032x}", state.answered)));
        state.log.add(Received {
            method: arrived.method.clone(),
            path: arrived.path.clone(),
            query: arrived.query.clone(),
            headers: log::redacted(&arrived.headers),
            body: match arrived.path.as_str() {
                "/oauth/token" => "[redacted]".to_owned(),
                _ => log::shown(&arrived.body),
            },
            operation,
            status: (!manner.drop).then_some(reply.status),
        });
        (reply, manner)
    }

    /// Finds the API by what stands in front of the path, and the operation by the rest.
    fn target(&self, arrived: &Arrived) -> Target {
        for api in &APIS {
            let Some(first) = api.operations.first() else { continue };
            let (prefix, origin) = match arrived.door {
                Door::Gateway => (first.base.gateway, &self.origins.gateway),
                Door::Site | Door::Media => (first.base.site, &self.origins.site),
            };
            let Some(prefix) = prefix.map(|prefix| prefix.replace("{cloudId}", CLOUD_ID)) else { continue };
            let Some(rest) = arrived.path.strip_prefix(&prefix) else { continue };
            let all = api.operations.iter().map(|info| (*info, info.method, info.path));
            match route::find(all, &arrived.method, rest) {
                Found::Operation(info, path) => {
                    let (base, api_path) = (format!("{origin}{prefix}"), rest.to_owned());
                    return Target::Operation(Wanted { api, info, path, base, api_path });
                }
                Found::OtherMethod => return Target::Missing { api: api.name, status: 405 },
                // On a site, every path begins like those of an API that has no prefix there.
                Found::Nothing if prefix.is_empty() && !rest.starts_with("/rest/") => {}
                Found::Nothing => return Target::Missing { api: api.name, status: 404 },
            }
        }
        Target::Elsewhere
    }

    /// Serves an operation and does to the answer what faults and quirks ask for.
    fn serve(
        &self,
        state: &mut State,
        arrived: &Arrived,
        wanted: &Wanted,
        fault: Option<&Fault>,
        now: i64,
    ) -> Reply {
        let query: Vec<(String, String)> =
            form_urlencoded::parse(arrived.query.as_bytes()).into_owned().collect();
        let served = match fault.is_some_and(Fault::is_endless) {
            true => query.iter().filter(|(name, _)| !fault::is_position(name)).cloned().collect(),
            false => query.clone(),
        };
        let reply = self.gate(state, arrived, wanted, served, now).unwrap_or_else(|refusal| refusal);
        let mut reply = reply.in_words_of(wanted.api.name);
        let page = (wanted.api.name, wanted.info.name);
        if let Some(fault) = fault {
            let asked = Asked { base: &wanted.base, path: &wanted.api_path, query: &query };
            fault.spoil(&mut reply, state.pages.get(&page), &asked);
        }
        if let Payload::Json(body) = &mut reply.body {
            if wanted.info.pagination.is_some() && reply.status == 200 {
                state.pages.insert(page, body.clone());
            }
            quirks::apply(
                &self.settings.quirks,
                body,
                &wanted.base,
                &self.origins.site,
                self.settings.page_cap,
            );
        }
        reply
    }

    /// Lets a request through to its behaviour if everything about it is in order.
    fn gate(
        &self,
        state: &mut State,
        arrived: &Arrived,
        wanted: &Wanted,
        query: Vec<(String, String)>,
        now: i64,
    ) -> Outcome {
        let Wanted { api, info, path, base, api_path } = wanted;
        let behaviour =
            behaviour(api, info.name).ok_or_else(|| Reply::refuse(501, "sd.none", "Not served here."))?;
        let (actor, refused) = self.actor(state, arrived, behaviour.role, now)?;
        let opted_in =
            header(arrived, "x-experimentalapi").is_some_and(|value| value.eq_ignore_ascii_case("opt-in"));
        if (info.experimental || info.always_opt_in) && !opted_in {
            let message = "This operation is experimental: send the header X-ExperimentalApi: opt-in.";
            return Err(Reply::refuse(412, "sd.rest.error.experimental", message));
        }
        if !actor.has_one_of(info.scopes) {
            return Err(Reply::scope_does_not_match());
        }
        if actor.role < behaviour.role {
            // An account without a licence for the product gets no explanation.
            return Err(Reply::empty(403));
        }
        state.usage.admit(self.settings.limits, info, path, &actor, now)?;
        let (body, files) = body::read(info, &arrived.headers, &arrived.parts, &arrived.body)?;
        let flaws = contract::check_request(info, &query, &arrived.headers, body.as_ref());
        let operation = format!("{} {}", api.name, info.name);
        if let RequestBody::Multipart(part) = info.body {
            for (name, _) in arrived.parts.iter().filter(|(name, _)| name != part) {
                state.violate(operation.clone(), Side::Request, format!("part {name} is unknown"));
            }
        }
        for message in flaws.fatal.iter().chain(&flaws.tolerated) {
            state.violate(operation.clone(), Side::Request, message.clone());
        }
        let refusal = (!flaws.fatal.is_empty())
            .then(|| body::invalid(info, format!("Not acceptable: {}.", flaws.fatal.join("; "))));
        let call = Call {
            actor,
            path: path.clone(),
            query,
            headers: arrived.headers.clone(),
            body: body.unwrap_or_default(),
            files,
            base: base.clone(),
            site: self.origins.site.clone(),
            media: self.origins.media.clone(),
            api_path: api_path.clone(),
            now,
            page_cap: self.settings.page_cap,
            task_limit: self.settings.task_limit,
        };
        let key = idempotency::key(info, &call.headers);
        let known = key.and_then(|key| state.world.csm.keys.known(key, info, &call.body, now));
        let refused_by_document = known.is_none() && refusal.is_some();
        let mut reply = match known.or(refusal) {
            Some(reply) => reply,
            None => (behaviour.run)(&mut state.world, &call).unwrap_or_else(|refusal| refusal),
        };
        if let Some(key) = key {
            state.world.csm.keys.keep(key, info, &call.body, &reply, now);
        }
        if refused_by_document {
            return Err(reply);
        }
        for message in contract::check_answer(info, &reply.clone().in_words_of(api.name)) {
            state.violate(operation.clone(), Side::Answer, message);
        }
        state.usage.charge(self.settings.limits, &call.actor, info.method, &mut reply, now);
        if refused {
            reply.headers.push(("X-Seraph-LoginReason", "AUTHENTICATED_FAILED".to_owned()));
        } else if call.actor.role > Role::Anonymous {
            reply.headers.push(("X-AACCOUNTID", call.actor.account_id));
        }
        Ok(reply)
    }

    /// Who calls, and whether credentials were refused on the way. Operations that are open to everybody go on then.
    fn actor(&self, state: &State, arrived: &Arrived, role: Role, now: i64) -> Result<(Actor, bool), Reply> {
        let gateway = arrived.door == Door::Gateway;
        let header = header(arrived, "authorization");
        if let Some(actor) = header.and_then(|header| state.credentials.actor(header, gateway, now)) {
            return Ok((actor, false));
        }
        if role == Role::Anonymous && !gateway {
            return Ok((Actor::anonymous(), header.is_some()));
        }
        Err(match gateway {
            true => Reply::json(401, json!({"code": 401, "message": "Unauthorized"})),
            false => Reply::refuse(401, "sd.rest.error.login", "Log in to use this resource.")
                .header("WWW-Authenticate", "OAuth realm=\"sandbox\""),
        })
    }

    /// What stands beside the APIs: the site's id, and tokens.
    fn beside(&self, state: &mut State, arrived: &Arrived, now: i64) -> Reply {
        match (arrived.door, arrived.method.as_str(), arrived.path.as_str()) {
            (Door::Site, "GET", "/_edge/tenant_info") => Reply::ok(json!({"cloudId": CLOUD_ID})),
            (Door::Gateway, "POST", "/oauth/token") => {
                let body = serde_json::from_slice(&arrived.body).unwrap_or_default();
                state.credentials.token(&body, now)
            }
            (Door::Gateway, "GET", "/oauth/token/accessible-resources") => {
                let scopes =
                    header(arrived, "authorization").and_then(|header| state.credentials.scopes(header, now));
                match scopes {
                    Some(scopes) => Reply::ok(json!([{
                        "id": CLOUD_ID,
                        "name": "sandbox",
                        "url": self.origins.site,
                        "scopes": scopes,
                        "avatarUrl": format!("{}/avatar/site.png", self.origins.site),
                    }])),
                    None => Reply::json(401, json!({"code": 401, "message": "Unauthorized"})),
                }
            }
            (Door::Gateway, _, _) => Reply::json(404, json!({"code": 404, "message": "Not found"})),
            _ => Reply::raw(
                404,
                "text/html;charset=UTF-8",
                "<!DOCTYPE html><html><title>Not found</title></html>",
            ),
        }
    }

    fn file(&self, state: &mut State, arrived: &Arrived, now: i64) -> Reply {
        if media::brings_credentials(&arrived.headers) {
            let message = "credentials came to the origin of files, which is another one than the site's";
            state.violate("media GET /file".to_owned(), Side::Request, message.to_owned());
        }
        media::answer(&state.world, &arrived.path, &arrived.query, &arrived.headers, now)
    }
}

fn header<'a>(arrived: &'a Arrived, name: &str) -> Option<&'a str> {
    arrived.headers.get(name).and_then(|value| value.to_str().ok())
}

fn behaviour(api: &Api, name: &str) -> Option<&'static Behaviour> {
    api.behaviours.iter().flat_map(|group| group.iter()).find(|behaviour| behaviour.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_behaviour_and_every_behaviour_an_operation() {
        for api in &APIS {
            let mut operations: Vec<&str> = api.operations.iter().map(|info| info.name).collect();
            let mut behaviours: Vec<&str> = api
                .behaviours
                .iter()
                .flat_map(|group| group.iter())
                .map(|behaviour| behaviour.name)
                .collect();
            operations.sort_unstable();
            behaviours.sort_unstable();
            assert_eq!(operations, behaviours, "{}", api.name);
        }
    }

    #[test]
    fn what_the_document_opens_to_everybody_is_open_to_everybody() {
        for api in &APIS {
            let document = contract::document(api.name);
            for info in api.operations {
                let security = &document["paths"][info.path][info.method.to_lowercase()]["security"];
                let open = security.as_array().into_iter().flatten().any(|choice| choice == &json!({}));
                let role = behaviour(api, info.name).map(|behaviour| behaviour.role);
                assert_eq!(open, role == Some(Role::Anonymous), "{}", info.name);
            }
        }
    }
}
