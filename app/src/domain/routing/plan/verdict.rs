//! What to say when the walk is over and nobody answered.

use super::{Plan, is_usable};
use crate::domain::{
    ids::InstanceId,
    routing::{decision::MemberState, health::COOLING_MS, outcome::Outcome},
};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every member answered 429, in this call or before.
    RateLimited {
        /// Until the first of them may be called again, in milliseconds.
        retry_after_ms: u64,
    },
    /// No attempt was made, for nothing was available.
    Unavailable {
        /// Until the first of them is due, in milliseconds; `None` where none is waiting for a moment.
        retry_after_ms: Option<u64>,
    },
    /// Attempts were made and failed.
    Failed,
}

impl Plan {
    /// The verdict over a call whose attempts ended as `tried` tells. Members that are switched off or without
    /// weight have no say; neither have available ones that the attempts did not suffice for.
    pub fn verdict(&self, tried: &[(InstanceId, Outcome)], now_ms: u64) -> Verdict {
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
        for (member, due_ms) in
            self.candidates.iter().zip(&self.due_ms).flat_map(|(it, due)| it.members.iter().zip(due))
        {
            if matches!(member.state, MemberState::Disabled | MemberState::NoWeight)
                || is_usable(member)
                || was_tried(&member.instance_id)
            {
                continue;
            }
            all_limited &= member.state == MemberState::Cooling;
            if let Some(due_ms) = due_ms {
                due(due_ms.saturating_sub(now_ms));
            }
        }
        match first_due_ms {
            Some(retry_after_ms) if all_limited => Verdict::RateLimited { retry_after_ms },
            retry_after_ms if tried.is_empty() => Verdict::Unavailable { retry_after_ms },
            _ => Verdict::Failed,
        }
    }
}
