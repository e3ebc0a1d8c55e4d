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
pub mod request_log;
pub mod state;

use std::collections::HashSet;

use prometheus_client::{encoding::text, registry::Registry};

use self::{calls::CallMetrics, state::StateCollector};

/// Everything that is measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: CallMetrics,
}

impl Metrics {
    /// The metrics of these parts.
    pub fn new(calls: &CallMetrics, state: StateCollector) -> Self {
        let mut registry = Registry::default();
        calls.register(&mut registry);
        registry.register_collector(Box::new(state));
        Self { registry, calls: calls.clone() }
    }

    /// Counts a body of the control plane that was too large.
    pub fn count_large_body(&self) {
        self.calls.count_large_body();
    }

    /// All of them as they are now, in the text format of OpenMetrics 1.0, which Prometheus asks for.
    pub fn openmetrics_text(&self) -> String {
        let mut text = String::new();
        // A string takes whatever is written to it.
        let _ = text::encode(&mut text, &self.registry);
        text
    }

    /// The same in Prometheus' own older format (0.0.4): a counter is declared by the name of its samples, and there are
    /// neither units nor an end mark.
    pub fn plain_text(&self) -> String {
        let open = self.openmetrics_text();
        let is_counter = |line: &str| line.starts_with("# TYPE ") && line.ends_with(" counter");
        let mut counters: HashSet<&str> = HashSet::new();
        counters.extend(open.lines().filter(|it| is_counter(it)).filter_map(|it| it.split(' ').nth(2)));
        let mut plain = String::with_capacity(open.len());
        for line in open.lines().filter(|it| !it.starts_with("# UNIT ") && *it != "# EOF") {
            let mut words = line.splitn(4, ' ');
            match [words.next(), words.next(), words.next(), words.next()] {
                [Some("#"), Some(what), Some(name), Some(rest)] if counters.contains(name) => {
                    plain.extend(["# ", what, " ", name, "_total ", rest]);
                }
                _ => plain.push_str(line),
            }
            plain.push('\n');
        }
        plain
    }
}
