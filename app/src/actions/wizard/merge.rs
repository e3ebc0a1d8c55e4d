//! How what was typed is put into a draft's balancer and read out of it again. Pure; whatever was typed stays as it was
//! typed, so that its errors can be shown beside it.

use serde_json::{Map, Value, json};

use super::fields::{DestinationField, RouteFields, StepFields};
use crate::domain::{
    config::balancer::{Route, serving_name_from},
    console::draft::Step,
    limits,
};

/// A destination as the value of an option: `instance:inst_a`, or empty.
pub(crate) fn destination_value(destination: &Value) -> String {
    let part = |name: &str| destination.get(name).and_then(Value::as_str).unwrap_or_default();
    match part("ref") {
        "" => String::new(),
        target => format!("{}:{target}", part("type")),
    }
}

/// The destination that an option's value means.
pub(crate) fn destination(value: &str) -> Value {
    let (kind, target) = value.split_once(':').unwrap_or(("instance", ""));
    json!({ "type": kind, "ref": target })
}

/// Reads the fields of all steps out of a draft's balancer.
pub(crate) fn show(body: &Map<String, Value>) -> StepFields {
    let field = |name: &str| Some(text(body.get(name)));
    let routes: &[Value] = body.get("routes").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let serving = text(body.get("serving_name"));
    let follows = || serving_name_from(&text(body.get("name")));
    StepFields {
        name: field("name"),
        serving_name: Some(if serving.is_empty() { follows() } else { serving }),
        workload_kind: field("workload_kind"),
        routing_mode: field("routing_mode"),
        ordered_strategy: field("ordered_strategy"),
        router_model: Some(shown_destination(body.get("router_model"))),
        routes: routes.iter().map(show_route).collect(),
        default_route: routes.iter().position(is_default).map(|place| place.to_string()),
        prompt: None,
        new_instance: None,
        paste: None,
    }
}

fn shown_destination(value: Option<&Value>) -> DestinationField {
    DestinationField { value: value.map(destination_value).unwrap_or_default() }
}

fn show_route(route: &Value) -> RouteFields {
    let examples = route.get("examples").and_then(Value::as_array);
    RouteFields {
        name: text(route.get("name")),
        intent: text(route.get("intent")),
        examples: examples
            .map(|list| list.iter().map(|it| text(Some(it))).collect::<Vec<_>>().join("\n"))
            .unwrap_or_default(),
        destination: shown_destination(route.get("destination")),
        priority: text(route.get("priority")),
        weight: text(route.get("weight")),
        enabled: (route.get("enabled") != Some(&Value::Bool(false))).then(|| "true".to_owned()),
    }
}

/// Puts what `step` posted into the draft's balancer. `editing` keeps the serving name from following the name: a
/// saved one is what clients already send.
pub(crate) fn merge(body: &mut Map<String, Value>, step: Step, fields: &StepFields, editing: bool) {
    let mut set = |name: &str, value: &Option<String>| {
        // Where nothing was chosen, what the draft has stays.
        if let Some(value) = value.as_deref().map(str::trim).filter(|it| !it.is_empty()) {
            body.insert(name.to_owned(), json!(value));
        }
    };
    match step {
        Step::Name => merge_name(body, fields, editing),
        Step::Workload => set("workload_kind", &fields.workload_kind),
        Step::Mode => {
            set("routing_mode", &fields.routing_mode);
            set("ordered_strategy", &fields.ordered_strategy);
        }
        Step::Router => {
            if let Some(DestinationField { value }) = &fields.router_model {
                let chosen = if value.is_empty() { Value::Null } else { destination(value) };
                body.insert("router_model".to_owned(), chosen);
            }
        }
        Step::Routes => {
            let chosen = fields.default_route.as_deref();
            let rows = fields.routes.iter().take(limits::ROUTES + 1).enumerate();
            let routes =
                rows.map(|(place, row)| route(row, place, chosen == Some(place.to_string().as_str())));
            body.insert("routes".to_owned(), routes.collect());
        }
        Step::Review => {}
    }
}

fn merge_name(body: &mut Map<String, Value>, fields: &StepFields, editing: bool) {
    let before = text(body.get("name"));
    let name = fields.name.as_deref().map_or_else(|| before.clone(), |it| it.trim().to_owned());
    if let Some(serving) = fields.serving_name.as_deref().map(str::trim) {
        let follows = !editing && [&before, &name].iter().any(|it| serving_name_from(it) == serving);
        body.insert("serving_name".to_owned(), json!(if follows { "" } else { serving }));
    }
    body.insert("name".to_owned(), json!(name));
}

/// A row as a route; a number that was not typed is the one that a route without it gets.
fn route(row: &RouteFields, place: usize, is_default: bool) -> Value {
    let usual = Route::default();
    let or = |typed: &str, usual: Value| if typed.trim().is_empty() { usual } else { number(typed) };
    let examples: Vec<&str> = row.examples.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    json!({
        "name": row.name.trim(),
        "intent": row.intent.trim(),
        "examples": examples,
        "destination": destination(&row.destination.value),
        "priority": or(&row.priority, json!(place + 1)),
        "weight": or(&row.weight, json!(usual.weight)),
        "enabled": row.enabled.is_some(),
        "is_default": is_default,
    })
}

/// In failover the list shows the order in which routes are tried, also after somebody typed other priorities. Answers
/// with the former place of each route, in the new order.
pub(crate) fn sort_by_priority(body: &mut Map<String, Value>) -> Vec<usize> {
    let is = |name: &str, value: &str| body.get(name).and_then(Value::as_str) == Some(value);
    let failover = is("routing_mode", "ordered") && is("ordered_strategy", "failover");
    let Some(routes) = routes_mut(body) else { return Vec::new() };
    let mut placed: Vec<_> = std::mem::take(routes).into_iter().enumerate().collect();
    if failover {
        placed.sort_by_key(|(_, it)| it.get("priority").and_then(Value::as_u64).unwrap_or(u64::MAX));
    }
    let (places, sorted) = placed.into_iter().unzip();
    *routes = sorted;
    places
}

/// Adds an empty route at the end, unless the list is full.
pub(crate) fn add_route(body: &mut Map<String, Value>) {
    if let Some(routes) = routes_mut(body).filter(|routes| routes.len() < limits::ROUTES) {
        let last = routes.iter().filter_map(|it| it.get("priority").and_then(Value::as_u64)).max();
        let row = RouteFields {
            priority: last.unwrap_or(0).saturating_add(1).to_string(),
            enabled: Some("true".to_owned()),
            ..RouteFields::default()
        };
        routes.push(route(&row, routes.len(), false));
    }
}

/// Takes the route at `place` out.
pub(crate) fn remove_route(body: &mut Map<String, Value>, place: usize) {
    if let Some(routes) = routes_mut(body).filter(|routes| place < routes.len()) {
        routes.remove(place);
    }
}

/// Moves a route to another place; those between make room, and each place keeps its priority.
pub(crate) fn move_route(body: &mut Map<String, Value>, from: usize, to: usize) {
    let Some(routes) = routes_mut(body).filter(|routes| from < routes.len() && to < routes.len()) else {
        return;
    };
    let priorities: Vec<_> =
        routes.iter().map(|it| it.get("priority").cloned().unwrap_or(Value::Null)).collect();
    let route = routes.remove(from);
    routes.insert(to, route);
    for (route, priority) in routes.iter_mut().zip(priorities) {
        route["priority"] = priority;
    }
}

fn routes_mut(body: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
    body.entry("routes").or_insert_with(|| json!([])).as_array_mut()
}

fn is_default(route: &Value) -> bool {
    route.get("is_default") == Some(&Value::Bool(true))
}

/// A value as a field shows it.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A number where the text is one; else the text itself, so that the error can be shown beside what was typed.
fn number(text: &str) -> Value {
    let text = text.trim();
    text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number))
}

#[cfg(test)]
mod tests;
