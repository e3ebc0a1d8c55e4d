//! Tells a pooled connection that its upstream had closed while it was idle from one that broke under a call.
//!
//! A connection that carried an answer before and now fails at once, without a single byte, is stale: the upstream's
//! FIN and our request crossed. Connections are known by our own end's address, which no two open ones share. An
//! address that comes round again later costs one needless replay at worst.

use std::{
    error::Error,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::http::Extensions;
use hyper_util::client::legacy::{self, connect::HttpInfo};
use quick_cache::sync::Cache;

/// Connections of one instance that are remembered.
const REMEMBERED: usize = 512;

/// How soon a stale connection shows itself. An upstream that closes later has seen the call and worked on it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The connections of one instance that have carried an answer.
#[derive(Debug)]
pub(super) struct Seen {
    answered: Cache<SocketAddr, ()>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { answered: Cache::new(REMEMBERED) }
    }
}

impl Seen {
    /// An answer began on a connection.
    pub(super) fn answered(&self, response: &reqwest::Response) {
        if let Some(info) = response.extensions().get::<HttpInfo>() {
            let own = info.local_addr();
            if self.answered.get(&own).is_none() {
                self.answered.insert(own, ());
            }
        }
    }

    /// Whether a call that was sent at `sent` failed only because its connection was stale; true once for each
    /// connection.
    pub(super) fn was_stale(&self, error: &reqwest::Error, sent: Instant) -> bool {
        let Some((own, without_a_byte)) = broken(error) else { return false };
        self.answered.remove(&own).is_some() && without_a_byte && sent.elapsed() < AT_ONCE
    }
}

/// The own end of the connection that broke, and whether it did so before an answer's first byte.
fn broken(error: &reqwest::Error) -> Option<(SocketAddr, bool)> {
    let mut source = error.source();
    let failed = loop {
        match source?.downcast_ref::<legacy::Error>() {
            Some(failed) => break failed,
            None => source = source?.source(),
        }
    };
    let mut extras = Extensions::new();
    failed.connect_info()?.get_extras(&mut extras);
    let own = extras.get::<HttpInfo>()?.local_addr();
    let hyper = failed.source()?.downcast_ref::<hyper::Error>()?;
    let io_kind = hyper.source().and_then(|it| it.downcast_ref::<io::Error>()).map(io::Error::kind);
    let closed = matches!(
        io_kind,
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted)
    );
    // A message that is incomplete may have begun; hyper says so only for one of which nothing came.
    Some((own, hyper.is_canceled() || hyper.is_incomplete_message() || closed))
}
