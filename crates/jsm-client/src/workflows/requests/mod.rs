//! Requests that are created as the portal creates them.
//!
//! [`Client::create_request`](crate::Client::create_request) takes what people write: the name of the request type, the
//! names of fields, the labels of options. It reads what the request type asks for, and refuses what the server would
//! refuse before anything is sent.

mod cache;
mod check;
mod error;
mod lookup;

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use jsm_raw::servicedesk::request::{CreateRequest, ValidateRequest};
use jsm_raw::servicedesk::types::{
    CustomerRequest, Form, FormAnswer, RequestCreate, RequestValidationResult,
};
use jsm_raw::servicedesk::{AccountId, RequestTypeId, ServiceDeskId, TemporaryAttachmentId};
use jsm_raw::{FilePart, Operation};
use serde::Serialize;
use serde_json::Value;

use super::attachments::{
    FileStatus, Visibility, after, attach_all, look_at, not_sent, outcomes, upload_all,
};
use super::deadline::Deadline;
use super::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::response::Session;
use crate::transport::options::{RequestOptions, option_setters};
use check::{Checked, Given, check};
use lookup::{FoundType, Lookup, NotFound};

pub use error::{CreateRequestError, Creation};
pub(crate) use lookup::RequestTypes;

/// A request to create. [`Client::create_request`](crate::Client::create_request) makes it; await it, or
/// [`validate`](Self::validate) it.
///
/// # Cancel safety
///
/// Dropping the future cancels it. Until the request that creates is sent, nothing is left but uploaded files, which the
/// server removes after a while. If the future is dropped later, the request may have been created, and its files may
/// not be attached: look for it before you create it again.
#[must_use = "nothing is created until it is awaited"]
pub struct NewRequest {
    session: Arc<Session>,
    known: Arc<RequestTypes>,
    desk: ServiceDeskId,
    request_type: RequestTypeId,
    given: Given,
    files: Vec<FilePart>,
    options: RequestOptions,
}

/// What is ready to be sent.
struct Prepared {
    found: FoundType,
    checked: Checked,
}

impl NewRequest {
    pub(crate) fn new(
        session: Arc<Session>,
        known: Arc<RequestTypes>,
        desk: ServiceDeskId,
        request_type: RequestTypeId,
    ) -> Self {
        let (given, options) = (Given::default(), RequestOptions::new());
        Self { session, known, desk, request_type, given, files: Vec::new(), options }
    }

    /// Sets the value of a field, by the id of the field or by its name.
    ///
    /// The value is what people write: the label or id of an option, several of them for a field that takes a list,
    /// `"Hardware / Laptop"` for a cascading one, the id of an account, a number, a date such as `2026-01-31`, a moment
    /// with its offset, text, or a document in the Atlassian Document Format. Or it is JSON in the field's own form. It
    /// is brought into that form when the request is sent; see
    /// [`RequestTypeField::encode`](crate::servicedesk::types::RequestTypeField::encode).
    ///
    /// An empty value (`None`, `null`, blank text, an empty list) is as if the field was not set. A field that is set
    /// twice has its last value.
    pub fn field(mut self, name_or_id: impl Into<String>, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value);
        let value = value.map_err(|error| format!("the value cannot be written as JSON: {error}"));
        self.given.values.push((name_or_id.into(), value));
        self
    }

    /// Sets the values of several fields. See [`field`](Self::field).
    pub fn fields(self, values: impl IntoIterator<Item = (impl Into<String>, impl Serialize)>) -> Self {
        values.into_iter().fold(self, |request, (name, value)| request.field(name, value))
    }

    /// Sets the customer that the request is for, by the id of the account. By default it is the calling account.
    ///
    /// Customers may not set it.
    pub fn on_behalf_of(mut self, customer: impl Into<AccountId>) -> Self {
        self.given.on_behalf_of = Some(customer.into());
        self
    }

    /// Adds participants, by the ids of their accounts. Customers may only add them where the site lets them.
    pub fn participants(mut self, accounts: impl IntoIterator<Item = impl Into<AccountId>>) -> Self {
        self.given.participants.extend(accounts.into_iter().map(Into::into));
        self
    }

    /// Sets the answers to the form of the request type, by the ids of its questions.
    ///
    /// Leave out the fields that the form fills. Which ones these are is known to the server alone, so with a form a
    /// missing required field is the server's to report.
    pub fn form(mut self, form_answers: impl IntoIterator<Item = (impl Into<String>, FormAnswer)>) -> Self {
        self.given.form = Some(Form::new().answers(form_answers));
        self
    }

    /// Adds a file, which customers can see. Call it once for each file.
    ///
    /// It is uploaded before the request is created. If the request type has a field for files, it is created with them;
    /// otherwise they are attached to the new request.
    pub fn file(mut self, file: FilePart) -> Self {
        self.files.push(file);
        self
    }

    /// Sets a note on the channel that the request came through. Experimental.
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.given.channel = Some(channel.into());
        self
    }

    option_setters! {
        timeout: "Sets the timeout of one attempt of a request. The default is 30 minutes for a request that uploads, \
                  and the client's for the others.",
        deadline: "Sets the deadline of the whole workflow, with retries and waits. The default is the client's \
                   [`deadline`](crate::ClientBuilder::deadline) if one is set, else an hour."
    }

    /// Creates the request when the future is polled. See [`Call::send`](crate::Call::send).
    ///
    /// Creating is not idempotent: where the server may have created it without a response, nothing is sent again.
    ///
    /// # Errors
    ///
    /// What any call can fail with; what is wrong with the fields; whether the request exists all the same; and the status
    /// of each file.
    pub fn send(self) -> BoxFuture<'static, Result<CustomerRequest, CreateRequestError>> {
        Box::pin(self.run())
    }

    /// Asks the server whether it would create the request, and creates nothing.
    ///
    /// What is wrong with the fields is an error, as for [`send`](Self::send). What the server finds wrong is in the
    /// result. Files are uploaded only if the request type requires one.
    ///
    /// # Errors
    ///
    /// What any call can fail with, and what is wrong with the fields.
    pub fn validate(self) -> BoxFuture<'static, Result<RequestValidationResult, CreateRequestError>> {
        Box::pin(self.run_validate())
    }

    async fn run(mut self) -> Result<CustomerRequest, CreateRequestError> {
        let mut files = std::mem::take(&mut self.files);
        let deadline = Deadline::new(&self.session, &self.options);
        let lookup = self.lookup(deadline);
        let prepared = self.prepare(lookup, &mut files).await?;
        let Prepared { found, mut checked } = prepared;
        let uploaded = match files.is_empty() {
            true => Vec::new(),
            false => upload_all(found.desk.clone(), files, deadline, &self.session).await?,
        };
        let (given_along, left) = match checked.files.clone() {
            Some((field, _)) => {
                add_files(&mut checked, &field, &uploaded);
                (uploaded, Vec::new())
            }
            None => (Vec::new(), uploaded),
        };
        let create = CreateRequest::new(&found.desk, &found.id).with_body(self.body(&found, checked));
        let created = match deadline.call(create).await {
            Ok(created) if created.issue_key.is_empty() && created.issue_id.is_empty() => {
                let error = Error::new(ErrorKind::Decode, "the request came without a key and an id");
                Err((error.with_operation(CreateRequest::INFO), Effect::Done))
            }
            Ok(created) => Ok(created),
            Err(error) => {
                let effect = Effect::of(&error, deadline.is_idempotent(CreateRequest::INFO));
                Err((error, effect))
            }
        };
        let created = match created {
            Ok(created) => created,
            Err((error, effect)) => {
                if error.is_invalid_request() || error.is_not_found() {
                    lookup.forget(&found);
                }
                let with_it = outcomes(given_along, after(effect)).into_iter();
                let files = with_it.chain(outcomes(left, FileStatus::Uploaded));
                return Err(CreateRequestError::of_creation(error, effect, files));
            }
        };
        if left.is_empty() {
            return Ok(created);
        }
        let key = match created.issue_key.is_empty() {
            true => created.issue_id.clone(),
            false => created.issue_key.clone(),
        };
        match attach_all(key, Visibility::Public, None, left, deadline).await {
            Ok(_) => Ok(created),
            Err(error) => Err(CreateRequestError::after_creation(error, created)),
        }
    }

    async fn run_validate(mut self) -> Result<RequestValidationResult, CreateRequestError> {
        let mut files = std::mem::take(&mut self.files);
        let deadline = Deadline::new(&self.session, &self.options);
        let lookup = self.lookup(deadline);
        let Prepared { found, mut checked } = self.prepare(lookup, &mut files).await?;
        if let Some((field, true)) = checked.files.clone()
            && !files.is_empty()
        {
            let uploaded = upload_all(found.desk.clone(), files, deadline, &self.session).await?;
            add_files(&mut checked, &field, &uploaded);
        }
        let validate = ValidateRequest::new(&found.desk, &found.id).with_body(self.body(&found, checked));
        let result = deadline.call(validate).await?;
        if !result.valid && !result.field_errors.is_empty() {
            lookup.forget(&found);
        }
        Ok(result)
    }

    fn lookup<'a>(&'a self, deadline: Deadline<'a>) -> Lookup<'a> {
        Lookup { known: &self.known, session: &self.session, options: &self.options, deadline }
    }

    /// Finds the request type and checks the values. What is refused for the sake of fields that were kept for a while
    /// is checked again with those that the server has now.
    async fn prepare(
        &self,
        lookup: Lookup<'_>,
        files: &mut [FilePart],
    ) -> Result<Prepared, CreateRequestError> {
        let has_files = !files.is_empty();
        self.options.check().map_err(|error| error.with_operation(CreateRequest::INFO))?;
        look_at(files, lookup.deadline, &self.options).await?;
        let unsent = |error| CreateRequestError::from(not_sent(error, files));
        let found = lookup.find(&self.desk, &self.request_type).await;
        let mut found = found.map_err(|error| match error {
            NotFound::Failed(error) => unsent(error),
            NotFound::Unknown(error) => CreateRequestError::of_fields(vec![error], files),
        })?;
        let mut checked = check(&self.given, &found.fields.value, has_files);
        if checked.is_err() && found.fields.is_old {
            found = lookup.again(&found).await.map_err(unsent)?;
            checked = check(&self.given, &found.fields.value, has_files);
        }
        match checked {
            Ok(checked) => Ok(Prepared { found, checked }),
            Err(errors) => Err(CreateRequestError::of_fields(errors, files)),
        }
    }

    fn body(&self, found: &FoundType, checked: Checked) -> RequestCreate {
        let mut body = RequestCreate::new(&found.desk, &found.id).request_field_values(checked.values);
        let Given { on_behalf_of, participants, form, channel, .. } = self.given.clone();
        let trimmed = |account: AccountId| AccountId::from(account.as_str().trim());
        body.raise_on_behalf_of = on_behalf_of.map(trimmed);
        for account in participants.into_iter().map(trimmed) {
            if !body.request_participants.contains(&account) {
                body.request_participants.push(account);
            }
        }
        body.form = form;
        body.channel = channel;
        body.is_adf_request = checked.is_adf.then_some(true);
        body
    }
}

/// Adds uploaded files to the field that takes them.
fn add_files(checked: &mut Checked, field: &str, uploaded: &[(String, TemporaryAttachmentId)]) {
    let ids = uploaded.iter().map(|(_, id)| Value::from(id.as_str()));
    match checked.values.get_mut(field) {
        Some(Value::Array(known)) => known.extend(ids),
        _ if uploaded.is_empty() => {}
        _ => drop(checked.values.insert(field.to_owned(), ids.collect())),
    }
}

impl IntoFuture for NewRequest {
    type Output = Result<CustomerRequest, CreateRequestError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

/// Shows the names of fields, and no values.
impl fmt::Debug for NewRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { desk, request_type, given, files, options, .. } = self;
        let fields: Vec<&String> = given.values.iter().map(|(name, _)| name).collect();
        f.debug_struct("NewRequest")
            .field("desk", desk)
            .field("request_type", request_type)
            .field("fields", &fields)
            .field("files", files)
            .field("options", options)
            .finish_non_exhaustive()
    }
}
