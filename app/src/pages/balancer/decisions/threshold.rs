//! What another minimum confidence would have changed among the latest decisions.

use leptos::prelude::*;

use crate::{
    domain::{
        confidence::Confidence,
        config::balancer::RoutingMode,
        console::{draft::Step, request_log::threshold::changed},
    },
    fragments::refused::refused,
    pages::{
        balancer::load::BalancerDetail,
        parts::threshold::{THRESHOLD, threshold_form},
    },
    ui::{ButtonLink, ShareBar, Table},
    web::{redirect, step_address::step_address},
};

/// Thresholds of the table, in thousandths.
const STEP: u64 = 100;

/// Nothing for a balancer that classifies nothing.
pub(super) fn view(detail: &BalancerDetail) -> Option<AnyView> {
    let spec = &detail.stored.spec;
    (spec.routing_mode == RoutingMode::IntentClassifier).then(|| {
        let content = content(detail);
        view! {
            <section class="panel" id="threshold" tabindex="-1" aria-labelledby="threshold-title">
                <h2 id="threshold-title">"Minimum confidence"</h2>
                {content}
            </section>
        }
        .into_any()
    })
}

fn content(detail: &BalancerDetail) -> AnyView {
    let (spec, id) = (&detail.stored.spec, detail.stored.id.to_string());
    let decisions = match &detail.sure_decisions {
        Err(refusal) => return refused(refusal),
        Ok(decisions) if decisions.is_empty() => {
            return view! {
                <p class="quiet">
                    "No decision carries a confidence yet. Decision models give one with each answer."
                </p>
            }
            .into_any();
        }
        Ok(decisions) => decisions,
    };
    let (all, threshold) = (decisions.len(), detail.threshold);
    let count = changed(decisions, spec, threshold);
    let words =
        format!("Threshold {threshold}: {count} of the last {all} decisions with a confidence would change.");
    let rows = (0..=1_000 / STEP)
        .filter_map(|it| Confidence::from_thousandths(it * STEP))
        .map(|threshold| {
            let count = changed(decisions, spec, threshold);
            let share = count as f64 / all as f64;
            view! {
                <tr>
                    <th scope="row">{threshold.to_string()}</th>
                    <td class="figure">{count.to_string()}</td>
                    <td>
                        <ShareBar share />
                    </td>
                </tr>
            }
        })
        .collect_view();
    let form = threshold_form(
        format!("/balancers/{id}#threshold"),
        vec![("tab", "decisions".to_owned())],
        threshold,
    );
    let edit = detail.may_edit.then(|| {
        let href = redirect::with_query(
            &step_address(Some(&id), Step::Router, ""),
            &[(THRESHOLD, &threshold.to_string())],
        );
        view! {
            <div class="actions">
                <ButtonLink href>{format!("Set the minimum confidence to {threshold}")}</ButtonLink>
            </div>
        }
    });
    let minimum = spec.classifier.min_confidence.to_string();
    view! {
        <p>
            "Calls whose choice is less sure than the minimum go to the default route. It is "
            <span class="figure">{minimum}</span>" now."
        </p>
        {form}
        <p role="status">{words}</p>
        <Table caption="Changed decisions by threshold" heads=vec!["Threshold", "Would change", "Share"]>
            {rows}
        </Table>
        {edit}
    }
    .into_any()
}
