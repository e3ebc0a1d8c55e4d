//! Comparison of the last run with an earlier one, prompt by prompt.

use leptos::prelude::*;

use super::load::{EvaluationPage, WITH};
use crate::{
    domain::console::evaluation::{EvaluationRun, comparison::Comparison},
    pages::parts::threshold::THRESHOLD,
    ui::{Button, Choice, Notice, Select, Tone},
};

/// Nothing if there is only one run.
pub(super) fn view(page: &EvaluationPage) -> Option<AnyView> {
    let (last, earlier) = page.evaluation.runs.split_first()?;
    let other = earlier.iter().find(|it| it.id == page.with).or(earlier.first())?;
    let choices = earlier.iter().map(|it| Choice::new(&it.id, label(it))).collect();
    let (value, action) = (other.id.clone(), page.address());
    let draft = page.subject.draft.clone();
    let draft = (!draft.is_empty()).then(|| view! { <input type="hidden" name="draft" value=draft /> });
    let threshold = page.threshold.to_string();
    Some(
        view! {
            <h3 id="comparison">"Comparison of two runs"</h3>
            <form method="get" action=action>
                {draft}
                <input type="hidden" name=THRESHOLD value=threshold />
                <div class="inline-form">
                    <Select path="with" name=WITH label="Compare with" choices value />
                    <Button>"Compare"</Button>
                </div>
            </form>
            {verdict(last, other)}
        }
        .into_any(),
    )
}

/// A run as an option: router model, revision, result and start.
fn label(run: &EvaluationRun) -> String {
    let what = run.revision.map_or_else(|| "draft".to_owned(), |it| format!("revision {it}"));
    let router_model = match run.router_model.as_str() {
        "" => String::new(),
        name => format!("{name}, "),
    };
    let (score, at) = (&run.score, run.begun_at);
    format!("{router_model}{what}: {} of {} correct, {at}", score.correct, score.classified)
}

fn verdict(last: &EvaluationRun, other: &EvaluationRun) -> AnyView {
    if last.outcomes.is_empty() || other.outcomes.is_empty() {
        return view! {
            <p class="quiet">"These runs cannot be compared: one of them has no results of single prompts."</p>
        }
        .into_any();
    }
    let comparison = Comparison::of(&last.outcomes, &other.outcomes);
    let Comparison { pairs, only_first, only_second, .. } = comparison;
    let tone = match only_first.cmp(&only_second) {
        _ if !comparison.is_clear() => Tone::Plain,
        std::cmp::Ordering::Less => Tone::Warn,
        _ => Tone::Good,
    };
    let how = format!(
        "Prompts in both runs: {pairs}. Only this run was right on {only_first}, only the other on {only_second}. \
         McNemar's test takes a difference for clear if chance alone gives one as large in fewer than 5 of 100 cases."
    );
    let words = comparison.words();
    view! {
        <Notice tone><p>{words}</p></Notice>
        <p class="hint">{how}</p>
    }
    .into_any()
}
