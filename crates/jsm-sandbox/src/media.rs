//! The second origin: where the bytes of attachments come from, by signed addresses and without credentials.
//!
//! Which attachments somebody may fetch was decided when the address was signed.

use http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::reply::Reply;
use crate::world::{Attachment, World};

/// How long an address is good for, in milliseconds.
const LASTS: i64 = 5 * 60 * 1_000;

/// An address for an attachment's bytes.
pub(crate) fn signed(origin: &str, attachment: &Attachment, now: i64) -> String {
    let expires = now + LASTS;
    let name = utf8_percent_encode(&attachment.file.name, NON_ALPHANUMERIC);
    let signature = signature(attachment.id, expires);
    format!("{origin}/file/{}/{name}?expires={expires}&signature={signature}", attachment.id)
}

/// Nobody is kept out by this; it only makes addresses that were not signed fail, as they would.
fn signature(id: u64, expires: i64) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in format!("{id}:{expires}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// Whether a request brought what must not leave the site.
pub(crate) fn brings_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key("authorization") || headers.contains_key("cookie")
}

pub(crate) fn answer(world: &World, path: &str, query: &str, headers: &HeaderMap, now: i64) -> Reply {
    if brings_credentials(headers) {
        let message = "Only one authentication mechanism is allowed: the address is signed.";
        return Reply::raw(400, "application/xml", format!("<Error><Message>{message}</Message></Error>"));
    }
    let parameter = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let id = path.strip_prefix("/file/").and_then(|rest| rest.split('/').next()?.parse::<u64>().ok());
    let expires = parameter("expires").and_then(|text| text.parse::<i64>().ok());
    let (Some(id), Some(expires)) = (id, expires) else { return Reply::empty(404) };
    if expires <= now || parameter("signature").as_deref() != Some(signature(id, expires).as_str()) {
        return Reply::raw(
            403,
            "application/xml",
            "<Error><Message>The address has expired.</Message></Error>",
        );
    }
    let mut attachments = world.requests.values().flat_map(|request| &request.attachments);
    match attachments.find(|attachment| attachment.id == id) {
        Some(attachment) => Reply::raw(200, &attachment.file.media_type, attachment.file.bytes.clone())
            .header("content-disposition", "attachment"),
        None => Reply::empty(404),
    }
}
