//! A decision as people read it: the route, why, what else was in the plan, and what the router model said. The
//! wizard, the detail page and the playground show the same one.

use std::cmp::Reverse;

use leptos::prelude::*;

use super::router_prompt;
use crate::{
    domain::routing::decision::{AttemptRecord, Candidate, Decision, MemberState, Reason},
    ui::{Disclosure, ShareBar, Status, Table, Tone},
};

/// The route and the reason, in one line each.
pub(crate) fn verdict(decision: &Decision) -> AnyView {
    let (route, code, words) = (decision.route.clone(), decision.reason.as_str(), decision.reason.words());
    let ms = ms(decision.ms);
    let excerpt = decision.excerpt.filter(|it| it.cut).map(|it| {
        let words = format!("{} characters; the middle of the text was left out", it.chars);
        view! {
            <dt>"Excerpt"</dt>
            <dd>
                {words} <p class="hint">"The router model sees both ends of a long text. Raise max_chars to show it more."</p>
            </dd>
        }
    });
    let sure = sure(decision);
    view! {
        <dl class="facts">
            <dt>"Route"</dt>
            <dd>
                <strong>{route}</strong>
            </dd>
            <dt>"Reason"</dt>
            <dd>
                {words}" "
                <code>{code}</code>
            </dd>
            {excerpt}
            {sure}
            <dt>"Decided in"</dt>
            <dd class="figure">{ms}</dd>
        </dl>
    }
    .into_any()
}

/// How sure the router model was, and of what.
fn sure(decision: &Decision) -> Option<AnyView> {
    let confidence = decision.confidence?.to_string();
    let overruled = decision.chosen.clone().filter(|_| decision.reason == Reason::LowConfidence);
    let overruled = overruled.map(|chosen| view! { " for " <strong>{chosen}</strong> });
    Some(
        view! {
            <dt>"Confidence"</dt>
            <dd>
                <span class="figure">{confidence}</span>
                {overruled}
            </dd>
        }
        .into_any(),
    )
}

/// The probability of each option as a bar, the most probable first; nothing if the router model does not tell them.
pub(crate) fn probabilities(decision: &Decision) -> Option<AnyView> {
    let mut options = decision.router.as_ref()?.probabilities.clone();
    options.sort_by_key(|it| Reverse(it.probability));
    let rows = options
        .iter()
        .map(|it| {
            let (option, share) = (it.option.clone(), it.probability.share());
            let is_chosen = decision.chosen.as_deref() == Some(option.as_str());
            view! {
                <tr>
                    <th scope="row">{option} {is_chosen.then(|| view! { " " <span class="badge">"Chosen"</span> })}</th>
                    <td>
                        <ShareBar share />
                    </td>
                </tr>
            }
        })
        .collect_view();
    (!options.is_empty()).then(|| {
        view! {
            <Table caption="Probabilities" heads=vec!["Option", "Probability"]>
                {rows}
            </Table>
        }
        .into_any()
    })
}

/// What the router model was asked and what it said; nothing where it was not asked.
pub(crate) fn router(decision: &Decision) -> Option<AnyView> {
    let trace = decision.router.as_ref()?;
    let summary = format!("What the router model was asked ({})", ms(trace.ms));
    let answer = match &trace.answer {
        Some(answer) => {
            let answer = answer.clone();
            view! { <pre tabindex="0" role="group" aria-label="The router model's answer">{answer}</pre> }
                .into_any()
        }
        None => view! { <p class="hint">"No answer came."</p> }.into_any(),
    };
    let messages = router_prompt::view(&trace.messages);
    Some(
        view! {
            <Disclosure summary>
                {messages}
                <h4>"Its raw answer"</h4>
                {answer}
            </Disclosure>
        }
        .into_any(),
    )
}

/// The plan: routes in the order in which they would be tried, with their instances.
pub(crate) fn candidates(decision: &Decision, name: &dyn Fn(&str) -> String) -> AnyView {
    let rows = decision.candidates.iter().enumerate().map(|(at, it)| candidate(at, it, name)).collect_view();
    view! {
        <Table caption="Plan" heads=vec!["Route", "Why it is there", "Instances, in order"]>
            {rows}
        </Table>
    }
    .into_any()
}

fn candidate(at: usize, candidate: &Candidate, name: &dyn Fn(&str) -> String) -> AnyView {
    let (route, reason) = (candidate.route.clone(), candidate.reason.as_str());
    let members = candidate
        .members
        .iter()
        .map(|member| {
            let (tone, words) = state(member.state);
            let name = name(member.instance_id.as_str());
            view! { <li>{name}" " <Status tone label=words /></li> }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{route}</th>
            <td>
                {(at > 0).then_some("If nothing before it can answer: ")} <code>{reason}</code>
            </td>
            <td>
                <ol class="plain">{members}</ol>
            </td>
        </tr>
    }
    .into_any()
}

/// Every attempt, in the order in which they were made.
pub(crate) fn attempts(attempts: &[AttemptRecord], name: &dyn Fn(&str) -> String) -> Option<AnyView> {
    let rows = attempts
        .iter()
        .enumerate()
        .map(|(at, attempt)| {
            let (number, name) = ((at + 1).to_string(), name(attempt.instance_id.as_str()));
            let tone = if attempt.outcome == "ok" { Tone::Good } else { Tone::Bad };
            let (outcome, ms) = (attempt.outcome.replace('_', " "), ms(attempt.ms));
            let status = attempt.status.map_or_else(|| "–".to_owned(), |it| it.to_string());
            view! {
                <tr>
                    <th scope="row">{number}</th>
                    <td>{name}</td>
                    <td><Status tone label=outcome /></td>
                    <td>{status}</td>
                    <td>{ms}</td>
                </tr>
            }
        })
        .collect_view();
    (!attempts.is_empty()).then(|| {
        view! {
            <Table caption="Attempts" heads=vec!["Attempt", "Instance", "Outcome", "Status", "Time"]>
                {rows}
            </Table>
        }
        .into_any()
    })
}

fn state(state: MemberState) -> (Tone, &'static str) {
    match state {
        MemberState::Available => (Tone::Good, "available"),
        MemberState::Probe => (Tone::Warn, "gets one probe call"),
        MemberState::Disabled => (Tone::Off, "disabled"),
        MemberState::NoWeight => (Tone::Off, "weight 0"),
        MemberState::Ejected => (Tone::Bad, "ejected after failures"),
        MemberState::Cooling => (Tone::Warn, "at its rate limit"),
        MemberState::Misconfigured => (Tone::Bad, "refuses the key or model"),
        MemberState::Full => (Tone::Warn, "at its limit of calls"),
        MemberState::ApiNotSupported => (Tone::Off, "does not speak this API"),
    }
}

/// Milliseconds as people read them: `0.4 ms`, `23 ms`, `1.2 s`.
pub(crate) fn ms(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_and_no_needless_digits() {
        assert_eq!([0.42, 23.4, 1_234.0].map(ms), ["0.4 ms", "23 ms", "1.2 s"]);
    }
}
