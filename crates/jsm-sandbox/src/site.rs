//! One request from its arrival to its answer: who is it, what does it want, may it, and do it.
//!
//! The steps' details are in the modules they are named after.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::auth::{self, Account, Actor, Role};
use crate::behaviour::Behaviour;
use crate::call::Call;
use crate::clock::Clock;
use crate::reply::{Outcome, Reply};
use crate::route::{self, Found};
use crate::servicedesk;
use crate::world::World;

/// A running site: its state and what its settings are.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) base: String,
    pub(crate) page_cap: usize,
    pub(crate) accounts: Vec<Account>,
    pub(crate) clock: Clock,
    pub(crate) world: Mutex<World>,
}

/// A request as it came from the wire.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Site {
    pub(crate) fn answer(&self, arrived: &Arrived) -> Reply {
        self.try_answer(arrived).unwrap_or_else(|refusal| refusal)
    }

    fn try_answer(&self, arrived: &Arrived) -> Outcome {
        let actor = self.authenticate(arrived)?;
        let (behaviour, path) = match route::find(behaviours(), &arrived.method, &arrived.path) {
            Found::Operation(behaviour, path) => (behaviour, path),
            Found::OtherMethod => {
                return Err(Reply::refuse(405, "sd.rest.error.method", "There is no such method here."));
            }
            Found::Nothing => {
                return Err(Reply::refuse(404, "sd.rest.error.path", "There is no such resource."));
            }
        };
        let opted_in = arrived.headers.get("x-experimentalapi").is_some_and(|value| value == "opt-in");
        if behaviour.info.experimental && !opted_in {
            return Err(Reply::refuse(
                412,
                "sd.rest.error.experimental",
                "This method is experimental: send the header X-ExperimentalApi: opt-in.",
            ));
        }
        if actor.role < behaviour.role {
            // An account without a licence for the product gets no explanation.
            return Err(Reply::empty(403));
        }
        let body = match arrived.body.is_empty() {
            true => Value::Null,
            false => {
                serde_json::from_slice(&arrived.body).map_err(|_| Reply::invalid("The body is not JSON."))?
            }
        };
        let call = Call {
            info: &behaviour.info,
            actor,
            path,
            query: form_urlencoded::parse(arrived.query.as_bytes()).into_owned().collect(),
            body,
            base: self.base.clone(),
            api_path: arrived.path.clone(),
            now: self.clock.now_millis(),
            page_cap: self.page_cap,
        };
        let mut world = self.lock();
        world.now = call.now;
        (behaviour.run)(&mut world, &call)
    }

    /// A panic in one request must not take the others with it, so a poisoned state stays in use.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn authenticate(&self, arrived: &Arrived) -> Result<Actor, Reply> {
        let refused = || {
            Reply::json(
                401,
                serde_json::json!({"errorMessages": ["Log in to use this resource."], "errors": {}}),
            )
            .header("WWW-Authenticate", "Basic realm=\"Restricted\"")
        };
        let header =
            arrived.headers.get("authorization").and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
        let (email, token) = auth::basic(header).ok_or_else(refused)?;
        let account = self.accounts.iter().find(|account| account.email.eq_ignore_ascii_case(&email));
        match account {
            Some(account) if account.token == token => {
                Ok(Actor { account_id: account.account_id.clone(), role: account.role })
            }
            _ => Err(refused()),
        }
    }
}

fn behaviours() -> impl Iterator<Item = (&'static Behaviour, &'static str, &'static str)> {
    servicedesk::BEHAVIOURS
        .iter()
        .flat_map(|group| group.iter())
        .map(|behaviour| (behaviour, behaviour.info.method, behaviour.info.path))
}

/// The accounts that every site has, one of each role.
pub(crate) fn staff(world: &mut World) -> Vec<Account> {
    [
        ("Alex Admin", "admin", Role::Admin),
        ("Ari Agent", "agent", Role::Agent),
        ("Casey Customer", "customer", Role::Customer),
    ]
    .into_iter()
    .map(|(name, user, role)| {
        let email = format!("{user}@sandbox.example.com");
        let account_id = world.add_person(name, &email, role);
        Account { account_id, email, token: format!("sandbox-{user}-token"), role }
    })
    .collect()
}
