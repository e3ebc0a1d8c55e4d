//! Metrics of calls, measured from their records.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use app::domain::{config::instance::WorkloadKind, ids::BalancerId, routing::decision::Reason};
use prometheus_client::{
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        histogram::Histogram,
    },
    registry::{Registry, Unit},
};

use crate::gateway::{Attempt, CallRecord};

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

    /// One series, or the one labelled `other` if there are too many.
    fn get(&self, labels: [(&'static str, &str); N]) -> M
    where
        M: Clone,
    {
        let mut labels = labels.map(|(name, value)| (name, value.to_owned()));
        let is_new = self.family.get(&labels).is_none();
        if is_new && self.count.fetch_add(1, Relaxed) >= MAX_SERIES {
            labels = labels.map(|(name, _)| (name, "other".to_owned()));
        }
        self.family.get_or_create_owned(&labels)
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

    /// The metrics that calls like this one count in.
    pub(crate) fn series(&self, record: &CallRecord) -> CallSeries {
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
        let decided = record.decision.as_ref().filter(|it| it.router_ms.is_some()).and_then(|it| it.reason);
        let router = decided
            .map(|reason| self.router_durations.get([("balancer", balancer), ("outcome", reason.as_str())]));
        CallSeries {
            calls: self.calls.get(labels),
            attempt: match record.attempts.as_slice() {
                [only] => Some(self.attempt_series(only)),
                _ => None,
            },
            router,
            usage: record.workload_kind.map(|kind| self.usage_series(record, kind)),
            metrics: self.clone(),
        }
    }

    /// Counts a control plane request that was too large.
    pub(super) fn count_large_body(&self) {
        self.count_refused_body(TOO_LARGE);
    }

    fn count_refused_body(&self, limit: &str) {
        self.bodies_refused.get([("limit", limit)]).inc();
    }

    fn attempt_series(&self, attempt: &Attempt) -> (Counter, Histogram) {
        let labels = [("instance_id", attempt.instance_id.as_str()), ("outcome", attempt.outcome.name())];
        (self.attempts.get(labels), self.attempt_durations.get(labels))
    }

    fn usage_series(&self, record: &CallRecord, kind: WorkloadKind) -> UsageSeries {
        let operation = kind.as_str();
        let [operation, model] =
            [("gen_ai_operation_name", operation), ("gen_ai_request_model", text(&record.serving_name))];
        let tokens = |direction| self.tokens.get([operation, model, ("gen_ai_token_type", direction)]);
        UsageSeries {
            duration: self.durations.get([operation, model, ("error_type", record.code.unwrap_or_default())]),
            first_token: record.first_byte_ms.map(|_| self.first_tokens.get([operation, model])),
            tokens: record.tokens.map(|_| [tokens("input"), tokens("output")]),
        }
    }
}

/// The metrics that calls of one kind count in, found by their labels once.
#[derive(Clone, Debug)]
pub(crate) struct CallSeries {
    calls: Counter,
    /// Those of the only attempt.
    attempt: Option<(Counter, Histogram)>,
    router: Option<Histogram>,
    usage: Option<UsageSeries>,
    metrics: CallMetrics,
}

#[derive(Clone, Debug)]
struct UsageSeries {
    duration: Histogram,
    first_token: Option<Histogram>,
    /// Prompt and completion.
    tokens: Option<[Histogram; 2]>,
}

impl CallSeries {
    /// Measures a finished call of this kind.
    pub(crate) fn observe(&mut self, record: &CallRecord) {
        self.calls.inc();
        match (&self.attempt, record.attempts.as_slice()) {
            (Some(series), [only]) => observe_attempt(series, only),
            (_, attempts) => {
                for attempt in attempts {
                    observe_attempt(&self.metrics.attempt_series(attempt), attempt);
                }
            }
        }
        if let (Some(router), Some(ms)) = (&self.router, record.decision.as_ref().and_then(|it| it.router_ms))
        {
            router.observe(ms / 1e3);
        }
        if let Some((_, limit)) = BODY_LIMITS.iter().find(|(code, _)| record.code == Some(*code)) {
            self.metrics.count_refused_body(limit);
        }
        let (Some(usage), Some(kind)) = (&mut self.usage, record.workload_kind) else { return };
        // Calls of one kind may differ in whether they have a first byte and tokens.
        let has_more = (record.first_byte_ms.is_some() && usage.first_token.is_none())
            || (record.tokens.is_some() && usage.tokens.is_none());
        if has_more {
            *usage = self.metrics.usage_series(record, kind);
        }
        usage.duration.observe(record.total_ms / 1e3);
        if let (Some(first_token), Some(ms)) = (&usage.first_token, record.first_byte_ms) {
            first_token.observe(ms / 1e3);
        }
        if let (Some([input, output]), Some((prompt, completion))) = (&usage.tokens, record.tokens) {
            input.observe(prompt as f64);
            output.observe(completion as f64);
        }
    }
}

fn observe_attempt((count, duration): &(Counter, Histogram), attempt: &Attempt) {
    count.inc();
    duration.observe(attempt.ms / 1e3);
}

fn text(text: &Option<Arc<str>>) -> &str {
    text.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_bounded() {
        let metrics = CallMetrics::default();
        for number in 0..MAX_SERIES + 100 {
            let balancer = Some(BalancerId::from(format!("sb_{number}")));
            let record = CallRecord { balancer, status: 200, ..CallRecord::default() };
            metrics.series(&record).observe(&record);
        }
        let first = [("balancer", "sb_0"), ("api", ""), ("route", ""), ("reason", ""), ("status", "2xx")];
        assert_eq!(metrics.calls.get(first).get(), 1);
        let other = ["balancer", "api", "route", "reason", "status"].map(|it| (it, "other".to_owned()));
        assert_eq!(metrics.calls.family.get_or_create(&other).get(), 100);
    }
}
