//! The tone of a state as color and shape, so that color is never the only sign.

use leptos::prelude::*;

/// The tone of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Working as intended.
    Good,
    /// Neutral or unknown.
    #[default]
    Plain,
    /// Needs attention.
    Warn,
    /// Broken or refused.
    Bad,
    /// Disabled.
    Off,
}

impl Tone {
    /// Value of the `data-tone` attribute in the style sheet.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Plain => "plain",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Off => "off",
        }
    }

    /// The path on a 16-unit square: tick, ring, triangle, cross, bar.
    fn shape(self) -> &'static str {
        match self {
            Self::Good => "M3 8.5l3.2 3.2L13 5",
            Self::Plain => "M8 3a5 5 0 1 0 0 10A5 5 0 1 0 8 3",
            Self::Warn => "M8 2.5l6 11H2zM8 6.5v3.2M8 11.6v.1",
            Self::Bad => "M4 4l8 8M12 4l-8 8",
            Self::Off => "M3.5 8h9",
        }
    }
}

/// The shape of a tone. Decorative, so it needs a text beside it.
#[component]
pub fn ToneMark(
    /// The tone.
    tone: Tone,
) -> impl IntoView {
    view! {
        <svg class="tone-mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=tone.shape() />
        </svg>
    }
}
