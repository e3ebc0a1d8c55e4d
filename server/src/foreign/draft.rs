//! The document as it grows: instances, groups and balancers with names and ids that nobody else in it has.

use std::collections::BTreeSet;

use app::domain::{
    balancer::is_serving_name,
    ids::{ObjectKind, name_key, slug},
    limits,
    transfer::{FORMAT, VERSION},
};
use serde_json::{Value, json};

/// Something that calls can go to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// An instance or a target group.
    pub(super) kind: ObjectKind,
    /// Its id.
    pub(super) id: String,
    /// `chat` or `embeddings`.
    pub(super) workload: &'static str,
    /// What it is called.
    pub(super) name: String,
}

/// A member of a group to be.
pub(super) struct Seat {
    pub(super) target: Target,
    pub(super) weight: u64,
    pub(super) priority: u64,
}

/// A route to be.
pub(super) struct Way {
    pub(super) target: Target,
    pub(super) weight: u64,
}

/// A balancer to be.
pub(super) struct Front<'t> {
    pub(super) name: &'t str,
    pub(super) serving_name: &'t str,
    pub(super) strategy: &'static str,
    pub(super) max_attempts: u64,
    pub(super) ways: Vec<Way>,
}

/// The document as it grows.
#[derive(Default)]
pub(super) struct Draft {
    instances: Vec<Value>,
    groups: Vec<Value>,
    balancers: Vec<Value>,
    names: BTreeSet<(ObjectKind, String)>,
}

impl Draft {
    /// Adds an instance; `body` has its fields but for id and name.
    pub(super) fn instance(&mut self, name: &str, workload: &'static str, mut body: Value) -> Target {
        let (id, name) = self.name(ObjectKind::Instance, name);
        body["id"] = json!(id);
        body["name"] = json!(name);
        body["workload_kind"] = json!(workload);
        self.instances.push(body);
        Target { kind: ObjectKind::Instance, id, workload, name }
    }

    /// Adds a target group; a single member needs none.
    pub(super) fn group(&mut self, name: &str, policy: &str, mut seats: Vec<Seat>) -> Option<Target> {
        if seats.len() <= 1 {
            return seats.pop().map(|it| it.target);
        }
        let workload = seats.first()?.target.workload;
        let (id, name) = self.name(ObjectKind::TargetGroup, name);
        let members: Vec<_> = seats
            .iter()
            .map(|it| json!({ "instance_id": it.target.id, "weight": it.weight, "priority": it.priority }))
            .collect();
        self.groups.push(json!({
            "id": id, "name": name, "workload_kind": workload, "selection_policy": policy, "members": members,
        }));
        Some(Target { kind: ObjectKind::TargetGroup, id, workload, name })
    }

    /// Adds a balancer that needs no router model: its routes in order, or by weight. The first one that may get traffic
    /// is the default.
    pub(super) fn balancer(&mut self, front: &Front<'_>) {
        let (id, name) = self.name(ObjectKind::SmartBalancer, front.name);
        let default = front.ways.iter().position(|it| it.weight > 0).unwrap_or_default();
        let mut taken = BTreeSet::new();
        let routes: Vec<_> = front
            .ways
            .iter()
            .enumerate()
            .map(|(place, Way { target, weight })| {
                let kind = target.kind.as_str();
                json!({
                    "name": free(&slug_or(&target.name, "route"), &mut taken),
                    "intent": format!("Calls for {name}."),
                    "destination": { "type": kind, "ref": target.id },
                    "priority": place + 1, "weight": weight, "is_default": place == default,
                })
            })
            .collect();
        let workload = front.ways.first().map_or("chat", |it| it.target.workload);
        self.balancers.push(json!({
            "id": id, "name": name, "serving_name": front.serving_name, "workload_kind": workload,
            "routing_mode": "ordered", "ordered_strategy": front.strategy, "max_attempts": front.max_attempts,
            "routes": routes,
        }));
    }

    /// The document to import.
    pub(super) fn document(self) -> Value {
        json!({
            "format": FORMAT, "version": VERSION,
            "instances": self.instances, "target_groups": self.groups, "balancers": self.balancers,
        })
    }

    /// An id and a name that nobody of the kind has in this document. Both are made from the wish, so that importing the
    /// same file again meets what it made the first time.
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

/// A serving name from a foreign one: as it is where it may be one, else its slug.
pub(super) fn serving_name(foreign: &str) -> Option<String> {
    let name = if is_serving_name(foreign) { foreign.to_owned() } else { slug(foreign) };
    Some(name).filter(|it| is_serving_name(it))
}

/// Weights as whole numbers in the same proportion.
pub(super) fn whole_weights(weights: &[f64]) -> Vec<u64> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let plain = weights.iter().all(|it| it.fract() == 0.0) && largest <= limits::WEIGHT as f64;
    let scale = if plain || largest <= 0.0 { 1.0 } else { 1_000.0 / largest };
    let whole = |weight: f64| {
        let scaled = (weight * scale).round().clamp(0.0, limits::WEIGHT as f64);
        // What is more than nothing stays so.
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

/// A name that is not in `taken` yet, which takes it in.
fn free(wish: &str, taken: &mut BTreeSet<String>) -> String {
    let wish = cut(wish, limits::SLUG_CHARS - 5);
    let numbered = (2..).map(|number| format!("{wish}-{number}"));
    let name =
        std::iter::once(wish.clone()).chain(numbered).find(|it| !taken.contains(it)).unwrap_or_default();
    taken.insert(name.clone());
    name
}
