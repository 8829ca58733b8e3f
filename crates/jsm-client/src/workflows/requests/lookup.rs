//! Service desks by their keys, request types by their names, and the fields of a request type.

use std::sync::Arc;

use http::header::{ACCEPT_LANGUAGE, HeaderValue};
use jsm_raw::servicedesk::request_type::{GetRequestTypeFields, GetRequestTypes};
use jsm_raw::servicedesk::service_desk::{GetServiceDesk, GetServiceDesks};
use jsm_raw::servicedesk::types::RequestTypeFields;
use jsm_raw::servicedesk::{RequestTypeId, ServiceDeskId};
use jsm_raw::{FieldError, FieldErrorKind, Operation, Paginated, named};

use super::super::deadline::Deadline;
use super::cache::{Cache, Found, Key};
use crate::error::{Error, ErrorKind, Result};
use crate::pagination::Pages;
use crate::response::Session;
use crate::transport::options::RequestOptions;
use crate::transport::retry::RetryPolicy;

/// How many service desks are read at most to name those that are similar to an unknown one.
const MOST_DESKS: u64 = 500;

/// What the clones of a client know of the request types of a site.
#[derive(Default)]
pub(crate) struct RequestTypes {
    desks: Cache<ServiceDeskId>,
    types: Cache<Types>,
    fields: Cache<Arc<RequestTypeFields>>,
}

/// The ids and names of the request types of a service desk.
type Types = Arc<Vec<(RequestTypeId, String)>>;

/// A request type with its fields.
#[derive(Clone, Debug)]
pub(super) struct FoundType {
    pub(super) desk: ServiceDeskId,
    pub(super) id: RequestTypeId,
    pub(super) fields: Found<Arc<RequestTypeFields>>,
}

/// Why there is no such request type.
pub(super) enum NotFound {
    /// The server did not report the request types.
    Failed(Error),
    /// It has none of that name, or several.
    Unknown(FieldError),
}

impl From<Error> for NotFound {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The names that a lookup goes by.
#[derive(Debug, Default)]
struct Names {
    /// Names of service desks and of request types have to be of later fetches than these.
    newer_than: Option<(u64, u64)>,
    /// Whether some were kept from before.
    are_old: bool,
}

/// Looks things up for one caller.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a> {
    pub(super) known: &'a RequestTypes,
    pub(super) session: &'a Arc<Session>,
    pub(super) options: &'a RequestOptions,
    pub(super) deadline: Deadline<'a>,
}

impl Lookup<'_> {
    /// The request type of this id or name, at the service desk of this id or key.
    ///
    /// What is not found by ids that were kept for a while is looked for once more by its names.
    pub(super) async fn find(
        self,
        desk: &ServiceDeskId,
        request_type: &RequestTypeId,
    ) -> Result<FoundType, NotFound> {
        let mut names = Names::default();
        let begun = (self.known.desks.number(), self.known.types.number());
        let mut found = self.find_once(desk, request_type, &mut names).await;
        if names.are_old && matches!(&found, Err(NotFound::Failed(error)) if error.is_not_found()) {
            let mut names = Names { newer_than: Some(begun), are_old: false };
            found = self.find_once(desk, request_type, &mut names).await;
        }
        match found {
            Err(NotFound::Failed(error)) if error.is_not_found() => {
                Err(NotFound::Failed(self.name_desks(desk.as_str().trim(), error).await))
            }
            found => found,
        }
    }

    async fn find_once(
        self,
        desk: &ServiceDeskId,
        request_type: &RequestTypeId,
        names: &mut Names,
    ) -> Result<FoundType, NotFound> {
        let desk = self.desk(desk, names).await?;
        if is_number(request_type.as_str().trim()) {
            let id = RequestTypeId::from(request_type.as_str().trim());
            match self.fields(&desk, &id, None).await {
                Ok(fields) => return Ok(FoundType { desk, id, fields }),
                // A name can be a number too; if it is none, the request types that there are can be named.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let id = self.id_of(&desk, request_type, names).await?;
        let fields = self.fields(&desk, &id, None).await?;
        Ok(FoundType { desk, id, fields })
    }

    /// The same request type with fields that are newer than those that were found.
    pub(super) async fn again(self, found: &FoundType) -> Result<FoundType> {
        let fields = self.fields(&found.desk, &found.id, Some(found.fields.number)).await?;
        Ok(FoundType { fields, ..found.clone() })
    }

    /// Drops the fields, which the server did not accept.
    pub(super) fn forget(self, found: &FoundType) {
        self.known.fields.forget(&self.key(&found.desk, found.id.as_str()));
    }

    /// The id of a service desk. Operations take its key only where it is in the path.
    async fn desk(self, given: &ServiceDeskId, names: &mut Names) -> Result<ServiceDeskId> {
        let text = given.as_str().trim();
        if is_number(text) {
            return Ok(text.into());
        }
        let fetch = async {
            let desk = self.deadline.call(GetServiceDesk::new(text)).await?;
            match desk.id.is_empty() {
                false => Ok(desk.id),
                true => Err(Error::new(ErrorKind::Decode, "the service desk came without an id")
                    .with_operation(GetServiceDesk::INFO)),
            }
        };
        let key = Key { desk: text.to_owned(), ..Key::default() };
        let newer_than = names.newer_than.map(|(desks, _)| desks);
        let found = self.known.desks.get(&key, newer_than, self.deadline, Box::pin(fetch)).await?;
        names.are_old |= found.is_old;
        Ok(found.value)
    }

    /// Names the service desks that there are in the error of a server that does not find one.
    ///
    /// The error is as it was where the service desk exists, or where the list cannot be read.
    async fn name_desks(self, given: &str, error: Error) -> Error {
        let desks =
            self.read(GetServiceDesks::new(), MOST_DESKS, |options| options.retry(RetryPolicy::never()));
        let Ok(desks) = desks.await else { return error };
        // Where the server does not find the key, its case may be wrong.
        let is_of_key = error.operation().is_some_and(|info| info.name == GetServiceDesk::INFO.name);
        let is_key = |key: &str| key == given || !is_of_key && key.eq_ignore_ascii_case(given);
        if desks.iter().any(|desk| desk.id.as_str() == given || is_key(&desk.project_key)) {
            return error;
        }
        let message = format!("the account sees no service desk with the id or key {given:?}");
        let keys = desks.into_iter().map(|desk| desk.project_key).filter(|key| !key.is_empty()).collect();
        let unknown = FieldError::new(FieldErrorKind::Unknown, "serviceDeskId", "service desk", message);
        error.with_note(unknown.with_allowed(given, keys).message)
    }

    /// The id of the request type of this name.
    async fn id_of(
        self,
        desk: &ServiceDeskId,
        given: &RequestTypeId,
        names: &mut Names,
    ) -> Result<RequestTypeId, NotFound> {
        let found = self.types(desk, names.newer_than.map(|(_, types)| types)).await?;
        names.are_old |= found.is_old;
        let mut chosen = choose(&found.value, given.as_str());
        if chosen.is_err() && found.is_old {
            let newer = self.types(desk, Some(found.number)).await?;
            chosen = choose(&newer.value, given.as_str());
        }
        chosen.map_err(NotFound::Unknown)
    }

    async fn types(self, desk: &ServiceDeskId, newer_than: Option<u64>) -> Result<Found<Types>> {
        let fetch = async {
            let types = self.read(GetRequestTypes::new(desk), u64::MAX, |options| options).await?;
            Ok(Arc::new(types.into_iter().map(|found| (found.id, found.name)).collect()))
        };
        self.known.types.get(&self.key(desk, ""), newer_than, self.deadline, Box::pin(fetch)).await
    }

    /// Reads a list, up to so many items.
    async fn read<O: Paginated>(
        self,
        operation: O,
        most: u64,
        set: impl Fn(RequestOptions) -> RequestOptions,
    ) -> Result<Vec<O::Item>> {
        let mut pages = Pages::new(Arc::clone(self.session), operation).max_items(most);
        let mut items = Vec::new();
        loop {
            // The options have the time that is left for one page.
            pages = pages.options(set(self.deadline.options()));
            let Some(page) = pages.try_next().await? else { return Ok(items) };
            items.extend(page.items);
        }
    }

    async fn fields(
        self,
        desk: &ServiceDeskId,
        id: &RequestTypeId,
        newer_than: Option<u64>,
    ) -> Result<Found<Arc<RequestTypeFields>>> {
        let fetch = async { self.deadline.call(GetRequestTypeFields::new(desk, id)).await.map(Arc::new) };
        let key = self.key(desk, id.as_str());
        self.known.fields.get(&key, newer_than, self.deadline, Box::pin(fetch)).await
    }

    fn key(self, desk: &ServiceDeskId, request_type: &str) -> Key {
        Key {
            language: self.language(),
            desk: desk.as_str().to_owned(),
            request_type: request_type.to_owned(),
        }
    }

    /// The language that names are requested in; none for that of the account.
    fn language(self) -> Option<HeaderValue> {
        let own = self.options.headers.get(ACCEPT_LANGUAGE).cloned();
        own.or_else(|| self.session.transport.language.as_ref().map(|language| language.header()))
    }
}

/// The request type that a text names, of those that there are.
fn choose(types: &[(RequestTypeId, String)], given: &str) -> Result<RequestTypeId, FieldError> {
    let mut found = named(given, types.iter().map(|(_, name)| name.as_str()));
    found.dedup_by_key(|index| &types[*index].0);
    let error = |kind, message: String| FieldError::new(kind, "requestTypeId", "request type", message);
    match found.as_slice() {
        [one] => Ok(types[*one].0.clone()),
        [] => {
            let names = types.iter().map(|(_, name)| name.clone()).collect();
            let message = format!("the service desk has none called {given:?}");
            Err(error(FieldErrorKind::Unknown, message).with_allowed(given, names))
        }
        several => {
            let ids: Vec<String> = several.iter().map(|index| types[*index].0.to_string()).collect();
            let message = format!("several are called {given:?}; give the id of one: {}", ids.join(", "));
            let mut error = error(FieldErrorKind::Ambiguous, message);
            error.allowed = ids.into();
            Err(error)
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
