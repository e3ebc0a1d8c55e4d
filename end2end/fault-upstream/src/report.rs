//! The report: sends calls with every fault through a gateway and prints pass or fail for each. It runs the upstreams
//! itself. The gateway needs a model per fault, whose first upstream shows the fault and whose second one is healthy.
//! `report/table` lists the faults and what a gateway must do; no other module knows a fault.

mod check;
mod client;
mod disconnect;
mod expectation;
mod plan;
mod print;
mod request;
mod row;
mod run;
mod smart_balancer;
mod table;
mod upstreams;

use std::{io, net::IpAddr, sync::Arc, time::Duration, time::Instant};

use tokio::sync::Semaphore;

use check::Secrets;
use client::Target;
use plan::PlannedModel;
use print::ReportLine;
use row::Row;
use run::ReportContext;
use smart_balancer::SmartBalancer;
use upstreams::{Addresses, Upstreams};

/// The maximum number of rows that run at once; rows that measure time run alone.
const MAX_CONCURRENT: u32 = 8;

/// Options of a report.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The gateway's base URL, such as `http://127.0.0.1:3000/v1`; plain HTTP only.
    pub base_url: String,
    /// The key for the gateway; setting up the gateway creates another one.
    pub api_key: String,
    /// The admin token to set up a Smart Balancer with; `None` if the gateway is set up already.
    pub admin_token: Option<String>,
    /// Whether to keep what was set up.
    pub keep: bool,
    /// Address of the upstreams.
    pub listen: IpAddr,
    /// The first of their four ports; 0 means free ones.
    pub port: u16,
    /// The key that the gateway uses for the faulty upstream.
    pub upstream_key: String,
    /// Reports only faults whose name contains this.
    pub only: String,
    /// Timeout of one call.
    pub timeout: Duration,
    /// Whether to print JSON instead of lines.
    pub json: bool,
}

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The base URL is invalid.
    #[error("{0:?} is not a base URL with plain HTTP, such as http://127.0.0.1:3000/v1")]
    Url(String),
    /// A key cannot be sent in a header.
    #[error("a key contains characters that a header cannot contain")]
    Credential,
    /// The gateway cannot be reached.
    #[error("{address} cannot be reached: {error}")]
    Unreachable {
        /// The gateway's address.
        address: String,
        /// The cause.
        error: io::Error,
    },
    /// The gateway cannot be set up.
    #[error("the gateway cannot be set up: {0}")]
    SetUp(String),
    /// A port cannot be opened, or the report cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Prints the models that a gateway must serve for a report, as text or JSON.
///
/// # Errors
/// If it cannot be written.
pub fn print_plan(options: &ReportOptions) -> Result<(), ReportError> {
    let plan = plan_of(options, &Addresses::from_port(options.listen, options.port));
    print::plan(&plan, options.json)
}

/// Makes a report, prints it on standard output and returns whether every fault passed.
///
/// # Errors
/// If there is nothing to report, for example because the gateway cannot be reached or set up, or a port is taken.
pub async fn report(options: &ReportOptions) -> Result<bool, ReportError> {
    let target = Target::parse(&options.base_url)?;
    let upstreams = Upstreams::start(Addresses::from_port(options.listen, options.port)).await?;
    let plan = plan_of(options, &upstreams.addresses);
    let secrets = Secrets { upstream_key: options.upstream_key.clone(), api_key: options.api_key.clone() };
    let mut context = ReportContext { upstreams, target, secrets, timeout: options.timeout };
    let Some(token) = &options.admin_token else {
        return run_rows(context, options).await;
    };
    let gateway = SmartBalancer::new(&context.target, token.clone());
    // An earlier report may have been killed before it removed its objects.
    gateway.remove(&plan).await?;
    let done = async {
        context.secrets.api_key = gateway.set_up(&plan).await?;
        run_rows(context, options).await
    };
    let done = tokio::select! {
        done = done => done,
        interrupted = tokio::signal::ctrl_c() => Err(interrupted.err().unwrap_or_else(|| io::ErrorKind::Interrupted.into()).into()),
    };
    if !options.keep {
        gateway.remove(&plan).await?;
    }
    done
}

fn selected_rows(options: &ReportOptions) -> impl Iterator<Item = &'static Row> {
    table::rows().filter(|row| row.title().contains(&options.only))
}

fn plan_of(options: &ReportOptions, addresses: &Addresses) -> Vec<PlannedModel> {
    selected_rows(options).map(|row| PlannedModel::new(row, addresses, &options.upstream_key)).collect()
}

/// Runs the rows, some of them concurrently, and prints each in order.
async fn run_rows(context: ReportContext, options: &ReportOptions) -> Result<bool, ReportError> {
    let began = Instant::now();
    let (context, slots) = (Arc::new(context), Arc::new(Semaphore::new(MAX_CONCURRENT as usize)));
    let mut tasks = Vec::new();
    for row in selected_rows(options) {
        let (context, slots) = (Arc::clone(&context), Arc::clone(&slots));
        tasks.push(tokio::spawn(async move {
            let needed = if row.measures_time() { MAX_CONCURRENT } else { 1 };
            // The semaphore is never closed.
            let _slot = slots.acquire_many(needed).await;
            ReportLine::new(row, run::run(&context, row).await)
        }));
    }
    let mut lines = Vec::new();
    for task in tasks {
        let line = task.await.map_err(io::Error::other)?;
        if !options.json {
            print::line(&line)?;
        }
        lines.push(line);
    }
    print::summary(&lines, began.elapsed(), options.json)
}
