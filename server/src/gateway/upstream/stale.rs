//! Tells a pooled connection that its upstream had closed while it was idle from one that broke under a call.
//!
//! A connection that carried an answer before and now fails without a single byte is stale: the upstream's FIN and
//! our request crossed. Connections are known by our own end's address, which no two open ones share. An address
//! that comes round again later costs one needless replay at worst.

use std::{error::Error, io, net::SocketAddr};

use axum::http::Extensions;
use hyper_util::client::legacy::{self, connect::HttpInfo};
use quick_cache::sync::Cache;

/// Connections of one instance that are remembered.
const REMEMBERED: usize = 512;

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

    /// Whether a call failed only because its connection was stale; true once for each connection.
    pub(super) fn was_stale(&self, error: &reqwest::Error) -> bool {
        let Some((own, without_a_byte)) = broken(error) else { return false };
        self.answered.remove(&own).is_some() && without_a_byte
    }
}

/// The own end of the connection that broke, and whether it did so before an answer's first byte.
fn broken(error: &reqwest::Error) -> Option<(SocketAddr, bool)> {
    let sources = std::iter::successors(Some(error as &dyn Error), |it| it.source());
    let failed = sources.filter_map(|it| it.downcast_ref::<legacy::Error>()).next()?;
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
