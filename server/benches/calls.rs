//! What a call costs: this server against nginx, nginx with an access log, and the bare upstream, in one run.
//!
//! `make bench` runs all cases, `make bench ARGS=chat_c32` one. All contenders face the same upstream and get the same
//! load, in turns, so that disturbances of the machine affect all. `docs/PERFORMANCE.md` says what each figure means.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints, and ends where anything fails"
)]

#[path = "calls/cases.rs"]
mod cases;
#[path = "calls/contenders.rs"]
mod contenders;
#[path = "calls/counts.rs"]
mod counts;
#[path = "calls/figures.rs"]
mod figures;
#[path = "calls/http.rs"]
mod http;
#[path = "calls/load.rs"]
mod load;
#[path = "calls/nginx.rs"]
mod nginx;
#[path = "calls/options.rs"]
mod options;
#[path = "calls/payload.rs"]
mod payload;
#[path = "calls/process.rs"]
mod process;
#[path = "calls/quiet.rs"]
mod quiet;
#[path = "calls/report.rs"]
mod report;
#[path = "calls/rounds.rs"]
mod rounds;
#[path = "calls/setup.rs"]
mod setup;
#[path = "calls/syscalls.rs"]
mod syscalls;
#[path = "calls/tables.rs"]
mod tables;
#[path = "calls/upstream.rs"]
mod upstream;

use std::{fs, process::ExitCode};

use clap::Parser as _;

fn main() -> ExitCode {
    let options = options::Options::parse();
    if options.list {
        for case in cases::CASES {
            println!("{:<15} {}", case.name, case.about);
        }
        return ExitCode::SUCCESS;
    }
    let cases = match options.cases() {
        Ok(cases) => cases,
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::FAILURE;
        }
    };
    let builds = options.builds();
    builds.iter().for_each(contenders::check);
    let _ = server::boot::raise_file_limit();
    let mut bench = rounds::Bench {
        // The load is one thread and the upstream another, so that they take little from what is measured.
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        upstream: upstream::start(),
        builds,
        rounds: options.rounds.into(),
        alone: options.alone,
        patience: options.patience(),
    };
    let mut report = report::Report::new(bench.rounds);
    let json = options.json();
    for case in &cases {
        let outcome = bench.run(case);
        report.add(case, &outcome);
        print_progress(&report);
        // After each case, so that a run that is broken off has left something.
        fs::write(&json, serde_json::to_string_pretty(&report).unwrap()).unwrap();
    }
    if !options.alone {
        println!("{}", tables::tables(&report));
    }
    eprintln!("The figures are in {}.", json.display());
    let [_, errors, _] = report.totals();
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_progress(report: &report::Report) {
    let Some(case) = report.cases.last() else { return };
    let cpu = case.contenders.iter().filter_map(|it| Some(format!("{} {:.1} µs", it.name, it.cpu_total?)));
    eprintln!("{}: {}", case.name, cpu.collect::<Vec<_>>().join(", "));
    for row in case.contenders.iter().filter(|it| it.errors > 0) {
        let first = row.first_error.as_deref().unwrap_or_default();
        eprintln!("  {}: {} errors, first: {first}", row.name, row.errors);
    }
}
