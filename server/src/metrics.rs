//! What Prometheus reads at `/metrics`.
//!
//! Nothing here is on the path of a call: [`calls`] is fed with the records of calls that are over, and [`state`] reads,
//! when somebody asks, what the server counts anyway. Names are those of the OpenTelemetry conventions for generative
//! AI (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/>) where there are such, as the Prometheus
//! exporters write them, and else begin with `smart_balancer_`.
//!
//! Labels are ids and names of the configuration and words of this program, never anything that a caller or an
//! upstream chose; the number of series is bounded.

pub mod calls;
pub mod state;

use prometheus_client::{encoding::text, registry::Registry};

use self::{calls::CallMetrics, state::State};

/// Everything that is measured.
#[derive(Debug)]
pub struct Metrics(Registry);

impl Metrics {
    /// The metrics of these parts.
    pub fn new(calls: &CallMetrics, state: State) -> Self {
        let mut registry = Registry::default();
        calls.register(&mut registry);
        registry.register_collector(Box::new(state));
        Self(registry)
    }

    /// All of them as they are now, in the OpenMetrics text format, which Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A string takes whatever is written to it.
        let _ = text::encode(&mut text, &self.0);
        text
    }
}
