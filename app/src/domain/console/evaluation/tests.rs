//! Scores of runs, and runs of older versions.

use super::*;

fn classified(expected: &str, route: &str, reason: Reason, ms: f64) -> ClassifiedPrompt {
    let labelled = LabelledPrompt { prompt: "p".repeat(400), expected: expected.to_owned() };
    ClassifiedPrompt {
        labelled,
        route: route.to_owned(),
        reason,
        ms: Some(ms),
        chosen: None,
        confidence: None,
    }
}

#[test]
fn runs_of_older_versions_are_read() {
    let run = EvaluationRun { id: "eval_1".to_owned(), planned: 7, ..EvaluationRun::default() };
    let mut stored = serde_json::to_value(&run).unwrap_or_default();
    for added in ["router_model", "default_route", "outcomes"] {
        assert!(stored.as_object_mut().and_then(|it| it.remove(added)).is_some(), "{added}");
    }
    assert_eq!(serde_json::from_value::<EvaluationRun>(stored).ok(), Some(run));
}

#[test]
fn a_default_that_was_only_fallen_back_to_is_no_success() {
    let all = [
        classified("code", "code", Reason::Matched, 10.0),
        classified("general", "general", Reason::NoMatch, 20.0),
        classified("general", "general", Reason::RouterTimeout, 30.0),
        classified("code", "general", Reason::NoMatch, 40.0),
    ];
    let score = Score::of(&all);
    assert_eq!((score.classified, score.correct, score.unanswered), (4, 2, 1));
    assert_eq!(score.accuracy(), Some(0.5));
    let cells: Vec<_> =
        score.confusion.iter().map(|it| (it.expected.as_str(), it.chosen.as_deref(), it.count)).collect();
    let expected = [
        ("code", Some("code"), 1),
        ("code", Some("general"), 1),
        ("general", None, 1),
        ("general", Some("general"), 1),
    ];
    assert_eq!(cells, expected);
    assert_eq!(score.misses.len(), 2);
    assert_eq!(score.misses[0].prompt.len(), MISS_CHARS);
    assert_eq!(score.router_ms, Some(Percentiles { p50: 20.0, p90: 40.0, p99: 40.0 }));
}

#[test]
fn nothing_has_no_accuracy_and_misses_are_bounded() {
    assert_eq!(Score::of(&[]).accuracy(), None);
    let many: Vec<_> = (0..MISSES + 5).map(|_| classified("a", "b", Reason::Matched, 1.0)).collect();
    let score = Score::of(&many);
    assert_eq!((score.misses.len(), score.classified, score.correct), (MISSES, MISSES + 5, 0));
}

#[test]
fn percentiles_are_by_nearest_rank() {
    let times = (1..=200).rev().map(f64::from).collect();
    assert_eq!(Percentiles::of(times), Some(Percentiles { p50: 100.0, p90: 180.0, p99: 198.0 }));
    assert_eq!(Percentiles::of(Vec::new()), None);
}
