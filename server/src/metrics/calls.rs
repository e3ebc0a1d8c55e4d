//! Metrics of calls, measured from their records.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use app::domain::{
    config::instance::WorkloadKind,
    ids::BalancerId,
    routing::decision::{AttemptRecord, Reason},
};
use prometheus_client::{
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        histogram::Histogram,
    },
    registry::{Registry, Unit},
};

use crate::gateway::CallRecord;

/// Series per metric. Names come from the configuration, which changes; once the limit is reached, new label
/// values count under `other`.
const MAX_SERIES: usize = 10_000;
/// Error codes of refused bodies, and their values of the label `limit`.
const BODY_LIMITS: [(&str, &str); 3] =
    [("body_too_large", TOO_LARGE), ("request_timeout", "too_slow"), ("server_busy", "no_room")];
const TOO_LARGE: &str = "too_large";

/// Buckets of durations, in seconds, from the conventions.
const DURATION_BUCKETS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/// Buckets of the time to first token, in seconds, from the conventions.
const FIRST_TOKEN_BUCKETS: [f64; 16] =
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Buckets of token counts, from the conventions.
const TOKEN_BUCKETS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

type Labels<const N: usize> = [(&'static str, String); N];

/// Creates histograms with these buckets.
#[derive(Clone, Copy, Debug)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// A metric with a bounded number of series.
#[derive(Clone, Debug)]
struct Series<const N: usize, M, C = fn() -> M> {
    family: Family<Labels<N>, M, C>,
    count: Arc<AtomicUsize>,
}

impl<const N: usize, M, C: MetricConstructor<M>> Series<N, M, C> {
    fn new(constructor: C) -> Self {
        Self { family: Family::new_with_constructor(constructor), count: Arc::default() }
    }

    /// Updates one series, or the one labelled `other` if there are too many.
    fn with<T>(&self, labels: [(&'static str, &str); N], update: impl FnOnce(&M) -> T) {
        let mut labels = labels.map(|(name, value)| (name, value.to_owned()));
        let is_new = self.family.get(&labels).is_none();
        if is_new && self.count.fetch_add(1, Relaxed) >= MAX_SERIES {
            labels = labels.map(|(name, _)| (name, "other".to_owned()));
        }
        update(&self.family.get_or_create(&labels));
    }
}

/// Metrics of calls; clones share them.
#[derive(Clone, Debug)]
pub struct CallMetrics {
    calls: Series<5, Counter>,
    attempts: Series<2, Counter>,
    durations: Series<3, Histogram, Buckets>,
    first_tokens: Series<2, Histogram, Buckets>,
    attempt_durations: Series<2, Histogram, Buckets>,
    tokens: Series<3, Histogram, Buckets>,
    router_durations: Series<2, Histogram, Buckets>,
    bodies_refused: Series<1, Counter>,
}

impl Default for CallMetrics {
    fn default() -> Self {
        Self {
            calls: Series::new(Counter::default),
            attempts: Series::new(Counter::default),
            durations: Series::new(Buckets(&DURATION_BUCKETS)),
            first_tokens: Series::new(Buckets(&FIRST_TOKEN_BUCKETS)),
            attempt_durations: Series::new(Buckets(&DURATION_BUCKETS)),
            tokens: Series::new(Buckets(&TOKEN_BUCKETS)),
            router_durations: Series::new(Buckets(&DURATION_BUCKETS)),
            bodies_refused: Series::new(Counter::default),
        }
    }
}

impl CallMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "smart_balancer_calls",
            "Calls by balancer, API, route, reason and status class",
            self.calls.family.clone(),
        );
        registry.register(
            "smart_balancer_attempts",
            "Attempts by instance and outcome",
            self.attempts.family.clone(),
        );
        registry.register_with_unit(
            "gen_ai_server_request_duration",
            "Duration of calls, to their last byte",
            Unit::Seconds,
            self.durations.family.clone(),
        );
        registry.register_with_unit(
            "gen_ai_server_time_to_first_token",
            "Time to the first byte of the answer",
            Unit::Seconds,
            self.first_tokens.family.clone(),
        );
        registry.register_with_unit(
            "gen_ai_client_operation_duration",
            "Duration of attempts",
            Unit::Seconds,
            self.attempt_durations.family.clone(),
        );
        registry.register(
            "gen_ai_client_token_usage",
            "Tokens of prompts (input) and completions (output), if the upstream reported them",
            self.tokens.family.clone(),
        );
        registry.register_with_unit(
            "smart_balancer_router_duration",
            "Duration of router calls by outcome",
            Unit::Seconds,
            self.router_durations.family.clone(),
        );
        registry.register(
            "smart_balancer_bodies_refused",
            "Requests refused because of their bodies: too large, too slow, or over the body budget",
            self.bodies_refused.family.clone(),
        );
    }

    /// Measures a finished call.
    pub(crate) fn record_call(&self, record: &CallRecord) {
        let balancer = record.balancer.as_ref().map_or("", BalancerId::as_str);
        // Routes of an unsaved balancer have arbitrary names.
        let route = record.balancer.as_ref().map_or("", |_| text(&record.route));
        let reason = record.reason.map_or("", Reason::as_str);
        let class = format!("{}xx", record.status / 100);
        let api = record.endpoint.map_or("", |it| it.api().name());
        let labels = [
            ("balancer", balancer),
            ("api", api),
            ("route", route),
            ("reason", reason),
            ("status", class.as_str()),
        ];
        self.calls.with(labels, Counter::inc);
        for attempt in &record.attempts {
            self.record_attempt(attempt);
        }
        if let Some(trace) = record.decision.as_ref().and_then(|it| Some((it.reason, it.router.as_ref()?))) {
            let (reason, router) = trace;
            let labels = [("balancer", balancer), ("outcome", reason.as_str())];
            self.router_durations.with(labels, |it| it.observe(router.ms / 1e3));
        }
        if let Some((_, limit)) = BODY_LIMITS.iter().find(|(code, _)| record.code == Some(*code)) {
            self.count_refused_body(limit);
        }
        let Some(kind) = record.workload_kind else { return };
        self.record_usage(record, kind);
    }

    /// Counts a control plane request that was too large.
    pub(super) fn count_large_body(&self) {
        self.count_refused_body(TOO_LARGE);
    }

    fn count_refused_body(&self, limit: &str) {
        self.bodies_refused.with([("limit", limit)], Counter::inc);
    }

    fn record_attempt(&self, attempt: &AttemptRecord) {
        let labels = [("instance_id", attempt.instance_id.as_str()), ("outcome", &attempt.outcome)];
        self.attempts.with(labels, Counter::inc);
        self.attempt_durations.with(labels, |it| it.observe(attempt.ms / 1e3));
    }

    fn record_usage(&self, record: &CallRecord, kind: WorkloadKind) {
        let operation = match kind {
            WorkloadKind::Chat => "chat",
            WorkloadKind::Embeddings => "embeddings",
        };
        let [operation, model] =
            [("gen_ai_operation_name", operation), ("gen_ai_request_model", text(&record.serving_name))];
        let labels = [operation, model, ("error_type", record.code.unwrap_or_default())];
        self.durations.with(labels, |it| it.observe(record.total_ms / 1e3));
        if let Some(first_byte_ms) = record.first_byte_ms {
            self.first_tokens.with([operation, model], |it| it.observe(first_byte_ms / 1e3));
        }
        if let Some((prompt, completion)) = record.tokens {
            for (direction, tokens) in [("input", prompt), ("output", completion)] {
                let labels = [operation, model, ("gen_ai_token_type", direction)];
                self.tokens.with(labels, |it| it.observe(tokens as f64));
            }
        }
    }
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_bounded() {
        let metrics = CallMetrics::default();
        for number in 0..MAX_SERIES + 100 {
            let balancer = Some(BalancerId(format!("sb_{number}")));
            metrics.record_call(&CallRecord { balancer, status: 200, ..CallRecord::default() });
        }
        let first = [("balancer", "sb_0"), ("api", ""), ("route", ""), ("reason", ""), ("status", "2xx")];
        metrics.calls.with(first, |it| assert_eq!(it.get(), 1));
        let other = ["balancer", "api", "route", "reason", "status"].map(|it| (it, "other".to_owned()));
        assert_eq!(metrics.calls.family.get_or_create(&other).get(), 100);
    }
}
