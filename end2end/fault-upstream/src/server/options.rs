//! How a server starts.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// Options of a server; [`super::FaultUpstream::start`] uses the defaults.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on; port 0 means any free port. The default is `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// Name of the server in its answers, `upstream` by default.
    pub name: String,
    /// Fault shown to every call instead of the one that it names.
    pub fault: Option<String>,
    /// Delay before the first byte of every answer.
    pub delay: Duration,
    /// Whether to keep a full accept queue and never accept. On Linux, connecting then hangs as it does behind a
    /// firewall that drops packets. Such a server does nothing else.
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
