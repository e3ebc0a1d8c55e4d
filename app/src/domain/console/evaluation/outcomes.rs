//! Results of single prompts: how sure the router model was, and what a minimum confidence would change.

use serde::{Deserialize, Serialize};

use super::ClassifiedPrompt;
use crate::domain::{confidence::Confidence, routing::decision::Reason, stable_hash::stable_hash};

/// Bars of a histogram, each a tenth wide.
pub const BARS: usize = 10;

/// The result of one prompt, as it is stored with a run. The text is not, only its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Hash of the prompt; equal in all runs over it.
    pub prompt: u64,
    /// The expected route.
    pub expected: String,
    /// The route that the router model chose, however unsure it was; `None` if it gave no valid answer.
    pub chosen: Option<String>,
    /// Whether the call would have taken the expected route at the minimum confidence of the run.
    pub correct: bool,
    /// How sure the router model was, if known.
    #[serde(default)]
    pub confidence: Option<Confidence>,
}

impl Outcome {
    /// The result of a classified prompt.
    pub fn of(it: &ClassifiedPrompt) -> Self {
        let chosen = match it.reason {
            Reason::LowConfidence => it.chosen.as_ref().or(Some(&it.route)),
            _ => it.is_answered().then_some(&it.route),
        };
        Self {
            prompt: stable_hash(&it.labelled.prompt),
            expected: it.labelled.expected.clone(),
            chosen: chosen.cloned(),
            correct: it.is_correct(),
            confidence: it.confidence,
        }
    }

    /// Whether the router model chose the expected route, however unsure it was.
    fn is_choice_right(&self) -> bool {
        self.chosen.as_ref() == Some(&self.expected)
    }
}

/// What would have come of a run at a minimum confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtThreshold {
    /// Prompts of the run.
    pub prompts: usize,
    /// Prompts that would have taken the expected route.
    pub correct: usize,
    /// Prompts that would have gone to the default route, those without a valid answer among them.
    pub to_default: usize,
}

impl AtThreshold {
    /// Applies a minimum confidence to the choices of a run.
    pub fn of(outcomes: &[Outcome], default_route: &str, minimum: Confidence) -> Self {
        let mut all = Self { prompts: outcomes.len(), ..Self::default() };
        for it in outcomes {
            let Some(chosen) = &it.chosen else {
                all.to_default += 1;
                continue;
            };
            let is_unsure = it.confidence.is_some_and(|it| it < minimum);
            let route = if is_unsure { default_route } else { chosen };
            all.to_default += usize::from(route == default_route);
            all.correct += usize::from(route == it.expected);
        }
        all
    }
}

/// Prompts whose confidence is within a tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// Prompts whose expected route was chosen.
    pub right: usize,
    /// Prompts for which another one was chosen.
    pub wrong: usize,
}

/// The confidences of a run by tenths, from the lowest; 1 belongs to the highest. `None` if it has none.
pub fn histogram(outcomes: &[Outcome]) -> Option<[Bar; BARS]> {
    let mut bars = [Bar::default(); BARS];
    let mut is_empty = true;
    for it in outcomes {
        let Some(confidence) = it.confidence else { continue };
        is_empty = false;
        let place = usize::from(confidence.thousandths() / 100).min(BARS - 1);
        let Some(bar) = bars.get_mut(place) else { continue };
        if it.is_choice_right() {
            bar.right += 1;
        } else {
            bar.wrong += 1;
        }
    }
    (!is_empty).then_some(bars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::console::evaluation::LabelledPrompt;

    fn confidence(thousandths: u64) -> Option<Confidence> {
        Confidence::from_thousandths(thousandths)
    }

    fn outcome(expected: &str, chosen: Option<&str>, thousandths: Option<u64>) -> Outcome {
        Outcome {
            prompt: 1,
            expected: expected.to_owned(),
            chosen: chosen.map(str::to_owned),
            correct: chosen == Some(expected),
            confidence: thousandths.and_then(confidence),
        }
    }

    fn sample() -> [Outcome; 7] {
        [
            outcome("code", Some("code"), Some(900)),
            outcome("code", Some("code"), Some(300)),
            outcome("general", Some("code"), Some(299)),
            outcome("general", Some("general"), Some(0)),
            outcome("code", Some("general"), Some(1_000)),
            outcome("code", Some("code"), None),
            outcome("general", None, None),
        ]
    }

    #[test]
    fn a_threshold_sends_less_sure_choices_to_the_default_and_keeps_those_without_a_confidence() {
        for (thousandths, correct, to_default) in
            [(0, 4, 3), (300, 5, 4), (301, 4, 5), (900, 4, 5), (1_000, 3, 6)]
        {
            let minimum = confidence(thousandths).unwrap_or_default();
            let expected = AtThreshold { prompts: 7, correct, to_default };
            assert_eq!(AtThreshold::of(&sample(), "general", minimum), expected, "{thousandths}");
        }
        let none = AtThreshold::of(&[], "general", Confidence::default());
        assert_eq!(none, AtThreshold::default());
    }

    #[test]
    fn a_histogram_counts_right_and_wrong_choices_by_tenths() {
        let bars = histogram(&sample()).unwrap_or_default();
        let of = |right, wrong| Bar { right, wrong };
        assert_eq!((bars[0], bars[2], bars[3], bars[9]), (of(1, 0), of(0, 1), of(1, 0), of(1, 1)));
        assert_eq!(bars.iter().map(|it| it.right + it.wrong).sum::<usize>(), 5);
        assert_eq!(histogram(&sample()[5..]), None, "no confidence is known");
        assert_eq!(histogram(&[]), None);
    }

    #[test]
    fn an_unsure_choice_is_kept_apart_from_the_route_that_was_taken() {
        let labelled = LabelledPrompt { prompt: "p".to_owned(), expected: "code".to_owned() };
        let classified = ClassifiedPrompt {
            labelled,
            route: "general".to_owned(),
            reason: Reason::LowConfidence,
            ms: None,
            chosen: Some("code".to_owned()),
            confidence: confidence(200),
        };
        let unsure = Outcome::of(&classified);
        assert_eq!((unsure.chosen.as_deref(), unsure.correct), (Some("code"), false));
        let none = ClassifiedPrompt {
            reason: Reason::NoMatch,
            chosen: Some("none".to_owned()),
            ..classified.clone()
        };
        assert_eq!(Outcome::of(&none).chosen.as_deref(), Some("general"));
        let failed = ClassifiedPrompt { reason: Reason::RouterTimeout, chosen: None, ..classified };
        assert_eq!(Outcome::of(&failed).chosen, None);
    }
}
