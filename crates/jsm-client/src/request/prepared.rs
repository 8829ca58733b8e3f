//! A request that is checked and can be sent, any number of times if its body allows it.

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use jsm_raw::{FilePart, OperationInfo, RequestError, ResponseBody, with_files};
use reqwest::{Request, Url};

use crate::error::{Error, Result};
use crate::response::Session;
use crate::transport::options::RequestOptions;
use crate::transport::site::ANY_PATH;

/// The media type of JSON.
pub(super) const JSON_TYPE: &str = "application/json";

/// The methods that can be sent.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The facts of requests whose response is JSON, is ignored, or is a file, by method.
static JSON: [OperationInfo; 7] = facts(ResponseBody::Json);
static NOTHING: [OperationInfo; 7] = facts(ResponseBody::Nothing);
static FILES: [OperationInfo; 7] = facts(ResponseBody::Bytes);

/// The facts of a request by GET, of JSON and of a file.
pub(super) const GET: &OperationInfo =
    &OperationInfo::undocumented("HttpRequest", "GET", &ANY_PATH, ResponseBody::Json);
pub(super) const FILE: &OperationInfo =
    &OperationInfo::undocumented("HttpRequest", "GET", &ANY_PATH, ResponseBody::Bytes);

const fn facts(response: ResponseBody) -> [OperationInfo; 7] {
    const fn of(method: &'static str, response: ResponseBody) -> OperationInfo {
        OperationInfo::undocumented("HttpRequest", method, &ANY_PATH, response)
    }
    let [get, head, post, put, patch, delete, options] = METHODS;
    [
        of(get, response),
        of(head, response),
        of(post, response),
        of(put, response),
        of(patch, response),
        of(delete, response),
        of(options, response),
    ]
}

/// The facts of a request by this method; of GET for a method that is refused.
pub(super) fn info(method: &Method, response: ResponseBody) -> &'static OperationInfo {
    let facts = match response {
        ResponseBody::Nothing => &NOTHING,
        ResponseBody::Bytes => &FILES,
        _ => &JSON,
    };
    facts.iter().find(|info| info.method == method.as_str()).unwrap_or(&facts[0])
}

/// Rejects a method that is not one of resources, such as CONNECT.
pub(super) fn check_method(method: &Method) -> Result<(), RequestError> {
    match METHODS.contains(&method.as_str()) {
        true => Ok(()),
        false => {
            let why = format!("{:?} is not supported; use one of {}", method.as_str(), METHODS.join(", "));
            Err(RequestError::argument("the method", &why))
        }
    }
}

/// The body of a request.
#[derive(Clone)]
pub(super) enum Body {
    None,
    /// Bytes of a media type.
    Bytes(Bytes, HeaderValue),
    /// Files, in parts of this name.
    Files(String, Vec<FilePart>),
}

/// A request that is checked.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) info: &'static OperationInfo,
    pub(super) method: Method,
    /// The path as the program wrote it, if it is a literal.
    pub(super) template: &'static str,
    /// The path, encoded. The client's own placeholders are left in it.
    pub(super) path: String,
    pub(super) at_gateway: bool,
    pub(super) query: String,
    pub(super) body: Body,
    pub(super) invalid: Option<RequestError>,
}

impl Prepared {
    /// The path below the gateway, where it is one.
    pub(super) fn gateway_path(&self) -> Option<&str> {
        self.at_gateway.then_some(&self.path)
    }

    pub(super) fn is_single_use(&self) -> bool {
        matches!(&self.body, Body::Files(_, files) if files.iter().any(FilePart::is_single_use))
    }

    /// An error of this request.
    pub(super) fn name(&self, error: Error) -> Error {
        error.with_operation(self.info).with_template(self.template)
    }

    /// Measures the files, and returns the options with what is left of the deadline.
    pub(super) async fn measure(
        &mut self,
        session: &Session,
        options: RequestOptions,
    ) -> Result<RequestOptions> {
        let Body::Files(_, files) = &mut self.body else { return Ok(options) };
        let measured = session.measure(self.info, files, &options).await;
        let shortened = measured.map_err(|error| error.with_template(self.template))?;
        Ok(shortened.unwrap_or(options))
    }

    /// The request to the path below a base, which for a path of the gateway is the whole address.
    pub(super) fn build(&self, base: &str, accept: &'static str) -> Result<Request, RequestError> {
        if let Some(invalid) = &self.invalid {
            return Err(invalid.clone());
        }
        let path = if self.at_gateway { "" } else { self.path.as_str() };
        let address = format!("{base}{path}");
        // An address that a parser changes is not the one that was checked.
        let mut url = Url::parse(&address)
            .ok()
            .filter(|url| {
                url.as_str() == address || url.path() == "/" && url.as_str().trim_end_matches('/') == address
            })
            .ok_or_else(|| RequestError::argument("the path", &"would lead to another endpoint"))?;
        url.set_query(Some(self.query.as_str()).filter(|query| !query.is_empty()));
        let mut request = Request::new(self.method.clone(), url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        match &self.body {
            Body::None => {
                if matches!(self.method, Method::POST | Method::PUT | Method::PATCH) {
                    // Otherwise HTTP/1.1 leaves open whether a body follows, and some proxies respond with 411.
                    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
                }
            }
            Body::Bytes(body, media_type) => {
                headers.insert(CONTENT_TYPE, media_type.clone());
                *request.body_mut() = Some(body.clone().into());
            }
            Body::Files(name, files) => return with_files(request, name, files),
        }
        Ok(request)
    }
}

/// Adds pairs to a query.
pub(super) fn append(query: &mut String, more: &str) {
    if !query.is_empty() && !more.is_empty() {
        query.push('&');
    }
    *query += more;
}

/// The names of the parameters in a query. Their values may be private.
pub(super) fn names(query: &str) -> Vec<String> {
    form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}
