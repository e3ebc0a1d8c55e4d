//! Confidence of a run: right against wrong choices, and what a minimum confidence would change.

use leptos::prelude::*;

use super::load::{EvaluationPage, WITH};
use crate::{
    domain::{
        confidence::Confidence,
        console::evaluation::{
            EvaluationRun,
            outcomes::{AtThreshold, Bar, histogram},
        },
    },
    pages::parts::threshold::threshold_form,
    ui::{Disclosure, Table},
};

/// Height of the figure, in its own units.
const HEIGHT: usize = 60;
/// Thresholds of the table, in thousandths.
const STEP: u64 = 100;

pub(super) fn view(page: &EvaluationPage, run: &EvaluationRun) -> AnyView {
    let Some(bars) = histogram(&run.outcomes) else {
        return view! {
            <h3>"Confidence"</h3>
            <p class="quiet">
                "No answer of this run has a confidence. Decision models give one with each answer."
            </p>
        }
        .into_any();
    };
    let default_route = &run.default_route;
    let at = |threshold| AtThreshold::of(&run.outcomes, default_route, threshold);
    let others = vec![("draft", page.subject.draft.clone()), (WITH, page.with.clone())];
    let words = format!("Threshold {}: {}", page.threshold, words(at(page.threshold)));
    let rows = (0..=1_000 / STEP)
        .filter_map(|it| Confidence::from_thousandths(it * STEP))
        .map(|threshold| {
            let AtThreshold { prompts, correct, to_default } = at(threshold);
            view! {
                <tr>
                    <th scope="row">{threshold.to_string()}</th>
                    <td class="figure">{percent(correct, prompts)}</td>
                    <td class="figure">{percent(to_default, prompts)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <h3 id="confidence">"Confidence"</h3>
        {figure(&bars)}
        {threshold_form(page.address() + "#confidence", others, page.threshold)}
        <p role="status">{words}</p>
        <Disclosure summary="Every tenth">
            <Table caption="Results by threshold" heads=vec!["Threshold", "Accuracy", "Sent to the default route"]>
                {rows}
            </Table>
        </Disclosure>
    }
    .into_any()
}

fn words(at: AtThreshold) -> String {
    let AtThreshold { prompts, correct, to_default } = at;
    let (accuracy, share) = (percent(correct, prompts), percent(to_default, prompts));
    format!("accuracy {accuracy} ({correct} of {prompts}), {share} sent to the default route")
}

/// The histogram, and the same numbers as a table.
fn figure(bars: &[Bar]) -> AnyView {
    let most = bars.iter().map(|it| it.right + it.wrong).max().unwrap_or(0).max(1);
    let height = |count: usize| count * HEIGHT / most;
    let columns = bars
        .iter()
        .enumerate()
        .map(|(place, bar)| {
            let (right, wrong) = (height(bar.right), height(bar.wrong));
            let x = (place * 10 + 1).to_string();
            view! {
                <rect
                    class="chart-calls"
                    x=x.clone()
                    y=(HEIGHT - right).to_string()
                    width="8"
                    height=right.to_string()
                />
                <rect
                    class="chart-failed"
                    x=x
                    y=(HEIGHT - right - wrong).to_string()
                    width="8"
                    height=wrong.to_string()
                />
            }
        })
        .collect_view();
    let rows = bars
        .iter()
        .enumerate()
        .map(|(place, bar)| {
            let range = format!("{:.1}–{:.1}", place as f64 / 10.0, (place + 1) as f64 / 10.0);
            view! {
                <tr>
                    <th scope="row">{range}</th>
                    <td class="figure">{bar.right.to_string()}</td>
                    <td class="figure">{bar.wrong.to_string()}</td>
                </tr>
            }
        })
        .collect_view();
    let view_box = format!("0 0 100 {HEIGHT}");
    view! {
        <div class="charts">
            <figure>
                <figcaption>"Confidence from 0 to 1: right choices below, wrong ones on top"</figcaption>
                <svg class="chart" viewBox=view_box preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    {columns}
                </svg>
            </figure>
        </div>
        <Disclosure summary="Numbers of the figure">
            <Table caption="Choices by confidence" heads=vec!["Confidence", "Right", "Wrong"]>
                {rows}
            </Table>
        </Disclosure>
    }
    .into_any()
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}
