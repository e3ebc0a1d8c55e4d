//! A Portkey config (<https://portkey.ai/docs/product/ai-gateway/configs>).
//!
//! Each target with an address becomes an instance; the config becomes one balancer, whose routes are its targets: by
//! weight for `loadbalance`, in order for `fallback`. A target that holds targets itself becomes a target group.

mod pool;
mod settings;
mod strategy;
mod target;

use app::domain::limits;
use serde_json::Value;

use self::{
    pool::Pool,
    settings::Inherited,
    strategy::{Mode, Strategy},
};
use super::{
    Conversion,
    document::{Balancer, DocumentBuilder, Route, Target, serving_name, whole_weights},
    placeholder::is_placeholder,
    tree::{Leftovers, Node, as_text},
};

pub(super) fn convert(file: &Value) -> Conversion {
    let (left, mut document) = (Leftovers::default(), DocumentBuilder::default());
    let (config, path, outer_name) = unwrapped(file);
    let mut top = Node::of(config, path);
    let given = top.text("name").ok().or(outer_name).filter(|it| !is_placeholder(it));
    let name = given.unwrap_or("Portkey config");
    let (mode, routes) = routes(&mut document, config, &mut top, &left);
    if routes.is_empty() {
        left.report(top.path_of("targets"), "No target carried over, so there is nothing to import.");
    } else {
        let serving_name = serving_name(name).unwrap_or_else(|| "portkey-config".to_owned());
        let words = format!(
            "A config has no model id of its own; clients send “{serving_name}” until you change it."
        );
        document.balancer(&Balancer {
            name,
            serving_name: &serving_name,
            enabled: mode != Mode::Unreadable,
            strategy: if mode == Mode::Loadbalance { "weighted" } else { "failover" },
            max_attempts: (routes.len() as u64).clamp(3, limits::ATTEMPTS),
            routes,
        });
        left.report("", words);
    }
    Conversion { document: document.document(), left: left.all() }
}

/// The config itself, which may be nested in an answer of Portkey's API, with its path and name.
fn unwrapped(file: &Value) -> (&Value, &'static str, Option<&str>) {
    for (outer, path) in [(file.get("data"), "data.config"), (Some(file), "config")] {
        if let Some(config) = outer.and_then(|it| it.get("config")).filter(|it| it.is_object()) {
            return (config, path, as_text(outer.and_then(|it| it.get("name"))).ok());
        }
    }
    (file, "", None)
}

/// The routes of the targets that carried over, and their strategy.
fn routes<'v>(
    document: &mut DocumentBuilder,
    config: &'v Value,
    top: &mut Node<'v>,
    left: &Leftovers,
) -> (Mode, Vec<Route>) {
    if config.get("targets").is_none_or(Value::is_null) {
        // A config without targets is a target itself.
        let target = target::read(document, top, &Inherited::default(), left);
        return (Mode::Fallback, target.map(|target| Route { target, weight: 100 }).into_iter().collect());
    }
    let Strategy { mode, targets } = Strategy::read(top, limits::ROUTES, left);
    let inherited = Inherited::default().below(top, left);
    let children = pool::children(document, mode, targets, &inherited, 0, left);
    top.report_unread(left);
    let mut found: Vec<(Target, f64)> = Vec::new();
    for child in children {
        let Some(target) = Pool::group(child.pool, document, &child.name, left) else { continue };
        if found.first().is_some_and(|(first, _)| !target.can_stand_in(first)) {
            left.report(
                child.path,
                "It serves calls of another kind than the first target; it stands alone.",
            );
            continue;
        }
        found.push((target, child.weight));
    }
    let weights = match mode {
        Mode::Loadbalance => whole_weights(&found.iter().map(|it| it.1).collect::<Vec<_>>()),
        _ => vec![100; found.len()],
    };
    (mode, found.into_iter().zip(weights).map(|((target, _), weight)| Route { target, weight }).collect())
}
