//! The fault upstream as a process, so that tests can kill it and any gateway can use it. It prints its address as one
//! line on standard output and serves until it is killed. `report` tests a gateway instead and exits.

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

/// A small OpenAI-shaped server that shows the fault named by the requested model.
///
/// It answers POST /v1/chat/completions, /v1/completions, /v1/responses, /v1/messages and /v1/embeddings, GET /v1/models,
/// and what belongs to responses and messages. GET /log lists the accepted calls, DELETE /log clears the list,
/// GET /counters returns totals.
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
    /// Address to listen on; port 0 means any free port. The actual address is printed on standard output
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Name of this server in its answers: "ok from NAME: 1"
    #[arg(long, default_value = "upstream")]
    name: String,
    /// Fault shown to every call instead of the one that its model names
    #[arg(long)]
    fault: Option<String>,
    /// Keep a full accept queue and never accept, so that connecting hangs as behind a firewall (Linux)
    #[arg(long)]
    black_hole: bool,
    /// Delay before the first byte of every answer, in milliseconds
    #[arg(long, default_value_t = 0)]
    model_delay: u64,
}

/// Test a gateway with every fault and print pass or fail for each.
///
/// The report runs the upstreams itself, on four ports. The gateway needs a model per fault: --print-plan lists them
/// with their upstreams, --setup creates them. Expected behaviour: if a fault occurs before the first content of an
/// answer, another upstream answers and the caller notices nothing. If it occurs later, nothing is retried: every byte
/// arrives, then an error event in the shape of the API, no [DONE], and the connection closes. Statuses 400, 409, 413,
/// 415 and 422 are the caller's fault and pass through unchanged, unless they are about the gateway's key or account. A
/// plain answer that takes too long is a 504 that nobody repeats. An upstream that does not speak an API is passed over.
/// A router model that fails never fails the call. The exit status is 0 if every fault passes and 1 if one fails.
#[derive(Args)]
struct Report {
    /// Base URL of the gateway, plain HTTP
    #[arg(default_value = "http://127.0.0.1:3000/v1")]
    base_url: String,
    /// Key for the gateway; --setup creates one
    #[arg(long, env = "FAULT_REPORT_API_KEY", hide_env_values = true, default_value = "none")]
    api_key: String,
    /// Gateway to set up before the report and to clean up after it
    #[arg(long, requires = "admin_token")]
    setup: Option<Gateway>,
    /// Admin token for --setup
    #[arg(long, env = "SMART_BALANCER_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Keep what --setup has created
    #[arg(long)]
    keep: bool,
    /// Print the models that the gateway must serve, and exit
    #[arg(long)]
    print_plan: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Run only faults whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Address of the upstreams
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// First of the upstreams' four consecutive ports; 0 means free ones
    #[arg(long, default_value_t = 4100)]
    port: u16,
    /// Key that the gateway uses for the faulty upstream; it must never occur in an answer
    #[arg(long, default_value = "sk-fault-report-canary")]
    upstream_key: String,
    /// Timeout of one call, in seconds
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
        Some(Command::Report(arguments)) => run_report(arguments).await,
        None => serve(arguments.serve).await.map_err(ReportError::from),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // If standard error is closed, there is nowhere to report to.
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

async fn run_report(arguments: Report) -> Result<bool, ReportError> {
    let options = ReportOptions {
        base_url: arguments.base_url,
        api_key: arguments.api_key,
        admin_token: arguments.admin_token.filter(|_| arguments.setup.is_some()),
        keep: arguments.keep,
        listen: arguments.listen,
        port: arguments.port,
        upstream_key: arguments.upstream_key,
        only: arguments.only,
        timeout: Duration::from_secs(arguments.patience),
        json: arguments.json,
    };
    if arguments.print_plan {
        return print_plan(&options).map(|()| true);
    }
    report(&options).await
}
