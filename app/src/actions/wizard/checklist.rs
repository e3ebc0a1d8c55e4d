//! The checklist of a draft: which checks there are, and what those found that take no calls.

use crate::domain::console::check::{Check, CheckResult};
use crate::domain::{
    config::balancer::{Balancer, Destination, RoutingMode},
    console::{balancer_draft::destination_option::DestinationOption, draft::Step},
    field_error::ValidationReport,
};

fn check(id: impl Into<String>, label: impl Into<String>, step: Step, live: bool) -> Check {
    Check { id: id.into(), label: label.into(), step, live }
}

/// The checks of a balancer, in the order in which they are shown. Each destination is called once, over the first
/// route that leads there.
pub(crate) fn planned(
    balancer: &Balancer,
    options: &[DestinationOption],
    report: &ValidationReport,
) -> Vec<Check> {
    let faulty = report.errors.first().map_or(Step::Name, |error| Step::of_path(&error.path));
    let mut checks = vec![
        check("configuration", "Configuration is valid", faulty, false),
        check("serving_name", "Serving name is free", Step::Name, false),
    ];
    if balancer.routing_mode == RoutingMode::IntentClassifier && balancer.router_model.is_some() {
        checks.push(check("router", "Router model answers with a valid label", Step::Router, true));
    }
    let mut seen: Vec<&Destination> = Vec::new();
    for route in balancer.routes.iter().filter(|it| it.enabled && !it.is_default) {
        if route.destination.target.is_empty() || seen.contains(&&route.destination) {
            continue;
        }
        seen.push(&route.destination);
        let label = format!("{} answers", destination_name(&route.destination, options));
        checks.push(check(format!("route:{}", route.name), label, Step::Routes, true));
    }
    if let Some(route) = balancer.default_route().filter(|it| !it.destination.target.is_empty()) {
        let name = destination_name(&route.destination, options);
        checks.push(check("default", format!("The default route answers ({name})"), Step::Routes, true));
    }
    checks
}

/// The name of a destination, or its reference where nothing of that name is known.
pub(crate) fn destination_name(destination: &Destination, options: &[DestinationOption]) -> String {
    let known = options.iter().find(|it| it.destination == *destination);
    known.map_or_else(|| destination.target.clone(), |it| it.name.clone())
}

/// What the checks that take no calls found; `ms` is what judging took.
pub(crate) fn judged(report: &ValidationReport, serving_name: &str, ms: f64) -> [CheckResult; 2] {
    let serving = report.errors.iter().find(|it| it.path == "serving_name");
    let errors = report.errors.len();
    [
        CheckResult {
            id: "configuration".to_owned(),
            ok: report.valid,
            ms,
            message: match (errors, report.warnings.len()) {
                (0, 0) => "Nothing is wrong with it.".to_owned(),
                (0, 1) => "Nothing is wrong with it; there is one hint.".to_owned(),
                (0, hints) => format!("Nothing is wrong with it; there are {hints} hints."),
                (1, _) => "Fix one error.".to_owned(),
                (errors, _) => format!("Fix {errors} errors."),
            },
        },
        CheckResult {
            id: "serving_name".to_owned(),
            ok: serving.is_none(),
            ms,
            message: serving.map_or_else(
                || format!("Clients will send “{serving_name}”."),
                |error| error.message.clone(),
            ),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{config::balancer::DestinationKind, console::draft::prefilled};

    #[test]
    fn each_destination_is_called_once_and_the_default_in_any_case() {
        let mut balancer = prefilled();
        for (route, target) in balancer.routes.iter_mut().zip(["inst_a", "inst_b", "inst_a", "inst_a"]) {
            route.destination = Destination { kind: DestinationKind::Instance, target: target.to_owned() };
        }
        let ids: Vec<_> =
            planned(&balancer, &[], &ValidationReport::default()).into_iter().map(|it| it.id).collect();
        assert_eq!(ids, ["configuration", "serving_name", "route:code", "route:writing", "default"]);
        balancer.router_model = Some(Destination::default());
        assert_eq!(planned(&balancer, &[], &ValidationReport::default())[2].id, "router");
    }
}
