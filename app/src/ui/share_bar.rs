//! A share as a bar with its percentage.

use leptos::prelude::*;

/// A share as a bar with its percentage.
#[component]
pub fn ShareBar(
    /// The share, 0.0–1.0.
    share: f64,
) -> impl IntoView {
    let width = percent(share).to_string();
    view! {
        <span class="share">
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="share-whole" width="100" height="6" />
                <rect class="share-part" width=width height="6" />
            </svg>
            <span class="figure">{format!("{} %", percent(share))}</span>
        </span>
    }
}

/// A share as a whole percentage, 0–100. Only 0 becomes 0 and only 1 becomes 100, so rounding never says "never" or
/// "always" falsely.
pub fn percent(share: f64) -> u8 {
    let share = share.clamp(0.0, 1.0);
    // Clamped to 0–100 above, so the cast cannot truncate.
    let rounded = (share * 100.0).round() as u8;
    if share > 0.0 && share < 1.0 { rounded.clamp(1, 99) } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nothing_is_0_and_only_all_is_100() {
        let figures = [0.0, 0.001, 0.5, 0.999, 1.0, f64::NAN, 7.0].map(percent);
        assert_eq!(figures, [0, 1, 50, 99, 100, 0, 100]);
    }
}
