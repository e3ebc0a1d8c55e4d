//! The walk over a plan: who is tried next, and when it is over.

use super::{Plan, is_usable};
use crate::domain::{
    ids::InstanceId,
    routing::decision::{Candidate, CandidateMember, MemberState},
};

/// One attempt that may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The candidate's place in the plan.
    pub candidate: usize,
    /// The member's place in the candidate.
    pub member: usize,
    /// Whether nothing was available, and this is the one try that is made all the same.
    pub last_resort: bool,
}

/// An iterator over the attempts that a plan allows: in the plan's order, no instance twice, the last one kept for
/// the default route as long as it has not been tried.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    plan: &'a Plan,
    /// Attempts left.
    left: u64,
    /// Attempts made.
    made: u64,
    /// Whether one attempt is kept for the default route: from two on.
    keeps_one: bool,
    candidate: usize,
    member: usize,
    /// Instances given out already.
    tried: Vec<&'a InstanceId>,
    last_resort: Option<Step>,
}

impl Plan {
    /// The attempts of a call that may make `max_attempts`.
    pub fn walk(&self, max_attempts: u64) -> Walk<'_> {
        Walk {
            plan: self,
            left: max_attempts,
            made: 0,
            keeps_one: max_attempts > 1,
            candidate: 0,
            member: 0,
            tried: Vec::new(),
            last_resort: self.last_resort().filter(|_| !self.has_available()),
        }
    }

    /// The member at a step.
    pub fn at(&self, step: Step) -> Option<(&Candidate, &CandidateMember)> {
        let candidate = self.candidates.get(step.candidate)?;
        Some((candidate, candidate.members.get(step.member)?))
    }

    /// Of the members that rest after failures or for their configuration, the one that is due first. One that
    /// cools has said itself when to come back, and is not called before. One without a moment, such as one whose key is
    /// lost, comes last: it cannot be called at all.
    fn last_resort(&self) -> Option<Step> {
        let members = self.candidates.iter().zip(&self.due_ms).enumerate().flat_map(|(at, (it, due))| {
            it.members.iter().zip(due).enumerate().map(move |(place, (member, due))| (at, place, member, due))
        });
        members
            .filter(|(.., member, _)| {
                matches!(member.state, MemberState::Ejected | MemberState::Misconfigured)
            })
            .min_by_key(|(.., due)| due.unwrap_or(u64::MAX))
            .map(|(candidate, member, ..)| Step { candidate, member, last_resort: true })
    }
}

impl Walk<'_> {
    /// Tells that this step was not called after all (another call has the probe, or the instance is full now), so
    /// that it does not count as an attempt. Where nothing else is left, an instance whose probe another call took
    /// is tried all the same, as the last resort.
    pub fn give_back(&mut self, step: Step) {
        self.left = self.left.saturating_add(1);
        self.made = self.made.saturating_sub(1);
        let lost_probe = |(_, member): &(&Candidate, &CandidateMember)| member.state == MemberState::Probe;
        if self.plan.at(step).filter(lost_probe).is_some() && !step.last_resort {
            self.last_resort.get_or_insert(Step { last_resort: true, ..step });
        }
    }

    /// The default route, where the last attempt is due to it.
    fn owed_to_default(&self) -> Option<usize> {
        let default =
            self.plan.default.filter(|&it| self.keeps_one && self.left == 1 && it > self.candidate)?;
        let members = &self.plan.candidates.get(default)?.members;
        let waits = members.iter().any(|it| is_usable(it) && !self.tried.contains(&&it.instance_id));
        waits.then_some(default)
    }

    fn give(&mut self, step: Step) -> Option<Step> {
        self.left -= 1;
        self.made += 1;
        Some(step)
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.left == 0 {
            return None;
        }
        if let Some(default) = self.owed_to_default() {
            (self.candidate, self.member) = (default, 0);
        }
        while let Some(candidate) = self.plan.candidates.get(self.candidate) {
            let Some(member) = candidate.members.get(self.member) else {
                (self.candidate, self.member) = (self.candidate + 1, 0);
                continue;
            };
            let step = Step { candidate: self.candidate, member: self.member, last_resort: false };
            self.member += 1;
            if is_usable(member) && !self.tried.contains(&&member.instance_id) {
                self.tried.push(&member.instance_id);
                return self.give(step);
            }
        }
        let last_resort = self.last_resort.take().filter(|_| self.made == 0)?;
        self.give(last_resort)
    }
}
