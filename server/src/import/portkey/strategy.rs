//! The strategy of targets: how they share the calls, and which of them take part.

use serde_json::Value;

use crate::import::tree::{Leftovers, Node, Text, as_text};

/// How targets share the calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    /// By weight.
    Loadbalance,
    /// In order.
    Fallback,
    /// Missing or unreadable: the result is disabled until a mode is chosen.
    Unreadable,
}

/// A strategy with the targets that take part, each with its path.
pub(super) struct Strategy<'v> {
    pub(super) mode: Mode,
    pub(super) targets: Vec<(String, &'v Value)>,
}

impl<'v> Strategy<'v> {
    /// Reads the strategy and the targets of a config or a pool; at most `limit` targets take part.
    pub(super) fn read(node: &mut Node<'v>, limit: usize, left: &Leftovers) -> Self {
        let mut targets = node.list("targets", left);
        let mut strategy = node.node("strategy", left);
        let mode = match strategy.text("mode") {
            Text::Is("loadbalance") => Mode::Loadbalance,
            Text::Is("fallback") => Mode::Fallback,
            Text::Is("single") => {
                only(
                    &mut targets,
                    Some(0),
                    "A single mode uses its first target alone, so it was left out.",
                    left,
                );
                Mode::Fallback
            }
            Text::Is("conditional") => {
                let place = default_target(&mut strategy, &targets, left);
                only(
                    &mut targets,
                    place,
                    "Only the default target of a conditional mode carried over.",
                    left,
                );
                Mode::Fallback
            }
            _ if targets.len() == 1 => Mode::Fallback,
            _ => {
                let words =
                    "The mode cannot be read; what shares calls by it is disabled until you have chosen one.";
                left.report(strategy.path_of("mode"), words);
                Mode::Unreadable
            }
        };
        if strategy.either("on_status_codes", "onStatusCodes").is_some() {
            let words =
                "Which answers fail over is fixed here: timeouts, lost connections, 408, 429 and 5xx.";
            left.report(strategy.path_of("on_status_codes"), words);
        }
        if strategy.either("sticky_session", "stickySession").is_some() {
            let words = "Give the group the policy session_hash, which keeps a session at one member.";
            left.report(strategy.path_of("sticky_session"), words);
        }
        strategy.report_unread(left);
        for (path, _) in targets.iter().skip(limit) {
            left.report(path, format!("Only the first {limit} targets carry over."));
        }
        targets.truncate(limit);
        Self { mode, targets }
    }
}

/// Keeps only the target at `place` and reports the others.
fn only(targets: &mut Vec<(String, &Value)>, place: Option<usize>, words: &str, left: &Leftovers) {
    let all = std::mem::take(targets);
    for (at, target) in all.into_iter().enumerate() {
        if Some(at) == place { targets.push(target) } else { left.report(target.0, words) }
    }
}

/// The index of the target of a conditional strategy if no condition holds.
fn default_target(strategy: &mut Node<'_>, targets: &[(String, &Value)], left: &Leftovers) -> Option<usize> {
    for (path, _) in strategy.list("conditions", left) {
        left.report(path, "A condition has no counterpart; its calls go to the default.");
    }
    let default = strategy.text("default").ok();
    let place = default
        .and_then(|it| targets.iter().position(|(_, target)| as_text(target.get("name")) == Text::Is(it)));
    if place.is_none() {
        left.report(
            strategy.path_of("default"),
            "It names none of the targets, so none of them was imported.",
        );
    }
    place
}
