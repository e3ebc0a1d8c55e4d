//! Builds the import document: instances, groups and balancers with unique names and ids.

use std::collections::BTreeSet;

use app::domain::{
    config::{
        balancer::is_serving_name,
        transfer::{FORMAT, VERSION},
        validate::is_same_model,
    },
    ids::{ObjectKind, name_key, slug},
    limits,
};
use serde_json::{Value, json};

/// Workload kind of chat calls.
pub(super) const CHAT: &str = "chat";
/// Workload kind of embeddings calls.
pub(super) const EMBEDDINGS: &str = "embeddings";

/// Names with a special meaning for routes.
const RESERVED: [&str; 2] = ["auto", "none"];

/// A destination of a route.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// An instance or a target group.
    pub(super) kind: ObjectKind,
    /// Its id.
    pub(super) id: String,
    /// `chat` or `embeddings`.
    pub(super) workload: &'static str,
    /// The model that it serves; for a group, its most specific spelling among the members.
    pub(super) model: String,
    /// Its name.
    pub(super) name: String,
}

impl Target {
    /// Whether the other can answer for it: the same kind of calls, and vectors of the same model.
    pub(super) fn can_stand_in(&self, other: &Self) -> bool {
        self.workload == other.workload
            && (self.workload != EMBEDDINGS || is_same_model(&self.model, &other.model))
    }
}

/// A member of a group.
pub(super) struct Member {
    pub(super) target: Target,
    pub(super) weight: u64,
    pub(super) priority: u64,
}

/// A target group.
pub(super) struct Group<'t> {
    pub(super) name: &'t str,
    pub(super) policy: &'t str,
    pub(super) enabled: bool,
    pub(super) members: Vec<Member>,
}

/// A route of a balancer.
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) weight: u64,
}

/// A balancer that needs no router model.
pub(super) struct Balancer<'t> {
    pub(super) name: &'t str,
    pub(super) serving_name: &'t str,
    pub(super) enabled: bool,
    pub(super) strategy: &'static str,
    pub(super) max_attempts: u64,
    pub(super) routes: Vec<Route>,
}

/// The document so far.
#[derive(Default)]
pub(super) struct DocumentBuilder {
    instances: Vec<Value>,
    groups: Vec<Value>,
    balancers: Vec<Value>,
    names: BTreeSet<(ObjectKind, String)>,
}

impl DocumentBuilder {
    /// Whether the document holds the maximum number of objects of the kind.
    pub(super) fn is_full(&self, kind: ObjectKind) -> bool {
        let list = match kind {
            ObjectKind::Instance => &self.instances,
            ObjectKind::TargetGroup => &self.groups,
            ObjectKind::SmartBalancer => &self.balancers,
        };
        list.len() >= limits::IMPORT_OBJECTS
    }

    /// Adds an instance; `body` has its fields except id and name.
    pub(super) fn instance(&mut self, name: &str, workload: &'static str, mut body: Value) -> Target {
        let (id, name) = self.name(ObjectKind::Instance, name);
        let model = body["model"].as_str().unwrap_or_default().to_owned();
        body["id"] = json!(id);
        body["name"] = json!(name);
        body["workload_kind"] = json!(workload);
        self.instances.push(body);
        Target { kind: ObjectKind::Instance, id, workload, model, name }
    }

    /// Adds a target group; a single member needs none.
    pub(super) fn group(&mut self, group: Group<'_>) -> Option<Target> {
        let Group { name, policy, enabled, mut members } = group;
        if members.len() <= 1 {
            return members.pop().map(|it| it.target);
        }
        let Target { workload, mut model, .. } = members.first()?.target.clone();
        if let Some(owned) = members.iter().find(|it| it.target.model.contains('/')) {
            model.clone_from(&owned.target.model);
        }
        let (id, name) = self.name(ObjectKind::TargetGroup, name);
        let members: Vec<_> = members
            .iter()
            .map(|it| json!({ "instance_id": it.target.id, "weight": it.weight, "priority": it.priority }))
            .collect();
        self.groups.push(json!({
            "id": id, "name": name, "workload_kind": workload, "selection_policy": policy, "enabled": enabled,
            "members": members,
        }));
        Some(Target { kind: ObjectKind::TargetGroup, id, workload, model, name })
    }

    /// Adds a balancer with its routes, in order or by weight. The first route that may get traffic is the default.
    pub(super) fn balancer(&mut self, balancer: &Balancer<'_>) {
        let (id, name) = self.name(ObjectKind::SmartBalancer, balancer.name);
        let default = balancer.routes.iter().position(|it| it.weight > 0).unwrap_or_default();
        let mut taken = BTreeSet::from(RESERVED.map(str::to_owned));
        let routes: Vec<_> = balancer
            .routes
            .iter()
            .enumerate()
            .map(|(place, Route { target, weight })| {
                let kind = target.kind.as_str();
                json!({
                    "name": free(&slug_or(&target.name, "route"), &mut taken),
                    "intent": format!("Calls for {name}."),
                    "destination": { "type": kind, "ref": target.id },
                    "priority": place + 1, "weight": weight, "is_default": place == default,
                })
            })
            .collect();
        let workload = balancer.routes.first().map_or(CHAT, |it| it.target.workload);
        self.balancers.push(json!({
            "id": id, "name": name, "serving_name": balancer.serving_name, "workload_kind": workload,
            "enabled": balancer.enabled, "routing_mode": "ordered", "ordered_strategy": balancer.strategy,
            "max_attempts": balancer.max_attempts, "routes": routes,
        }));
    }

    /// The document to import.
    pub(super) fn document(self) -> Value {
        json!({
            "format": FORMAT, "version": VERSION,
            "instances": self.instances, "target_groups": self.groups, "balancers": self.balancers,
        })
    }

    /// A unique id and name for an object. Both are derived from `wish`, so importing the same file again finds the
    /// same objects.
    fn name(&mut self, kind: ObjectKind, wish: &str) -> (String, String) {
        let clean: String = wish.chars().filter(|it| !it.is_control()).take(limits::NAME_CHARS - 5).collect();
        let wish =
            if kind == ObjectKind::TargetGroup { slug_or(&clean, "group") } else { clean.trim().to_owned() };
        let wish = if wish.is_empty() { kind.words().to_owned() } else { wish };
        let joint = if kind == ObjectKind::TargetGroup { "-" } else { " " };
        let numbered = (2..).map(|number| format!("{}{joint}{number}", cut(&wish, limits::SLUG_CHARS - 5)));
        let free = std::iter::once(wish.clone()).chain(numbered).find(|name| {
            let id = format!("{}{}", kind.prefix(), slug_or(name, "1"));
            !self.names.contains(&(kind, name_key(name))) && !self.names.contains(&(kind, id))
        });
        let name = free.unwrap_or(wish);
        let id = format!("{}{}", kind.prefix(), slug_or(&name, "1"));
        self.names.insert((kind, name_key(&name)));
        self.names.insert((kind, id.clone()));
        (id, name)
    }
}

/// A serving name from a foreign name: unchanged if valid, else its slug.
pub(super) fn serving_name(foreign: &str) -> Option<String> {
    let name = if is_serving_name(foreign) { foreign.to_owned() } else { slug(foreign) };
    Some(name).filter(|it| is_serving_name(it))
}

/// Most decimal places of a weight that are kept exactly.
const DECIMAL_PLACES: i32 = 6;

/// Weights as whole numbers in the same proportion, or the nearest to it below [`limits::WEIGHT`].
pub(super) fn whole_weights(weights: &[f64]) -> Vec<u64> {
    let most = limits::WEIGHT as f64;
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let is_whole = |it: f64| it == 0.0 || it >= 0.5 && (it - it.round()).abs() < 1e-6;
    let mut scales = (0..=DECIMAL_PLACES).map(|places| 10_f64.powi(places));
    let exact = scales.find(|scale| largest * scale <= most && weights.iter().all(|it| is_whole(it * scale)));
    let scale = exact.unwrap_or(if largest > 0.0 { most / largest } else { 1.0 });
    let whole = |weight: f64| {
        let scaled = (weight * scale).round().clamp(0.0, most);
        // Positive weights stay positive.
        let least = if weight > 0.0 { 1.0 } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
        let whole = scaled.max(least) as u64;
        whole
    };
    weights.iter().copied().map(whole).collect()
}

fn slug_or(text: &str, other: &str) -> String {
    Some(slug(text)).filter(|it| !it.is_empty()).unwrap_or_else(|| other.to_owned())
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// A route name that none in `taken` equals but for `-` and `_`; `taken` has it then.
fn free(wish: &str, taken: &mut BTreeSet<String>) -> String {
    let folded = |name: &str| name.replace(['-', '_'], "");
    let wish = cut(wish, limits::SLUG_CHARS - 5);
    let numbered = (2..).map(|number| format!("{wish}-{number}"));
    let name = std::iter::once(wish.clone()).chain(numbered).find(|it| !taken.contains(&folded(it)));
    let name = name.unwrap_or_default();
    taken.insert(folded(&name));
    name
}
