//! What came back, as text and nothing else: the answer, the decision behind it, and how long each part took.

use leptos::prelude::*;

use super::call::{Call, Run};
use crate::{
    actions::playground::{
        Playground, embedding,
        outcome::{End, Outcome},
    },
    islands::{
        decision::{self, ms},
        refused::refused,
        timings,
    },
    ui::{CodeBlock, Disclosure, Status, Table, Tone},
};

type Names = StoredValue<Vec<(String, String)>>;

/// The answer, and beside it that of the other route where routes are compared.
pub(super) fn view(page: Playground, call: Call) -> AnyView {
    let names: Names = StoredValue::new(page.instances);
    let compared = Memo::new(move |_| call.beside.outcome.with(Option::is_some));
    view! {
        <div class="play-results">
            {result(names, call.first, FIRST)} {move || compared.get().then(|| result(names, call.beside, BESIDE))}
        </div>
    }
    .into_any()
}

/// What the parts of a result are called, and what their ids begin with.
#[derive(Clone, Copy)]
struct Titles {
    prefix: &'static str,
    answer: &'static str,
    decision: &'static str,
    timeline: &'static str,
}

const FIRST: Titles = Titles { prefix: "", answer: "Answer", decision: "Decision", timeline: "Timeline" };
const BESIDE: Titles = Titles {
    prefix: "second-",
    answer: "Second answer",
    decision: "Second decision",
    timeline: "Second timeline",
};

fn result(names: Names, run: Run, titles: Titles) -> AnyView {
    let outcome = run.outcome;
    let id = move |part: &str| format!("{}{part}", titles.prefix);
    let part =
        move |read: fn(&Outcome) -> String| outcome.with(|it| it.as_ref().map(read)).unwrap_or_default();
    let begun = Memo::new(move |_| outcome.with(Option::is_some));
    let text = move || part(|it| it.text.clone());
    let decision = Memo::new(move |_| outcome.with(|it| it.as_ref().and_then(|it| it.decision.clone())));
    let end = Memo::new(move |_| outcome.with(|it| it.as_ref().and_then(|it| it.end.clone())));
    let answers = Memo::new(move |_| outcome.with(|it| it.as_ref().is_some_and(|it| it.started.is_some())));
    let at_last = move |read: fn(&Outcome) -> Option<String>| {
        end.get().and_then(|_| outcome.with_untracked(|it| it.as_ref().and_then(read)))
    };
    let decided = move || {
        decision.get().map(|found| {
            let name = named(names);
            view! {
                <section class="panel" aria-labelledby=id("decision-title")>
                    <h2 id=id("decision-title")>{titles.decision}</h2>
                    {decision::verdict(&found)}
                    {decision::candidates(&found, &name)}
                    {decision::router(&found)}
                </section>
            }
        })
    };
    let times = move || {
        end.get().map(|end| {
            let routing = decision.with(|it| it.as_ref().map(|it| it.ms));
            let started = outcome.with_untracked(|it| it.as_ref().and_then(|it| it.started.clone()));
            timeline(routing, started, &end, &named(names), titles)
        })
    };
    view! {
        <div class="play-result">
            <section class="panel" id=id("answer") tabindex="-1" aria-labelledby=id("answer-title")>
                <h2 id=id("answer-title")>{titles.answer}</h2>
                <p role="status">{move || verdict(begun.get(), end.get().as_ref(), answers.get())}</p>
                <Show when=move || outcome.with(|it| it.as_ref().is_some_and(|it| !it.text.is_empty()))>
                    <pre class="answer" tabindex="0" role="group" aria-label="What came back">
                        {text}
                    </pre>
                </Show>
                {move || at_last(|it| it.body.clone()).map(whole)}
                {move || end.get().and_then(problem)}
            </section>
            {decided}
            {times}
        </div>
    }
    .into_any()
}

fn named(names: Names) -> impl Fn(&str) -> String {
    move |id: &str| {
        names.with_value(|names| {
            let known = names.iter().find(|(known, _)| known == id);
            known.map_or_else(|| id.to_owned(), |(_, name)| name.clone())
        })
    }
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
        (true, Some(End::Refused(_))) => (Tone::Bad, "The call was not begun".to_owned()),
        (true, Some(End::NotAnswered(_))) => (Tone::Bad, "The call was not answered".to_owned()),
        (true, Some(End::Stopped)) => (Tone::Off, "Stopped; the call was cancelled".to_owned()),
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
fn problem(end: End) -> Option<AnyView> {
    match end {
        End::Failed { error, .. } => {
            let parsed: serde_json::Value = serde_json::from_str(&error).unwrap_or_default();
            let part = |name: &str| {
                parsed.pointer(&format!("/error/{name}")).and_then(|it| it.as_str()).map(str::to_owned)
            };
            let (message, code) = (part("message"), part("code"));
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
        End::Refused(refusal) => Some(refused(&refusal)),
        End::NotAnswered(words) => Some(view! { <p>{words}</p> }.into_any()),
        End::Done { .. } | End::Stopped | End::Lost => None,
    }
}

/// What took how long: routing, the first byte, every attempt, all of it.
fn timeline(
    routing: Option<f64>,
    started: Option<(String, f64)>,
    end: &End,
    name: &dyn Fn(&str) -> String,
    titles: Titles,
) -> Option<AnyView> {
    let (attempts, took) = match end {
        End::Done { attempts, ms, .. } | End::Failed { attempts, ms, .. } => (attempts, *ms),
        End::Refused(_) | End::NotAnswered(_) | End::Stopped | End::Lost => return None,
    };
    let first = started.map(|(instance, at)| (format!("First byte, from {}", name(&instance)), Some(at)));
    let moments = [Some(("Routing".to_owned(), routing)), first, Some(("End".to_owned(), Some(took)))];
    let attempts = decision::attempts(attempts, name);
    let id = format!("{}timeline-title", titles.prefix);
    let labelled = id.clone();
    Some(
        view! {
            <section class="panel" aria-labelledby=labelled>
                <h2 id=id>{titles.timeline}</h2>
                {timings::table(moments.into_iter().flatten().collect())}
                {attempts}
            </section>
        }
        .into_any(),
    )
}
