//! Logs in with OAuth 2.0 (3LO) as a command line tool does: a browser authorises the app and returns to a loopback
//! address. The tokens and the site are kept in files, so that the next run needs no browser.
//!
//! With `JSM_CLIENT_ID` and `JSM_CLIENT_SECRET` set, it is an app of the developer console whose callback URL is
//! `http://127.0.0.1:8914/callback`, and `JSM_SITE` names the site. Otherwise it is an app of a sandbox, whose consent
//! page needs no person.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use jsm_client::oauth::{
    AccessibleResource, App, AuthorizationRequest, Callback, FileTokenStore, OAuth, TokenStore, Tokens,
};
use jsm_client::servicedesk::service_desk::GetServiceDesks;
use jsm_client::{BoxError, Client, serde_json};
use jsm_sandbox::{Sandbox, Seed};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SCOPES: [&str; 2] = ["read:servicedesk-request", "read:jira-work"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let sandbox = Sandbox::builder().site("Moss", Seed::empty()).start().await?;
    let (app, port, file) = match env::var("JSM_CLIENT_ID") {
        Ok(client_id) => {
            let secret = env::var("JSM_CLIENT_SECRET")?;
            (App::new(client_id, secret), 8914, PathBuf::from("jsm-tokens.json"))
        }
        Err(_) => {
            // The port is free as soon as the listener is dropped.
            let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
            let app = sandbox.oauth_app(&format!("http://127.0.0.1:{port}/callback"));
            let file = env::temp_dir().join(format!("jsm-tokens-{}.json", std::process::id()));
            let urls = (app.authorize_url, app.token_url, app.resources_url);
            let app = App::new(app.client_id, app.client_secret).authorize_page(urls.0).token_url(urls.1);
            (app.resources_url(urls.2), port, file)
        }
    };

    let (store, site_file) = (FileTokenStore::new(&file), file.with_extension("site.json"));
    let site: AccessibleResource = match (store.load().await?, fs::read(&site_file)) {
        (Some(_), Ok(stored)) => serde_json::from_slice(&stored)?,
        _ => {
            let tokens = log_in(&app, port, &sandbox).await?;
            let sites = app.accessible_resources(&tokens.access_token).await?;
            let site = match env::var("JSM_SITE") {
                Ok(wanted) => AccessibleResource::choose(&sites, &wanted)?,
                Err(_) if sites.len() == 1 => AccessibleResource::only(&sites)?,
                Err(_) => AccessibleResource::choose(&sites, "sandbox")?,
            };
            // No other process renews tokens meanwhile, whose result would be written over these.
            let _lock = store.lock().await?;
            store.save(&tokens).await?;
            fs::write(&site_file, serde_json::to_vec(site)?)?;
            site.clone()
        }
    };

    let oauth = OAuth::from_store(app, store);
    let jira = Client::builder(&site.url).cloud_id(&site.id).oauth(oauth).build()?;
    for desk in jira.call(GetServiceDesks::new()).await?.values {
        println!("{}: {}", site.name, desk.project_name);
    }
    if env::var("JSM_CLIENT_ID").is_err() {
        for file in [file.with_extension("json.lock"), site_file, file] {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// Sends a browser to the consent page, and waits until it returns.
async fn log_in(app: &App, port: u16, sandbox: &Sandbox) -> Result<Tokens, BoxError> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let request = app.authorize(&format!("http://127.0.0.1:{port}/callback"), &SCOPES)?;
    println!("open {}", request.url());
    if env::var("JSM_CLIENT_ID").is_err() {
        // In place of a person's browser, which returns as soon as the person has decided.
        let callback = sandbox.visit(request.url())?;
        let query = callback.split_once('?').map_or("", |(_, query)| query);
        let mut browser = TcpStream::connect(("127.0.0.1", port)).await?;
        browser
            .write_all(format!("GET /callback?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
            .await?;
    }
    let callback = callback(&listener, &request).await?;
    Ok(app.finish(&request, callback).await?)
}

/// The callback of an authorization. Other requests, such as that for an icon, are skipped.
async fn callback(listener: &TcpListener, request: &AuthorizationRequest) -> Result<Callback, BoxError> {
    loop {
        let (stream, _) = listener.accept().await?;
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        // The first line is such as `GET /callback?code=...&state=... HTTP/1.1`. Browsers also connect without a request.
        let read = timeout(Duration::from_secs(5), (&mut stream).take(8 * 1024).read_line(&mut line)).await;
        let callback = Callback::from(line.split(' ').nth(1).unwrap_or_default());
        let is_ours = matches!(read, Ok(Ok(_))) && request.matches(&callback);
        let (status, text) = match is_ours {
            true => ("200 OK", "You can close this window."),
            false => ("404 Not Found", "There is nothing here."),
        };
        let length = text.len();
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        );
        // A browser that has gone already has brought the callback all the same.
        let _ = stream.write_all(response.as_bytes()).await;
        if is_ours {
            return Ok(callback);
        }
    }
}
