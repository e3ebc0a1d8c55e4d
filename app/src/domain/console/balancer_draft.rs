//! A balancer that is being typed: the fields of the wizard's steps as they were typed, and the settings that no step shows.
//!
//! Pure. Numbers that are none stay text, so that validation names them and the step shows them again.

pub mod destination_option;
pub mod step_fields;

pub mod merge;
mod number;
mod prefill;

use serde_json::{Map, Value, json};

pub use number::TypedNumber;

use crate::domain::{
    config::{
        balancer::{Balancer, Destination, OrderedStrategy, Route, RoutingMode, serving_name_from},
        configuration::Configuration,
        decode::{self, Purpose},
        instance::WorkloadKind,
        validate,
    },
    console::draft::{Step, prefilled},
    stable_hash::stable_hash,
};

/// A balancer that is being typed.
#[derive(Clone, Debug, PartialEq)]
pub struct BalancerDraft {
    /// The internal name.
    pub name: String,
    /// The model id that clients send; `None` while it follows the name.
    pub serving_name: Option<String>,
    /// The calls that it serves.
    pub workload_kind: WorkloadKind,
    /// How it chooses.
    pub routing_mode: RoutingMode,
    /// What `ordered` does.
    pub ordered_strategy: OrderedStrategy,
    /// The router model; `None` if none is chosen.
    pub router_model: Option<Destination>,
    /// The routes, in the order of the page.
    pub routes: Vec<RouteDraft>,
    /// The settings that no step shows; its other fields mean nothing.
    settings: Balancer,
}

/// A route that is being typed.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteDraft {
    /// Its name.
    pub name: String,
    /// Its intent.
    pub intent: String,
    /// Sample prompts.
    pub examples: Vec<String>,
    /// Where its calls go; its target is empty while none is chosen.
    pub destination: Destination,
    /// Its place in `ordered`.
    pub priority: TypedNumber,
    /// Its part in `ordered` by weight.
    pub weight: TypedNumber,
    /// Whether it may be chosen.
    pub enabled: bool,
    /// Whether it answers when nothing else does.
    pub is_default: bool,
}

impl BalancerDraft {
    /// The draft of a new balancer: the common case.
    pub fn new() -> Self {
        Self { serving_name: None, ..Self::of_balancer(&prefilled()) }
    }

    /// The draft of an edit: the balancer as it is saved, its routes in the order in which they are tried.
    pub fn of_saved(balancer: &Balancer) -> Self {
        let mut draft = Self::of_balancer(balancer);
        draft.sort_by_priority();
        draft
    }

    /// The same content as a balancer; an empty serving name follows the name.
    pub fn of_balancer(balancer: &Balancer) -> Self {
        Self {
            name: balancer.name.clone(),
            serving_name: Some(balancer.serving_name.clone()).filter(|it| !it.is_empty()),
            workload_kind: balancer.workload_kind,
            routing_mode: balancer.routing_mode,
            ordered_strategy: balancer.ordered_strategy,
            router_model: balancer.router_model.clone(),
            routes: balancer.routes.iter().map(RouteDraft::of_route).collect(),
            settings: balancer.clone(),
        }
    }

    /// Reads a draft that was kept. What is missing or cannot be read has its default.
    pub fn from_body(body: &Value) -> Self {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let routes = body.get("routes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let draft = Self::of_balancer(&decode::balancer(body, Purpose::Create).value);
        Self {
            name: text("name"),
            serving_name: Some(text("serving_name")).filter(|it| !it.is_empty()),
            routes: routes.iter().map(RouteDraft::from_body).collect(),
            ..draft
        }
    }

    /// The body of a balancer as REST takes it. A serving name that follows the name is left out.
    pub fn to_body(&self) -> Map<String, Value> {
        let mut body = match json!(self.settings) {
            Value::Object(body) => body,
            _ => Map::new(),
        };
        body.insert("name".to_owned(), json!(self.name));
        body.remove("serving_name");
        if let Some(serving_name) = &self.serving_name {
            body.insert("serving_name".to_owned(), json!(serving_name));
        }
        body.insert("workload_kind".to_owned(), json!(self.workload_kind));
        body.insert("routing_mode".to_owned(), json!(self.routing_mode));
        body.insert("ordered_strategy".to_owned(), json!(self.ordered_strategy));
        body.insert("router_model".to_owned(), json!(self.router_model));
        body.insert("routes".to_owned(), self.routes.iter().map(RouteDraft::to_body).collect());
        body
    }

    /// The balancer that it would become; what cannot be read has its default.
    pub fn to_balancer(&self, configuration: &Configuration) -> Balancer {
        let mut balancer = decode::balancer(&Value::Object(self.to_body()), Purpose::Create).value;
        validate::resolve_refs(&mut balancer, configuration);
        balancer
    }

    /// The serving name that it has now.
    pub fn shown_serving_name(&self) -> String {
        self.serving_name.clone().unwrap_or_else(|| serving_name_from(&self.name))
    }

    /// Whether it is an `ordered` one, which needs no router model.
    pub fn is_ordered(&self) -> bool {
        self.routing_mode == RoutingMode::Ordered
    }

    /// A digest of what one step shows: two drafts with the same digest differ in nothing that the step could overwrite.
    pub fn digest(&self, step: Step) -> String {
        let shown = self.fields_of(step);
        format!("{:016x}", stable_hash(&json!(shown).to_string()))
    }
}

impl Default for BalancerDraft {
    fn default() -> Self {
        Self::new()
    }
}

impl RouteDraft {
    /// The same content as a route.
    pub fn of_route(route: &Route) -> Self {
        Self {
            name: route.name.clone(),
            intent: route.intent.clone(),
            examples: route.examples.clone(),
            destination: route.destination.clone(),
            priority: TypedNumber::Number(route.priority),
            weight: TypedNumber::Number(route.weight),
            enabled: route.enabled,
            is_default: route.is_default,
        }
    }

    fn from_body(body: &Value) -> Self {
        let usual = Route::default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number =
            |name: &str, usual| body.get(name).map_or(TypedNumber::Number(usual), TypedNumber::from_value);
        let examples = body.get("examples").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let destination = body.get("destination").cloned().unwrap_or_default();
        Self {
            name: text("name"),
            intent: text("intent"),
            examples: examples.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            destination: serde_json::from_value(destination).unwrap_or_default(),
            priority: number("priority", usual.priority),
            weight: number("weight", usual.weight),
            enabled: body.get("enabled").and_then(Value::as_bool).unwrap_or(usual.enabled),
            is_default: body.get("is_default").and_then(Value::as_bool).unwrap_or(usual.is_default),
        }
    }

    fn to_body(&self) -> Value {
        json!({
            "name": self.name,
            "intent": self.intent,
            "examples": self.examples,
            "destination": self.destination,
            "priority": self.priority.to_value(),
            "weight": self.weight.to_value(),
            "enabled": self.enabled,
            "is_default": self.is_default,
        })
    }
}

#[cfg(test)]
mod tests;
