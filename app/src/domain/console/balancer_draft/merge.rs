//! Merging the posted fields of a step into a draft, reading them out again, and reordering routes.

use super::{
    BalancerDraft, RouteDraft, TypedNumber, TypedShare,
    step_fields::{ClassifierFields, DestinationField, RouteFields, StepFields},
};
use crate::domain::{
    config::balancer::{
        Destination, DestinationKind, OrderedStrategy, Route, RoutingMode, serving_name_from,
    },
    config::instance::WorkloadKind,
    console::draft::Step,
    limits,
};

/// Parses an option value such as `instance:inst_a`; an empty value has an empty target.
pub fn destination_of(value: &str) -> Destination {
    let (kind, target) = value.split_once(':').unwrap_or(("instance", ""));
    let kind = DestinationKind::ALL.into_iter().find(|it| it.as_str() == kind).unwrap_or_default();
    Destination { kind, target: target.to_owned() }
}

/// The option value of a destination; empty if none is chosen.
pub fn value_of(destination: &Destination) -> String {
    match destination.target.as_str() {
        "" => String::new(),
        target => format!("{}:{target}", destination.kind.as_str()),
    }
}

impl BalancerDraft {
    /// The fields of all steps.
    pub fn fields(&self) -> StepFields {
        StepFields {
            name: Some(self.name.clone()),
            serving_name: Some(self.shown_serving_name()),
            workload_kind: Some(self.workload_kind.as_str().to_owned()),
            routing_mode: Some(self.routing_mode.as_str().to_owned()),
            ordered_strategy: Some(self.ordered_strategy.as_str().to_owned()),
            router_model: Some(DestinationField {
                value: self.router_model.as_ref().map(value_of).unwrap_or_default(),
            }),
            classifier: Some(ClassifierFields { min_confidence: self.min_confidence.to_string() }),
            routes: self.routes.iter().map(RouteDraft::fields).collect(),
            default_route: self.routes.iter().position(|it| it.is_default).map(|place| place.to_string()),
            prompt: None,
            new_instance: None,
            paste: None,
        }
    }

    /// The fields of one step; all others are absent.
    pub(super) fn fields_of(&self, step: Step) -> StepFields {
        let all = self.fields();
        let none = StepFields::default();
        match step {
            Step::Name => StepFields { name: all.name, serving_name: all.serving_name, ..none },
            Step::Workload => StepFields { workload_kind: all.workload_kind, ..none },
            Step::Mode => {
                StepFields { routing_mode: all.routing_mode, ordered_strategy: all.ordered_strategy, ..none }
            }
            Step::Router => StepFields { router_model: all.router_model, classifier: all.classifier, ..none },
            Step::Routes => StepFields { routes: all.routes, default_route: all.default_route, ..none },
            Step::Review => none,
        }
    }

    /// Merges the posted fields of `step`. `editing` keeps a stored serving name from following the name, because
    /// clients already use it.
    pub fn merge(&mut self, step: Step, fields: &StepFields, editing: bool) {
        match step {
            Step::Name => self.merge_name(fields, editing),
            Step::Workload => {
                choose(
                    &mut self.workload_kind,
                    &WorkloadKind::SERVED,
                    WorkloadKind::as_str,
                    &fields.workload_kind,
                );
            }
            Step::Mode => {
                choose(&mut self.routing_mode, &RoutingMode::ALL, RoutingMode::as_str, &fields.routing_mode);
                let strategy = &fields.ordered_strategy;
                choose(&mut self.ordered_strategy, &OrderedStrategy::ALL, OrderedStrategy::as_str, strategy);
            }
            Step::Router => {
                if let Some(DestinationField { value }) = &fields.router_model {
                    self.router_model = (!value.is_empty()).then(|| destination_of(value));
                }
                if let Some(ClassifierFields { min_confidence }) = &fields.classifier {
                    self.min_confidence = TypedShare::parse(min_confidence);
                }
            }
            Step::Routes => {
                let chosen = fields.default_route.as_deref();
                let rows = fields.routes.iter().take(limits::ROUTES + 1).enumerate();
                let is_default = |place: usize| chosen == Some(place.to_string().as_str());
                self.routes =
                    rows.map(|(place, row)| RouteDraft::of_fields(row, place, is_default(place))).collect();
            }
            Step::Review => {}
        }
    }

    fn merge_name(&mut self, fields: &StepFields, editing: bool) {
        let name = fields.name.as_deref().map_or_else(|| self.name.clone(), |it| it.trim().to_owned());
        if let Some(serving) = fields.serving_name.as_deref().map(str::trim) {
            let made = [&self.name, &name].iter().any(|it| serving_name_from(it) == serving);
            let follows = serving.is_empty() || (!editing && made);
            self.serving_name = (!follows).then(|| serving.to_owned());
        }
        self.name = name;
    }

    /// In failover, sorts the routes by priority after priorities were edited. Returns the previous index of each
    /// route in the new order.
    pub fn sort_by_priority(&mut self) -> Vec<usize> {
        let mut placed: Vec<_> = std::mem::take(&mut self.routes).into_iter().enumerate().collect();
        if self.is_ordered() && self.ordered_strategy == OrderedStrategy::Failover {
            placed.sort_by_key(|(_, it)| it.priority.number().unwrap_or(u64::MAX));
        }
        let (places, sorted) = placed.into_iter().unzip();
        self.routes = sorted;
        places
    }

    /// Appends an empty route, unless the list is full.
    pub fn add_route(&mut self) {
        if self.routes.len() < limits::ROUTES {
            let last = self.routes.iter().filter_map(|it| it.priority.number()).max().unwrap_or(0);
            let route = Route { priority: last.saturating_add(1), ..Route::default() };
            self.routes.push(RouteDraft::of_route(&route));
        }
    }

    /// Removes the route at `place`; ignores an index out of range.
    pub fn remove_route(&mut self, place: usize) {
        if place < self.routes.len() {
            self.routes.remove(place);
        }
    }

    /// Moves a route to another position. Priorities stay with the positions.
    pub fn move_route(&mut self, from: usize, to: usize) {
        if from >= self.routes.len() || to >= self.routes.len() {
            return;
        }
        let priorities: Vec<_> = self.routes.iter().map(|it| it.priority.clone()).collect();
        let route = self.routes.remove(from);
        self.routes.insert(to, route);
        for (route, priority) in self.routes.iter_mut().zip(priorities) {
            route.priority = priority;
        }
    }
}

impl RouteDraft {
    fn fields(&self) -> RouteFields {
        RouteFields {
            name: self.name.clone(),
            intent: self.intent.clone(),
            examples: self.examples.join("\n"),
            destination: DestinationField { value: value_of(&self.destination) },
            priority: self.priority.to_string(),
            weight: self.weight.to_string(),
            enabled: self.enabled.then(|| "true".to_owned()),
        }
    }

    /// Converts a posted row; missing numbers get the route's defaults.
    fn of_fields(row: &RouteFields, place: usize, is_default: bool) -> Self {
        let examples = row.examples.lines().map(str::trim).filter(|it| !it.is_empty());
        Self {
            name: row.name.trim().to_owned(),
            intent: row.intent.trim().to_owned(),
            examples: examples.map(str::to_owned).collect(),
            destination: destination_of(&row.destination.value),
            priority: TypedNumber::parse(&row.priority, place as u64 + 1),
            weight: TypedNumber::parse(&row.weight, Route::default().weight),
            enabled: row.enabled.is_some(),
            is_default,
        }
    }
}

/// Sets a field to the posted name; keeps the field if the name is absent or unknown.
fn choose<T: Copy>(field: &mut T, all: &[T], name: fn(T) -> &'static str, chosen: &Option<String>) {
    let chosen = chosen.as_deref().map(str::trim);
    if let Some(found) = all.iter().find(|it| Some(name(**it)) == chosen) {
        *field = *found;
    }
}
