//! Starts the parts of the server in order, and stops them in order.

mod files;
mod greeting;
pub(crate) mod keys;
pub mod memory;
pub mod settings;
mod setup_link;
pub(crate) mod site;
pub mod telemetry;

use std::{
    error::Error as _, fs::DirBuilder, io::Write as _, net::SocketAddr, os::unix::fs::DirBuilderExt as _,
    sync::Arc, time::Duration,
};

use app::{
    domain::secret::Secret,
    ports::{Sessions, Site},
    refusal::Refusal,
    web::flash::Flash,
};
use tokio::net::TcpListener;

pub use files::raise_file_limit;

use self::settings::{BootSecrets, ServeSettings, StoreSettings};
use crate::gateway::{listener, listener::workers::Workers};
use crate::{
    control::{
        identity::Authenticator,
        page_ports::PagePorts,
        probes::Readiness,
        rest::RestState,
        router::{RouterDeps, router},
    },
    demo,
    gateway::{Gateway, GatewaySettings},
    metrics::{
        Metrics,
        calls::CallMetrics,
        state::{StateCollector, StoreProbe},
    },
    operations::{
        Operations, OperationsSettings,
        access::{passwords, tokens},
        live::LiveFeed,
        requests::Retention,
    },
    request_log::RequestLog,
    seal::Keeper,
    store::Store,
};

/// User name of the admin with the password `SMART_BALANCER_ADMIN_PASSWORD`.
const HEADLESS_ADMIN: &str = "admin";
/// How long the store may take to finish pending writes when the server stops.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Reasons why the server could not start, as one sentence each.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A setting is invalid.
    #[error("{0}")]
    Setting(String),
    /// The data folder cannot be created or protected.
    #[error("the data folder {path} cannot be used: {source}")]
    DataDir {
        /// The folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("the store cannot be used: {0}")]
    Store(#[from] crate::store::StoreError),
    /// The master key is invalid or cannot be read.
    #[error("{0}")]
    MasterKey(#[from] crate::seal::KeyError),
    /// A secret cannot be sealed.
    #[error("{0}")]
    Seal(#[from] crate::seal::SealError),
    /// The TLS certificate cannot be used.
    #[error("{0}")]
    Certificate(#[from] listener::BadCertificate),
    /// The address is in use or does not belong to this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// An operation was refused.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The operating system has no random numbers.
    #[error("the operating system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// Standard output is closed.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl BootError {
    /// The message with its causes.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let words = error.to_string();
            // Some messages already contain their cause.
            if !text.contains(&words) {
                text = format!("{text}: {words}");
            }
            cause = error.source();
        }
        text
    }
}

/// A server that listens but does not serve yet.
pub struct BoundServer {
    /// Listen address, with the actual port.
    pub address: SocketAddr,
    /// Messages for the operator, line by line.
    pub greeting: Vec<String>,
    listener: TcpListener,
    app: axum::Router,
    readiness: Readiness,
    operations: Operations,
    gateway: Arc<Gateway>,
    store: Store,
    request_log: RequestLog,
    live: Arc<LiveFeed>,
    connections: Arc<listener::Counters>,
    workers: Workers,
    tls: Option<Arc<listener::Tls>>,
    demo_listener: Option<(site::DemoListener, axum::Router)>,
    setup_link: Option<setup_link::LinkFile>,
    settings: ServeSettings,
}

/// Serves until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// If it cannot start; nothing is served then.
pub async fn serve(settings: ServeSettings, secrets: BootSecrets) -> Result<(), BootError> {
    // A call needs two connections: to the client and to the instance.
    let (files, wanted) = (raise_file_limit(), 2 * u64::from(settings.max_connections));
    if files < wanted {
        tracing::warn!(files, wanted, "the limit of open files is too low for --max-connections");
    }
    let ready = start(settings, secrets).await?;
    let mut out = std::io::stdout();
    for line in &ready.greeting {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    let shutdown = listener::Shutdown::on_signals()?;
    tokio::select! {
        () = ready.serve(shutdown) => {}
        () = memory::give_back() => {}
    }
    Ok(())
}

impl BoundServer {
    /// Serves until `shutdown`; returns when the last connection is closed or the drain timeout is over.
    pub async fn serve(self, shutdown: listener::Shutdown) {
        let (readiness, live) = (self.readiness.clone(), Arc::clone(&self.live));
        let gateway = Arc::clone(&self.gateway);
        let drained = shutdown.clone();
        let off = async move {
            drained.requested().await;
            readiness.set(false);
            live.close();
            gateway.drain();
            std::future::pending::<()>().await;
        };
        let config = listener::ListenerConfig {
            max_connections: self.settings.max_connections as usize,
            drain_timeout: Duration::from_secs(self.settings.drain_seconds),
            counters: self.connections,
            workers: self.workers,
            tls: self.tls.clone(),
            trusted_proxies: self.settings.trusted_proxies.as_slice().into(),
            direct_calls: Gateway::direct_calls(&self.gateway),
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
            if let Some((listener, demo)) = self.demo_listener {
                listener.serve(demo, demo_switch).await;
            }
            // Other connections may still be open.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = listener::serve(self.listener, self.app, shutdown, config) => {}
            () = off => {}
            () = self.operations.run_maintenance() => {}
            () = self.operations.follow_store() => {}
            () = fresh => {}
            () = demo => {}
        }
        // A change whose client disconnected may still be running; an unavailable store is not waited for.
        let ending = async {
            tokio::join!(self.request_log.finish(), self.operations.save_learned());
            self.store.close().await;
        };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, ending).await;
        // The set-up link belongs to this process until here.
        drop(self.setup_link);
    }
}

/// Opens the store, publishes the configuration, and binds the address. Calls can be answered afterwards.
///
/// # Errors
/// Any reason why the server cannot start.
pub async fn start(settings: ServeSettings, secrets: BootSecrets) -> Result<BoundServer, BootError> {
    let public_origin = settings.public_url.as_deref().map(site::origin).transpose()?;
    let tls = site::tls(&settings)?;
    let (store, keeper) = open(&settings.store, &secrets).await?;
    keys::check_master_key(&store, &keeper.sealer()).await?;
    let admin_token = keys::store_admin_token(&store, secrets.admin_token.as_ref()).await?;

    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|source| BootError::Listen { address: settings.listen, source })?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let own = format!("{scheme}://{}", site::reachable(address));
    let demo_listener = if tls.is_some() { Some(site::DemoListener::open().await?) } else { None };
    let demo_address = demo_listener.as_ref().map_or_else(|| site::reachable(address), |it| it.address);
    let site = Site {
        base_url: public_origin.clone().unwrap_or_else(|| own.clone()),
        version: env!("CARGO_PKG_VERSION"),
        cookies: site::cookies(&settings, address.ip()),
    };

    keys::store_site_url(&store, &site.base_url).await?;

    let is_logged = settings.request_log_days > 0;
    let calls = CallMetrics::default();
    let live = Arc::<LiveFeed>::default();
    let (request_log, records) =
        RequestLog::start(is_logged.then(|| store.clone()), calls.clone(), Arc::clone(&live));
    let demo_key = tokens::generate()?;
    let gateway = Gateway::new(GatewaySettings {
        max_body_bytes: bytes(settings.max_body_bytes),
        session_headers: settings.session_headers.iter().flatten().cloned().collect(),
        cors_origins: settings.cors_origins.clone().unwrap_or_default(),
        public_origin: public_origin.clone(),
        body_budget_bytes: bytes(settings.body_budget_bytes.max(settings.max_body_bytes)),
        egress: settings.egress_rules(),
        demo_key: demo_key.clone(),
        records: Some(records),
    });
    live.watch(&gateway);
    let operations_settings = OperationsSettings {
        site: site.clone(),
        demo_base_url: format!("http://{demo_address}/demo/v1"),
        listeners: vec![address],
        egress: settings.egress_rules(),
        retention: Retention { days: settings.request_log_days, rows: settings.request_log_rows },
    };
    let operations =
        Operations::new(store.clone(), keeper, Arc::clone(&gateway), Arc::clone(&live), operations_settings);
    operations.reload().await?;
    if let Some(password) = &secrets.admin_password {
        add_headless_admin(&operations, password).await?;
    }
    let (greeting, setup_link) = greeting::greet(&operations, &settings, &site).await?;

    let connections = Arc::<listener::Counters>::default();
    let state = StateCollector {
        gateway: Arc::clone(&gateway),
        operations: operations.clone(),
        connections: Arc::clone(&connections),
        request_log: request_log.counters(),
        store: Arc::new(StoreProbe::new(store.clone())),
    };

    passwords::warm_up();
    let readiness = Readiness::default();
    let ports = Arc::new(operations.clone());
    let sessions: Arc<dyn Sessions> = Arc::<Operations>::clone(&ports);
    let demo = demo::router(demo_key);
    let data_plane = Gateway::router(&gateway);
    let app = router(RouterDeps {
        misplaced_calls: Gateway::misplaced_calls(&gateway, data_plane.clone()),
        data_plane,
        demo: demo.clone(),
        rest: RestState { operations: operations.clone(), gateway: Arc::<Gateway>::clone(&gateway) },
        pages: PagePorts {
            control: Arc::<Operations>::clone(&ports),
            gateway: Arc::<Gateway>::clone(&gateway),
            sessions: Arc::clone(&sessions),
            people: Arc::<Operations>::clone(&ports),
            flash: Flash(ports),
            recent: Arc::<LiveFeed>::clone(&live),
        },
        live: Arc::clone(&live),
        identity: Authenticator::new(sessions, admin_token),
        readiness: readiness.clone(),
        store: store.clone(),
        metrics: Arc::new(Metrics::new(&calls, state)),
        metrics_open: settings.metrics_open,
        public_origin,
        // Browsers apply HSTS to every port of a host name, and on loopback other programs use other ports.
        https_only: tls.is_some() && !address.ip().is_loopback(),
    })
    .map_err(|error| BootError::Setting(format!("--public-url cannot be used: {error}")))?;
    readiness.set(true);
    Ok(BoundServer {
        address,
        greeting,
        listener,
        app,
        readiness,
        operations,
        gateway,
        store,
        request_log,
        live,
        connections,
        workers: Workers::start()?,
        tls,
        demo_listener: demo_listener.map(|listener| (listener, demo)),
        setup_link,
        settings,
    })
}

fn bytes(setting: u64) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}

/// Opens the store and finds the master key; creates both if there are none.
///
/// # Errors
/// If the data folder, the store or the key cannot be used.
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
    match operations.ensure_first_admin(HEADLESS_ADMIN, password).await {
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
