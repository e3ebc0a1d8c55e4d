//! The command line: reads settings, starts what they ask for, and says in one sentence why it could not.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use server::{
    admin,
    boot::{self, BootError},
    settings::{BootSecrets, Cli, Command, LogFormat},
    telemetry,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    telemetry::start(match &command {
        Command::Serve(settings) => settings.log_format,
        Command::Admin(_) => LogFormat::Text,
    });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start the runtime: {error}")),
    };
    let secrets = BootSecrets::from_environment();
    let served = runtime.block_on(async {
        match command {
            Command::Serve(settings) => boot::serve(*settings, secrets).await,
            Command::Admin(settings) => say(&admin::run(&settings, &secrets).await?),
        }
    });
    // What is left by now is past its grace.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.with_causes()),
    }
}

fn say(lines: &[String]) -> Result<(), BootError> {
    let mut out = std::io::stdout();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(out.flush()?)
}

fn fail(why: &str) -> ExitCode {
    // Nobody is left to tell where even this fails.
    let _ = writeln!(std::io::stderr(), "smart-balancer: {why}");
    ExitCode::FAILURE
}
