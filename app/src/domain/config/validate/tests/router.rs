//! Validation of router models.

use super::*;
use crate::domain::config::balancer::RoutingMode;

#[test]
fn an_intent_classifier_has_a_router_model() {
    assert_eq!(of_balancer(|it| it.router_model = None), one("router_model", "required"));
}

#[test]
fn ordered_needs_no_router_model() {
    let ordered = of_balancer(|it| {
        it.routing_mode = RoutingMode::Ordered;
        it.router_model = None;
    });
    assert_eq!(ordered, []);
}

#[test]
fn a_router_model_exists() {
    let gone = of_balancer(|it| it.router_model = Some(to_instance("inst_gone")));
    assert_eq!(gone, one("router_model.ref", "unknown_destination"));
}

#[test]
fn a_router_model_is_chat_even_for_embeddings() {
    let embedder = of_balancer(|it| it.router_model = Some(to_instance("inst_e")));
    assert_eq!(embedder, one("router_model.ref", "workload_mismatch"));
    let group = of_balancer(|it| it.router_model = Some(to_group("tg_embed")));
    assert_eq!(group, one("router_model.ref", "workload_mismatch"));
}

#[test]
fn a_router_model_says_which_model_it_is() {
    let mut configuration = sound();
    configuration.instances[4].spec.model = String::new();
    let it = balancer("New");
    let found = errors_in(&configuration, new(Object::Balancer(&it)));
    assert_eq!(found, one("router_model.ref", "model_required"));
}

#[test]
fn a_router_model_may_be_a_group() {
    assert_eq!(of_balancer(|it| it.router_model = Some(to_group("chat"))), []);
}
