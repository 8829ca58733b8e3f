//! A server that answers with pages of users, so cheaply that what it costs does not blur what is measured.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A server on a loopback port. Its threads end with the process.
pub(crate) struct Server {
    /// Its address, without a slash at the end.
    pub(crate) url: String,
}

/// What a page of the list that begins at an offset looks like, head and all.
type Answers = Arc<dyn Fn(usize) -> Arc<[u8]> + Send + Sync>;

/// Starts a server of so many users with answers built beforehand, each of which takes at least the latency.
#[allow(dead_code, reason = "not every benchmark has so few users")]
pub(crate) fn start(users: usize, page: usize, latency: Duration) -> Server {
    let pages: Vec<Arc<[u8]>> =
        (0..users).step_by(page).map(|start| answer(start, page, users).into()).collect();
    let beyond: Arc<[u8]> = answer(0, 0, 0).into();
    let answers = move |start| Arc::clone(pages.get(start / page).unwrap_or(&beyond));
    listen(Arc::new(answers), latency)
}

/// Starts a server of more users than there is memory for: each answer is built when it is asked for.
#[allow(dead_code, reason = "not every benchmark has so many users")]
pub(crate) fn start_vast(users: usize, page: usize) -> Server {
    listen(Arc::new(move |start| answer(start, page, users).into()), Duration::ZERO)
}

fn listen(answers: Answers, latency: Duration) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            thread::spawn(move || serve(stream, &*answers, latency));
        }
    });
    Server { url }
}

fn serve(mut stream: TcpStream, answers: &dyn Fn(usize) -> Arc<[u8]>, latency: Duration) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    loop {
        let request = lines.next()?.ok()?;
        while !lines.next()?.ok()?.is_empty() {}
        let start = request.split_once("start=").map_or(0, |(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0)
        });
        thread::sleep(latency);
        stream.write_all(&answers(start)).ok()?;
    }
}

fn answer(start: usize, page: usize, users: usize) -> Vec<u8> {
    let body = self::page(start, page, users);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// The body of a page: users of about 1,410 bytes, as a site sends them.
pub(crate) fn page(start: usize, page: usize, users: usize) -> Vec<u8> {
    let end = (start + page).min(users);
    let values: Vec<String> = (start..end).map(user).collect();
    let site = "https://acme.atlassian.net/rest/servicedeskapi/organization/1/user";
    format!(
        r#"{{"_expands":[],"size":{},"start":{start},"limit":{page},"isLastPage":{},"_links":{{"base":"https://acme.atlassian.net/rest/servicedeskapi","context":"","next":"{site}?start={end}&limit={page}","self":"{site}?start={start}&limit={page}"}},"values":[{}]}}"#,
        end.saturating_sub(start),
        end >= users,
        values.join(",")
    )
    .into_bytes()
}

fn user(number: usize) -> String {
    let id = format!("qm:0b8e1c52-6f3d-4a97-b1de-5c0f7e2a9d41:{number:012}");
    let picture = "https://avatar-management--avatars.us-west-2.prod.public.example.net/default-avatar-0";
    let padding = "x".repeat(60);
    let avatars: Vec<String> = [48, 24, 16, 32]
        .iter()
        .map(|size| format!(r#""{size}x{size}":"{picture}?account={id}&size={size}&version={padding}""#))
        .collect();
    format!(
        r#"{{"accountId":"{id}","name":"user-{number}","key":"user-{number}","emailAddress":"user-{number}@example.com","displayName":"User {number}","active":{},"timeZone":"Australia/Sydney","_links":{{"jiraRest":"https://acme.atlassian.net/rest/api/2/user?accountId={id}","avatarUrls":{{{}}},"self":"https://acme.atlassian.net/rest/api/2/user?accountId={id}"}}}}"#,
        !number.is_multiple_of(10),
        avatars.join(",")
    )
}
