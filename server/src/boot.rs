//! Starts everything in order, and stops it in order. The order is the point of this file.

use std::{
    io::Write,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use app::{
    api::{
        flash::Flash,
        ports::{Actor, ControlPlane, Cookies, Role, Sessions, Site},
        refusal::Refusal,
    },
    domain::{api_key::ApiKeyScope, secret::Secret},
};
use tokio::net::TcpListener;

use crate::{
    control::{identity::Doorkeeper, pages::PagePorts, probes::Readiness, rest::RestState},
    demo,
    egress::EgressPolicy,
    gateway::{Gateway, GatewaySettings, accept},
    operations::{Control, Operations, Surroundings, tokens},
    router::{Doors, router},
    seal::{MasterKey, Sealer},
    settings::{BootSecrets, EgressChoice, ServeSettings},
    store::Store,
};

/// The user that `SMART_BALANCER_ADMIN_PASSWORD` belongs to.
const HEADLESS_ADMIN: &str = "admin";
/// The shortest admin token, in characters.
const ADMIN_TOKEN_CHARS: usize = 32;
/// Name of the key that the first demo start makes.
const DEMO_KEY: &str = "Demo key";

/// Why the server could not start, in one sentence each.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(String),
    /// The data folder cannot be made or protected.
    #[error("the data folder {path} cannot be used: {source}")]
    DataDir {
        /// Which folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("the store cannot be used: {0}")]
    Store(#[from] crate::store::StoreError),
    /// The master key cannot be used.
    #[error("{0}")]
    MasterKey(#[from] crate::seal::KeyError),
    /// Nothing can be sealed.
    #[error("{0}")]
    Seal(#[from] crate::seal::CannotSeal),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Something else; the sentence says what.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// No randomness.
    #[error("the operating system has no randomness to give: {0}")]
    Random(#[from] getrandom::Error),
    /// Standard output is closed.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

/// A server that listens and is ready, before it serves.
pub struct Ready {
    /// Where it listens; the port is filled in where 0 was asked for.
    pub address: SocketAddr,
    /// What people need to know at start, line by line.
    pub greeting: Vec<String>,
    listener: TcpListener,
    app: axum::Router,
    readiness: Readiness,
    settings: ServeSettings,
}

/// Serves until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// Where it cannot start; nothing is served then.
pub async fn serve(settings: ServeSettings, secrets: BootSecrets) -> Result<(), BootError> {
    let ready = start(settings, secrets).await?;
    let mut out = std::io::stdout();
    for line in &ready.greeting {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    let shutdown = accept::Shutdown::on_signals()?;
    ready.serve(shutdown).await;
    Ok(())
}

impl Ready {
    /// Serves until `shutdown` says so; returns when the last connection is gone or the grace is over.
    pub async fn serve(self, shutdown: accept::Shutdown) {
        let readiness = self.readiness.clone();
        let drained = shutdown.clone();
        let off = async move {
            drained.requested().await;
            readiness.set(false);
            std::future::pending::<()>().await;
        };
        let limits = accept::Limits {
            connections: self.settings.max_connections as usize,
            grace: Duration::from_secs(self.settings.drain_seconds),
            ..accept::Limits::default()
        };
        tokio::select! {
            () = accept::serve(self.listener, self.app, shutdown, limits) => {}
            () = off => {}
        }
    }
}

/// Opens the store, publishes the configuration, binds the address. After this, calls can be answered.
///
/// # Errors
/// Every reason why the server cannot start.
pub async fn start(settings: ServeSettings, secrets: BootSecrets) -> Result<Ready, BootError> {
    if secrets.admin_token.as_ref().is_some_and(|it| it.reveal().chars().count() < ADMIN_TOKEN_CHARS) {
        let words = "SMART_BALANCER_ADMIN_TOKEN must have 32 characters or more";
        return Err(BootError::Setting(words.to_owned()));
    }
    let public_origin = settings.public_url.as_deref().map(origin).transpose()?;
    make_data_dir(&settings)?;
    let store = Store::open(&settings.store.database_url()).await?;
    let key = MasterKey::find(
        secrets.master_key.as_ref(),
        settings.store.master_key_file.as_deref(),
        &settings.store.data_dir,
    )?;
    let sealer = Sealer::new(&key);
    recognise_key(&store, &sealer).await?;

    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|source| BootError::Listen { address: settings.listen, source })?;
    let address = listener.local_addr()?;
    let own = format!("http://{}", reachable(address));
    let site = Site {
        base_url: public_origin.clone().unwrap_or_else(|| own.clone()),
        version: env!("CARGO_PKG_VERSION"),
        cookies: cookies(&settings, address.ip()),
    };

    let egress = match settings.egress {
        EgressChoice::Any => EgressPolicy::Any,
        EgressChoice::PrivateOnly => EgressPolicy::PrivateOnly,
        EgressChoice::PublicOnly => EgressPolicy::PublicOnly,
    };
    let demo_key = tokens::fresh()?;
    let gateway = Gateway::new(GatewaySettings {
        max_body_bytes: usize::try_from(settings.max_body_bytes).unwrap_or(usize::MAX),
        egress: egress.clone(),
        demo_key: demo_key.clone(),
    });
    let surroundings = Surroundings {
        site: site.clone(),
        demo_base_url: format!("{own}/demo/v1"),
        listeners: vec![address],
        egress,
    };
    let operations = Arc::new(Operations::new(store.clone(), sealer, Arc::clone(&gateway), surroundings));
    operations.publish().await?;
    let admin_token = remember_token(&store, secrets.admin_token.as_ref()).await?;
    if let Some(password) = &secrets.admin_password {
        operations.first_admin(HEADLESS_ADMIN, password).await?;
    }
    let greeting = greet(&operations, &settings, &site).await?;

    let readiness = Readiness::default();
    let sessions: Arc<dyn Sessions> = Arc::<Operations>::clone(&operations);
    let control: Arc<dyn ControlPlane> = Arc::new(Control(Arc::clone(&operations)));
    let app = router(Doors {
        data_plane: Gateway::router(&gateway),
        demo: demo::router(demo_key),
        rest: RestState {
            control: Arc::clone(&control),
            gateway: Arc::<Gateway>::clone(&gateway),
            operations: Arc::clone(&operations),
        },
        pages: PagePorts {
            control,
            gateway,
            sessions: Arc::clone(&sessions),
            flash: Arc::new(Flash::default()),
        },
        doorkeeper: Doorkeeper::new(sessions, admin_token),
        readiness: readiness.clone(),
        store,
        public_origin,
    })
    .map_err(|error| BootError::Setting(format!("--public-url cannot be used: {error}")))?;
    tokio::spawn(operations.keep_house());
    readiness.set(true);
    Ok(Ready { address, greeting, listener, app, readiness, settings })
}

/// What people need to know: the set-up link or the sign-in address, and in the demo its key.
async fn greet(
    operations: &Arc<Operations>,
    settings: &ServeSettings,
    site: &Site,
) -> Result<Vec<String>, BootError> {
    let mut lines = vec![format!("Smart Balancer {} is at {}", site.version, site.base_url)];
    if !crate::assets::present() {
        lines.push("This build carries no style sheet and no script: pages work, but plainly.".to_owned());
    }
    if settings.demo {
        let system = Actor { name: "system".to_owned(), role: Role::Admin, ip: None };
        operations.add_demo_instances(&system).await?;
        let keys = operations.list_api_keys(&system).await?;
        if keys.is_empty() {
            let scope =
                ApiKeyScope { name: DEMO_KEY.to_owned(), force_route: true, ..ApiKeyScope::default() };
            let made = operations.issue_api_key(&system, scope).await?;
            lines.push("An API key for sample calls, shown this once:".to_owned());
            lines.push(format!("  export SMART_BALANCER_API_KEY={}", made.key));
        }
    }
    if operations.needs_setup().await? {
        let token = operations.fresh_setup_token().await?;
        let link = format!("{}/setup?token={}", site.base_url, token.reveal());
        let file = settings.store.data_dir.join("setup-link");
        write_private(&file, &link)?;
        lines.push("Make the first admin with this link, within 30 minutes:".to_owned());
        lines.push(format!("  {link}"));
        lines.push(format!("It is also in {}", file.display()));
    } else {
        // A link that was used or replaced is of no use to anybody.
        let _ = std::fs::remove_file(settings.store.data_dir.join("setup-link"));
        lines.push(format!("Sign in at {}/sign-in", site.base_url));
    }
    if site.cookies == Cookies::Refused {
        lines.push(
            "Signing in is refused over plain HTTP beyond loopback: put TLS in front and set --public-url, or pass \
             --insecure-cookies."
                .to_owned(),
        );
    }
    Ok(lines)
}

/// Notices a changed master key. What was sealed under another one stays as it is, in case that one comes back; those
/// instances fail closed until their keys are entered again.
async fn recognise_key(store: &Store, sealer: &Sealer) -> Result<(), BootError> {
    match store.key_check().await? {
        Some(check) if sealer.recognises(&check) => return Ok(()),
        Some(_) => {
            tracing::warn!("the master key has changed: stored upstream keys need to be entered again")
        }
        None => {}
    }
    let mut write = store.write().await?;
    write.set_key_check(&sealer.key_check()?).await?;
    Ok(write.commit().await?)
}

/// The hash that REST tokens are compared with. The environment's token is remembered, so that a later start without
/// it knows it too; a new one replaces it.
async fn remember_token(store: &Store, token: Option<&Secret>) -> Result<Option<[u8; 32]>, BootError> {
    match token {
        Some(token) => {
            let hash = tokens::sha256(token);
            let mut write = store.write().await?;
            write.set_admin_token(&hash).await?;
            write.commit().await?;
            Ok(Some(hash))
        }
        None => Ok(store.admin_token().await?),
    }
}

/// How session cookies may look at this address.
fn cookies(settings: &ServeSettings, ip: IpAddr) -> Cookies {
    let tls_in_front = settings.public_url.as_deref().is_some_and(|it| it.starts_with("https://"));
    if tls_in_front {
        Cookies::Secure
    } else if ip.is_loopback() || settings.insecure_cookies {
        Cookies::Plain
    } else {
        Cookies::Refused
    }
}

/// The address that this machine reaches itself by: an unspecified one stands for loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The origin of `--public-url`, which must have no path: everything here lives at fixed addresses.
fn origin(public_url: &str) -> Result<String, BootError> {
    let bad = || {
        BootError::Setting(
            "--public-url must look like https://models.example.com, without a path".to_owned(),
        )
    };
    let url = url::Url::parse(public_url).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https") || url.path() != "/" || url.query().is_some() {
        return Err(bad());
    }
    Ok(url.origin().ascii_serialization())
}

fn make_data_dir(settings: &ServeSettings) -> Result<(), BootError> {
    use std::os::unix::fs::DirBuilderExt;
    let path = &settings.store.data_dir;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| BootError::DataDir { path: path.display().to_string(), source })
}

/// Writes a file that only its owner can read.
fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(origin("https://Models.example.com").ok().as_deref(), Some("https://models.example.com"));
        assert!(origin("https://a.example/path").is_err());
        assert!(origin("ftp://a.example").is_err());
    }

    #[test]
    fn an_unspecified_address_is_reached_by_loopback() {
        let any = SocketAddr::from(([0, 0, 0, 0], 80));
        assert_eq!(reachable(any), SocketAddr::from(([127, 0, 0, 1], 80)));
    }
}
