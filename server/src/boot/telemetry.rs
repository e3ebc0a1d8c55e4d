//! Logging. Log lines must not contain prompts, answers, keys or cookies.

use tracing_subscriber::{EnvFilter, fmt};

use super::settings::LogFormat;

/// Starts logging to standard error. `SMART_BALANCER_LOG` filters it (default `info`) in the syntax of
/// `tracing_subscriber::EnvFilter`; `info,calls=debug` adds a line per call. Calling it again has no effect,
/// so every test may do so.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("SMART_BALANCER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    // Fails only if a subscriber is already installed; that one stays.
    let _ = match format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
