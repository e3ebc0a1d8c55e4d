//! Components that show a state or a message.

use leptos::prelude::*;

use super::{State, component};
use crate::{
    domain::timestamp::Timestamp,
    ui::{
        Button, ButtonKind, ButtonLink, CodeBlock, Disclosure, EmptyState, ErrorSummary, Notice, PageHead,
        ShareBar, Status, TimeAgo, Tone,
    },
};

const TONES: [(&str, Tone); 5] = [
    ("Good", Tone::Good),
    ("Plain", Tone::Plain),
    ("Warn", Tone::Warn),
    ("Bad", Tone::Bad),
    ("Off", Tone::Off),
];

pub(super) fn all() -> AnyView {
    [
        statuses(),
        shares(),
        times(),
        notices(),
        summaries(),
        empty_states(),
        heads(),
        disclosures(),
        code_blocks(),
        waiting(),
    ]
    .collect_view()
    .into_any()
}

fn statuses() -> AnyView {
    let states = TONES.map(|(name, tone)| {
        let view = view! {
            <div class="row">
                <Status tone label="Label only" />
                <Status tone label="With more" more="Shown on hover" />
            </div>
        };
        (name, view.into_any())
    });
    component("Status", states.into())
}

fn shares() -> AnyView {
    let states = [("Nothing", 0.0), ("Hardly anything", 0.001), ("A part", 0.37), ("All", 1.0)];
    component("Share bar", states.map(|(name, share)| (name, view! { <ShareBar share /> }.into_any())).into())
}

fn times() -> AnyView {
    let now = Timestamp(1_700_000_000_000);
    let states = [("Just now", 0), ("Past", 200), ("Long past", 400_000), ("To come", -7_200)];
    let at = |s: i64| view! { <TimeAgo at=Timestamp(now.0 - s * 1_000) now /> }.into_any();
    component("Time ago", states.map(|(name, s)| (name, at(s))).into())
}

fn notices() -> AnyView {
    let states = TONES.map(|(name, tone)| {
        let view = view! {
            <Notice tone>
                <p>"A sentence or two about what happened, and what to do next."</p>
                <p>
                    <a href="#main">"What to do next"</a>
                </p>
            </Notice>
        };
        (name, view.into_any())
    });
    component("Notice", states.into())
}

fn summaries() -> AnyView {
    let link = |words: &str| ("#field_error".to_owned(), words.to_owned());
    let links = [
        link("Name is required."),
        link("No route is the default."),
        link("The destination “Laptop” of “code” is disabled."),
    ];
    let states: Vec<State> = vec![
        ("One error", view! { <ErrorSummary links=links[..1].to_vec() /> }.into_any()),
        ("Several", view! { <ErrorSummary links=links.to_vec() /> }.into_any()),
    ];
    component("Error summary", states)
}

fn empty_states() -> AnyView {
    let with_a_way = view! {
        <EmptyState message="A target group is several instances that share calls.">
            <ButtonLink href="#main" kind=ButtonKind::Primary>
                "Create a target group"
            </ButtonLink>
            <Button>"Paste JSON"</Button>
        </EmptyState>
    };
    let states: Vec<State> = vec![
        ("With an action", with_a_way.into_any()),
        ("Text only", view! { <EmptyState message="No call matches these filters." /> }.into_any()),
    ];
    component("Empty state", states)
}

fn heads() -> AnyView {
    let long = "A-balancer-whose-name-has-no-place-to-break-and-is-as-long-as-a-name-may-be";
    let with_actions = view! {
        <PageHead title="Helpdesk" lead="support-desk">
            <ButtonLink href="#main">"Edit"</ButtonLink>
            <Button kind=ButtonKind::Primary>"Run smoke test"</Button>
        </PageHead>
    };
    let states: Vec<State> = vec![
        ("With a line and actions", with_actions.into_any()),
        ("Alone, and long", view! { <PageHead title=long /> }.into_any()),
        // The last heading on a page becomes the title of the tab.
        ("Alone", view! { <PageHead title="Components" /> }.into_any()),
    ];
    component("Page head", states)
}

fn disclosures() -> AnyView {
    let states: Vec<State> = vec![
        (
            "Closed",
            view! { <Disclosure summary="More settings"><p>"What is below."</p></Disclosure> }.into_any(),
        ),
        (
            "Open",
            view! { <Disclosure summary="More settings" open=true><p>"What is below."</p></Disclosure> }
                .into_any(),
        ),
        (
            "Open, destructive",
            view! {
                <Disclosure summary="Delete this balancer" open=true danger=true>
                    <p>"Clients that send its name get 404."</p>
                    <Button kind=ButtonKind::Danger>"Delete balancer"</Button>
                </Disclosure>
            }
            .into_any(),
        ),
    ];
    component("Disclosure", states)
}

fn code_blocks() -> AnyView {
    let lines = "curl https://models.example.com/v1/chat/completions \\\n  -H \"Authorization: Bearer $SMART_BALANCER_API_KEY\"";
    let states: Vec<State> = vec![
        ("One line", view! { <CodeBlock label="Model id" code="support-desk" /> }.into_any()),
        ("Wider than its place", view! { <CodeBlock label="curl" code=lines /> }.into_any()),
    ];
    component("Code block", states)
}

fn waiting() -> AnyView {
    let loading = view! { <p class="loading" role="status">"Loading…"</p> };
    let progress = view! {
        <div class="row">
            <label for="progress">"12 of 40 prompts"</label>
            <progress id="progress" value="12" max="40"></progress>
        </div>
    };
    let lost = view! {
        <div class="feed">
            <p>"Connection lost. What you see may be old; it is tried again by itself."</p>
        </div>
    };
    let states: Vec<State> = vec![
        ("Loading", loading.into_any()),
        ("Long work", progress.into_any()),
        ("Connection lost", lost.into_any()),
    ];
    component("Busy", states)
}
