//! The attempts over a plan: who is tried next, and when it is over.

use super::{Plan, PlannedMember, PlannedRoute, is_usable};
use crate::domain::{ids::InstanceId, routing::decision::MemberState};

/// An attempt that a plan allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAttempt {
    /// Index of the route in the plan.
    pub route: usize,
    /// Index of the member in that route.
    pub member: usize,
    /// Whether no member was available and this is a single try anyway.
    pub last_resort: bool,
}

/// Iterates over the attempts that a plan allows: in the plan's order, no instance twice, the last one reserved for
/// the default route until that has been tried.
#[derive(Clone, Debug)]
pub struct Attempts<'a> {
    plan: &'a Plan,
    /// Attempts left.
    left: u64,
    /// Attempts made.
    made: u64,
    /// Whether an attempt is reserved for the default route; only if there are two or more.
    reserves_one: bool,
    route: usize,
    member: usize,
    /// Instances already returned.
    tried: Vec<&'a InstanceId>,
    last_resort: Option<PlannedAttempt>,
}

impl Plan {
    /// The attempts of a call with `max_attempts`.
    pub fn attempts(&self, max_attempts: u64) -> Attempts<'_> {
        Attempts {
            plan: self,
            left: max_attempts,
            made: 0,
            reserves_one: max_attempts > 1,
            route: 0,
            member: 0,
            tried: Vec::new(),
            last_resort: self.last_resort().filter(|_| !self.has_available()),
        }
    }

    /// The member of an attempt.
    pub fn at(&self, attempt: PlannedAttempt) -> Option<(&PlannedRoute, &PlannedMember)> {
        let route = self.routes.get(attempt.route)?;
        Some((route, route.members.get(attempt.member)?))
    }

    /// Of the members that are ejected or misconfigured, the one that is due first. A cooling member has set its own
    /// time and is never called earlier. A member without a time, such as one whose key is lost, comes last, because
    /// it cannot be called.
    fn last_resort(&self) -> Option<PlannedAttempt> {
        let members = self.routes.iter().enumerate().flat_map(|(route, it)| {
            it.members.iter().enumerate().map(move |(member, it)| (route, member, it))
        });
        members
            .filter(|(.., it)| matches!(it.state, MemberState::Ejected | MemberState::Misconfigured))
            .min_by_key(|(.., it)| it.due_ms.unwrap_or(u64::MAX))
            .map(|(route, member, _)| PlannedAttempt { route, member, last_resort: true })
    }
}

impl Attempts<'_> {
    /// Returns an attempt that could not be made (another call has the probe, or the instance is full now), so that it
    /// does not count. If nothing else is left, an instance whose probe another call has is tried as the last resort.
    pub fn return_unused(&mut self, attempt: PlannedAttempt) {
        self.left = self.left.saturating_add(1);
        self.made = self.made.saturating_sub(1);
        let lost_probe = |(_, member): &(&PlannedRoute, &PlannedMember)| member.state == MemberState::Probe;
        if self.plan.at(attempt).filter(lost_probe).is_some() && !attempt.last_resort {
            self.last_resort.get_or_insert(PlannedAttempt { last_resort: true, ..attempt });
        }
    }

    /// The default route, if the last attempt is reserved for it.
    fn reserved_for_default(&self) -> Option<usize> {
        let default =
            self.plan.default.filter(|&it| self.reserves_one && self.left == 1 && it > self.route)?;
        let members = &self.plan.routes.get(default)?.members;
        let is_untried = members.iter().any(|it| is_usable(it) && !self.tried.contains(&&it.instance_id));
        is_untried.then_some(default)
    }

    fn count_attempt(&mut self, attempt: PlannedAttempt) -> Option<PlannedAttempt> {
        self.left -= 1;
        self.made += 1;
        Some(attempt)
    }
}

impl Iterator for Attempts<'_> {
    type Item = PlannedAttempt;

    fn next(&mut self) -> Option<PlannedAttempt> {
        if self.left == 0 {
            return None;
        }
        if let Some(default) = self.reserved_for_default() {
            (self.route, self.member) = (default, 0);
        }
        while let Some(route) = self.plan.routes.get(self.route) {
            let Some(member) = route.members.get(self.member) else {
                (self.route, self.member) = (self.route + 1, 0);
                continue;
            };
            let attempt = PlannedAttempt { route: self.route, member: self.member, last_resort: false };
            self.member += 1;
            if is_usable(member) && !self.tried.contains(&&member.instance_id) {
                self.tried.push(&member.instance_id);
                return self.count_attempt(attempt);
            }
        }
        let last_resort = self.last_resort.take().filter(|_| self.made == 0)?;
        self.count_attempt(last_resort)
    }
}
