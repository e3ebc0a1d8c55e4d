//! Decisions that carry a confidence, and how many of them a minimum confidence would change.

use crate::domain::{confidence::Confidence, config::balancer::Balancer, routing::decision::Reason};

/// Decisions that are looked at.
pub const DECISIONS: u32 = 1_000;

/// A logged decision that carries a confidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SureDecision {
    /// The route that answered or would have answered.
    pub route: Option<String>,
    /// Reason for the route.
    pub reason: Option<Reason>,
    /// The option that the router model chose: a route, or the label for none.
    pub chosen: Option<String>,
    /// How sure it was of it.
    pub confidence: Confidence,
}

impl SureDecision {
    /// Whether another minimum confidence would have changed it. A choice of the default route, of none of the routes,
    /// or of a route that the balancer no longer has stays the same at any.
    pub fn changes(&self, balancer: &Balancer, minimum: Confidence) -> bool {
        let Some(chosen) = self.chosen.as_deref() else { return false };
        if !balancer.routes.iter().any(|it| it.name == chosen && !it.is_default) {
            return false;
        }
        let was_too_unsure = match self.reason {
            Some(Reason::LowConfidence) => true,
            // The reason of a cached choice does not tell whether it counted.
            Some(Reason::Cached) => self.route.as_deref() != Some(chosen),
            _ => false,
        };
        was_too_unsure != (self.confidence < minimum)
    }
}

/// How many of the decisions a minimum confidence would change.
pub fn changed(decisions: &[SureDecision], balancer: &Balancer, minimum: Confidence) -> usize {
    decisions.iter().filter(|it| it.changes(balancer, minimum)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::balancer::Route;

    #[test]
    fn only_choices_that_would_be_treated_otherwise_change() {
        let route = |name: &str, is_default| Route { name: name.to_owned(), is_default, ..Route::default() };
        let balancer =
            Balancer { routes: vec![route("code", false), route("general", true)], ..Balancer::default() };
        let decision = |route: &str, reason, chosen: &str, thousandths| SureDecision {
            route: Some(route.to_owned()),
            reason: Some(reason),
            chosen: Some(chosen.to_owned()),
            confidence: Confidence::from_thousandths(thousandths).unwrap_or_default(),
        };
        let all = [
            decision("code", Reason::Matched, "code", 500),
            decision("general", Reason::LowConfidence, "code", 300),
            decision("code", Reason::Cached, "code", 700),
            decision("general", Reason::Cached, "code", 200),
            decision("general", Reason::Failover, "code", 900),
            decision("general", Reason::NoMatch, "none", 100),
            decision("general", Reason::Matched, "general", 100),
            decision("gone", Reason::Matched, "gone", 100),
        ];
        let counts = [0, 200, 201, 300, 301, 500, 501, 701, 901, 1_000]
            .map(|it| changed(&all, &balancer, Confidence::from_thousandths(it).unwrap_or_default()));
        assert_eq!(counts, [2, 2, 1, 1, 0, 0, 1, 2, 3, 3]);
        assert_eq!(changed(&[], &balancer, Confidence::default()), 0);
    }
}
