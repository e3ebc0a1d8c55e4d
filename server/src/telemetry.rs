//! Log lines. They hold no prompts, answers, keys or cookies: nothing here can add them, and callers must not.

use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::LogFormat;

/// Starts logging to standard error. `SMART_BALANCER_LOG` filters it (`info` by default), in the syntax of
/// `tracing_subscriber::EnvFilter`; `info,calls=debug` adds a line for each call. A second call does nothing, so that tests may all call it.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("SMART_BALANCER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    // A subscriber may already be there; then that one stays.
    let _ = match format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
