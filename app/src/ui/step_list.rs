//! The steps of a task, with the state of each.

use leptos::prelude::*;

use super::tone::{Tone, ToneMark};

/// State of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not visited yet.
    Open,
    /// Complete and valid.
    Done,
    /// Has errors.
    Faulty,
    /// Not needed because of earlier choices.
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

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Label.
    pub label: String,
    /// Target URL; for a button, the value sent as `act`.
    pub way: String,
    /// State of the step.
    pub state: StepState,
    /// Whether it is the current step.
    pub current: bool,
}

/// The steps in order, numbered from 1.
#[component]
pub fn StepList(
    /// Label of the list.
    #[prop(into)]
    label: String,
    /// The steps.
    steps: Vec<Step>,
    /// Whether the steps are submit buttons of the surrounding form, so that switching steps keeps the input;
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
