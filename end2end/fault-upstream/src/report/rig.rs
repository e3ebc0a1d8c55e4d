//! The upstreams of a report: one that shows the faults, one that is well, and two addresses that lead nowhere.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{net::TcpSocket, time::sleep};

use super::row::{At, Row};
use crate::{FaultUpstream, Options, Record};

/// The name of the first upstream in its answers; nobody else's answer may have it.
pub(super) const FAULTY: &str = "faulty-upstream";
const HEALTHY: &str = "healthy-upstream";
/// In how much of a body its mark stands.
const MARKED: usize = 512;
/// How often the log is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// Where the upstreams of a report listen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) faulty: SocketAddr,
    pub(super) healthy: SocketAddr,
    pub(super) black_hole: SocketAddr,
    pub(super) closed: SocketAddr,
}

/// The upstreams of a report, while it runs.
#[derive(Debug)]
pub(super) struct Rig {
    pub(super) addresses: Addresses,
    pub(super) faulty: FaultUpstream,
    pub(super) healthy: FaultUpstream,
    _black_hole: FaultUpstream,
    /// Bound, so that nobody else listens there; it does not listen itself.
    _closed: TcpSocket,
}

impl Addresses {
    /// Four ports in a row from `first`; any free ones where that is 0.
    pub(super) fn from_port(ip: IpAddr, first: u16) -> Self {
        let at = |offset| SocketAddr::new(ip, if first == 0 { 0 } else { first.saturating_add(offset) });
        Self { faulty: at(0), healthy: at(1), black_hole: at(2), closed: at(3) }
    }

    pub(super) fn of(&self, at: At) -> SocketAddr {
        match at {
            At::Faulty | At::NoTls => self.faulty,
            At::BlackHole => self.black_hole,
            At::Closed => self.closed,
        }
    }
}

impl Rig {
    /// Starts the upstreams.
    ///
    /// # Errors
    /// Where a port cannot be opened.
    pub(super) async fn start(wanted: Addresses) -> io::Result<Self> {
        let named = |listen, name: &str| Options { listen, name: name.to_owned(), ..Options::default() };
        let faulty = FaultUpstream::start_with(named(wanted.faulty, FAULTY)).await?;
        let healthy = FaultUpstream::start_with(Options {
            // Whatever model it is asked for.
            fault: Some("ok".to_owned()),
            ..named(wanted.healthy, HEALTHY)
        })
        .await?;
        let black_hole =
            FaultUpstream::start_with(Options { black_hole: true, ..named(wanted.black_hole, FAULTY) })
                .await?;
        let closed = if wanted.closed.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        closed.bind(wanted.closed)?;
        let addresses = Addresses {
            faulty: faulty.address(),
            healthy: healthy.address(),
            black_hole: black_hole.address(),
            closed: closed.local_addr()?,
        };
        Ok(Self { addresses, faulty, healthy, _black_hole: black_hole, _closed: closed })
    }

    /// The calls of a row at the first upstream, after those of number `since`.
    pub(super) fn faulty_calls(&self, row: &Row, since: u64) -> Vec<Record> {
        self.faulty.find(|call| {
            call.seq > since
                && call.model.as_deref() == Some(row.upstream_model)
                && call.path.contains(row.kind.path())
        })
    }

    /// The calls at the second upstream whose body has `mark` in it.
    pub(super) fn healthy_calls(&self, mark: &str) -> Vec<Record> {
        self.healthy.find(|call| contains(&call.body[..call.body.len().min(MARKED)], mark.as_bytes()))
    }
}

/// Looks until something is there, or the time is over.
pub(super) async fn seen<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + within;
    loop {
        let found = look();
        if found.is_some() || Instant::now() >= until {
            return found;
        }
        sleep(GLANCE).await;
    }
}

pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
