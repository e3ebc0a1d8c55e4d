//! How something is going, as colour and as a shape, so that colour is never the only sign.

use leptos::prelude::*;

/// How something is going.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Nothing to say, or not known yet.
    #[default]
    Plain,
    /// Worth a look.
    Warn,
    /// Broken or refused.
    Bad,
    /// Switched off.
    Off,
}

impl Tone {
    /// The value of the `data-tone` attribute that the style sheet reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Plain => "plain",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Off => "off",
        }
    }

    /// Its shape on a 16-unit square: tick, ring, triangle, cross, bar.
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

/// The tone's shape. Decorative: words must stand beside it.
#[component]
pub fn ToneMark(
    /// Whose shape.
    tone: Tone,
) -> impl IntoView {
    view! {
        <svg class="tone-mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=tone.shape() />
        </svg>
    }
}
