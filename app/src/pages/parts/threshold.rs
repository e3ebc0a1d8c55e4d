//! The form that asks what a minimum confidence would change. It is submitted as a query, so it needs no scripting.

use leptos::prelude::*;

use crate::{domain::confidence::Confidence, ui::Button};

/// Query parameter of the threshold.
pub(crate) const THRESHOLD: &str = "threshold";

/// The threshold of a query; `None` if it has none or no number from 0 to 1.
pub(crate) fn threshold_of(query: &str) -> Option<Confidence> {
    Confidence::of(query.trim().parse().ok()?)
}

/// The slider and its button; `others` are the other parameters of the page's query.
pub(crate) fn threshold_form(
    action: String,
    others: Vec<(&'static str, String)>,
    value: Confidence,
) -> AnyView {
    let others = others
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view();
    view! {
        <form method="get" action=action>
            {others}
            <div class="inline-form">
                <div class="field">
                    <label for="threshold-slider">"Threshold"</label>
                    <input
                        type="range"
                        id="threshold-slider"
                        name=THRESHOLD
                        min="0"
                        max="1"
                        step="0.01"
                        value=value.to_string()
                    />
                </div>
                <Button>"Show"</Button>
            </div>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_are_thresholds() {
        assert_eq!(threshold_of(" 0.85 "), Confidence::from_thousandths(850));
        for query in ["", "x", "-0.1", "1.1", "NaN", "inf"] {
            assert_eq!(threshold_of(query), None, "{query}");
        }
    }
}
