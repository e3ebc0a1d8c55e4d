//! Starts everything in order, and stops it in order. The order is the point of this file.

mod files;
mod greeting;
pub(crate) mod keys;
mod setup_link;
pub(crate) mod site;

use std::{
    error::Error as _, fs::DirBuilder, io::Write as _, net::SocketAddr, os::unix::fs::DirBuilderExt as _,
    sync::Arc, time::Duration,
};

use app::{
    domain::secret::Secret,
    ports::{ControlPlane, FlashMessages, People, Sessions, Site},
    refusal::Refusal,
    web::flash::Flash,
};
use tokio::net::TcpListener;

pub use files::raise_file_limit;

use crate::gateway::{listener, listener::workers::Workers};
use crate::{
    control::{identity::Doorkeeper, page_ports::PagePorts, probes::Readiness, rest::RestState},
    demo,
    gateway::{Gateway, GatewaySettings},
    live::LiveFeed,
    metrics::{
        Metrics,
        calls::CallMetrics,
        state::{StateCollector, StoreProbe},
    },
    operations::{Control, Operations, Surroundings, passwords, requests::Retention, tokens},
    request_log::RequestLog,
    router::{RouterDeps, router},
    seal::Keeper,
    settings::{BootSecrets, ServeSettings, StoreSettings},
    store::Store,
};

/// The user that `SMART_BALANCER_ADMIN_PASSWORD` belongs to.
const HEADLESS_ADMIN: &str = "admin";
/// How long the store gets to finish what is under way when the server stops.
const CLOSING: Duration = Duration::from_secs(5);

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
    /// There is no TLS with this certificate.
    #[error("{0}")]
    Certificate(#[from] listener::BadCertificate),
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

impl BootError {
    /// The sentence with what led to it, for whoever started the server.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let words = error.to_string();
            // Some of these sentences tell their cause themselves.
            if !text.contains(&words) {
                text = format!("{text}: {words}");
            }
            cause = error.source();
        }
        text
    }
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
    operations: Arc<Operations>,
    store: Store,
    request_log: RequestLog,
    live: Arc<LiveFeed>,
    connections: Arc<listener::Counters>,
    workers: Workers,
    tls: Option<Arc<listener::Tls>>,
    demo_door: Option<(site::DemoDoor, axum::Router)>,
    setup_link: Option<setup_link::LinkFile>,
    settings: ServeSettings,
}

/// Serves until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// Where it cannot start; nothing is served then.
pub async fn serve(settings: ServeSettings, secrets: BootSecrets) -> Result<(), BootError> {
    // A call has a connection on either side.
    let (files, wanted) = (raise_file_limit(), 2 * u64::from(settings.max_connections));
    if files < wanted {
        tracing::warn!(files, wanted, "fewer files may be open than --max-connections can take");
    }
    let ready = start(settings, secrets).await?;
    let mut out = std::io::stdout();
    for line in &ready.greeting {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    let shutdown = listener::Shutdown::on_signals()?;
    ready.serve(shutdown).await;
    Ok(())
}

impl Ready {
    /// Serves until `shutdown` says so; returns when the last connection is gone or the grace is over.
    pub async fn serve(self, shutdown: listener::Shutdown) {
        let (readiness, live) = (self.readiness.clone(), Arc::clone(&self.live));
        let drained = shutdown.clone();
        let off = async move {
            drained.requested().await;
            readiness.set(false);
            live.close();
            std::future::pending::<()>().await;
        };
        let config = listener::ListenerConfig {
            max_connections: self.settings.max_connections as usize,
            drain_timeout: Duration::from_secs(self.settings.drain_seconds),
            counters: self.connections,
            workers: self.workers,
            tls: self.tls.clone(),
            trusted_proxies: self.settings.trusted_proxies.as_slice().into(),
            ..listener::ListenerConfig::default()
        };
        let fresh = async {
            match self.tls {
                Some(tls) => tls.watch_files().await,
                None => std::future::pending().await,
            }
        };
        let demo_switch = shutdown.clone();
        let demo = async {
            if let Some((door, demo)) = self.demo_door {
                door.serve(demo, demo_switch).await;
            }
            // Others may still be answering.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = listener::serve(self.listener, self.app, shutdown, config) => {}
            () = off => {}
            () = self.operations.keep_house() => {}
            () = self.operations.follow() => {}
            () = fresh => {}
            () = demo => {}
        }
        // A change whose client has left may still be under way; a store that is away is not waited for.
        let ending = async {
            tokio::join!(self.request_log.finish(), self.operations.put_in_order());
            self.store.close().await;
        };
        let _ = tokio::time::timeout(CLOSING, ending).await;
        // Until here the link was this process' own.
        drop(self.setup_link);
    }
}

/// Opens the store, publishes the configuration, binds the address. After this, calls can be answered.
///
/// # Errors
/// Every reason why the server cannot start.
pub async fn start(settings: ServeSettings, secrets: BootSecrets) -> Result<Ready, BootError> {
    let public_origin = settings.public_url.as_deref().map(site::origin).transpose()?;
    let tls = site::tls(&settings)?;
    let (store, keeper) = open(&settings.store, &secrets).await?;
    keys::recognise_key(&store, &keeper.sealer()).await?;
    let admin_token = keys::remember_token(&store, secrets.admin_token.as_ref()).await?;

    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|source| BootError::Listen { address: settings.listen, source })?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let own = format!("{scheme}://{}", site::reachable(address));
    let demo_door = if tls.is_some() { Some(site::DemoDoor::open().await?) } else { None };
    let demo_address = demo_door.as_ref().map_or_else(|| site::reachable(address), |it| it.address);
    let site = Site {
        base_url: public_origin.clone().unwrap_or_else(|| own.clone()),
        version: env!("CARGO_PKG_VERSION"),
        cookies: site::cookies(&settings, address.ip()),
    };

    keys::remember_site(&store, &site.base_url).await?;

    let is_logged = settings.request_log_days > 0;
    let calls = CallMetrics::default();
    let live = Arc::<LiveFeed>::default();
    let (request_log, records) =
        RequestLog::start(is_logged.then(|| store.clone()), calls.clone(), Arc::clone(&live));
    let demo_key = tokens::fresh()?;
    let gateway = Gateway::new(GatewaySettings {
        max_body_bytes: bytes(settings.max_body_bytes),
        session_headers: settings.session_headers.iter().flatten().cloned().collect(),
        body_budget_bytes: bytes(settings.body_budget_bytes.max(settings.max_body_bytes)),
        egress: settings.egress.clone(),
        demo_key: demo_key.clone(),
        records: Some(records),
    });
    live.watch(&gateway);
    let surroundings = Surroundings {
        site: site.clone(),
        demo_base_url: format!("http://{demo_address}/demo/v1"),
        listeners: vec![address],
        egress: settings.egress.clone(),
        retention: Retention { days: settings.request_log_days, rows: settings.request_log_rows },
        live: Arc::clone(&live),
    };
    let operations = Arc::new(Operations::new(store.clone(), keeper, Arc::clone(&gateway), surroundings));
    operations.reload().await?;
    if let Some(password) = &secrets.admin_password {
        add_headless_admin(&operations, password).await?;
    }
    let (greeting, setup_link) = greeting::greet(&operations, &settings, &site).await?;

    let connections = Arc::<listener::Counters>::default();
    let state = StateCollector {
        gateway: Arc::clone(&gateway),
        operations: Arc::clone(&operations),
        connections: Arc::clone(&connections),
        request_log: request_log.counters(),
        store: Arc::new(StoreProbe::new(store.clone())),
    };

    passwords::warm_up();
    let readiness = Readiness::default();
    let sessions: Arc<dyn Sessions> = Arc::<Operations>::clone(&operations);
    let people: Arc<dyn People> = Arc::<Operations>::clone(&operations);
    let flash: Arc<dyn FlashMessages> = Arc::new(Control(Arc::clone(&operations)));
    let control: Arc<dyn ControlPlane> = Arc::new(Control(Arc::clone(&operations)));
    let demo = demo::router(demo_key);
    let app = router(RouterDeps {
        data_plane: Gateway::router(&gateway),
        demo: demo.clone(),
        rest: RestState {
            control: Control(Arc::clone(&operations)),
            gateway: Arc::<Gateway>::clone(&gateway),
        },
        pages: PagePorts {
            control,
            gateway,
            sessions: Arc::clone(&sessions),
            people,
            flash: Flash(flash),
            recent: Arc::<LiveFeed>::clone(&live),
        },
        live: Arc::clone(&live),
        identity: Doorkeeper::new(sessions, admin_token),
        readiness: readiness.clone(),
        store: store.clone(),
        metrics: Arc::new(Metrics::new(&calls, state)),
        metrics_open: settings.metrics_open,
        public_origin,
        // Browsers apply it to every port of a name, and on loopback other programs have theirs.
        https_only: tls.is_some() && !address.ip().is_loopback(),
    })
    .map_err(|error| BootError::Setting(format!("--public-url cannot be used: {error}")))?;
    readiness.set(true);
    Ok(Ready {
        address,
        greeting,
        listener,
        app,
        readiness,
        operations,
        store,
        request_log,
        live,
        connections,
        workers: Workers::start()?,
        tls,
        demo_door: demo_door.map(|door| (door, demo)),
        setup_link,
        settings,
    })
}

fn bytes(setting: u64) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}

/// Opens the store and finds the master key; makes both where there is none yet.
///
/// # Errors
/// Where the data folder, the store or the key cannot be used.
pub(crate) async fn open(
    settings: &StoreSettings,
    secrets: &BootSecrets,
) -> Result<(Store, Keeper), BootError> {
    make_data_dir(settings)?;
    let store = Store::open(&settings.database_url()).await?;
    let keeper = Keeper::open(settings.key_source(secrets), store.key_check().await?.as_deref())?;
    Ok((store, keeper))
}

async fn add_headless_admin(operations: &Operations, password: &Secret) -> Result<(), BootError> {
    match operations.first_admin(HEADLESS_ADMIN, password).await {
        Err(Refusal::Invalid(errors)) => {
            let words: Vec<_> = errors.into_iter().map(|it| it.message).collect();
            Err(BootError::Setting(format!(
                "SMART_BALANCER_ADMIN_PASSWORD cannot be used: {}",
                words.join(" ")
            )))
        }
        made => Ok(made?),
    }
}

fn make_data_dir(settings: &StoreSettings) -> Result<(), BootError> {
    let path = &settings.data_dir;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| BootError::DataDir { path: path.display().to_string(), source })
}
