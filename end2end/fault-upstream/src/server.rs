//! The public handle of a server: starting it, reading its log, changing its fault, stopping it.

mod black_hole;
mod loaded_models;
mod options;

use std::{
    error, fmt, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout_at},
};

pub(crate) use loaded_models::LoadedModels;
pub use options::Options;

use crate::{
    connection,
    fault::Fault,
    log::{Counters, Log, Record},
    socket::Socket,
};

/// The maximum number of connections served at once; more of them wait to be accepted.
const MAX_CONNECTIONS: usize = 10_000;
/// Pause after a failed accept, for example when no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// How often [`FaultUpstream::wait_until_held_back`] looks at the log.
const HELD_BACK_POLL: Duration = Duration::from_millis(10);

/// A running server. Dropping it resets every open connection, as killing a process does.
#[derive(Debug)]
pub struct FaultUpstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// State shared by the connections of a server.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) name: String,
    /// When the server started, in ns since 1970; it makes ids unlike those of an earlier server of the same name.
    pub(crate) started_unix_ns: u128,
    pub(crate) delay: Duration,
    pub(crate) log: Arc<Log>,
    pub(crate) loaded_models: LoadedModels,
    server_fault: Mutex<Option<Arc<ServerFault>>>,
}

/// The server-wide fault.
#[derive(Debug)]
pub(crate) struct ServerFault {
    pub(crate) name: String,
    pub(crate) fault: Fault,
    calls: AtomicU64,
}

impl FaultUpstream {
    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    /// If the port cannot be opened.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// Starts a server.
    ///
    /// # Errors
    /// If the address cannot be bound, or the fault is unknown (`InvalidInput`).
    pub async fn start_with(options: Options) -> io::Result<Self> {
        let server_fault = options.fault.as_deref().map(ServerFault::parse).transpose()?;
        let listener = if options.black_hole {
            black_hole::listen(options.listen)?
        } else {
            TcpListener::bind(options.listen).await?
        };
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            name: options.name,
            started_unix_ns: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos(),
            delay: options.delay,
            log: Log::new(),
            loaded_models: LoadedModels::default(),
            server_fault: Mutex::new(server_fault),
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

    /// The address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address; `/log` and `/counters` are below it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of the OpenAI-shaped endpoints, ending in `/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The calls so far, oldest first. The log is bounded and drops the oldest calls.
    #[must_use]
    pub fn requests(&self) -> Vec<Record> {
        self.shared.log.records()
    }

    /// The calls so far that match, oldest first. The server waits while `matches` runs.
    #[must_use]
    pub fn find(&self, matches: impl FnMut(&Record) -> bool) -> Vec<Record> {
        self.shared.log.find(matches)
    }

    /// The totals so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.log.counters()
    }

    /// Clears the calls and the totals.
    pub fn clear(&self) {
        self.shared.log.clear();
    }

    /// Waits until the log satisfies a condition, and returns the calls.
    ///
    /// # Errors
    /// With the calls at the end of the timeout.
    pub async fn wait_for(
        &self,
        condition: impl Fn(&[Record]) -> bool,
        timeout: Duration,
    ) -> Result<Vec<Record>, TimedOut> {
        let deadline = Instant::now() + timeout;
        let mut changed = self.shared.log.watch();
        loop {
            changed.mark_unchanged();
            let log = self.requests();
            if condition(&log) {
                return Ok(log);
            }
            if timeout_at(deadline, changed.changed()).await.is_err() {
                return Err(TimedOut { log });
            }
        }
    }

    /// Waits until at least `calls` calls are running and all of them are held back, and returns the log. A call is held
    /// back if its peer has read too little for `at_least`, see [`Record::is_held_back`].
    ///
    /// # Errors
    /// With the calls at the end of the timeout.
    pub async fn wait_until_held_back(
        &self,
        calls: usize,
        at_least: Duration,
        timeout: Duration,
    ) -> Result<Vec<Record>, TimedOut> {
        let deadline = Instant::now() + timeout;
        loop {
            let log = self.requests();
            let (held_back, running): (Vec<&Record>, Vec<&Record>) =
                log.iter().filter(|call| call.ended.is_none()).partition(|call| call.is_held_back(at_least));
            if running.is_empty() && held_back.len() >= calls {
                return Ok(log);
            }
            if Instant::now() >= deadline {
                return Err(TimedOut { log });
            }
            // Time alone turns a blocked write into a held back one, so there is no change to wait for.
            sleep(HELD_BACK_POLL).await;
        }
    }

    /// Shows this fault to every later call instead of the one that it names; `None` removes it. `fail-first-n` counts
    /// from here.
    ///
    /// # Errors
    /// If the fault is unknown (`InvalidInput`); the previous fault stays in effect.
    pub fn set_fault(&self, name: Option<&str>) -> io::Result<()> {
        *self.shared.lock_server_fault() = name.map(ServerFault::parse).transpose()?;
        Ok(())
    }

    /// Stops the server and returns once every connection has been reset and the port is free.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // The only possible error is the cancellation requested above.
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
    pub(crate) fn server_fault(&self) -> Option<Arc<ServerFault>> {
        self.lock_server_fault().clone()
    }

    fn lock_server_fault(&self) -> std::sync::MutexGuard<'_, Option<Arc<ServerFault>>> {
        self.server_fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerFault {
    fn parse(name: &str) -> io::Result<Arc<Self>> {
        let fault = Fault::parse(name)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("unknown fault {name:?}")))?;
        Ok(Arc::new(Self { name: name.to_owned(), fault, calls: AtomicU64::new(0) }))
    }

    /// Counts a call that shows this fault and returns its number, from 1.
    pub(crate) fn count(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The log did not satisfy the condition in time.
#[derive(Debug)]
pub struct TimedOut {
    /// The calls at the end of the timeout.
    pub log: Vec<Record>,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the condition was not met in time; the log has {} calls", self.log.len())
    }
}

impl error::Error for TimedOut {}

/// Accepts connections until aborted. The connections are tasks of a set owned here, so they are reset as well.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let open = shared.log.connection();
                    let socket = Socket::new(stream);
                    connections.spawn(connection::serve(open, socket, Arc::clone(&shared)));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}
