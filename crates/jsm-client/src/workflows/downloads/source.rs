//! Where the bytes of a file come from: the operation, requested once and again after the file broke off.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{IF_RANGE, RANGE};
use jsm_raw::{OperationInfo, RequestError};

use super::resume::{Begun, Continuation};
use crate::error::{Error, ErrorKind, Result};
use crate::response::{Expected, Session};
use crate::transport::options::RequestOptions;
use crate::transport::{Broken, Content, Opened, Reason, RequestSpec, back_off, open};
use crate::workflows::deadline::{Deadline, End};

/// Builds the request of the operation.
pub(super) type Build =
    Box<dyn Fn(&reqwest::Client, &str) -> std::result::Result<reqwest::Request, RequestError> + Send + Sync>;

/// The operation that responds with a file, and what is known of the file.
pub(super) struct Source {
    pub(super) session: Arc<Session>,
    pub(super) info: &'static OperationInfo,
    /// The path with its placeholders; empty where it is not known.
    pub(super) template: &'static str,
    /// The path below the gateway that is in place of the API's base.
    pub(super) gateway_path: Option<String>,
    pub(super) options: RequestOptions,
    pub(super) build: Build,
    pub(super) single_use: bool,
    pub(super) rate_limit_key: Option<String>,
    pub(super) media_type: Option<String>,
    /// The name under which the file will be stored.
    pub(super) name: Option<OsString>,
    pub(super) idle: Duration,
    pub(super) end: End,
}

/// Whether a status can mean that no part is to be had, where the whole is.
fn refuses_part(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::PRECONDITION_FAILED
            | StatusCode::RANGE_NOT_SATISFIABLE
            | StatusCode::NOT_IMPLEMENTED
    )
}

/// Another response for a file that broke off.
pub(super) struct Reopened {
    pub(super) opened: Opened,
    pub(super) continuation: Continuation,
    /// Whether the server can be asked for a part of the file.
    pub(super) ranges: bool,
}

impl Source {
    /// The deadline of the download.
    pub(super) fn deadline(&self) -> Deadline<'_> {
        Deadline::at(self.end, &self.session, &self.options)
    }

    /// Whether the program asks for a part of the file by itself, so that nothing can be added to its request.
    pub(super) fn is_part(&self) -> bool {
        self.options.headers.contains_key(RANGE)
    }

    /// An error of this download.
    pub(super) fn name(&self, error: Error) -> Error {
        error.with_operation(self.info).with_template(self.template)
    }

    /// Requests the whole file.
    pub(super) async fn open(&self) -> Result<Opened> {
        let options = self.deadline().options();
        let mut opened = open(&self.session.transport, &self.spec(&options), None).await?;
        if opened.head.status == StatusCode::PARTIAL_CONTENT && !self.is_part() {
            let note = "the server sent a part of the file, and the whole was requested";
            let error = Error::new(ErrorKind::Other, note).with_attempts(opened.attempts);
            return Err(self.name(error.with_response(
                opened.head.status,
                &opened.head.headers,
                Bytes::new(),
            )));
        }
        self.check(&mut opened).await?;
        Ok(opened)
    }

    /// Requests the file again after it broke off: the part that is missing, or else the whole.
    ///
    /// The error is that of the break, with why the download cannot go on.
    pub(super) async fn reopen(self: Arc<Self>, mut begun: Begun, broken: Broken) -> Result<Reopened> {
        let transport = &self.session.transport;
        let error = broken.error.duplicate();
        let options = self.deadline().options();
        back_off(transport, &self.spec(&options), broken).await?;
        let given_up = |why: Error| {
            let attempts = error.attempts() + why.attempts();
            let error = error.duplicate().map_note(|note| format!("{note}, and it cannot be resumed: {why}"));
            error.with_attempts(attempts).with_source(why)
        };
        loop {
            let mut options = self.deadline().options();
            let range = begun.range();
            let in_part = range.is_some();
            if let Some((range, if_range)) = range {
                options.headers.insert(RANGE, range);
                options.headers.insert(IF_RANGE, if_range);
            }
            let mut opened = match open(transport, &self.spec(&options), Some(Reason::Connection)).await {
                Ok(opened) => opened,
                // The whole is requested, if a part is not to be had.
                Err(error) if in_part && error.status().is_some_and(refuses_part) => {
                    begun.ranges = false;
                    continue;
                }
                Err(why) => return Err(given_up(why)),
            };
            let continuation = begun.continuation(opened.head.status, &opened.head.headers);
            match continuation {
                Continuation::Wrong if in_part => {
                    begun.ranges = false;
                    continue;
                }
                Continuation::Wrong => {
                    let why =
                        Error::new(ErrorKind::Other, "the server responds with another part of the file");
                    return Err(given_up(why.with_attempts(opened.attempts)));
                }
                Continuation::Rest(_) => Expected::check_encoding(&opened.head.headers).map_err(given_up)?,
                Continuation::Again | Continuation::Other => {
                    self.check(&mut opened).await.map_err(given_up)?
                }
            }
            return Ok(Reopened { opened, continuation, ranges: begun.ranges });
        }
    }

    fn spec<'a>(&'a self, options: &'a RequestOptions) -> RequestSpec<'a> {
        RequestSpec {
            info: self.info,
            template: self.template,
            gateway_path: self.gateway_path.as_deref(),
            options,
            build: &*self.build,
            single_use: self.single_use,
            rate_limit_key: self.rate_limit_key.as_deref(),
            busy: None,
        }
    }

    /// Lets a response pass that can be the file.
    async fn check(&self, opened: &mut Opened) -> Result<()> {
        let address = match &opened.content {
            Content::Open(response) => Some(response.url().clone()),
            Content::Whole(_) => None,
        };
        let site = &self.session.transport.site;
        let expected = Expected {
            info: self.info,
            media_type: self.media_type.as_deref(),
            elsewhere: address.as_ref().filter(|address| !site.owns(address)),
            name: self.name.as_deref(),
        };
        let content = std::mem::replace(&mut opened.content, Content::Whole(Bytes::new()));
        let time = self.idle.min(self.deadline().left());
        let checked = expected.check(&opened.head.headers, content, time).await;
        opened.content = checked.map_err(|error| self.name(error).with_attempts(opened.attempts))?;
        Ok(())
    }
}
