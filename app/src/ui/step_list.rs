//! The steps of a longer task, with the state of each.

use leptos::prelude::*;

use super::tone::{Tone, ToneMark};

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not reached yet.
    Open,
    /// Filled in, nothing wrong.
    Done,
    /// Something in it needs mending.
    Faulty,
    /// Not needed with what was chosen elsewhere.
    Skipped,
}

impl StepState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Faulty => "faulty",
            Self::Skipped => "skipped",
        }
    }

    fn words(self) -> Option<&'static str> {
        match self {
            Self::Open => None,
            Self::Done => Some("done"),
            Self::Faulty => Some("has errors"),
            Self::Skipped => Some("not needed"),
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is called.
    pub label: String,
    /// Where it is; of a button, what its form sends as `act`.
    pub way: String,
    /// How far it is.
    pub state: StepState,
    /// Whether it is the one on the page.
    pub current: bool,
}

/// The steps in order, numbered from 1.
#[component]
pub fn StepList(
    /// What the steps lead to.
    #[prop(into)]
    label: String,
    /// The steps.
    steps: Vec<Step>,
    /// Whether the steps are buttons of the form around them, so that a change of the step takes its input along;
    /// otherwise they are links.
    #[prop(optional)]
    press: bool,
) -> impl IntoView {
    let steps = steps
        .into_iter()
        .enumerate()
        .map(|(at, step)| {
            let mark = match step.state {
                StepState::Open => (at + 1).to_string().into_any(),
                StepState::Done => view! { <ToneMark tone=Tone::Good /> }.into_any(),
                StepState::Faulty => view! { <ToneMark tone=Tone::Warn /> }.into_any(),
                StepState::Skipped => view! { <ToneMark tone=Tone::Off /> }.into_any(),
            };
            let current = step.current.then_some("step");
            let inner = view! {
                <span class="step-mark" aria-hidden="true">{mark}</span>
                <span class="step-label">{step.label}</span>
                {step.state.words().map(|words| view! { <span class="unseen">" ("{words}")"</span> })}
            };
            let entry = if press {
                view! {
                    <button type="submit" name="act" value=step.way aria-current=current>
                        {inner}
                    </button>
                }
                .into_any()
            } else {
                view! { <a href=step.way aria-current=current>{inner}</a> }.into_any()
            };
            view! { <li data-state=step.state.as_str()>{entry}</li> }
        })
        .collect_view();
    view! {
        <nav class="steps" aria-label=label>
            <ol>{steps}</ol>
        </nav>
    }
}
