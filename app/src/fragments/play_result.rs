//! Result of a playground call, as text and nothing else: the answer, the decision behind it, and how long each part took.

use leptos::prelude::*;

use super::{
    decision::{self, ms},
    timings,
};
use crate::{
    domain::{
        config::configuration::Configuration,
        console::play::{
            embedding,
            outcome::{End, Outcome},
        },
    },
    ui::{CodeBlock, Disclosure, Status, Table, Tone},
};

/// The element that holds the results.
pub(crate) const RESULTS: &str = "play-results";

/// Instances by id, for people to read.
#[derive(Clone)]
pub(crate) struct InstanceNames(Vec<(String, String)>);

impl InstanceNames {
    /// The names of all instances.
    pub(crate) fn of(configuration: &Configuration) -> Self {
        let names = configuration.instances.iter().map(|it| (it.id.to_string(), it.spec.name.clone()));
        Self(names.collect())
    }

    fn name(&self, id: &str) -> String {
        let known = self.0.iter().find(|(known, _)| known == id);
        known.map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    }
}

/// Which of two results that stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The one, and the only one unless routes are compared.
    First,
    /// The one beside it.
    Second,
}

impl Side {
    /// An id of a part of this result.
    pub(crate) fn id(self, part: &str) -> String {
        match self {
            Self::First => part.to_owned(),
            Self::Second => format!("second-{part}"),
        }
    }

    /// The element that holds this result.
    pub(crate) fn result_id(self) -> String {
        self.id("play-result")
    }

    /// The element that the answer's text is added to.
    pub(crate) fn text_id(self) -> String {
        self.id("answer-text")
    }

    fn title(self, part: &str) -> String {
        match self {
            Self::First => part.to_owned(),
            Self::Second => format!("Second {}", part.to_lowercase()),
        }
    }
}

/// The results of the last call: the one, and the other if routes are compared. `None` stands for no call yet.
pub(crate) fn results(names: &InstanceNames, first: Option<&Outcome>, beside: Option<&Outcome>) -> AnyView {
    let beside = beside.map(|it| result(names, Side::Second, Some(it)));
    view! {
        <div id=RESULTS class="play-results">
            {result(names, Side::First, first)} {beside}
        </div>
    }
    .into_any()
}

/// One result.
pub(crate) fn result(names: &InstanceNames, side: Side, outcome: Option<&Outcome>) -> AnyView {
    let id = |part: &str| side.id(part);
    let name = |id: &str| names.name(id);
    let end = outcome.and_then(|it| it.end.as_ref());
    let started = outcome.and_then(|it| it.started.as_ref());
    let is_running = outcome.is_some() && end.is_none();
    let text = outcome.map(|it| it.text.clone()).unwrap_or_default();
    let decision = outcome.and_then(|it| it.decision.as_ref());
    let decided = decision.map(|found| {
        view! {
            <section class="panel" aria-labelledby=id("decision-title")>
                <h2 id=id("decision-title")>{side.title("Decision")}</h2>
                {decision::verdict(found)}
                {decision::probabilities(found)}
                {decision::candidates(found, &name)}
                {decision::router(found)}
            </section>
        }
    });
    let times = end.and_then(|end| timeline(decision.map(|it| it.ms), started, end, &name, side));
    view! {
        <div class="play-result" id=side.result_id()>
            <section class="panel" id=id("answer") tabindex="-1" aria-labelledby=id("answer-title")>
                <h2 id=id("answer-title")>{side.title("Answer")}</h2>
                <p role="status" id=id("answer-status") data-pending=is_running.then_some("true")>
                    {verdict(outcome.is_some(), end, started.is_some())}
                </p>
                <pre class="answer" id=side.text_id() tabindex="0" role="group" aria-label="What came back">
                    {(!text.is_empty()).then_some(text)}
                </pre>
                {outcome.and_then(|it| it.body.clone()).map(whole)}
                {end.and_then(problem)}
            </section>
            {decided}
            {times}
        </div>
    }
    .into_any()
}

/// What a result that is still awaited says once the call was stopped, or the connection was lost. The browser shows it.
pub(crate) fn endings() -> AnyView {
    view! {
        <template data-ending="stopped">
            <Status tone=Tone::Off label="Stopped; the call was cancelled" />
        </template>
        <template data-ending="lost">
            <Status tone=Tone::Bad label="The connection was lost before the end came; send it again" />
        </template>
    }
    .into_any()
}

/// How the call is going, in one line.
fn verdict(begun: bool, end: Option<&End>, started: bool) -> AnyView {
    let (tone, words) = match (begun, end) {
        (false, _) => return view! { <span class="quiet">"The answer will stand here."</span> }.into_any(),
        (true, None) if started => (Tone::Plain, "Answering…".to_owned()),
        (true, None) => (Tone::Plain, "Waiting for the first byte…".to_owned()),
        (true, Some(End::Done { status, ms: took, tokens, .. })) => {
            let tokens = tokens.map(|(prompt, completion)| format!("; {prompt} tokens in, {completion} out"));
            (Tone::Good, format!("Status {status} in {}{}", ms(*took), tokens.unwrap_or_default()))
        }
        (true, Some(End::Failed { status, ms: took, .. })) => {
            (Tone::Bad, format!("Failed with status {status} after {}", ms(*took)))
        }
        (true, Some(End::NotBegun(_))) => (Tone::Bad, "The call was not begun".to_owned()),
        (true, Some(End::Lost)) => {
            (Tone::Bad, "The connection was lost before the end came; send it again".to_owned())
        }
    };
    view! { <Status tone label=words /> }.into_any()
}

/// An answer that came whole: embeddings in figures, and any as it was received.
fn whole(body: String) -> AnyView {
    let vectors = embedding::read(&body);
    let rows = vectors
        .iter()
        .enumerate()
        .map(|(at, vector)| {
            let first: Vec<String> = vector.iter().take(6).map(|it| format!("{it:.4}")).collect();
            let (number, first) = ((at + 1).to_string(), first.join(", "));
            let dimensions = vector.len().to_string();
            view! {
                <tr>
                    <th scope="row">{number}</th>
                    <td>{dimensions}</td>
                    <td><code>{first}" …"</code></td>
                </tr>
            }
        })
        .collect_view();
    let likeness = match vectors.as_slice() {
        [first, second, ..] => embedding::cosine(first, second),
        _ => None,
    };
    view! {
        {(!vectors.is_empty())
            .then(|| {
                view! {
                    <Table caption="Embeddings" heads=vec!["Input", "Dimensions", "First values"]>
                        {rows}
                    </Table>
                }
            })}
        {likeness.map(|it| view! { <p>"Cosine of the two inputs: "<strong class="figure">{format!("{it:.4}")}</strong></p> })}
        <Disclosure summary="The answer as it was received">
            <CodeBlock label="Body" code=body />
        </Disclosure>
    }
    .into_any()
}

/// Why it failed: the error that a client would have got.
fn problem(end: &End) -> Option<AnyView> {
    match end {
        End::Failed { error, .. } => {
            let parsed: serde_json::Value = serde_json::from_str(error).unwrap_or_default();
            let part = |name: &str| {
                parsed.pointer(&format!("/error/{name}")).and_then(|it| it.as_str()).map(str::to_owned)
            };
            let (message, code, error) = (part("message"), part("code"), error.clone());
            Some(
                view! {
                    <p>
                        {message.unwrap_or_else(|| "The call failed.".to_owned())}" "
                        {code.map(|code| view! { <code>{code}</code> })}
                    </p>
                    <Disclosure summary="The error that a client would have got">
                        <CodeBlock label="Error" code=error />
                    </Disclosure>
                }
                .into_any(),
            )
        }
        End::NotBegun(words) => Some(view! { <p>{words.clone()}</p> }.into_any()),
        End::Done { .. } | End::Lost => None,
    }
}

/// What took how long: routing, the first byte, every attempt, all of it.
fn timeline(
    routing: Option<f64>,
    started: Option<&(String, f64)>,
    end: &End,
    name: &dyn Fn(&str) -> String,
    side: Side,
) -> Option<AnyView> {
    let (attempts, took) = match end {
        End::Done { attempts, ms, .. } | End::Failed { attempts, ms, .. } => (attempts, *ms),
        End::NotBegun(_) | End::Lost => return None,
    };
    let first = started.map(|(instance, at)| (format!("First byte, from {}", name(instance)), Some(*at)));
    let moments = [Some(("Routing".to_owned(), routing)), first, Some(("End".to_owned(), Some(took)))];
    let attempts = decision::attempts(attempts, name);
    let id = side.id("timeline-title");
    let labelled = id.clone();
    Some(
        view! {
            <section class="panel" aria-labelledby=labelled>
                <h2 id=id>{side.title("Timeline")}</h2>
                {timings::table(moments.into_iter().flatten().collect())}
                {attempts}
            </section>
        }
        .into_any(),
    )
}
