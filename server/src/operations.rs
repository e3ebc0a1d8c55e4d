//! The operations of the control plane: implementations of the ports in `app`, one module for each subject.
//!
//! A change checks the role, validates, writes the change with its revision and audit row in one transaction, and
//! publishes it. Pages and REST call the same operations; neither knows SQL, and no operation knows HTTP.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use app::{
    domain::config::configuration::Configuration,
    ports::{Actor, ControlPlane, Role, Site},
    refusal::{Refusal, Reply},
};
use arc_swap::ArcSwap;

use self::live::LiveFeed;
use self::{
    access::throttle::{SignInCounters, Throttle},
    requests::Retention,
};
use crate::{
    egress::EgressRules,
    gateway::Gateway,
    seal::Keeper,
    store::{Store, StoreError},
};

pub mod access;
pub mod config;
pub mod drafts;
pub mod evaluation;
pub mod flash;
pub mod follow;
pub mod live;
pub mod maintenance;
pub mod requests;
pub mod rotation;

/// Settings of the server that operations depend on.
#[derive(Clone, Debug)]
pub struct OperationsSettings {
    /// Facts that pages show.
    pub site: Site,
    /// Base URL of demo instances at this server; stored objects don't hold it.
    pub demo_base_url: String,
    /// The addresses that the server listens on, so that no instance can be the server itself.
    pub listeners: Vec<SocketAddr>,
    /// Addresses that instances may have.
    pub egress: EgressRules,
    /// Limits of the request log.
    pub retention: Retention,
}

/// The operations on one store and one gateway. Clones share everything.
#[derive(Clone)]
pub struct Operations {
    store: Store,
    keeper: Arc<Keeper>,
    gateway: Arc<Gateway>,
    /// Receives the progress of evaluations.
    live: Arc<LiveFeed>,
    settings: Arc<OperationsSettings>,
    throttle: Arc<Throttle>,
    published: Arc<ArcSwap<Configuration>>,
    /// Held while a configuration is published, so that an older one never replaces a newer one.
    publishing: Arc<Mutex<()>>,
    /// Running evaluations.
    jobs: Arc<evaluation::Jobs>,
    /// When the rows of the request log may be counted again.
    next_count: Arc<Mutex<Option<Instant>>>,
}

impl Operations {
    /// Creates the operations. Nothing is published until [`Operations::reload`].
    pub fn new(
        store: Store,
        keeper: Keeper,
        gateway: Arc<Gateway>,
        live: Arc<LiveFeed>,
        settings: OperationsSettings,
    ) -> Self {
        Self {
            store,
            keeper: Arc::new(keeper),
            gateway,
            live,
            settings: Arc::new(settings),
            throttle: Arc::default(),
            published: Arc::default(),
            publishing: Arc::default(),
            jobs: Arc::default(),
            next_count: Arc::default(),
        }
    }

    /// Counters of sign-in attempts since the start.
    pub fn sign_ins(&self) -> &SignInCounters {
        &self.throttle.counters
    }

    /// Runs a change to its end in a task of its own. A client that disconnects in the middle would otherwise leave a
    /// commit undecided, or a committed change unpublished.
    async fn run_uncancelled<T, F>(&self, change: impl FnOnce(Self) -> F) -> Reply<T>
    where
        T: Send + 'static,
        F: Future<Output = Reply<T>> + Send + 'static,
    {
        tokio::spawn(change(self.clone())).await.map_err(|_| Refusal::StoreUnavailable)?
    }
}

impl ControlPlane for Operations {
    fn configuration(&self) -> Arc<Configuration> {
        self.published.load_full()
    }

    fn site(&self) -> Site {
        self.settings.site.clone()
    }
}

/// Refuses an actor whose role is below `role`. `what` names the operation, as in "Adding a person".
fn require(who: &Actor, role: Role, what: &str) -> Reply<()> {
    if who.role >= role {
        return Ok(());
    }
    Err(Refusal::Forbidden(format!("{what} requires the role of {}.", role.words())))
}

impl From<StoreError> for Refusal {
    /// Logs the error; the refusal does not repeat it.
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a store operation failed");
        Self::StoreUnavailable
    }
}
