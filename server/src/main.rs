//! The command line: reads settings, starts what they ask for, and says in one sentence why it could not.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use server::{
    boot,
    settings::{BootSecrets, Cli, Command},
    telemetry,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Command::Serve(settings) = Cli::parse().command;
    telemetry::start(settings.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start the runtime: {error}")),
    };
    let served = runtime.block_on(boot::serve(*settings, BootSecrets::from_environment()));
    // What is left by now is past its grace.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.with_causes()),
    }
}

fn fail(why: &str) -> ExitCode {
    // Nobody is left to tell where even this fails.
    let _ = writeln!(std::io::stderr(), "smart-balancer: {why}");
    ExitCode::FAILURE
}
