//! Metrics for Prometheus, at `/metrics`.
//!
//! Nothing here is on the path of a call: [`calls`] measures the records of finished calls, and [`state`]
//! reads existing counters when scraped. Names follow the OpenTelemetry conventions for generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/>) in the form of the Prometheus
//! exporters; all others begin with `smart_balancer_`.
//!
//! Labels are ids and names from the configuration and fixed words, never text from a caller or an upstream.
//! The number of series is bounded.

pub mod calls;
pub mod request_log;
pub mod state;

use std::{collections::HashSet, sync::Arc};

use prometheus_client::{encoding::text, registry::Registry};

use self::{
    calls::CallMetrics,
    state::{StateCollector, StoreProbe},
};

/// All metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: CallMetrics,
    store: Arc<StoreProbe>,
}

impl Metrics {
    /// Registers both sources of metrics.
    pub fn new(calls: &CallMetrics, state: StateCollector) -> Self {
        let mut registry = Registry::default();
        calls.register(&mut registry);
        let store = Arc::clone(&state.store);
        registry.register_collector(Box::new(state));
        Self { registry, calls: calls.clone(), store }
    }

    /// Refreshes state that reading cannot wait for. Call it before [`Self::openmetrics_text`] or [`Self::plain_text`].
    pub async fn refresh(&self) {
        self.store.refresh().await;
    }

    /// Counts a control plane request that was too large.
    pub fn count_large_body(&self) {
        self.calls.count_large_body();
    }

    /// The current metrics in the OpenMetrics 1.0 text format, which Prometheus asks for.
    pub fn openmetrics_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }

    /// The current metrics in Prometheus' own text format (0.0.4): counters are declared by the name of their
    /// samples, and there are no units and no end mark.
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
