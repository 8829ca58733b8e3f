//! Fixtures: one exchange without credentials and people, and its file.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

/// The version of the format.
const FORMAT: u64 = 1;

/// The placeholders of the origins of the site, the gateway and the files.
pub(crate) const SITE: &str = "https://site.example.com";
pub(crate) const GATEWAY: &str = "https://gateway.example.com";
pub(crate) const FILES: &str = "https://files.example.com";

/// One exchange.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fixture {
    /// The API and the operation, as method and path template; none where the path is beside the APIs.
    pub(crate) operation: Option<(String, String)>,
    pub(crate) request: FixtureRequest,
    pub(crate) response: FixtureResponse,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FixtureRequest {
    /// Whether it went to the origin of files.
    pub(crate) to_files: bool,
    pub(crate) method: String,
    /// The path, percent-encoded.
    pub(crate) path: String,
    /// The query, percent-encoded and without the question mark.
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FixtureResponse {
    /// None where the connection broke before a response came.
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
    /// Whether the connection broke before the end of the response.
    pub(crate) broken: bool,
}

/// A body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    /// Text, or JSON that is not well-formed.
    Text(String),
    /// So many bytes of anything.
    Bytes(u64),
    /// The parts of an upload.
    Parts(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file: Option<String>,
    pub(crate) media_type: String,
    pub(crate) bytes: u64,
}

impl Fixture {
    #[cfg_attr(not(feature = "record"), allow(dead_code, reason = "only the recorder writes"))]
    pub(crate) fn to_json(&self) -> Value {
        let FixtureRequest { to_files, method, path, query, headers, content } = &self.request;
        let mut request = Map::new();
        write(&mut request, headers, content);
        request.insert("method".to_owned(), method.as_str().into());
        if *to_files {
            request.insert("origin".to_owned(), "files".into());
        }
        request.insert("path".to_owned(), path.as_str().into());
        if !query.is_empty() {
            request.insert("query".to_owned(), query.as_str().into());
        }
        let FixtureResponse { status, headers, content, broken } = &self.response;
        let mut response = Map::new();
        write(&mut response, headers, content);
        if *broken {
            response.insert("broken".to_owned(), true.into());
        }
        if let Some(status) = status {
            response.insert("status".to_owned(), (*status).into());
        }
        let mut all = Map::new();
        if let Some((api, operation)) = &self.operation {
            all.insert("api".to_owned(), api.as_str().into());
            all.insert("operation".to_owned(), operation.as_str().into());
        }
        all.insert("format".to_owned(), FORMAT.into());
        all.insert("request".to_owned(), request.into());
        all.insert("response".to_owned(), response.into());
        all.into()
    }

    /// Reads a fixture, or says what is wrong with it.
    pub(crate) fn from_json(json: &Value) -> Result<Fixture, String> {
        if json["format"] != FORMAT {
            return Err(format!("`format` is not {FORMAT}"));
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let optional = |side: &Value, name: &str| match &side[name] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => Err(format!("`request.{name}` is not text")),
        };
        let (request, response) = (&json["request"], &json["response"]);
        let status = match &response["status"] {
            Value::Null => None,
            status => Some(
                status
                    .as_u64()
                    .and_then(|status| u16::try_from(status).ok())
                    .filter(|status| (200..1_000).contains(status))
                    .ok_or("`response.status` is not a status")?,
            ),
        };
        let broken = response["broken"] == true;
        if status.is_none() && !broken {
            return Err("`response` has neither a `status` nor `broken`".to_owned());
        }
        Ok(Fixture {
            operation: text(&json["api"]).zip(text(&json["operation"])),
            request: FixtureRequest {
                to_files: match optional(request, "origin")?.as_deref() {
                    None => false,
                    Some("files") => true,
                    Some(_) => return Err("`request.origin` is not `files`".to_owned()),
                },
                method: text(&request["method"]).ok_or("`request.method` is missing")?,
                path: text(&request["path"]).ok_or("`request.path` is missing")?,
                query: optional(request, "query")?.unwrap_or_default(),
                headers: read_headers(request)?,
                content: read_content(request)?,
            },
            response: FixtureResponse {
                status,
                headers: read_headers(response)?,
                content: read_content(response)?,
                broken,
            },
        })
    }
}

#[cfg_attr(not(feature = "record"), allow(dead_code, reason = "only the recorder writes"))]
fn write(side: &mut Map<String, Value>, headers: &[(String, String)], content: &Content) {
    let part = |part: &Part| {
        let mut members = Map::new();
        members.insert("bytes".to_owned(), part.bytes.into());
        if let Some(file) = &part.file {
            members.insert("file".to_owned(), file.as_str().into());
        }
        members.insert("media_type".to_owned(), part.media_type.as_str().into());
        members.insert("name".to_owned(), part.name.as_str().into());
        Value::from(members)
    };
    let content = match content {
        Content::Empty => None,
        Content::Json(value) => Some(("json", value.clone())),
        Content::Text(text) => Some(("text", text.as_str().into())),
        Content::Bytes(count) => Some(("bytes", (*count).into())),
        Content::Parts(parts) => Some(("parts", parts.iter().map(part).collect())),
    };
    side.extend(content.map(|(name, value)| (name.to_owned(), value)));
    if !headers.is_empty() {
        let pairs = headers.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        side.insert("headers".to_owned(), pairs.collect::<Map<_, _>>().into());
    }
}

fn read_headers(side: &Value) -> Result<Vec<(String, String)>, String> {
    let headers = match &side["headers"] {
        Value::Null => return Ok(Vec::new()),
        Value::Object(headers) => headers,
        _ => return Err("`headers` is not an object".to_owned()),
    };
    let read = |(name, value): (&String, &Value)| {
        let text = value.as_str().filter(|text| HeaderValue::from_str(text).is_ok());
        let text = text.filter(|_| HeaderName::from_bytes(name.as_bytes()).is_ok());
        let text = text.ok_or_else(|| format!("`headers` has no valid header called `{name}`"))?;
        Ok((name.to_ascii_lowercase(), text.to_owned()))
    };
    headers.iter().map(read).collect()
}

fn read_content(side: &Value) -> Result<Content, String> {
    let wrong = |name: &str| format!("`{name}` of a body is not valid");
    Ok(match side {
        Value::Object(members) if members.contains_key("json") => Content::Json(side["json"].clone()),
        _ if !side["text"].is_null() => {
            Content::Text(side["text"].as_str().ok_or_else(|| wrong("text"))?.to_owned())
        }
        _ if !side["bytes"].is_null() => {
            Content::Bytes(side["bytes"].as_u64().ok_or_else(|| wrong("bytes"))?)
        }
        _ if !side["parts"].is_null() => {
            let part = |part: &Value| {
                Some(Part {
                    name: part["name"].as_str()?.to_owned(),
                    file: part["file"].as_str().map(str::to_owned),
                    media_type: part["media_type"].as_str()?.to_owned(),
                    bytes: part["bytes"].as_u64()?,
                })
            };
            let parts = side["parts"].as_array().map(|all| all.iter().map(part).collect::<Option<_>>());
            Content::Parts(parts.flatten().ok_or_else(|| wrong("parts"))?)
        }
        _ => Content::Empty,
    })
}

/// The fixtures of a folder with their file names, in their order.
pub(crate) fn read_folder(folder: &Path) -> io::Result<Vec<(String, Fixture)>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| of(folder, &error))? {
        paths.push(entry?.path());
    }
    paths.retain(|path| is_fixture(path));
    // By their numbers, which can have any length, then by name.
    paths.sort_by_cached_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name.split('-').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(u64::MAX), name)
    });
    let read = |path: &Path| {
        let wrong =
            |why: String| io::Error::new(ErrorKind::InvalidData, format!("{}: {why}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| of(path, &error))?;
        let json = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, Fixture::from_json(&json).map_err(wrong)?))
    };
    paths.iter().map(|path| read(path)).collect()
}

/// Whether a file is called like a fixture. A file that was being written when a recording was killed is not.
pub(crate) fn is_fixture(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "json")
}

/// An error with the path that it is about.
pub(crate) fn of(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let part =
            Part { name: "file".to_owned(), file: None, media_type: "text/plain".to_owned(), bytes: 5 };
        for (content, status, to_files) in [
            (Content::Empty, Some(204), false),
            (Content::Json(json!({"a": null})), Some(200), false),
            (Content::Json(Value::Null), Some(200), true),
            (Content::Text("{\"a\":".to_owned()), None, false),
            (Content::Bytes(7), Some(206), true),
            (Content::Parts(vec![part]), Some(201), false),
        ] {
            let (method, path) = ("GET".to_owned(), "/a".to_owned());
            let (query, headers) = ("b=c".to_owned(), headers.clone());
            let fixture = Fixture {
                operation: to_files.then(|| ("csm".to_owned(), "GET /a".to_owned())),
                request: FixtureRequest {
                    to_files,
                    method,
                    path,
                    query,
                    headers: headers.clone(),
                    content: content.clone(),
                },
                response: FixtureResponse { status, headers, content, broken: status.is_none() },
            };
            assert_eq!(Fixture::from_json(&fixture.to_json()), Ok(fixture));
        }
    }

    #[test]
    fn what_is_no_fixture_is_refused_with_the_reason() {
        let request = json!({"method": "GET", "path": "/"});
        for (json, reason) in [
            (json!([]), "`format` is not 1"),
            (json!({"format": 2}), "`format` is not 1"),
            (json!({"format": 1, "response": {"status": 99}}), "`response.status` is not a status"),
            (json!({"format": 1, "request": request}), "`response` has neither a `status` nor `broken`"),
            (
                json!({"format": 1, "request": {"path": "/"}, "response": {"status": 200}}),
                "`request.method` is missing",
            ),
            (
                json!({"format": 1, "request": request, "response": {"status": 200, "bytes": -1}}),
                "`bytes` of a body is not valid",
            ),
            (
                json!({"format": 1, "request": {"method": "GET", "path": "/", "query": {"a": "b"}}, "response": {"status": 200}}),
                "`request.query` is not text",
            ),
            (
                json!({"format": 1, "request": {"method": "GET", "path": "/", "origin": "elsewhere"}, "response": {"status": 200}}),
                "`request.origin` is not `files`",
            ),
            (
                json!({"format": 1, "request": request, "response": {"status": 200, "headers": ["etag"]}}),
                "`headers` is not an object",
            ),
            (
                json!({"format": 1, "request": request, "response": {"status": 200, "headers": {"etag": "a\nb"}}}),
                "`headers` has no valid header called `etag`",
            ),
            (
                json!({"format": 1, "request": request, "response": {"status": 200, "headers": {"e tag": "a"}}}),
                "`headers` has no valid header called `e tag`",
            ),
        ] {
            assert_eq!(Fixture::from_json(&json), Err(reason.to_owned()), "{json}");
        }
    }
}
