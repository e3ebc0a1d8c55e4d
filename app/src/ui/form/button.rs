//! Buttons and links that look like buttons.

use leptos::prelude::*;

/// Emphasis of a button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The main action.
    Primary,
    /// Any other action.
    #[default]
    Plain,
    /// An action beside a row or a heading.
    Quiet,
    /// A destructive action.
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

/// A submit button. `act` is sent beside `form` and tells the server function which button was pressed.
#[component]
pub fn Button(
    /// Emphasis.
    #[prop(optional)]
    kind: ButtonKind,
    /// Value of the field `act`; not sent if empty.
    #[prop(optional, into)]
    act: String,
    /// Whether it is disabled. Explain why in a text beside it, and refer to that with `described_by`.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Id of the element, for links to it.
    #[prop(optional, into)]
    id: Option<String>,
    /// Id of an explaining text.
    #[prop(optional, into)]
    described_by: String,
    /// A longer name for screen readers, such as "Remove member 2".
    #[prop(optional, into)]
    label: String,
    /// Label.
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

/// A link that looks like a button. It navigates and changes nothing.
#[component]
pub fn ButtonLink(
    /// Target URL.
    #[prop(into)]
    href: String,
    /// Emphasis.
    #[prop(optional)]
    kind: ButtonKind,
    /// Label.
    children: Children,
) -> impl IntoView {
    view! {
        <a class="button" data-kind=kind.as_str() href=href>
            {children()}
        </a>
    }
}
