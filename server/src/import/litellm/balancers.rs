//! Balancers for each `model_name` and each alias, with fallbacks as further routes.

use std::collections::{BTreeMap, BTreeSet};

use app::domain::{config::balancer::is_serving_name, ids::ObjectKind, limits};

use super::settings::{NamedModel, Settings};
use crate::import::{
    document::{Balancer, DocumentBuilder, Route, Target, serving_name},
    model::WILDCARD,
    tree::Leftovers,
};

const NOT_THERE: &str = "It leads to a model that is not there or did not carry over.";
const NOT_THERE_FOR: &str = "The model that it is for is not there or did not carry over.";

/// Adds all balancers. `paths` holds the first position of each model.
pub(super) fn add_all(
    document: &mut DocumentBuilder,
    targets: &BTreeMap<String, Target>,
    paths: &BTreeMap<&str, String>,
    settings: &Settings,
    left: &Leftovers,
) {
    let own = targets.keys().map(|name| {
        let path = paths.get(name.as_str()).map(|it| format!("{it}.model_name")).unwrap_or_default();
        (name.as_str(), name.as_str(), path)
    });
    let aliases =
        settings.aliases.iter().map(|(alias, to)| (alias.as_str(), to.name.as_str(), to.path.clone()));
    // Names that can be served unchanged come first, so no slug of another takes one of them.
    let (exact, changed): (Vec<_>, Vec<_>) = own.partition(|it| is_serving_name(it.0));
    let mut served = BTreeSet::new();
    for (name, model, path) in exact.into_iter().chain(changed).chain(aliases) {
        let Some(target) = targets.get(model) else {
            left.report(path, NOT_THERE);
            continue;
        };
        if document.is_full(ObjectKind::SmartBalancer) {
            left.report(path, "There is no room for another balancer; make one for it by hand.");
            continue;
        }
        let Some(serving) = serving_name(name) else {
            left.report(path, "It cannot be a serving name here, so it has no balancer; make one by hand.");
            continue;
        };
        if !served.insert(serving.to_lowercase()) {
            let words = format!(
                "“{serving}” is served already, and case does not matter here, so it has no balancer; make one by hand."
            );
            left.report(path, words);
            continue;
        }
        if serving != name {
            left.report(path, format!("It is no serving name here; clients send “{serving}” for it."));
        }
        let routes = routes(model, target, targets, settings, left);
        let max_attempts = settings.max_attempts.max(routes.len().min(limits::ATTEMPTS as usize) as u64);
        let strategy = "failover";
        document.balancer(&Balancer {
            name,
            serving_name: &serving,
            enabled: true,
            strategy,
            max_attempts,
            routes,
        });
    }
    for (model, listed) in &settings.fallbacks {
        if model != "*" && !targets.contains_key(model) {
            for path in listed.iter().map(|it| &it.path).collect::<BTreeSet<_>>() {
                left.report(path, if model.contains('*') { WILDCARD } else { NOT_THERE_FOR });
            }
        }
    }
}

/// The model's own target, then its fallbacks, each once.
fn routes(
    model: &str,
    target: &Target,
    targets: &BTreeMap<String, Target>,
    settings: &Settings,
    left: &Leftovers,
) -> Vec<Route> {
    let mut routes = vec![Route { target: target.clone(), weight: 100 }];
    let listed = settings.fallbacks.get(model).or_else(|| settings.fallbacks.get("*"));
    for NamedModel { path, name } in listed.into_iter().flatten().chain(&settings.default_fallbacks) {
        let name = settings.aliases.get(name).map_or(name, |alias| &alias.name);
        if name == model {
            continue;
        }
        let words = match targets.get(name) {
            None if name.contains('*') => WILDCARD,
            None => NOT_THERE,
            Some(other) if routes.iter().any(|it| !other.can_stand_in(&it.target)) => {
                "It leads to a model of another kind or with other vectors, so it was left out."
            }
            Some(other) if other.id == target.id => "It leads to the same server, so it was left out.",
            Some(other) if routes.iter().any(|it| it.target.id == other.id) => continue,
            Some(_) if routes.len() >= limits::ROUTES => "A balancer has no room for so many routes.",
            Some(other) => {
                routes.push(Route { target: other.clone(), weight: 100 });
                continue;
            }
        };
        left.report(path, words);
    }
    routes
}
