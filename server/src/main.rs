//! The command line: parses settings, runs the command, and prints one sentence if it fails.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use server::{
    boot::{
        self, BootError, memory,
        settings::{AdminSettings, BootSecrets, Cli, Command, LogFormat, ServeSettings},
        telemetry,
    },
    commands,
    commands::admin,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let secrets = BootSecrets::from_environment();
    let mut out = std::io::stdout();
    match Cli::parse().command {
        Command::Serve(settings) => serve(*settings, secrets),
        Command::Check(settings) => once(commands::check(&settings, &secrets, &mut out)),
        Command::Export(settings) => once(commands::export(&settings.store, &mut out)),
        Command::Admin(settings) => once(administer(&settings, &secrets)),
        Command::Import(settings) => once(commands::import(&settings, &secrets, &mut out)),
    }
}

fn serve(settings: ServeSettings, secrets: BootSecrets) -> ExitCode {
    telemetry::start(settings.log_format);
    memory::use_small_pages();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start the runtime: {error}")),
    };
    let served = runtime.block_on(boot::serve(settings, secrets));
    // What is still running is past its grace period.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.with_causes()),
    }
}

/// Runs a command that ends by itself.
fn once(command: impl Future<Output = Result<commands::Outcome, BootError>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start the runtime: {error}")),
    };
    match runtime.block_on(command) {
        Ok(commands::Outcome::Done) => ExitCode::SUCCESS,
        Ok(commands::Outcome::HasErrors) => ExitCode::FAILURE,
        Err(error) => fail(&error.with_causes()),
    }
}

async fn administer(settings: &AdminSettings, secrets: &BootSecrets) -> Result<commands::Outcome, BootError> {
    telemetry::start(LogFormat::Text);
    let mut out = std::io::stdout();
    for line in admin::run(settings, secrets).await? {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(commands::Outcome::Done)
}

fn fail(why: &str) -> ExitCode {
    // If even this fails, there is nowhere to report it.
    let _ = writeln!(std::io::stderr(), "smart-balancer: {why}");
    ExitCode::FAILURE
}
