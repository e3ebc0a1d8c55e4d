//! The upstreams of a report: a faulty one, a healthy one, and two addresses that cannot be reached.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{net::TcpSocket, time::sleep};

use super::row::{FirstUpstream, Row};
use crate::{FaultUpstream, Options, Record, api::Api};

/// The name of the first upstream in its answers; the gateway's own errors must not contain it.
pub(super) const FAULTY: &str = "faulty-upstream";
const HEALTHY: &str = "healthy-upstream";
/// How many bytes of a body are searched for its mark.
const MARK_SEARCH: usize = 512;
/// How often a condition is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The addresses of a report's upstreams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) faulty: SocketAddr,
    pub(super) healthy: SocketAddr,
    pub(super) black_hole: SocketAddr,
    pub(super) closed: SocketAddr,
}

/// The running upstreams of a report.
#[derive(Debug)]
pub(super) struct Upstreams {
    pub(super) addresses: Addresses,
    pub(super) faulty: FaultUpstream,
    pub(super) healthy: FaultUpstream,
    _black_hole: FaultUpstream,
    /// Bound without listening, so that connections are refused and nobody else takes the port.
    _closed: TcpSocket,
}

impl Addresses {
    /// Four consecutive ports from `first`, or any free ones if it is 0.
    pub(super) fn from_port(ip: IpAddr, first: u16) -> Self {
        let at = |offset| SocketAddr::new(ip, if first == 0 { 0 } else { first.saturating_add(offset) });
        Self { faulty: at(0), healthy: at(1), black_hole: at(2), closed: at(3) }
    }

    pub(super) fn of(&self, upstream: FirstUpstream) -> SocketAddr {
        match upstream {
            FirstUpstream::Faulty | FirstUpstream::NoTls => self.faulty,
            FirstUpstream::BlackHole => self.black_hole,
            FirstUpstream::Closed => self.closed,
        }
    }
}

impl Upstreams {
    /// Starts the upstreams.
    ///
    /// # Errors
    /// If a port cannot be opened.
    pub(super) async fn start(requested: Addresses) -> io::Result<Self> {
        let named = |listen, name: &str| Options { listen, name: name.to_owned(), ..Options::default() };
        let faulty = FaultUpstream::start_with(named(requested.faulty, FAULTY)).await?;
        let healthy = FaultUpstream::start_with(Options {
            // For every model.
            fault: Some("ok".to_owned()),
            ..named(requested.healthy, HEALTHY)
        })
        .await?;
        let black_hole =
            FaultUpstream::start_with(Options { black_hole: true, ..named(requested.black_hole, FAULTY) })
                .await?;
        let closed = if requested.closed.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        closed.bind(requested.closed)?;
        let addresses = Addresses {
            faulty: faulty.address(),
            healthy: healthy.address(),
            black_hole: black_hole.address(),
            closed: closed.local_addr()?,
        };
        Ok(Self { addresses, faulty, healthy, _black_hole: black_hole, _closed: closed })
    }
}

/// The upstream calls of one step.
#[derive(Debug)]
pub(super) struct StepCalls<'a> {
    upstreams: &'a Upstreams,
    row: &'a Row,
    /// A text that only the request of this step contains.
    mark: String,
    /// The path of a request without a body.
    path: Option<String>,
    /// The numbers of the last calls before this step.
    faulty_since: u64,
    healthy_since: u64,
}

impl<'a> StepCalls<'a> {
    /// The calls of a step that begins now.
    pub(super) fn new(upstreams: &'a Upstreams, row: &'a Row, mark: String, path: Option<String>) -> Self {
        let faulty_since = last_number(&upstreams.faulty);
        Self { upstreams, row, mark, path, faulty_since, healthy_since: last_number(&upstreams.healthy) }
    }

    /// The calls to the first upstream.
    pub(super) fn faulty(&self) -> Vec<Record> {
        let Self { row, faulty_since, .. } = self;
        self.upstreams.faulty.find(|call| {
            call.seq > *faulty_since
                && match &self.path {
                    Some(path) => call.path.ends_with(path),
                    None => {
                        call.model.as_deref() == Some(row.upstream_model)
                            && Api::of_path(&call.path) == Some(row.api)
                    }
                }
        })
    }

    /// The calls to the second upstream.
    pub(super) fn healthy(&self) -> Vec<Record> {
        self.upstreams.healthy.find(|call| {
            call.seq > self.healthy_since
                && match &self.path {
                    Some(path) => call.path.ends_with(path),
                    None => {
                        let start = &call.body[..call.body.len().min(MARK_SEARCH)];
                        contains(start, self.mark.as_bytes())
                    }
                }
        })
    }

    /// The number of calls to the router model.
    pub(super) fn to_router(&self) -> usize {
        let is_router =
            |call: &Record| call.seq > self.faulty_since && call.model.as_deref() == self.row.router;
        if self.row.router.is_some() { self.upstreams.faulty.find(is_router).len() } else { 0 }
    }
}

fn last_number(upstream: &FaultUpstream) -> u64 {
    let mut last = 0;
    // Finds nothing, so that no record is cloned.
    let _ = upstream.find(|call| {
        last = last.max(call.seq);
        false
    });
    last
}

/// Polls until there is a value or the timeout ends.
pub(super) async fn poll_until<T>(timeout: Duration, mut find: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + timeout;
    loop {
        let found = find();
        if found.is_some() || Instant::now() >= until {
            return found;
        }
        sleep(POLL_INTERVAL).await;
    }
}

pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
