//! The server as its users hold it: starting, watching, changing the fault, stopping.

mod black_hole;

use std::{
    error, fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout_at},
};

use crate::{
    connection,
    fault::Fault,
    log::{Counters, Log, Record},
    wire::Wire,
};

/// The most connections served at once; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 10_000;
/// Rest after a failed accept (no file descriptor left, for one).
const ACCEPT_REST: Duration = Duration::from_millis(10);

/// How to start a server. The default is what [`FaultUpstream::start`] takes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on; port 0 (the default, on 127.0.0.1) takes a free one.
    pub listen: SocketAddr,
    /// Name of the server in its answers, `upstream` by default.
    pub name: String,
    /// Fault shown to every call in place of the one that it names.
    pub fault: Option<String>,
    /// Time before the first byte of every answer.
    pub delay: Duration,
    /// Never accepts, behind a queue of connections that is full: on Linux a further connect waits for an answer that
    /// does not come, as behind a firewall that drops. Nothing else of a server's life is left then.
    pub black_hole: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            name: "upstream".to_owned(),
            fault: None,
            delay: Duration::ZERO,
            black_hole: false,
        }
    }
}

/// A running server. Dropping it stops it as a kill would: every open connection is reset.
#[derive(Debug)]
pub struct FaultUpstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What the connections of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) delay: Duration,
    pub(crate) log: Arc<Log>,
    imposed: Mutex<Option<Arc<Imposed>>>,
}

/// The server-wide fault.
#[derive(Debug)]
pub(crate) struct Imposed {
    pub(crate) name: String,
    pub(crate) fault: Fault,
    calls: AtomicU64,
}

impl FaultUpstream {
    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    /// Where the port cannot be opened.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// Starts a server.
    ///
    /// # Errors
    /// Where the address cannot be listened on, or the fault's name is not known (`InvalidInput`).
    pub async fn start_with(options: Options) -> io::Result<Self> {
        let imposed = options.fault.as_deref().map(Imposed::parse).transpose()?;
        let listener = if options.black_hole {
            black_hole::listen(options.listen)?
        } else {
            TcpListener::bind(options.listen).await?
        };
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            name: options.name,
            delay: options.delay,
            log: Log::new(),
            imposed: Mutex::new(imposed),
        });
        Ok(Self {
            address,
            accepting: if options.black_hole {
                let fillers = black_hole::fill(address).await?;
                tokio::spawn(black_hole::hold(listener, fillers))
            } else {
                tokio::spawn(accept(listener, Arc::clone(&shared)))
            },
            shared,
        })
    }

    /// The address listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address: where `/log` and `/counters` are.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of the OpenAI-shaped endpoints, ending in `/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The calls so far, oldest first; the oldest of very many are gone.
    #[must_use]
    pub fn requests(&self) -> Vec<Record> {
        self.shared.log.records()
    }

    /// Those of the calls so far that are wanted, oldest first. They are looked at while the server waits.
    #[must_use]
    pub fn find(&self, wanted: impl FnMut(&Record) -> bool) -> Vec<Record> {
        self.shared.log.find(wanted)
    }

    /// The totals so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.log.counters()
    }

    /// Forgets the calls and totals so far.
    pub fn clear(&self) {
        self.shared.log.clear();
    }

    /// Waits until the calls so far are as wanted, and returns them.
    ///
    /// # Errors
    /// With the calls as they were when the time was over.
    pub async fn wait_for(
        &self,
        wanted: impl Fn(&[Record]) -> bool,
        timeout: Duration,
    ) -> Result<Vec<Record>, TimedOut> {
        let deadline = Instant::now() + timeout;
        let mut changed = self.shared.log.watch();
        loop {
            changed.mark_unchanged();
            let log = self.requests();
            if wanted(&log) {
                return Ok(log);
            }
            if timeout_at(deadline, changed.changed()).await.is_err() {
                return Err(TimedOut { log });
            }
        }
    }

    /// Shows this fault to every call from now on, whatever it names; `None` ends that. Its
    /// `fail-first-n` counts from here.
    ///
    /// # Errors
    /// Where the name is not known (`InvalidInput`); nothing changes then.
    pub fn set_fault(&self, name: Option<&str>) -> io::Result<()> {
        *self.shared.lock_imposed() = name.map(Imposed::parse).transpose()?;
        Ok(())
    }

    /// Stops the server as a kill would, and returns once every connection is reset and the port free.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // The only error is the cancellation just asked for.
        let _ = (&mut self.accepting).await;
        let mut changed = self.shared.log.watch();
        while self.counters().open_connections > 0 {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for FaultUpstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    /// The server-wide fault, if one is set.
    pub(crate) fn imposed(&self) -> Option<Arc<Imposed>> {
        self.lock_imposed().clone()
    }

    fn lock_imposed(&self) -> std::sync::MutexGuard<'_, Option<Arc<Imposed>>> {
        self.imposed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Imposed {
    fn parse(name: &str) -> io::Result<Arc<Self>> {
        let fault = Fault::parse(name)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("unknown fault {name:?}")))?;
        Ok(Arc::new(Self { name: name.to_owned(), fault, calls: AtomicU64::new(0) }))
    }

    /// Counts one more call that sees this fault, and says which one it is, from 1.
    pub(crate) fn count(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The log was not as wanted in time.
#[derive(Debug)]
pub struct TimedOut {
    /// The calls as they were at the end.
    pub log: Vec<Record>,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not seen in time; the log has {} calls", self.log.len())
    }
}

impl error::Error for TimedOut {}

/// Accepts until aborted; the connections, tasks of its own set, are then reset with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let open = shared.log.connection();
                    let wire = Wire::new(stream);
                    connections.spawn(connection::serve(open, wire, Arc::clone(&shared)));
                }
                Err(_) => sleep(ACCEPT_REST).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}
