//! Preselection of obvious choices, so the common case needs only a name.

use super::{BalancerDraft, destination_option::DestinationOption};
use crate::domain::config::{balancer::Destination, instance::WorkloadKind};

impl BalancerDraft {
    /// Fills open choices if there is an obvious one: there is only one option, or all instances are demo instances
    /// (then a demo router classifies and the others answer in turn). Returns whether it changed anything.
    pub fn prefill(&mut self, options: &[DestinationOption]) -> bool {
        let mut filled = false;
        if self.router_model.as_ref().is_none_or(is_open)
            && let Some(router) = sensible_router(options)
        {
            self.router_model = Some(router.destination.clone());
            filled = true;
        }
        let answering = sensible_destinations(options, self.workload_kind);
        for (route, option) in self.routes.iter_mut().zip(answering.iter().cycle()) {
            // The default gets the last instance, which no specialised route has if there are enough.
            let option = if route.is_default { answering.last() } else { Some(option) };
            if let Some(option) = option.filter(|_| is_open(&route.destination)) {
                route.destination = option.destination.clone();
                filled = true;
            }
        }
        filled
    }

    /// Sets the destination of all routes that have none.
    pub fn fill_open_routes(&mut self, destination: &Destination) {
        for route in self.routes.iter_mut().filter(|it| is_open(&it.destination)) {
            route.destination = destination.clone();
        }
    }

    /// Clears destinations of another workload kind, which would only be errors.
    pub fn clear_mismatched(&mut self, options: &[DestinationOption]) {
        let kind = self.workload_kind;
        for route in &mut self.routes {
            if options.iter().any(|it| it.destination == route.destination && !it.serves(kind)) {
                route.destination = Destination::default();
            }
        }
    }
}

fn is_open(destination: &Destination) -> bool {
    destination.target.is_empty()
}

fn sensible_router(options: &[DestinationOption]) -> Option<&DestinationOption> {
    let usable: Vec<_> = options.iter().filter(|it| it.enabled && it.may_route()).collect();
    let decides = |it: &&DestinationOption| it.serves(WorkloadKind::Decision);
    match usable.as_slice() {
        [only] => Some(only),
        // Of the demo's two, the one that says how sure it is.
        _ if all_demo(&usable) => {
            usable.iter().copied().find(decides).or_else(|| usable.into_iter().find(|it| is_router(it)))
        }
        _ => None,
    }
}

fn sensible_destinations(options: &[DestinationOption], kind: WorkloadKind) -> Vec<&DestinationOption> {
    let usable: Vec<_> = options.iter().filter(|it| it.enabled && it.serves(kind)).collect();
    match usable.as_slice() {
        [only] => vec![*only],
        _ if all_demo(&usable) => usable.into_iter().filter(|it| !it.group && !is_router(it)).collect(),
        _ => Vec::new(),
    }
}

fn all_demo(usable: &[&DestinationOption]) -> bool {
    usable.iter().filter(|it| !it.group).all(|it| it.demo)
}

fn is_router(option: &DestinationOption) -> bool {
    option.destination.target.contains("router")
}
