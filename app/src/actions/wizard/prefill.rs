//! The one sensible choice where there is one, so that the common case needs only a name.

use serde_json::{Map, Value, json};

use super::merge::{destination, destination_value};
use crate::{actions::offers::Offer, domain::config::instance::WorkloadKind};

/// Fills what is still open where one choice is the sensible one: there is only one thing to choose, or all instances
/// are demo ones (then their router routes and the others answer in turn). Says whether it filled anything.
pub(crate) fn fill(body: &mut Map<String, Value>, offers: &[Offer]) -> bool {
    let mut filled = false;
    if body.get("router_model").is_none_or(|it| destination_value(it).is_empty())
        && let Some(router) = sensible_router(offers)
    {
        body.insert("router_model".to_owned(), destination(&router.value));
        filled = true;
    }
    let answering = sensible_destinations(offers, workload_kind(body));
    let Some(Value::Array(routes)) = body.get_mut("routes") else { return filled };
    for (route, offer) in routes.iter_mut().zip(answering.iter().cycle()) {
        // The default takes the last one, which no specialised route has as long as there are enough.
        let offer =
            if route.get("is_default") == Some(&Value::Bool(true)) { answering.last() } else { Some(offer) };
        if let Some(offer) = offer
            && route.get("destination").is_none_or(|it| destination_value(it).is_empty())
        {
            route["destination"] = destination(&offer.value);
            filled = true;
        }
    }
    filled
}

/// Takes out the destinations that do not serve the draft's workload kind; they would only be errors.
pub(crate) fn clear_mismatched(body: &mut Map<String, Value>, offers: &[Offer]) {
    let kind = workload_kind(body);
    let Some(Value::Array(routes)) = body.get_mut("routes") else { return };
    for route in routes {
        let value = route.get("destination").map(destination_value).unwrap_or_default();
        if offers.iter().any(|it| it.value == value && !it.serves(kind)) {
            route["destination"] = json!({ "type": "instance", "ref": "" });
        }
    }
}

/// Gives every route that has no destination yet this one.
pub(crate) fn fill_with(body: &mut Map<String, Value>, value: &str) {
    let Some(Value::Array(routes)) = body.get_mut("routes") else { return };
    for route in routes {
        if route.get("destination").is_none_or(|it| destination_value(it).is_empty()) {
            route["destination"] = destination(value);
        }
    }
}

/// The workload kind of a draft; chat where it says nothing that is one.
pub(crate) fn workload_kind(body: &Map<String, Value>) -> WorkloadKind {
    match body.get("workload_kind").and_then(Value::as_str) {
        Some("embeddings") => WorkloadKind::Embeddings,
        _ => WorkloadKind::Chat,
    }
}

fn sensible_router(offers: &[Offer]) -> Option<&Offer> {
    let usable: Vec<_> = offers.iter().filter(|it| it.enabled && it.serves(WorkloadKind::Chat)).collect();
    match usable.as_slice() {
        [only] => Some(only),
        _ if all_demo(&usable) => usable.into_iter().find(|it| is_router(it)),
        _ => None,
    }
}

fn sensible_destinations(offers: &[Offer], kind: WorkloadKind) -> Vec<&Offer> {
    let usable: Vec<_> = offers.iter().filter(|it| it.enabled && it.serves(kind)).collect();
    match usable.as_slice() {
        [only] => vec![*only],
        _ if all_demo(&usable) => usable.into_iter().filter(|it| !it.group && !is_router(it)).collect(),
        _ => Vec::new(),
    }
}

fn all_demo(usable: &[&Offer]) -> bool {
    usable.iter().filter(|it| !it.group).all(|it| it.demo)
}

fn is_router(offer: &Offer) -> bool {
    offer.value.contains("router")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{
        actions::wizard::merge::show,
        domain::{console::draft::prefilled, routing::health::HealthState},
    };

    fn offer(id: &str, kind: WorkloadKind, demo: bool) -> Offer {
        Offer {
            value: format!("instance:{id}"),
            name: id.to_owned(),
            workload_kind: kind,
            group: false,
            enabled: true,
            demo,
            state: HealthState::Unknown,
            health: String::new(),
            classified_ms: None,
        }
    }

    fn draft() -> Map<String, Value> {
        serde_json::to_value(prefilled()).unwrap().as_object().unwrap().clone()
    }

    fn chosen(body: &Map<String, Value>) -> Vec<String> {
        let fields = show(body);
        let routes = fields.routes.into_iter().map(|it| it.destination.value);
        fields.router_model.into_iter().map(|it| it.value).chain(routes).collect()
    }

    #[test]
    fn demo_instances_fill_the_whole_draft() {
        let mut body = draft();
        let chat = ["a", "b", "demo-router"].map(|id| offer(id, WorkloadKind::Chat, true));
        assert!(fill(&mut body, &chat));
        assert_eq!(
            chosen(&body),
            ["instance:demo-router", "instance:a", "instance:b", "instance:a", "instance:b"]
        );
        assert!(!fill(&mut body, &chat));
    }

    #[test]
    fn with_several_real_instances_nothing_is_guessed() {
        let mut body = draft();
        let some = [offer("a", WorkloadKind::Chat, false), offer("b", WorkloadKind::Chat, true)];
        assert!(!fill(&mut body, &some));
        assert!(fill(&mut body, &some[..1]));
    }

    #[test]
    fn changing_the_workload_kind_takes_out_what_no_longer_fits() {
        let mut body = draft();
        let mixed = [offer("a", WorkloadKind::Chat, true), offer("e", WorkloadKind::Embeddings, true)];
        fill(&mut body, &mixed);
        body.insert("workload_kind".into(), json!("embeddings"));
        clear_mismatched(&mut body, &mixed);
        fill(&mut body, &mixed);
        assert!(chosen(&body)[1..].iter().all(|it| it == "instance:e"));
        assert_eq!(chosen(&body)[0], "instance:a");
    }
}
