//! The reason why a call has no answer after all attempts.

use super::{Plan, is_usable};
use crate::domain::{
    ids::InstanceId,
    routing::{decision::MemberState, health::COOLING_MS, outcome::Outcome},
};

/// The reason why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every member answered 429, in this call or before.
    RateLimited {
        /// Until the first of them may be called again, in milliseconds.
        retry_after_ms: u64,
    },
    /// No member was available, so no attempt was made.
    Unavailable {
        /// Until the first of them is due, in milliseconds; `None` if none of them will be due.
        retry_after_ms: Option<u64>,
    },
    /// No member speaks the API of the call.
    ApiNotSupported,
    /// Attempts were made and failed.
    Failed,
}

impl Plan {
    /// The verdict on a call after the attempts in `tried`, whose rate limits say how long the instance cools from now
    /// on, if that is known. Members that are disabled or without weight do not
    /// count, nor do available ones beyond `max_attempts`.
    pub fn verdict(&self, tried: &[(InstanceId, Outcome)], now_ms: u64) -> Verdict {
        if self.is_unspoken(tried) {
            return Verdict::ApiNotSupported;
        }
        let mut first_due_ms: Option<u64> = None;
        let mut all_limited = true;
        let mut due = |wait_ms: u64| {
            first_due_ms = Some(first_due_ms.map_or(wait_ms, |first| first.min(wait_ms)));
        };
        for (_, outcome) in tried {
            match outcome {
                Outcome::RateLimited { retry_after_ms } => due(retry_after_ms.unwrap_or(COOLING_MS)),
                _ => all_limited = false,
            }
        }
        let was_tried = |id: &InstanceId| tried.iter().any(|(tried, _)| tried == id);
        for member in self.members() {
            if matches!(
                member.state,
                MemberState::Disabled | MemberState::NoWeight | MemberState::ApiNotSupported
            ) || is_usable(member)
                || was_tried(&member.instance_id)
            {
                continue;
            }
            all_limited &= member.state == MemberState::Cooling;
            if let Some(due_ms) = member.due_ms {
                due(due_ms.saturating_sub(now_ms));
            }
        }
        match first_due_ms {
            Some(retry_after_ms) if all_limited => Verdict::RateLimited { retry_after_ms },
            retry_after_ms if tried.is_empty() => Verdict::Unavailable { retry_after_ms },
            _ => Verdict::Failed,
        }
    }

    /// Whether every member that could be called does not speak the API of the call.
    fn is_unspoken(&self, tried: &[(InstanceId, Outcome)]) -> bool {
        let told = |id: &InstanceId| {
            tried.iter().any(|(tried, it)| tried == id && matches!(it, Outcome::ApiNotSupported(_)))
        };
        let mut enabled = self
            .members()
            .filter(|it| !matches!(it.state, MemberState::Disabled | MemberState::NoWeight))
            .peekable();
        enabled.peek().is_some()
            && enabled.all(|it| it.state == MemberState::ApiNotSupported || told(&it.instance_id))
    }
}
