//! Targets that contain targets: tiers of instances with shares in each tier.

use app::domain::{ids::ObjectKind, limits};
use serde_json::Value;

use super::{
    settings::Inherited,
    strategy::{Mode, Strategy},
    target,
};
use crate::import::{
    document::{DocumentBuilder, Group, Member, Target, whole_weights},
    tree::{Leftovers, Node, Text},
};

/// Maximum nesting of targets.
const DEPTH: usize = 8;
/// The share of a target that is tried in order.
const EQUAL: f64 = 100.0;

/// An instance of a pool with its position in the file.
pub(super) struct Share {
    path: String,
    target: Target,
    weight: f64,
}

/// The instances of a target, in tiers that are tried one after the other.
pub(super) struct Pool {
    tiers: Vec<Vec<Share>>,
    /// Whether all modes in it could be read.
    is_readable: bool,
}

/// A target of a config or a pool, with its share.
pub(super) struct Child {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) weight: f64,
    pub(super) pool: Pool,
}

/// The targets that carried over.
pub(super) fn children<'v>(
    document: &mut DocumentBuilder,
    mode: Mode,
    targets: Vec<(String, &'v Value)>,
    inherited: &Inherited<'v>,
    depth: usize,
    left: &Leftovers,
) -> Vec<Child> {
    let mut children = Vec::new();
    for (path, item) in targets {
        let mut node = Node::of(item, path);
        let weight = match node.get("weight").is_some() {
            // An unreadable share counts as absent.
            true => node.number("weight", left).unwrap_or_default(),
            false => 1.0,
        };
        let weight = if mode == Mode::Loadbalance { weight } else { EQUAL };
        let name = match node.text("name") {
            Text::Is(name) => name.to_owned(),
            _ => "Portkey pool".to_owned(),
        };
        let path = node.path().to_owned();
        if let Some(pool) = read(document, item, &mut node, inherited, depth, left) {
            children.push(Child { path, name, weight, pool });
        }
    }
    children
}

fn read<'v>(
    document: &mut DocumentBuilder,
    item: &'v Value,
    node: &mut Node<'v>,
    inherited: &Inherited<'v>,
    depth: usize,
    left: &Leftovers,
) -> Option<Pool> {
    if item.get("targets").is_none_or(Value::is_null) {
        let (path, target) = (node.path().to_owned(), target::read(document, node, inherited, left)?);
        return Some(Pool { tiers: vec![vec![Share { path, target, weight: EQUAL }]], is_readable: true });
    }
    if depth == DEPTH {
        left.report(node.path(), "It is nested too deeply, so it was left out.");
        return None;
    }
    let Strategy { mode, targets } = Strategy::read(node, limits::MEMBERS, left);
    let inherited = inherited.below(node, left);
    let children = children(document, mode, targets, &inherited, depth + 1, left);
    node.report_unread(left);
    if children.is_empty() {
        left.report(
            node.path(),
            "None of its targets carried over, so its place is lost; calls go to what follows.",
        );
        return None;
    }
    let is_readable = mode != Mode::Unreadable && children.iter().all(|it| it.pool.is_readable);
    let tiers = match mode {
        Mode::Loadbalance => vec![children.into_iter().flat_map(|it| shared(it, left)).collect()],
        Mode::Fallback | Mode::Unreadable => children.into_iter().flat_map(|it| it.pool.tiers).collect(),
    };
    Some(Pool { tiers, is_readable })
}

/// The instances that share one target's part of the calls. Of an order, only the first tier can.
fn shared(child: Child, left: &Leftovers) -> Vec<Share> {
    let mut tiers = child.pool.tiers.into_iter();
    let Some(first) = tiers.next() else { return Vec::new() };
    if tiers.next().is_some() {
        left.report(
            child.path,
            "An order within shares has no counterpart; only its first targets carried over.",
        );
    }
    let all: f64 = first.iter().map(|it| it.weight).sum();
    let part = if all > 0.0 { child.weight / all } else { 0.0 };
    first.into_iter().map(|it| Share { weight: it.weight * part, ..it }).collect()
}

impl Pool {
    /// The pool as an instance, or as a group of its instances.
    pub(super) fn group(
        self,
        document: &mut DocumentBuilder,
        name: &str,
        left: &Leftovers,
    ) -> Option<Target> {
        let Share { path, target: first, .. } = self.tiers.first()?.first()?;
        let (path, first) = (path.clone(), first.clone());
        let mut members: Vec<Member> = Vec::new();
        let policy = if self.tiers.iter().all(|it| it.len() == 1) { "priority" } else { "weighted_random" };
        for (priority, tier) in (1..).zip(self.tiers) {
            let weights = whole_weights(&tier.iter().map(|it| it.weight).collect::<Vec<_>>());
            for (share, weight) in tier.into_iter().zip(weights) {
                let words = match share.target.can_stand_in(&first) {
                    false => "It serves calls of another kind than the first target; it stands alone.",
                    true if members.len() >= limits::MEMBERS => {
                        "A group has no room for so many members; it stands alone."
                    }
                    true => {
                        members.push(Member { target: share.target, weight, priority });
                        continue;
                    }
                };
                left.report(share.path, words);
            }
        }
        if members.len() > 1 && document.is_full(ObjectKind::TargetGroup) {
            left.report(path, "There is no room for another group; only its first target carried over.");
            members.truncate(1);
        }
        document.group(Group { name, policy, enabled: self.is_readable, members })
    }
}
