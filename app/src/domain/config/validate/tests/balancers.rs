//! Validation of balancers and their routes.

use super::*;
use crate::domain::{
    config::balancer::{Route, RoutingMode, serving_name_from},
    limits,
};

#[test]
fn the_wizards_common_case_has_no_errors_and_no_warnings() {
    let it = balancer("New");
    assert_eq!(check(&sound(), new(Object::Balancer(&it)), &[]), ValidationReport::new(vec![], vec![]));
}

#[test]
fn balancer_names_are_unique_without_regard_to_case() {
    assert_eq!(of_balancer(|it| it.name = "OLD".to_owned()), one("name", "name_taken"));
    assert_eq!(of_balancer(|it| it.name = "a".repeat(81)), one("name", "too_long"));
    assert_eq!(errors(edit("sb_old", Object::Balancer(&balancer("old")))), []);
}

#[test]
fn serving_names_are_unique_without_regard_to_case() {
    assert_eq!(
        of_balancer(|it| it.serving_name = "OLD".to_owned()),
        one("serving_name", "serving_name_taken")
    );
    assert_eq!(of_balancer(|it| it.serving_name = "acme/Gpt-4o:v2_x.1".to_owned()), []);
}

#[test]
fn a_serving_name_has_its_alphabet_and_length() {
    assert_eq!(of_balancer(|it| it.serving_name = String::new()), one("serving_name", "required"));
    for name in ["-a", "a b", "ü", "/a", "a\n"] {
        assert_eq!(
            of_balancer(|it| it.serving_name = name.to_owned()),
            one("serving_name", "invalid_serving_name"),
            "{name}"
        );
    }
    assert_eq!(of_balancer(|it| it.serving_name = "a".repeat(128)), []);
    assert_eq!(of_balancer(|it| it.serving_name = "a".repeat(129)), one("serving_name", "too_long"));
}

#[test]
fn a_missing_name_is_told_once_and_a_name_of_any_alphabet_has_a_serving_name() {
    let nameless = of_balancer(|it| {
        it.name = String::new();
        it.serving_name = String::new();
    });
    assert_eq!(nameless, one("name", "required"));
    assert_eq!(of_balancer(|it| it.name = "\u{200b} \u{2060}".to_owned()), one("name", "required"));
    for name in ["日本", "Поддержка", "!"] {
        let made = serving_name_from(name);
        assert_eq!(of_balancer(|it| it.serving_name = made.clone()), [], "{made}");
    }
    assert_ne!(serving_name_from("日本"), serving_name_from("中国"));
    assert_eq!(serving_name_from(" Help Desk "), "help-desk");
    assert_eq!(serving_name_from("  "), "");
}

#[test]
fn a_default_route_is_required() {
    assert_eq!(of_balancer(|it| it.routes[3].is_default = false), one("routes", "default_route_required"));
    let none = of_balancer(|it| it.routes.clear());
    assert!(none.contains(&("routes".to_owned(), "default_route_required".to_owned())));
    assert!(none.contains(&("routes".to_owned(), "too_short".to_owned())));
}

#[test]
fn only_one_route_is_the_default() {
    assert_eq!(of_balancer(|it| it.routes[0].is_default = true), one("routes", "multiple_defaults"));
}

#[test]
fn the_default_route_is_enabled() {
    assert_eq!(
        of_balancer(|it| it.routes[3].enabled = false),
        one("routes[3].enabled", "default_route_disabled")
    );
    assert_eq!(of_balancer(|it| it.routes[0].enabled = false), []);
}

#[test]
fn route_names_are_slugs_and_unique_in_the_balancer() {
    assert_eq!(of_balancer(|it| it.routes[1].name = String::new()), one("routes[1].name", "required"));
    assert_eq!(of_balancer(|it| it.routes[1].name = "Big".to_owned()), one("routes[1].name", "invalid_slug"));
    assert_eq!(
        of_balancer(|it| it.routes[1].name = "code".to_owned()),
        one("routes[1].name", "duplicate_name")
    );
    assert_eq!(
        of_balancer(|it| it.routes[1].name = "auto".to_owned()),
        one("routes[1].name", "reserved_name")
    );
}

#[test]
fn no_new_route_has_a_name_that_a_router_model_cannot_tell_from_another() {
    let named = |name: &str| of_balancer(|it| it.routes[1].name = name.to_owned());
    for name in ["none", "none-", "auto", "auto_"] {
        assert_eq!(named(name), one("routes[1].name", "reserved_name"), "{name}");
    }
    for name in ["none_of_these", "nonetheless", "automatic", "no-ne"] {
        assert_eq!(named(name), [], "{name}");
    }
    let alike = |one: &str, other: &str| {
        of_balancer(|it| {
            it.routes[0].name = one.to_owned();
            it.routes[2].name = other.to_owned();
        })
    };
    for (first, second) in
        [("a-b", "a_b"), ("a_b", "a-b"), ("a", "a-"), ("kitchen_and_dining", "kitchen-and_dining")]
    {
        assert_eq!(alike(first, second), one("routes[2].name", "duplicate_name"), "{first} {second}");
    }
    assert_eq!(alike("ab", "a-b"), []);
}

#[test]
fn names_stored_before_they_were_refused_are_kept_until_they_are_edited() {
    let mut configuration = sound();
    let mut old = balancer("Old");
    for (route, name) in old.routes.iter_mut().zip(["none", "a-b", "a_b", "auto"]) {
        route.name = name.to_owned();
    }
    configuration.balancers = vec![stored(BalancerId::from("sb_old"), old.clone())].into();
    let edited = |bend: &dyn Fn(&mut Balancer)| {
        let mut it = old.clone();
        bend(&mut it);
        errors_in(&configuration, edit("sb_old", Object::Balancer(&it)))
    };
    assert_eq!(edited(&|it| it.description = "Edited.".to_owned()), []);
    assert_eq!(edited(&|it| it.routes.swap(1, 2)), []);
    assert_eq!(edited(&|it| it.routes[0].name = "none-".to_owned()), one("routes[0].name", "reserved_name"));
    assert_eq!(edited(&|it| it.routes[1].name = "a_b_".to_owned()), one("routes[2].name", "duplicate_name"));
    let mut copy = old.clone();
    (copy.name, copy.serving_name) = ("Copy".to_owned(), "copy".to_owned());
    let codes: Vec<String> =
        errors_in(&configuration, new(Object::Balancer(&copy))).into_iter().map(|it| it.1).collect();
    assert_eq!(codes, ["reserved_name", "duplicate_name", "reserved_name"], "a new balancer has new names");
    let whole = check_stored(&configuration, &configuration, ObjectKind::SmartBalancer, "sb_old", &[]);
    assert_eq!(whole.errors, [], "a stored configuration is checked as it is");
}

#[test]
fn an_intent_has_3_to_300_characters_in_both_modes() {
    for mode in RoutingMode::ALL {
        let with = |intent: String| {
            of_balancer(|it| {
                it.routing_mode = mode;
                it.routes[0].intent = intent;
            })
        };
        assert_eq!(with(String::new()), one("routes[0].intent", "required"));
        assert_eq!(with("ab".to_owned()), one("routes[0].intent", "too_short"));
        assert_eq!(with("é".repeat(300)), []);
        assert_eq!(with("é".repeat(301)), one("routes[0].intent", "too_long"));
    }
}

#[test]
fn sample_prompts_are_few_and_short() {
    let with = |examples: Vec<String>| of_balancer(|it| it.routes[0].examples = examples);
    assert_eq!(with(vec!["x".to_owned(); 20]), []);
    assert_eq!(with(vec!["x".to_owned(); 21]), one("routes[0].examples", "too_long"));
    assert_eq!(with(vec![" ".to_owned()]), one("routes[0].examples[0]", "required"));
    assert_eq!(with(vec!["x".repeat(2_001)]), one("routes[0].examples[0]", "too_long"));
}

#[test]
fn a_balancer_has_at_most_64_routes() {
    let fill = |count: usize| {
        move |it: &mut Balancer| {
            let extra = (it.routes.len()..count)
                .map(|place| Route { name: format!("r{place}"), ..it.routes[0].clone() });
            let extra: Vec<_> = extra.collect();
            it.routes.extend(extra);
        }
    };
    assert_eq!(of_balancer(fill(limits::ROUTES)), []);
    assert_eq!(of_balancer(fill(limits::ROUTES + 1)), one("routes", "too_long"));
}

#[test]
fn a_balancers_numbers_stay_in_their_ranges() {
    assert_eq!(of_balancer(|it| it.max_attempts = 0), one("max_attempts", "out_of_range"));
    assert_eq!(of_balancer(|it| it.max_attempts = 11), one("max_attempts", "out_of_range"));
    assert_eq!(of_balancer(|it| it.deadline_ms = 3_600_001), one("deadline_ms", "out_of_range"));
    assert_eq!(of_balancer(|it| it.stream_keepalive_s = 301), one("stream_keepalive_s", "out_of_range"));
    assert_eq!(of_balancer(|it| it.classifier.budget_ms = 99), one("classifier.budget_ms", "out_of_range"));
    assert_eq!(
        of_balancer(|it| it.classifier.cache_ttl_s = 86_401),
        one("classifier.cache_ttl_s", "out_of_range")
    );
    assert_eq!(
        of_balancer(|it| it.classifier.context_turns = 11),
        one("classifier.context_turns", "out_of_range")
    );
    assert_eq!(of_balancer(|it| it.classifier.max_chars = 499), one("classifier.max_chars", "out_of_range"));
    assert_eq!(of_balancer(|it| it.routes[0].weight = 1_000_001), one("routes[0].weight", "out_of_range"));
    assert_eq!(of_balancer(|it| it.routes[0].priority = 0), one("routes[0].priority", "out_of_range"));
}

#[test]
fn a_destination_exists() {
    let to = |destination: Destination| of_balancer(|it| it.routes[2].destination = destination);
    assert_eq!(to(to_instance("inst_gone")), one("routes[2].destination.ref", "unknown_destination"));
    assert_eq!(to(to_group("inst_a")), one("routes[2].destination.ref", "unknown_destination"));
    assert_eq!(to(to_instance("")), one("routes[2].destination.ref", "required"));
}

#[test]
fn a_destination_may_be_named_and_is_stored_as_its_id() {
    let configuration = sound();
    let mut it = balancer("New");
    it.router_model = Some(to_instance("router"));
    it.routes[0].destination = to_group("chat");
    it.routes[1].destination = to_instance("b");
    it.routes[2].destination = to_instance("inst_gone");
    resolve_refs(&mut it, &configuration);
    assert_eq!(it.router_model, Some(to_instance("inst_r")));
    let refs: Vec<_> = it.routes.iter().map(|route| route.destination.target.as_str()).collect();
    assert_eq!(refs, ["tg_chat", "inst_b", "inst_gone", "inst_a"]);
    assert_eq!(of_balancer(|it| it.routes[0].destination = to_group("chat")), []);
}

#[test]
fn a_chat_balancer_has_no_embeddings_destination() {
    let to = |destination: Destination| of_balancer(|it| it.routes[1].destination = destination);
    assert_eq!(to(to_instance("inst_e")), one("routes[1].destination.ref", "workload_mismatch"));
    assert_eq!(to(to_group("tg_embed")), one("routes[1].destination.ref", "workload_mismatch"));
}

/// An embeddings balancer over the group and one instance.
fn embeddings() -> Balancer {
    let mut it = balancer("New");
    it.workload_kind = WorkloadKind::Embeddings;
    it.routing_mode = RoutingMode::Ordered;
    it.router_model = None;
    it.routes.drain(..2);
    it.routes[0].destination = to_group("tg_embed");
    it.routes[1].destination = to_instance("inst_e");
    it
}

#[test]
fn an_embeddings_balancer_has_no_chat_destination() {
    let mut it = embeddings();
    assert_eq!(errors(new(Object::Balancer(&it))), []);
    it.routes[1].destination = to_instance("inst_a");
    assert_eq!(errors(new(Object::Balancer(&it))), one("routes[1].destination.ref", "workload_mismatch"));
}

#[test]
fn an_embeddings_balancer_mixes_neither_models_nor_known_dimensions() {
    let it = embeddings();
    let with = |bend: fn(&mut Instance)| {
        let mut configuration = sound();
        let mut other = embedder("G");
        bend(&mut other);
        configuration.instances.push(stored(InstanceId::from("inst_g"), other));
        let mut it = it.clone();
        it.routes[1].destination = to_instance("inst_g");
        errors_in(&configuration, new(Object::Balancer(&it)))
    };
    assert_eq!(with(|_| {}), []);
    assert_eq!(with(|it| it.model = "embedder-2".to_owned()), one("routes", "mixed_models"));
    assert_eq!(with(|it| it.dimensions = Some(512)), one("routes", "mixed_dimensions"));
    assert_eq!(with(|it| it.model = String::new()), one("routes[1].destination.ref", "model_required"));
}
