//! Delivering a response: as a whole, late, slowly, or in part.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

use crate::message::response::{Body, Response};
use crate::pipeline::fault::Delivery;

/// How large the pieces of a slow body are, in bytes.
const PIECE: usize = 64;

/// The connection breaks here: hyper closes it where a service or a body fails.
#[derive(Debug)]
pub(super) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is broken on purpose")
    }
}

impl std::error::Error for Broken {}

/// Waits as long as the delivery says, and returns what hyper sends.
pub(super) async fn deliver(
    response: Response,
    delivery: Delivery,
) -> Result<http::Response<SentBody>, Broken> {
    if delivery.delay > Duration::ZERO {
        tokio::time::sleep(delivery.delay).await;
    }
    // A status below 200 is no response: another one would have to follow.
    if delivery.drop || response.status < 200 {
        return Err(Broken);
    }
    write(response, delivery).map_err(|_| Broken)
}

fn write(response: Response, delivery: Delivery) -> http::Result<http::Response<SentBody>> {
    let mut head = http::Response::builder().status(response.status);
    let body = match response.body {
        Body::Empty => Bytes::new(),
        Body::Json(value) => {
            head = head.header("content-type", "application/json;charset=UTF-8");
            Bytes::from(value.to_string())
        }
        Body::Raw { media_type, bytes } => {
            head = head.header("content-type", media_type);
            bytes
        }
    };
    for (name, value) in response.headers {
        head = head.header(name, value);
    }
    if delivery.truncate {
        // The length of the whole body, of which half is sent.
        head = head.header("content-length", body.len());
    }
    head.body(SentBody::new(body, delivery))
}

/// A body in pieces, which may come slowly or break off.
pub(super) struct SentBody {
    left: VecDeque<Bytes>,
    pause: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    end: End,
}

/// How a body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    /// It breaks off once all that precedes was sent: the head above all.
    BreaksWhenSent,
    Breaks,
}

impl SentBody {
    fn new(body: Bytes, delivery: Delivery) -> SentBody {
        let body = if delivery.truncate { body.slice(..body.len() / 2) } else { body };
        let left = match delivery.slow {
            Some(_) => body.chunks(PIECE).map(|piece| body.slice_ref(piece)).collect(),
            None if body.is_empty() => VecDeque::new(),
            None => VecDeque::from([body]),
        };
        let end = if delivery.truncate { End::BreaksWhenSent } else { End::Complete };
        SentBody { left, pause: delivery.slow, sleep: None, end }
    }
}

impl HttpBody for SentBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(pause) = self.pause.filter(|_| !self.left.is_empty()) {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.sleep = None;
        }
        match (self.left.pop_front(), self.end) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            (None, End::Complete) => Poll::Ready(None),
            (None, End::BreaksWhenSent) => {
                // hyper sends what it has buffered while a body has nothing more to give.
                self.end = End::Breaks;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            (None, End::Breaks) => Poll::Ready(Some(Err(Broken))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.end == End::Complete
    }

    fn size_hint(&self) -> SizeHint {
        match self.end {
            End::Complete => SizeHint::with_exact(self.left.iter().map(|piece| piece.len() as u64).sum()),
            _ => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::time::Instant;

    use super::*;

    async fn delivered(delivery: Delivery) -> (String, Duration) {
        let start = Instant::now();
        let response = Response::raw(200, "text/plain", "0123456789".repeat(20));
        let response = deliver(response, delivery).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (String::from_utf8(body.to_vec()).unwrap(), start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_pauses_before_each_piece_and_a_delay_comes_first() {
        let second = Duration::from_secs(1);
        let whole = "0123456789".repeat(20);
        for (delivery, time) in [
            (Delivery::default(), Duration::ZERO),
            (Delivery { delay: second, ..Delivery::default() }, second),
            // 200 bytes are four pieces.
            (Delivery { slow: Some(second), ..Delivery::default() }, second * 4),
        ] {
            assert_eq!(delivered(delivery).await, (whole.clone(), time), "{delivery:?}");
        }
    }
}
