//! A server that answers what a test wrote down, right or wrong, and keeps what it was asked.
//!
//! It speaks as much HTTP/1.1 as that takes, one request to a connection. What a healthy site answers is the
//! sandbox's.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A server that answers until it is dropped.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What is answered, and how it ends.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// How many bytes of the body are promised, when it is not as many as there are.
    promised: Option<usize>,
    measured: bool,
    silent: bool,
    hangs: bool,
    /// The answer is held back until so many requests have come.
    after: usize,
}

type Answers = dyn FnMut(&Asked) -> Answer + Send;

impl Script {
    /// Gives these answers, one after the other, whatever is asked.
    pub(super) async fn of(answers: impl IntoIterator<Item = Answer>) -> Script {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let mut answers = answers.into_iter();
        Script::serve(move |_| answers.next().unwrap_or_else(|| text(500, "the script is over"))).await
    }

    /// Gives the answers that a function makes.
    pub(super) async fn serve(answers: impl FnMut(&Asked) -> Answer + Send + 'static) -> Script {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let answers: Arc<Mutex<Box<Answers>>> = Arc::new(Mutex::new(Box::new(answers)));
        let (count, _) = watch::channel(0);
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&log), Arc::clone(&answers), count.clone()));
            }
        });
        Script { url: format!("http://{address}"), asked, task }
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<Box<Answers>>>,
    count: watch::Sender<usize>,
) {
    let Some(asked) = read(&mut stream).await else { return };
    let answer = {
        // The lock is held over both, so that the log has the order of the answers.
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers(&asked);
        log.push(asked);
        count.send_replace(log.len());
        answer
    };
    let mut counted = count.subscribe();
    if counted.wait_for(|count| *count >= answer.after).await.is_err() || answer.silent && !answer.hangs {
        return;
    }
    if !answer.silent {
        // A client that leaves early is what some tests are about.
        let _ = stream.write_all(&answer.bytes()).await;
    }
    if answer.hangs {
        let _ = stream.read(&mut [0]).await;
    }
    let _ = stream.shutdown().await;
}

/// Reads a request whole.
async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut line = lines.next()?.split(' ');
    let (method, target) = (line.next()?.to_owned(), line.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[head..]).into_owned();
    Some(Asked { method, path: path.to_owned(), query: query.to_owned(), headers, body })
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number in the query.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name)?.1.parse().ok()
    }
}

/// An answer in JSON.
pub(super) fn json(status: u16, body: &Value) -> Answer {
    body_of(status, "application/json;charset=UTF-8", body.to_string().into_bytes())
}

/// An answer in plain text.
pub(super) fn text(status: u16, body: &str) -> Answer {
    body_of(status, "text/plain", body.as_bytes().to_vec())
}

/// An answer of any type.
pub(super) fn body_of(status: u16, content_type: &str, body: Vec<u8>) -> Answer {
    let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
    Answer { status, headers, body, promised: None, measured: true, silent: false, hangs: false, after: 0 }
}

/// An answer without a body and without a type.
pub(super) fn empty(status: u16) -> Answer {
    Answer { headers: Vec::new(), ..text(status, "") }
}

/// The connection ends where an answer should come.
pub(super) fn dropped() -> Answer {
    Answer { silent: true, ..empty(200) }
}

/// The server reads the request and never answers.
pub(super) fn silence() -> Answer {
    Answer { hangs: true, ..dropped() }
}

impl Answer {
    pub(super) fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Answer {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// The answer does not say how long it is: it ends where the connection does.
    pub(super) fn unmeasured(mut self) -> Answer {
        self.measured = false;
        self
    }

    /// The body breaks off here, and the connection with it.
    pub(super) fn cut(mut self, at: usize) -> Answer {
        self.promised = Some(self.body.len());
        self.body.truncate(at);
        self
    }

    /// The body stops here and the connection stays open.
    pub(super) fn stalls(self, at: usize) -> Answer {
        Answer { hangs: true, ..self.cut(at) }
    }

    /// The answer comes once so many requests have arrived.
    pub(super) fn after(mut self, requests: usize) -> Answer {
        self.after = requests;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let length = self.promised.unwrap_or(self.body.len());
        let mut head = format!("HTTP/1.1 {} Scripted\r\nConnection: close\r\n", self.status);
        if self.measured && self.status != 204 {
            head += &format!("Content-Length: {length}\r\n");
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}
