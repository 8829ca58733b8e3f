//! Multipart forms, encoded.
//!
//! In reqwest's own forms, a line break in a name ends the line of the header, so that a name can add a header, and each
//! backslash is doubled. Here a name is encoded as browsers encode it (WHATWG HTML, "multipart/form-data
//! encoding algorithm"): as it is, in UTF-8, but `%22`, `%0D` and `%0A` for quotes and line breaks.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Body, Request};

use super::part::{FilePart, Pieces};
use crate::request_error::RequestError;

/// Without this header, servers take a form for a forged one and respond with 403.
const NO_CHECK: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-atlassian-token"), HeaderValue::from_static("no-check"));

/// Adds files to a request, all in parts of the same name, and the header without which servers refuse a form.
///
/// # Errors
///
/// When a file cannot be opened, or its media type is not valid.
pub fn with_files(mut request: Request, field: &str, files: &[FilePart]) -> Result<Request, RequestError> {
    let boundary = format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
    let mut form = Form { steps: VecDeque::new() };
    let mut length = Some(0);
    let add = |text: String, length: &mut Option<u64>| {
        *length = length.map(|length| length + text.len() as u64);
        Step::Text(text.into())
    };
    for file in files {
        let (field, name, media_type) = (escaped(field), escaped(file.name()), file.media_type()?);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        );
        form.steps.push_back(add(head, &mut length));
        let (pieces, left) = file.open()?;
        length = length.and_then(|length| length.checked_add(left?));
        form.steps.push_back(Step::File(Counted {
            name: file.name().to_owned(),
            pieces,
            sent: 0,
            length: left,
        }));
        form.steps.push_back(add("\r\n".to_owned(), &mut length));
    }
    form.steps.push_back(add(format!("--{boundary}--\r\n"), &mut length));

    let media_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, media_type.map_err(|error| RequestError::build(&error))?);
    headers.insert(NO_CHECK.0, NO_CHECK.1);
    match length {
        Some(length) => headers.insert(CONTENT_LENGTH, length.into()),
        None => headers.remove(CONTENT_LENGTH),
    };
    *request.body_mut() = Some(Body::wrap_stream(form));
    Ok(request)
}

fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// The encoded form, as a stream.
struct Form {
    steps: VecDeque<Step>,
}

enum Step {
    Text(Bytes),
    File(Counted),
}

/// The content of a file, which has to have the announced length.
struct Counted {
    name: String,
    pieces: Pieces,
    sent: u64,
    length: Option<u64>,
}

impl Stream for Form {
    type Item = Result<Bytes, RequestError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(step) = self.steps.front_mut() {
            let piece = match step {
                Step::Text(text) => Some(Ok(std::mem::take(text))),
                Step::File(file) => ready!(file.poll(context)),
            };
            if matches!(step, Step::Text(_)) || piece.is_none() {
                self.steps.pop_front();
            }
            match piece {
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Err(error)) => {
                    self.steps.clear();
                    return Poll::Ready(Some(Err(error)));
                }
                Some(piece) => return Poll::Ready(Some(piece)),
                None => {}
            }
        }
        Poll::Ready(None)
    }
}

impl Counted {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, RequestError>>> {
        let fault =
            |name: &str, why: &dyn std::fmt::Display| Poll::Ready(Some(Err(RequestError::file(name, why))));
        match ready!(self.pieces.as_mut().poll_next(context)) {
            Some(Ok(piece)) => {
                self.sent = self.sent.saturating_add(piece.len() as u64);
                match self.length {
                    Some(length) if self.sent > length => {
                        fault(&self.name, &format!("it has more than the announced {length} bytes"))
                    }
                    _ => Poll::Ready(Some(Ok(piece))),
                }
            }
            Some(Err(error)) => fault(&self.name, &error),
            None => match self.length {
                Some(length) if self.sent < length => {
                    let sent = self.sent;
                    fault(&self.name, &format!("it has {sent} of the announced {length} bytes"))
                }
                _ => Poll::Ready(None),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn names_are_encoded_as_browsers_encode_them() {
        for (name, written) in [
            ("Aufstellung über 東京.pdf", "Aufstellung über 東京.pdf"),
            ("5\" disk;1.img", "5%22 disk;1.img"),
            ("a\r\nX-Header: b", "a%0D%0AX-Header: b"),
            ("back\\slash/slash%20.txt", "back\\slash/slash%20.txt"),
            ("🦉.png", "🦉.png"),
        ] {
            assert_eq!(escaped(name), written);
        }
    }
}
