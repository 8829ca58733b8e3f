//! Stores of tokens: a file that several processes share, and what is done when a store fails.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use jsm_client::oauth::{App, ExposeSecret, FileTokenStore, OAuth, TokenStore, Tokens};
use jsm_client::servicedesk::service_desk::GetServiceDesks;
use jsm_client::{BoxError, Client, ErrorKind, Result, Timestamp};
use jsm_sandbox::{Grant, Role, Sandbox};
use serde_json::json;

use super::CLOUD_ID;
use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, json as response, text};

const READ: &str = "read:servicedesk-request";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The date of a test's clock when it starts.
const START: i64 = 1_709_632_800;

async fn call(client: &Client) -> Result<()> {
    client.call(GetServiceDesks::new()).await.map(drop)
}

fn tokens(access: &str, refresh: &str, expires_at: i64) -> Tokens {
    let mut tokens = Tokens::new(access, Some(refresh.into()));
    tokens.expires_at = Some(Timestamp::from_second(expires_at).unwrap());
    tokens
}

fn granted(number: u32) -> ScriptedResponse {
    response(
        200,
        &json!({"access_token": format!("access {number}"), "refresh_token": format!("refresh {number}"), "expires_in": 3600}),
    )
}

fn no_desks() -> ScriptedResponse {
    response(200, &json!({"values": [], "isLastPage": true}))
}

fn scripted(script: &Script, clock: &TestClock, store: impl TokenStore) -> Client {
    let app = App::new("an app", "its secret").token_url(format!("{}/token", script.url));
    let oauth = OAuth::from_store(app, store);
    Client::builder(&*script.url).cloud_id(CLOUD_ID).clock(clock.clone()).oauth(oauth).build().unwrap()
}

/// What was sent: the token of a call, the refresh token of a renewal.
fn sent(script: &Script) -> Vec<String> {
    let asked = script.requests();
    let sent = asked.iter().map(|asked| match asked.path.as_str() {
        "/token" => {
            let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
            body["refresh_token"].as_str().unwrap().to_owned()
        }
        _ => asked.header("authorization").unwrap().to_owned(),
    });
    sent.collect()
}

/// A store in memory that fails when it is asked to.
#[derive(Clone, Default)]
struct InMemory(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    tokens: Option<Tokens>,
    fails_to_load: bool,
    fails_to_save: bool,
}

impl InMemory {
    fn of(tokens: Tokens) -> InMemory {
        let store = InMemory::default();
        store.set(tokens);
        store
    }

    fn set(&self, tokens: Tokens) {
        self.0.lock().unwrap().tokens = Some(tokens);
    }

    fn refresh_token(&self) -> String {
        let memory = self.0.lock().unwrap();
        memory.tokens.as_ref().unwrap().refresh_token.as_ref().unwrap().expose_secret().to_owned()
    }
}

impl TokenStore for InMemory {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>, BoxError>> {
        let memory = self.0.lock().unwrap();
        let loaded = if memory.fails_to_load { Err("no vault".into()) } else { Ok(memory.tokens.clone()) };
        Box::pin(async { loaded })
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), BoxError>> {
        let mut memory = self.0.lock().unwrap();
        let saved = match memory.fails_to_save {
            true => Err("the disk is full".into()),
            false => {
                memory.tokens = Some(tokens.clone());
                Ok(())
            }
        };
        Box::pin(async { saved })
    }
}

#[tokio::test]
async fn stored_tokens_are_used_until_they_expire_and_renewed_ones_are_saved() {
    let script = Script::of([no_desks(), granted(1), no_desks(), no_desks()]).await;
    let (clock, store) = (TestClock::new(), InMemory::of(tokens("access 0", "refresh 0", START + 3600)));
    let client = scripted(&script, &clock, store.clone());
    call(&client).await.unwrap();
    clock.advance_to(HOUR - Duration::from_secs(30));
    call(&client).await.unwrap();
    assert_eq!(sent(&script), ["Bearer access 0", "refresh 0", "Bearer access 1"]);
    let saved = store.0.lock().unwrap().tokens.clone().unwrap();
    assert_eq!(saved.refresh_token.unwrap().expose_secret(), "refresh 1");
    // An hour from the time of the response, whenever the process is started again.
    assert_eq!(saved.expires_at.unwrap().as_second(), START + 3600 - 30 + 3600);
    let restarted = scripted(&script, &clock, store);
    call(&restarted).await.unwrap();
    assert_eq!(sent(&script)[3], "Bearer access 1");
}

#[tokio::test]
async fn what_another_process_stored_takes_precedence() {
    // It renewed the tokens before this process needed to.
    let script = Script::serve(|asked| if asked.path == "/token" { granted(9) } else { no_desks() }).await;
    let (clock, store) = (TestClock::new(), InMemory::of(tokens("access 0", "refresh 0", START + 3600)));
    let client = scripted(&script, &clock, store.clone());
    call(&client).await.unwrap();
    store.set(tokens("access 1", "refresh 1", START + 7200));
    clock.advance_to(HOUR);
    call(&client).await.unwrap();
    // It stored tokens that expire, without which this process would use a refresh token that is used up.
    store.set(tokens("access 2", "refresh 2", START));
    clock.advance_to(2 * HOUR);
    call(&client).await.unwrap();
    assert_eq!(sent(&script), ["Bearer access 0", "Bearer access 1", "refresh 2", "Bearer access 9"]);

    // It renewed them between the load and the request: the store has no lock.
    let store = InMemory::of(tokens("", "refresh 0", START));
    let late = store.clone();
    let script = Script::serve(move |asked| match asked.path.as_str() {
        "/token" if asked.body.contains("refresh 0") => {
            late.set(tokens("access 1", "refresh 1", START));
            response(403, &json!({"error": "invalid_grant"}))
        }
        "/token" => granted(2),
        _ => no_desks(),
    })
    .await;
    call(&scripted(&script, &clock, store.clone())).await.unwrap();
    assert_eq!(sent(&script), ["refresh 0", "refresh 1", "Bearer access 2"]);
    assert_eq!(store.refresh_token(), "refresh 2");
}

#[tokio::test]
async fn tokens_that_cannot_be_saved_are_kept_and_saved_by_the_next_call() {
    let script = Script::of([granted(1), no_desks()]).await;
    let (clock, store) = (TestClock::new(), InMemory::of(tokens("", "refresh 0", START)));
    let client = scripted(&script, &clock, store.clone());
    store.0.lock().unwrap().fails_to_save = true;
    for _ in 0..2 {
        let error = call(&client).await.unwrap_err();
        assert!(error.is_token_store() && error.to_string().contains("they are kept"), "{error}");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is full");
    }
    assert_eq!(sent(&script), ["refresh 0"], "the refresh token is used once");
    store.0.lock().unwrap().fails_to_save = false;
    call(&client).await.unwrap();
    assert_eq!((sent(&script).len(), store.refresh_token().as_str()), (2, "refresh 1"));

    // Meanwhile an account has authorised the app again: its tokens are not overwritten.
    let script = Script::of([granted(1), no_desks()]).await;
    let store = InMemory::of(tokens("", "refresh 0", START));
    let client = scripted(&script, &clock, store.clone());
    store.0.lock().unwrap().fails_to_save = true;
    call(&client).await.unwrap_err();
    store.0.lock().unwrap().fails_to_save = false;
    store.set(tokens("access 7", "refresh 7", START + 3600));
    call(&client).await.unwrap();
    assert_eq!(sent(&script), ["refresh 0", "Bearer access 7"]);
    assert_eq!(store.refresh_token(), "refresh 7");

    // Meanwhile the store has lost what it had: nothing else knows the new tokens.
    let script = Script::of([granted(1), no_desks()]).await;
    let store = InMemory::of(tokens("", "refresh 0", START));
    let client = scripted(&script, &clock, store.clone());
    store.0.lock().unwrap().fails_to_save = true;
    call(&client).await.unwrap_err();
    *store.0.lock().unwrap() = Memory::default();
    call(&client).await.unwrap();
    assert_eq!(store.refresh_token(), "refresh 1");
}

#[tokio::test]
async fn a_stored_token_close_to_its_end_is_used_where_it_cannot_be_renewed() {
    let script = Script::serve(|asked| match asked.path.as_str() {
        "/token" => text(503, "").header("Retry-After", "3600"),
        _ => no_desks(),
    })
    .await;
    let (clock, store) = (TestClock::new(), InMemory::of(tokens("access 0", "refresh 0", START + 30)));
    let client = scripted(&script, &clock, store);
    call(&client).await.unwrap();
    assert_eq!(sent(&script), ["refresh 0", "Bearer access 0"]);
    clock.advance_to(Duration::from_secs(30));
    assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::Server);
}

#[tokio::test]
async fn a_store_without_usable_tokens_fails_calls_until_it_has_some() {
    let script = Script::serve(|asked| match asked.path.as_str() {
        "/token" => response(403, &json!({"error": "invalid_grant"})),
        _ => no_desks(),
    })
    .await;
    let (clock, store) = (TestClock::new(), InMemory::default());
    let client = scripted(&script, &clock, store.clone());
    let error = call(&client).await.unwrap_err();
    assert!(
        error.is_authentication() && error.to_string().contains("the token store has no tokens"),
        "{error}"
    );
    store.0.lock().unwrap().fails_to_load = true;
    let error = call(&client).await.unwrap_err();
    assert!(error.is_token_store() && error.to_string().contains("could not be read"), "{error}");
    store.0.lock().unwrap().fails_to_load = false;

    store.set(Tokens::new("access 0", None));
    call(&client).await.unwrap();
    let mut ended = Tokens::new("access 0", None);
    ended.expires_at = Some(Timestamp::from_second(START - 1).unwrap());
    store.set(ended);
    let error = call(&scripted(&script, &clock, store.clone())).await.unwrap_err();
    assert!(error.is_authentication() && error.to_string().contains("offline_access"), "{error}");

    store.set(tokens("", "used up", START));
    let client = scripted(&script, &clock, store.clone());
    let asked = script.requests().len();
    for _ in 0..2 {
        let error = call(&client).await.unwrap_err();
        assert!(
            error.is_authentication() && error.to_string().contains("authorise the app again"),
            "{error}"
        );
    }
    assert_eq!(script.requests().len(), asked + 1, "the endpoint is not asked again with what it refused");
    store.set(tokens("access 3", "refresh 3", START + 3600));
    call(&client).await.unwrap();
    assert_eq!(sent(&script).last().unwrap(), "Bearer access 3");
}

fn file_tokens(grant: &Grant) -> Tokens {
    tokens(&grant.access_token, &grant.refresh_token, START)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_share_a_file_renew_once() {
    let sandbox = Arc::new(Sandbox::builder().no_violations().start().await.unwrap());
    let clock = TestClock::along_with(&sandbox);
    let grant = sandbox.grant(Role::Admin, &[READ]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    FileTokenStore::new(&path).save(&file_tokens(&grant)).await.unwrap();
    // Clients that share no memory, as if each were a process.
    let clients: Vec<Client> = (0..4)
        .map(|_| {
            let app = App::new(&*grant.client_id, &*grant.client_secret).token_url(&*grant.token_url);
            let oauth = OAuth::from_store(app, FileTokenStore::new(&path));
            let builder = Client::builder(sandbox.url()).cloud_id(sandbox.cloud_id());
            builder.clock(clock.clone()).oauth(oauth).build().unwrap()
        })
        .collect();
    for hours in 1..4 {
        clock.advance_to(hours * HOUR);
        let calls = (0..512).map(|number| {
            let client = clients[number % clients.len()].clone();
            let call = tokio::spawn(async move { call(&client).await });
            if number % 3 == 0 {
                call.abort();
            }
            call
        });
        for call in join_all(calls).await {
            assert!(call.map_or_else(|left| left.is_cancelled(), |called| called.is_ok()));
        }
        let renewals = sandbox.requests().iter().filter(|request| request.path == "/oauth/token").count();
        assert_eq!(renewals, usize::try_from(hours).unwrap());
    }
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["tokens.json", "tokens.json.lock"], "nothing else is left");
}

#[tokio::test]
async fn a_renewal_is_saved_although_all_callers_are_gone() {
    // The endpoint responds once another request has come, which is after the callers have gone.
    let script = Script::of([granted(1).after(2), text(200, "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("tokens.json"));
    store.save(&tokens("", "refresh 0", START)).await.unwrap();
    let client = scripted(&script, &TestClock::new(), store.clone());
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client).await })
        })
        .collect();
    while script.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for call in calls {
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    crate::http::client().get(&script.url).send().await.unwrap();
    // The renewal holds the lock until it has saved.
    let _lock = store.lock().await.unwrap();
    let saved = store.load().await.unwrap().unwrap();
    assert_eq!(saved.refresh_token.unwrap().expose_secret(), "refresh 1");
}

#[tokio::test]
async fn a_file_holds_tokens_or_the_error_names_it_and_nothing_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Schlüssel und Märchen.json");
    let store = FileTokenStore::new(&path);
    assert!(store.load().await.unwrap().is_none());
    fs::write(&path, " \n").unwrap();
    assert!(store.load().await.unwrap().is_none(), "an empty file has no tokens");
    for bad in [
        "hush-hush",
        "\"hush-hush\"",
        "{\"access_token\": [\"hush-hush\"]}",
        "{\"expires_at\": \"hush-hush\"}",
    ] {
        fs::write(&path, bad).unwrap();
        let error = store.load().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("Märchen.json: it holds no tokens (line 1"), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    for other in ["{}", "[]", "{\"name\": \"hush-hush\", \"version\": \"1.0.0\"}"] {
        fs::write(&path, other).unwrap();
        let error = store.load().await.unwrap_err().to_string();
        assert!(error.ends_with("Märchen.json: it holds no tokens, but other JSON"), "{error}");
    }
    fs::write(&path, vec![b' '; 2 * 1024 * 1024]).unwrap();
    assert!(store.load().await.unwrap_err().to_string().contains("too large"));
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(store.load().await.is_err());
    store.save(&tokens("access", "refresh", START)).await.unwrap();
    let read = store.load().await.unwrap().unwrap();
    assert_eq!(read.refresh_token.unwrap().expose_secret(), "refresh");

    let store = FileTokenStore::new(folder.path());
    for error in [
        store.load().await.unwrap_err(),
        store.save(&Tokens::new("access", None)).await.unwrap_err(),
        store.lock().await.err().unwrap(),
        FileTokenStore::new("").save(&Tokens::new("access", None)).await.unwrap_err(),
    ] {
        assert!(error.to_string().ends_with("it is not a file; give the path of one"), "{error}");
    }
    // Below a file there is no folder, so that the error comes before the refresh token is used.
    let store = FileTokenStore::new(path.join("tokens.json"));
    let script = Script::of([]).await;
    let error = call(&scripted(&script, &TestClock::new(), store)).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::TokenStore, 0), "{error}");
}

#[tokio::test]
async fn a_lock_is_waited_for_and_released_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("tokens.json"));
    let lock = store.lock().await.unwrap();
    let (other, order) = (store.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&order);
    let waits = tokio::spawn(async move {
        let _lock = other.lock().await.unwrap();
        seen.lock().unwrap().push("second");
    });
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    order.lock().unwrap().push("first");
    drop(lock);
    waits.await.unwrap();
    assert_eq!(*order.lock().unwrap(), ["first", "second"]);
}

#[tokio::test]
async fn a_save_that_a_process_began_before_it_ended_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("tokens.json"));
    let leave = |name: &str, text: &str, minutes: u64| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let written = std::time::SystemTime::now() - Duration::from_secs(60 * minutes);
        fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
    };
    let whole = |refresh: &str| serde_json::to_string(&tokens("access", refresh, START)).unwrap();
    for is_saved in [true, false] {
        if is_saved {
            leave("tokens.json", &whole("refresh 0"), 5);
        }
        leave(".tokens.json.before.partial", &whole("refresh -1"), 60);
        leave(".tokens.json.whole.partial", &whole("refresh 1"), 4);
        leave(".tokens.json.broken.partial", &whole("refresh 2")[..30], 3);
        leave(".tokens.json.being-written.partial", "", 1);
        leave(".other.json.whole.partial", &whole("refresh 3"), 3);
        drop(store.lock().await.unwrap());
        let read = store.load().await.unwrap().unwrap();
        assert_eq!(read.refresh_token.unwrap().expose_secret(), "refresh 1");
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        let kept = [
            ".other.json.whole.partial",
            ".tokens.json.being-written.partial",
            "tokens.json",
            "tokens.json.lock",
        ];
        assert_eq!(names, kept);
        fs::remove_file(store.path()).unwrap();
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folders/tokens.json");
    let store = FileTokenStore::new(&path);
    drop(store.lock().await.unwrap());
    store.save(&tokens("access", "refresh", START)).await.unwrap();
    let lock = path.with_extension("json.lock");
    assert_eq!((mode(&path), mode(&lock), mode(path.parent().unwrap())), (0o600, 0o600, 0o700));
    for wide in [0o644, 0o666, 0o640, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(wide)).unwrap();
        store.load().await.unwrap().unwrap();
        assert_eq!(mode(&path), 0o600, "{wide:o}");
        fs::set_permissions(&path, fs::Permissions::from_mode(wide)).unwrap();
        store.save(&tokens("access", "refresh", START)).await.unwrap();
        assert_eq!(mode(&path), 0o600, "{wide:o}");
    }

    // A link stays a link, and the file that it leads to is replaced.
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    FileTokenStore::new(&link).save(&tokens("access", "refresh 2", START)).await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let read = store.load().await.unwrap().unwrap();
    assert_eq!(read.refresh_token.unwrap().expose_secret(), "refresh 2");
    // Both names have one lock.
    let _lock = FileTokenStore::new(&link).lock().await.unwrap();
    assert!(!folder.path().join("link.json.lock").exists());
}
