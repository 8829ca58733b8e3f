//! Responses and their bodies, up to a size.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::HeaderMap;
use reqwest::Response;

use super::clock::FOREVER;
use super::network_error::describe;
use crate::error::{Error, ErrorKind, Result};

/// The head of a response.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// The body of a response.
#[derive(Debug)]
pub(crate) enum Content {
    Whole(Bytes),
    Open(Response),
}

/// Reads a body of limited size.
pub(crate) async fn read_body(mut response: Response, limit: usize) -> Result<Bytes> {
    let too_large = || {
        let note = format!("the response has more than the {limit} bytes that the client accepts");
        Error::new(ErrorKind::TooLarge, note)
    };
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large());
    }
    let first = response.chunk().await.map_err(describe)?.unwrap_or_default();
    if first.len() > limit {
        return Err(too_large());
    }
    let Some(second) = response.chunk().await.map_err(describe)? else { return Ok(first) };
    let mut body = BytesMut::with_capacity(announced.max(first.len() + second.len()).min(limit));
    body.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(bytes) = next {
        if body.len() + bytes.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&bytes);
        next = response.chunk().await.map_err(describe)?;
    }
    Ok(body.freeze())
}

/// Reads the beginning of a body that explains an error. If it breaks off or stalls, the bytes so far are returned.
pub(crate) async fn read_start(mut response: Response, limit: usize, time: Duration) -> Bytes {
    let mut body = BytesMut::new();
    let until = tokio::time::Instant::now() + time.min(FOREVER);
    while body.len() < limit
        && let Ok(Ok(Some(bytes))) = tokio::time::timeout_at(until, response.chunk()).await
    {
        body.extend_from_slice(&bytes[..bytes.len().min(limit - body.len())]);
    }
    body.freeze()
}
