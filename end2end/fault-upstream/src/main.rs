//! The fault upstream as a process of its own, so that tests can kill it and any gateway can be pointed
//! at it. Prints its address on one line of standard output, then serves until it is killed.

use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use clap::Parser;
use fault_upstream::{FAULTS, FaultUpstream, Options};

/// A small OpenAI-shaped server whose requested model name selects the fault that it shows.
///
/// It answers POST /v1/chat/completions, POST /v1/embeddings and GET /v1/models; GET /log lists every
/// call it accepted, DELETE /log forgets them, GET /counters counts them.
#[derive(Parser)]
#[command(version, after_long_help = FAULTS)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one. The address in use is printed on standard output
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Name of this server in its answers: "ok from NAME: 1"
    #[arg(long, default_value = "upstream")]
    name: String,
    /// Fault shown to every call, in place of the one that its model names
    #[arg(long)]
    fault: Option<String>,
    /// Never accept, behind a full queue of connections: a connect hangs, as behind a firewall that drops (Linux)
    #[arg(long)]
    black_hole: bool,
    /// Milliseconds before the first byte of every answer
    #[arg(long, default_value_t = 0)]
    model_delay: u64,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let upstream = FaultUpstream::start_with(Options {
        listen: arguments.listen,
        name: arguments.name,
        fault: arguments.fault,
        black_hole: arguments.black_hole,
        delay: Duration::from_millis(arguments.model_delay),
    })
    .await?;
    writeln!(io::stdout(), "{}", upstream.origin())?;
    std::future::pending().await
}
