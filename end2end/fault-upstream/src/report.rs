//! The report: points every fault at a gateway and prints, for each, pass or fail. It runs the upstreams itself; the
//! gateway needs a model for each fault, whose first upstream shows the fault and whose second is well. What must come
//! of each is one table, `report/table.rs`; no other file knows a fault.

mod client;
mod judge;
mod leave;
mod plan;
mod print;
mod rig;
mod row;
mod run;
mod smart_balancer;
mod table;

use std::{io, net::IpAddr, sync::Arc, time::Duration, time::Instant};

use tokio::sync::Semaphore;

use client::Target;
use judge::Secrets;
use plan::Planned;
use print::Line;
use rig::{Addresses, Rig};
use row::Row;
use run::Bench;
use smart_balancer::SmartBalancer;

/// The most rows that run at once; those that measure times run alone.
const AT_ONCE: u32 = 8;

/// What to report on.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The gateway's base URL, such as `http://127.0.0.1:3000/v1`. Plain HTTP only.
    pub base_url: String,
    /// The key that the gateway is called with; made by the set-up where there is one.
    pub api_key: String,
    /// Sets a Smart Balancer up through its REST API, with this admin token.
    pub admin_token: Option<String>,
    /// Keeps what was set up.
    pub keep: bool,
    /// Address of the upstreams.
    pub listen: IpAddr,
    /// The first of their four ports; 0 takes free ones.
    pub port: u16,
    /// The key that the gateway calls the faulty upstream with.
    pub upstream_key: String,
    /// Only faults whose name has this in it.
    pub only: String,
    /// How long one call may take.
    pub patience: Duration,
    /// JSON in place of lines.
    pub json: bool,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The base URL cannot be used.
    #[error("{0:?} is not a base URL of plain HTTP, such as http://127.0.0.1:3000/v1")]
    Url(String),
    /// A key cannot be sent.
    #[error("a key has characters that no header can have")]
    Credential,
    /// Nobody listens at the gateway's address.
    #[error("{address} cannot be reached: {error}")]
    Unreachable {
        /// Which address.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The gateway cannot be set up.
    #[error("the gateway cannot be set up: {0}")]
    SetUp(String),
    /// A port cannot be opened, or the report not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What a gateway must have for a report, as text or JSON.
///
/// # Errors
/// Where it cannot be written.
pub fn print_plan(options: &ReportOptions) -> Result<(), ReportError> {
    let plan = plan_of(options, &Addresses::from_port(options.listen, options.port));
    print::plan(&plan, options.json)
}

/// Makes the report and prints it on standard output; whether all faults passed.
///
/// # Errors
/// Where there is nothing to report: the gateway cannot be reached or set up, a port is taken.
pub async fn report(options: &ReportOptions) -> Result<bool, ReportError> {
    let target = Target::parse(&options.base_url)?;
    let rig = Rig::start(Addresses::from_port(options.listen, options.port)).await?;
    let plan = plan_of(options, &rig.addresses);
    let secrets = Secrets { upstream_key: options.upstream_key.clone(), api_key: options.api_key.clone() };
    let mut bench = Bench { rig, target, secrets, patience: options.patience };
    let Some(token) = &options.admin_token else {
        return rows(bench, options).await;
    };
    let gateway = SmartBalancer::new(&bench.target, token.clone());
    // An earlier report may have been killed.
    gateway.remove(&plan).await?;
    let done = async {
        bench.secrets.api_key = gateway.set_up(&plan).await?;
        rows(bench, options).await
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

fn wanted(options: &ReportOptions) -> impl Iterator<Item = &'static Row> {
    table::ROWS.iter().filter(|row| row.title().contains(&options.only))
}

fn plan_of(options: &ReportOptions, addresses: &Addresses) -> Vec<Planned> {
    wanted(options).map(|row| Planned::new(row, addresses, &options.upstream_key)).collect()
}

/// Runs the rows, a few at once, and prints each in its turn.
async fn rows(bench: Bench, options: &ReportOptions) -> Result<bool, ReportError> {
    let began = Instant::now();
    let (bench, places) = (Arc::new(bench), Arc::new(Semaphore::new(AT_ONCE as usize)));
    let mut tasks = Vec::new();
    for row in wanted(options) {
        let (bench, places) = (Arc::clone(&bench), Arc::clone(&places));
        tasks.push(tokio::spawn(async move {
            let takes = if row.measures_time() { AT_ONCE } else { 1 };
            // The semaphore is never closed.
            let _place = places.acquire_many(takes).await;
            Line::new(row, run::run(&bench, row).await)
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
