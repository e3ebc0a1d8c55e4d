//! A whole server in this process, as `serve` starts it, on a port of its own; and a client that speaks to its control
//! plane. What it answers is remembered, so that a test can look for what must never be in there.

use std::{
    path::PathBuf,
    sync::{Mutex, Once},
    time::Duration,
};

use app::{
    domain::{secret::Secret, timestamp::Timestamp},
    ports::Role,
};
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;
use server::{
    boot::{
        self, BootError,
        settings::{BootSecrets, LogFormat, ServeSettings, StoreSettings},
    },
    egress::EgressPolicy,
    gateway::listener::Shutdown,
    operations::access::tokens,
    store::{Session, Store, User},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// The admin token of servers that are started without another wish.
pub(crate) const TOKEN: &str = "an-admin-token-for-tests-0123456789";

/// A server that runs until it is stopped or dropped.
pub(crate) struct TestServer {
    /// Where it answers, such as `http://127.0.0.1:40000`.
    pub(crate) base: String,
    /// What it said at start.
    pub(crate) greeting: Vec<String>,
    home: Home,
    shutdown: Shutdown,
    serving: Option<JoinHandle<()>>,
    client: reqwest::Client,
    answered: Mutex<String>,
}

/// What outlives a server: its data folder and its settings.
pub(crate) struct Home {
    folder: TempDir,
    /// What the next start is given. The data folder and the port are the test's.
    pub(crate) settings: ServeSettings,
    /// The same of secrets.
    pub(crate) secrets: BootSecrets,
}

impl Home {
    /// An empty data folder, SQLite in it, and the usual admin token.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let settings = ServeSettings {
            listen: ([127, 0, 0, 1], 0).into(),
            store: StoreSettings { data_dir, database_url: None, master_key_file: None },
            public_url: None,
            tls_cert: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
            demo: false,
            insecure_cookies: false,
            egress: EgressPolicy::Any,
            egress_allow: Vec::new(),
            cors_origins: None,
            max_body_bytes: 32 * 1024 * 1024,
            session_headers: Vec::new(),
            body_budget_bytes: 512 * 1024 * 1024,
            max_connections: 10_000,
            drain_seconds: 5,
            // Some samples are years old.
            request_log_days: 3_650,
            request_log_rows: 1_000_000,
            metrics_open: false,
            log_format: LogFormat::Text,
        };
        let secrets = BootSecrets { admin_token: Some(Secret::new(TOKEN)), ..BootSecrets::default() };
        Self { folder, settings, secrets }
    }

    /// Where the server keeps its files.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts a server here.
    pub(crate) async fn start(self) -> TestServer {
        match self.try_start().await {
            Ok(server) => server,
            Err((_, error)) => panic!("the server does not start: {}", error.with_causes()),
        }
    }

    /// The same where it may not come up.
    pub(crate) async fn try_start(self) -> Result<TestServer, (Self, BootError)> {
        let ready = match boot::start(self.settings.clone(), self.secrets.clone()).await {
            Ok(ready) => ready,
            Err(error) => return Err((self, error)),
        };
        let shutdown = Shutdown::default();
        Ok(TestServer {
            base: format!("http://{}", ready.address),
            greeting: ready.greeting.clone(),
            home: self,
            serving: Some(tokio::spawn(ready.serve(shutdown.clone()))),
            shutdown,
            client: client(),
            answered: Mutex::default(),
        })
    }
}

impl TestServer {
    /// A server with SQLite and the usual admin token.
    pub(crate) async fn start() -> Self {
        Home::new().start().await
    }

    /// The same on another database.
    pub(crate) async fn start_on(database_url: &str) -> Self {
        let mut home = Home::new();
        home.settings.store.database_url = Some(database_url.to_owned());
        home.start().await
    }

    /// Speaks to it by another client from now on.
    pub(crate) fn trust(&mut self, client: reqwest::Client) {
        self.client = client;
    }

    /// Lets it finish and leaves what it kept.
    pub(crate) async fn stop(mut self) -> Home {
        self.shutdown.drain();
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
        std::mem::replace(&mut self.home, Home::new())
    }

    /// Signs somebody in past the form; answers with the cookie that their browser would send. The moments are when
    /// the session was begun and last used.
    pub(crate) async fn session(
        &self,
        name: &str,
        role: Role,
        [created_at, last_seen_at]: [Timestamp; 2],
    ) -> String {
        let token = Secret::new(format!("session-of-{name}"));
        let mut write = self.store().await.write().await.unwrap();
        let password_hash = Some(Secret::new("nobody signs in with this"));
        let user = User { name: name.to_owned(), role, password_hash, created_at };
        write.insert_user(&user).await.unwrap();
        let session = Session { user: user.name, role, created_at, last_seen_at, ip: None };
        write.insert_session(&tokens::sha256(&token), &session).await.unwrap();
        write.commit().await.unwrap();
        format!("sb_session={}", token.reveal())
    }

    /// Where it keeps its files.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.home.data_dir()
    }

    /// What it keeps its store in.
    pub(crate) fn database_url(&self) -> String {
        self.home.settings.store.database_url()
    }

    /// Its store, opened beside it.
    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.database_url()).await.unwrap()
    }

    /// A request without credentials.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A REST request with the admin token; `path` is below `/api/v1`.
    pub(crate) fn rest(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, &format!("/api/v1{path}")).bearer_auth(TOKEN)
    }

    /// A form as a browser without scripting posts it to a server function.
    pub(crate) fn form(&self, function: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        self.script(function, fields).header("accept", "text/html,application/xhtml+xml")
    }

    /// The same as a script posts it.
    pub(crate) fn script(&self, function: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.bare(Method::POST, &format!("/fn/{function}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("origin", &self.base)
            .header("sec-fetch-site", "same-origin")
            .body(body)
    }

    /// Sends a request and reads all of its answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        *self.answered.lock().unwrap() += &format!("{status} {headers:?}\n{text}\n");
        Answer { status, headers, text }
    }

    /// Everything that was answered so far, heads included.
    pub(crate) fn answered(&self) -> String {
        self.answered.lock().unwrap().clone()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.rest(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.rest(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.rest(method, path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// Makes something that must be accepted.
    pub(crate) async fn make(&self, path: &str, body: &Value) -> Value {
        self.post(path, body).await.expect(201)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shutdown.force();
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// Its JSON, where it has this status.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }

    /// Its error code, where it has this status and is an error envelope.
    pub(crate) fn code(&self, status: u16) -> String {
        let body = self.expect(status);
        let error = &body["error"];
        let message = error["message"].as_str().unwrap();
        assert!(message.ends_with('.') && message.len() > 10, "{message}");
        assert!(error["fields"].is_array(), "{body}");
        error["code"].as_str().unwrap().to_owned()
    }

    /// Paths and codes of its faults, where it is a 422.
    pub(crate) fn faults(&self) -> Vec<(String, String)> {
        assert_eq!(self.code(422), "invalid");
        told(&self.expect(422)["error"]["fields"])
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }
}

/// Paths and codes of a list of faults, each of which must say something.
pub(crate) fn told(faults: &Value) -> Vec<(String, String)> {
    let text = |it: &Value, field: &str| it[field].as_str().unwrap().to_owned();
    let faults = faults.as_array().unwrap();
    assert!(faults.iter().all(|it| text(it, "message").ends_with('.')), "{faults:?}");
    faults.iter().map(|it| (text(it, "path"), text(it, "code"))).collect()
}

/// A client that follows nothing and keeps no cookies.
pub(crate) fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}
