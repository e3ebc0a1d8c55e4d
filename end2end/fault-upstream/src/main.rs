//! The fault upstream as a process of its own, so that tests can kill it and any gateway can be pointed
//! at it. Prints its address on one line of standard output, then serves until it is killed. With `report`
//! it judges a gateway instead, and ends.

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use fault_upstream::{
    FAULTS, FaultUpstream, Options,
    report::{ReportError, ReportOptions, print_plan, report},
};

/// A small OpenAI-shaped server whose requested model name selects the fault that it shows.
///
/// It answers POST /v1/chat/completions, POST /v1/embeddings and GET /v1/models; GET /log lists every
/// call it accepted, DELETE /log forgets them, GET /counters counts them.
#[derive(Parser)]
#[command(version, after_long_help = FAULTS, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    Report(Report),
}

#[derive(Args)]
struct Serve {
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

/// Point every fault at a gateway and print pass or fail for each.
///
/// The upstreams run inside of the report, on four ports. The gateway needs a model for each fault: --print-plan lists
/// them with their upstreams, --setup makes them. What must come of a fault: before the first content of an answer has
/// been sent, another upstream answers and the caller sees nothing of it; after it, nothing is tried again, every byte
/// arrives, and the stream ends with an error event, without [DONE], and closed. Statuses 400, 409, 413, 415 and 422
/// are the caller's own and pass as they are. The exit status is 0 where all faults pass and 1 where one fails.
#[derive(Args)]
struct Report {
    /// Base URL of the gateway, plain HTTP
    #[arg(default_value = "http://127.0.0.1:3000/v1")]
    base_url: String,
    /// Key that the gateway is called with; --setup makes one
    #[arg(long, env = "FAULT_REPORT_API_KEY", hide_env_values = true, default_value = "none")]
    api_key: String,
    /// Gateway that is to be set up first, and emptied again at the end
    #[arg(long, requires = "admin_token")]
    setup: Option<Gateway>,
    /// Its admin token
    #[arg(long, env = "SMART_BALANCER_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Keep what --setup has made
    #[arg(long)]
    keep: bool,
    /// Print what the gateway must have, and end
    #[arg(long)]
    print_plan: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Only faults whose name has this in it
    #[arg(long, default_value = "")]
    only: String,
    /// Address of the upstreams
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// First of the four ports in a row of the upstreams; 0 takes free ones
    #[arg(long, default_value_t = 4100)]
    port: u16,
    /// Key that the gateway calls the faulty upstream with; it must never be seen in an answer
    #[arg(long, default_value = "sk-fault-report-canary")]
    upstream_key: String,
    /// Seconds that one call may take
    #[arg(long, default_value_t = 15)]
    patience: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Gateway {
    SmartBalancer,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Report(arguments)) => judge(arguments).await,
        None => serve(arguments.serve).await.map_err(ReportError::from),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to be done where standard error is closed.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

async fn serve(arguments: Serve) -> io::Result<bool> {
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

async fn judge(arguments: Report) -> Result<bool, ReportError> {
    let options = ReportOptions {
        base_url: arguments.base_url,
        api_key: arguments.api_key,
        admin_token: arguments.admin_token.filter(|_| arguments.setup.is_some()),
        keep: arguments.keep,
        listen: arguments.listen,
        port: arguments.port,
        upstream_key: arguments.upstream_key,
        only: arguments.only,
        patience: Duration::from_secs(arguments.patience),
        json: arguments.json,
    };
    if arguments.print_plan {
        return print_plan(&options).map(|()| true);
    }
    report(&options).await
}
