//! Buttons and links that look like buttons.

use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one thing to do here.
    Primary,
    /// Any other thing to do.
    #[default]
    Plain,
    /// Beside a row or a heading.
    Quiet,
    /// Destroys something.
    Danger,
}

impl ButtonKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Plain => "plain",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
        }
    }
}

/// A button that sends its form. `act` is what the form's server function gets as `act`, beside `form`.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// The value sent as `act`; nothing is sent where it is empty.
    #[prop(optional, into)]
    act: String,
    /// Whether it cannot be pressed now. Say why beside it and point `described_by` there.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Its id, for a fragment that leads back to it.
    #[prop(optional, into)]
    id: Option<String>,
    /// The id of the text that explains it.
    #[prop(optional, into)]
    described_by: String,
    /// A longer name for screen readers, such as "Remove member 2".
    #[prop(optional, into)]
    label: String,
    /// What it says.
    children: Children,
) -> impl IntoView {
    let text = |text: String| (!text.is_empty()).then_some(text);
    view! {
        <button
            type="submit"
            id=id
            class="button"
            data-kind=kind.as_str()
            name=(!act.is_empty()).then_some("act")
            value=text(act)
            disabled=disabled
            aria-describedby=text(described_by)
            aria-label=text(label)
        >
            {children()}
        </button>
    }
}

/// A link that looks like a button: it goes somewhere and changes nothing.
#[component]
pub fn ButtonLink(
    /// Where it goes.
    #[prop(into)]
    href: String,
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <a class="button" data-kind=kind.as_str() href=href>
            {children()}
        </a>
    }
}
