//! The draft of a balancer: the fields of the wizard's steps as they were entered, and the settings that no step
//! shows.
//!
//! Pure. Invalid numbers stay text, so validation can report them and the step can show them again.

pub mod destination_option;
pub mod step_fields;

pub mod merge;
mod number;
mod prefill;

use serde_json::{Map, Value, json};

pub use number::{TypedNumber, TypedShare};

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

/// The draft of a balancer.
#[derive(Clone, Debug, PartialEq)]
pub struct BalancerDraft {
    /// The internal name.
    pub name: String,
    /// The model id that clients send; `None` while it is derived from the name.
    pub serving_name: Option<String>,
    /// The kind of calls served.
    pub workload_kind: WorkloadKind,
    /// How the balancer picks a route.
    pub routing_mode: RoutingMode,
    /// How `ordered` uses its routes.
    pub ordered_strategy: OrderedStrategy,
    /// `None` until one is chosen.
    pub router_model: Option<Destination>,
    /// The confidence below which calls go to the default route.
    pub min_confidence: TypedShare,
    /// In display order.
    pub routes: Vec<RouteDraft>,
    /// Settings that no step shows. Its other fields are ignored.
    settings: Balancer,
}

/// The draft of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteDraft {
    /// Name of the object.
    pub name: String,
    /// One short declarative sentence.
    pub intent: String,
    /// Sample prompts.
    pub examples: Vec<String>,
    /// Target of the route's calls; empty until one is chosen.
    pub destination: Destination,
    /// Position in `ordered`.
    pub priority: TypedNumber,
    /// Share in weighted `ordered`.
    pub weight: TypedNumber,
    /// Whether the route may be chosen.
    pub enabled: bool,
    /// Whether this is the fallback.
    pub is_default: bool,
}

impl BalancerDraft {
    /// The prefilled draft of a new balancer.
    pub fn new() -> Self {
        Self { serving_name: None, ..Self::of_balancer(&prefilled()) }
    }

    /// The draft of an edit: the stored balancer with its routes in the order in which they are tried.
    pub fn of_saved(balancer: &Balancer) -> Self {
        let mut draft = Self::of_balancer(balancer);
        draft.sort_by_priority();
        draft
    }

    /// Converts a balancer. An empty serving name is derived from the name.
    pub fn of_balancer(balancer: &Balancer) -> Self {
        Self {
            name: balancer.name.clone(),
            serving_name: Some(balancer.serving_name.clone()).filter(|it| !it.is_empty()),
            workload_kind: balancer.workload_kind,
            routing_mode: balancer.routing_mode,
            ordered_strategy: balancer.ordered_strategy,
            router_model: balancer.router_model.clone(),
            min_confidence: TypedShare::Share(balancer.classifier.min_confidence),
            routes: balancer.routes.iter().map(RouteDraft::of_route).collect(),
            settings: balancer.clone(),
        }
    }

    /// Reads a stored draft. Missing and unreadable fields get defaults.
    pub fn from_body(body: &Value) -> Self {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let routes = body.get("routes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let draft = Self::of_balancer(&decode::balancer(body, Purpose::Create).value);
        let min_confidence = body.pointer("/classifier/min_confidence").map(TypedShare::from_value);
        Self {
            name: text("name"),
            serving_name: Some(text("serving_name")).filter(|it| !it.is_empty()),
            min_confidence: min_confidence.unwrap_or_default(),
            routes: routes.iter().map(RouteDraft::from_body).collect(),
            ..draft
        }
    }

    /// Converts to a REST body. A derived serving name is left out.
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
        if let Some(Value::Object(classifier)) = body.get_mut("classifier") {
            classifier.insert("min_confidence".to_owned(), self.min_confidence.to_value());
        }
        body.insert("routes".to_owned(), self.routes.iter().map(RouteDraft::to_body).collect());
        body
    }

    /// Converts to a balancer, with defaults for unreadable fields.
    pub fn to_balancer(&self, configuration: &Configuration) -> Balancer {
        let mut balancer = decode::balancer(&Value::Object(self.to_body()), Purpose::Create).value;
        validate::resolve_refs(&mut balancer, configuration);
        balancer
    }

    /// The current serving name, derived from the name if necessary.
    pub fn shown_serving_name(&self) -> String {
        self.serving_name.clone().unwrap_or_else(|| serving_name_from(&self.name))
    }

    /// Whether the mode is `ordered`, which needs no router model.
    pub fn is_ordered(&self) -> bool {
        self.routing_mode == RoutingMode::Ordered
    }

    /// A digest of the fields of one step. Two drafts with the same digest differ in no field that the step could
    /// overwrite.
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
    /// Converts a route.
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
