//! What is known of an operation before it is called.
//!
//! The values are emitted from the effective document; no policy is decided here.

/// The facts of one operation.
#[derive(Debug)]
pub struct OperationInfo {
    /// The API it belongs to: `servicedesk` or `csm`.
    pub api: &'static str,
    /// Where that API stands.
    pub base: &'static Base,
    /// The name of its Rust type, unique in its API: `CreateCustomer`.
    pub name: &'static str,
    /// The module it is grouped in: what it acts on, for example `customer`.
    pub group: &'static str,
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path below the site or the API's base, with `{placeholders}`.
    pub path: &'static str,
    /// OAuth scopes: any one of the outer entries suffices, all scopes within it are needed.
    pub scopes: &'static [&'static [&'static str]],
    /// Whether the server wants the opt-in header for it, and programs have to agree that it may change.
    pub experimental: bool,
    /// Whether the opt-in header is always sent: one documentation of the operation asks for the header, another one
    /// no longer does. A server that does not need the header ignores it.
    pub always_opt_in: bool,
    /// Whether the document marks it as deprecated.
    pub deprecated: bool,
    /// The documented statuses with what they mean here.
    pub statuses: &'static [(u16, &'static str)],
    /// Statuses above 299 whose bodies are answers, not errors.
    pub response_statuses: &'static [u16],
    /// How its answers are paged, if they are.
    pub pagination: Option<Pagination>,
    /// Whether sending it twice leaves the server as sending it once does.
    pub idempotent: bool,
    /// The requests per second the server is known to take, where it differs from the general limit.
    pub rate_limit: Option<u32>,
    /// How many entries one call takes at most, where that is known.
    pub batch_limit: Option<u32>,
    /// The placeholder of the path whose writes the server counts one by one, for example an issue's.
    pub rate_limit_key: Option<&'static str>,
    /// What its request carries.
    pub body: RequestBody,
    /// What a successful answer carries.
    pub response: ResponseBody,
    /// The properties of the object it responds with, under all names that are read; empty where it responds with
    /// something else.
    pub response_properties: &'static [&'static str],
    /// The property of the response that holds the items of a page.
    pub response_items: Option<&'static str>,
}

/// What holds for a whole API: what precedes the paths of its operations, and its general rate limits.
#[derive(Debug, PartialEq, Eq)]
pub struct Base {
    /// The path below a site, where the API can be had there.
    pub site: Option<&'static str>,
    /// The path below the gateway, with `{cloudId}` for the site, where the API can be had there.
    pub gateway: Option<&'static str>,
    /// The requests per second that the server is known to take for each operation, by method, where the operation has
    /// no [`rate_limit`](OperationInfo::rate_limit) of its own.
    pub rate_limits: &'static [(&'static str, u32)],
    /// How many writes in how many seconds the server is known to take for each thing that a
    /// [`rate_limit_key`](OperationInfo::rate_limit_key) names.
    pub write_rate_limits: &'static [(u32, u32)],
}

/// What a successful answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseBody {
    /// Nothing that is read.
    Nothing,
    /// A JSON document.
    Json,
    /// A file.
    Bytes,
    /// A page of HTML.
    Page,
}

/// How the answers of an operation are paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pagination {
    /// A zero-based offset is asked for; the answer repeats it.
    Offset,
    /// A cursor is asked for; the answer carries the next one.
    Cursor,
    /// A cursor is asked for; the answer carries it inside its next link.
    LinkCursor,
    /// A page number is asked for; the answer repeats it.
    Number,
}

/// What the request of an operation carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestBody {
    /// Nothing.
    None,
    /// A JSON document.
    Json,
    /// Files, as multipart form data in parts of this name.
    Multipart(&'static str),
}
