//! Static facts about operations, for decisions before a call.
//!
//! The values are emitted from the effective document. `jsm-client` decides what follows from them.

/// The static facts of an operation, as [`Operation::INFO`](crate::Operation::INFO).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OperationInfo {
    /// The API that the operation belongs to: `servicedesk` or `csm`. Empty for a request that belongs to none.
    pub api: &'static str,
    /// The base paths and the general rate limits of that API.
    pub base: &'static Base,
    /// The name of the operation's Rust type, for example `CreateCustomer`. It is unique within the API.
    pub name: &'static str,
    /// The module of that type, named after what the operation acts on, for example `customer`.
    pub group: &'static str,
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path below the API's base, with `{placeholders}`. Empty for a request that belongs to no API.
    pub path: &'static str,
    /// OAuth scopes: any one of the outer entries suffices, and all scopes within it are needed.
    pub scopes: &'static [&'static [&'static str]],
    /// Whether Atlassian calls the operation experimental: it may change without notice, and a program has to opt in.
    pub experimental: bool,
    /// Whether the opt-in header is always sent, because one page of the documentation asks for it and another no longer
    /// does. A server that does not need the header ignores it.
    pub always_opt_in: bool,
    /// Whether the document marks the operation as deprecated.
    pub deprecated: bool,
    /// The documented statuses, each with what it means for this operation.
    pub statuses: &'static [(u16, &'static str)],
    /// Statuses above 299 whose bodies are responses, not errors.
    pub response_statuses: &'static [u16],
    /// The pagination style; `None` for an operation that does not respond with pages.
    pub pagination: Option<Pagination>,
    /// Whether sending the request twice has the same effect as sending it once.
    pub idempotent: bool,
    /// The requests per second that the server accepts, where that differs from the general limit of the API.
    pub rate_limit: Option<u32>,
    /// The most entries of one request, where the server has a limit.
    pub batch_limit: Option<u32>,
    /// The path parameter that the server counts writes by, for example the issue's.
    pub rate_limit_key: Option<&'static str>,
    /// What the request carries.
    pub body: RequestBody,
    /// What a successful response carries.
    pub response: ResponseBody,
    /// The properties of the JSON object that the operation responds with, aliases included; empty where it responds with
    /// something else.
    pub response_properties: &'static [&'static str],
    /// The property of the response that holds the items of a page.
    pub response_items: Option<&'static str>,
}

impl OperationInfo {
    /// The facts of a request by this method, where no document describes an operation.
    ///
    /// `api`, `group` and `path` are empty. Whether the request is idempotent is what HTTP says of its method.
    #[must_use]
    pub const fn undocumented(
        name: &'static str,
        method: &'static str,
        base: &'static Base,
        response: ResponseBody,
    ) -> Self {
        Self {
            api: "",
            base,
            name,
            group: "",
            method,
            path: "",
            scopes: &[],
            experimental: false,
            always_opt_in: false,
            deprecated: false,
            statuses: &[],
            response_statuses: &[],
            pagination: None,
            idempotent: !matches!(method.as_bytes(), b"POST" | b"PATCH"),
            rate_limit: None,
            batch_limit: None,
            rate_limit_key: None,
            body: RequestBody::None,
            response,
            response_properties: &[],
            response_items: None,
        }
    }
}

impl Base {
    /// The base of what is at a path of a site, and at a path of the gateway. It has no rate limits.
    #[must_use]
    pub const fn new(site: Option<&'static str>, gateway: Option<&'static str>) -> Self {
        Self { site, gateway, rate_limits: &[], write_rate_limits: &[] }
    }
}

/// The base paths of an API, and its general rate limits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Base {
    /// The path below a site; `None` where sites do not serve the API.
    pub site: Option<&'static str>,
    /// The path below the gateway, with `{cloudId}` for the site; `None` where the gateway does not serve the API.
    pub gateway: Option<&'static str>,
    /// The requests per second that the server accepts for each operation, by HTTP method, where the operation has no
    /// [`rate_limit`](OperationInfo::rate_limit) of its own.
    pub rate_limits: &'static [(&'static str, u32)],
    /// How many writes in how many seconds the server accepts for one value of the
    /// [`rate_limit_key`](OperationInfo::rate_limit_key).
    pub write_rate_limits: &'static [(u32, u32)],
}

/// What a successful response carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseBody {
    /// Nothing. A body is ignored.
    Nothing,
    /// A JSON document.
    Json,
    /// A file.
    Bytes,
    /// An HTML page.
    Page,
}

/// The pagination style of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pagination {
    /// The request carries a zero-based offset, and the response repeats it.
    Offset,
    /// The request carries a cursor, and the response carries the next one.
    Cursor,
    /// The request carries a cursor, and the response carries the next one in a link.
    LinkCursor,
    /// The request carries a page number, and the response repeats it.
    Number,
}

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestBody {
    /// Nothing.
    None,
    /// A JSON document.
    Json,
    /// Files, as parts of this name in multipart form data.
    Multipart(&'static str),
}
