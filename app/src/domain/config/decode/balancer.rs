//! Decodes a balancer and its routes.

use serde_json::Value;

use super::{Decoded, Envelope, Fields, Purpose};
use crate::domain::{
    config::{
        balancer::{
            Balancer, Classifier, ConfidenceMode, Destination, DestinationKind, OrderedStrategy, Route,
            RoutingMode, Stickiness, serving_name_from,
        },
        instance::{KeyChange, WorkloadKind},
    },
    limits, range,
};

/// Decodes a balancer. A missing serving name is derived from the name, a route's missing priority from its
/// position.
pub fn balancer(body: &Value, purpose: Purpose) -> Decoded<Balancer> {
    let mut fields = Fields::of(body, "");
    let envelope = Envelope::read(&mut fields, purpose);
    let name = fields.required_text("name");
    let serving_name = fields.optional_text("serving_name").unwrap_or_else(|| serving_name_from(&name));
    let defaults = Balancer::default();
    let value = Balancer {
        name,
        serving_name,
        display_name: fields.text("display_name"),
        description: fields.text("description"),
        workload_kind: fields.one_of("workload_kind", &WorkloadKind::SERVED, WorkloadKind::as_str),
        enabled: fields.flag("enabled", defaults.enabled),
        routing_mode: fields.one_of("routing_mode", &RoutingMode::ALL, RoutingMode::as_str),
        ordered_strategy: fields.one_of("ordered_strategy", &OrderedStrategy::ALL, OrderedStrategy::as_str),
        router_model: router_model(&mut fields),
        classifier: classifier(&mut fields),
        max_attempts: fields.number("max_attempts", defaults.max_attempts, range::ATTEMPTS),
        mask_upstream_model: fields.flag("mask_upstream_model", defaults.mask_upstream_model),
        deadline_ms: fields.number("deadline_ms", defaults.deadline_ms, range::TIMEOUT_OR_NONE_MS),
        stream_keepalive_s: fields.number(
            "stream_keepalive_s",
            defaults.stream_keepalive_s,
            range::STREAM_KEEPALIVE_S,
        ),
        routes: routes(&mut fields),
    };
    envelope.into_decoded(value, KeyChange::Keep, fields)
}

fn destination(value: &Value, path: String) -> (Destination, Vec<crate::domain::field_error::FieldError>) {
    let mut fields = Fields::of(value, path);
    let kind = fields.required_one_of("type", &DestinationKind::ALL, DestinationKind::as_str);
    let target = fields.required_text("ref");
    (Destination { kind, target }, fields.finish())
}

/// An empty `ref` means no router model: forms send it until one is chosen.
fn router_model(fields: &mut Fields<'_>) -> Option<Destination> {
    let value = fields.get("router_model").filter(|it| !it.is_null())?;
    let (destination, errors) = destination(value, fields.path_of("router_model"));
    fields.extend_errors(errors);
    Some(destination).filter(|it| !it.target.is_empty())
}

fn classifier(fields: &mut Fields<'_>) -> Classifier {
    let defaults = Classifier::default();
    let Some(value) = fields.get("classifier") else { return defaults };
    let mut inner = Fields::of(value, fields.path_of("classifier"));
    let classifier = Classifier {
        stickiness: inner.one_of("stickiness", &Stickiness::ALL, Stickiness::as_str),
        budget_ms: inner.number("budget_ms", defaults.budget_ms, range::BUDGET_MS),
        cache_ttl_s: inner.number("cache_ttl_s", defaults.cache_ttl_s, range::CACHE_TTL_S),
        context_turns: inner.number("context_turns", defaults.context_turns, range::CONTEXT_TURNS),
        max_chars: inner.number("max_chars", defaults.max_chars, range::CLASSIFY_CHARS),
        min_confidence: inner.share("min_confidence", defaults.min_confidence),
        confidence: inner.one_of("confidence", &ConfidenceMode::ALL, ConfidenceMode::as_str),
    };
    fields.extend_errors(inner.finish());
    classifier
}

fn routes(fields: &mut Fields<'_>) -> Vec<Route> {
    let items = fields.required_list("routes", limits::ROUTES);
    let mut routes = Vec::with_capacity(items.len());
    let defaults = Route::default();
    for (place, item) in (0_u64..).zip(items) {
        let mut inner = Fields::of(item, format!("routes[{place}]"));
        routes.push(Route {
            name: inner.required_text("name"),
            intent: inner.required_text("intent"),
            examples: inner.texts("examples", limits::EXAMPLES),
            destination: required_destination(&mut inner),
            priority: inner.number("priority", place + 1, range::PRIORITY),
            weight: inner.number("weight", defaults.weight, range::WEIGHT),
            enabled: inner.flag("enabled", defaults.enabled),
            is_default: inner.flag("is_default", defaults.is_default),
        });
        fields.extend_errors(inner.finish());
    }
    routes
}

fn required_destination(fields: &mut Fields<'_>) -> Destination {
    let Some(value) = fields.required("destination") else { return Destination::default() };
    let (destination, errors) = destination(value, fields.path_of("destination"));
    fields.extend_errors(errors);
    destination
}
