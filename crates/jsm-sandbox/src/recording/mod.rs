//! Recordings: what a client and a real site sent to each other, without credentials and people.
//!
//! A recording is a folder of fixtures, one file for each exchange. A proxy writes it, and a replay serves it.

pub(crate) mod replay; // A server that responds from fixtures.

mod compare; // Requests, compared with recorded ones.

mod background; // A server on a thread of its own.
mod fixture; // One exchange, and its file.

#[cfg(feature = "record")]
pub(crate) mod proxy; // Settings, start and stop of the server that records.

#[cfg(feature = "record")]
mod forward; // Requests on their way to the target, and responses on their way back.

#[cfg(feature = "record")]
mod sent; // Bodies of requests on their way to the target.

#[cfg(feature = "record")]
mod exchange; // What went over the wire, before redaction.

#[cfg(feature = "record")]
mod redact; // From an exchange to a fixture.

#[cfg(feature = "record")]
mod json; // JSON bodies, well-formed or not.

#[cfg(feature = "record")]
mod headers; // The headers that a fixture may have.

#[cfg(feature = "record")]
mod addresses; // Addresses, paths and queries.

#[cfg(feature = "record")]
mod texts; // Single texts and numbers.

#[cfg(feature = "record")]
mod free_text; // Pseudonyms of texts that people wrote.

#[cfg(feature = "record")]
mod ids; // Pseudonyms of ids, by their form.

#[cfg(feature = "record")]
mod dates; // Dates, moved by a number of days.

#[cfg(feature = "record")]
mod pseudonyms; // The table of pseudonyms.

#[cfg(feature = "record")]
mod operations; // Which operation a path belongs to.

#[cfg(feature = "record")]
mod place; // What the document knows of a place in a message.

#[cfg(feature = "record")]
mod vocabulary; // Words that name no person.

#[cfg(all(test, feature = "record"))]
mod planted; // Secrets in random exchanges, looked for in every encoding.
