//! A relative time, with the exact time on hover.

use leptos::prelude::*;

use crate::domain::timestamp::Timestamp;

/// A time relative to `now`, which is part of the page's data, so that server and browser render the same text.
#[component]
pub fn TimeAgo(
    /// The time.
    at: Timestamp,
    /// Render time of the page.
    now: Timestamp,
) -> impl IntoView {
    let exact = at.to_string();
    view! {
        <time datetime=exact.clone() title=exact>{words(at, now)}</time>
    }
}

/// The relative time: "just now", "3 min ago", "in 2 h".
pub fn words(at: Timestamp, now: Timestamp) -> String {
    let apart_s = now.0.abs_diff(at.0) / 1_000;
    let span = match apart_s {
        0..5 => return "just now".to_owned(),
        5..60 => format!("{apart_s} s"),
        60..3_600 => format!("{} min", apart_s / 60),
        3_600..86_400 => format!("{} h", apart_s / 3_600),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", apart_s / 86_400),
    };
    if at > now { format!("in {span}") } else { format!("{span} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_said_in_the_largest_unit_that_fits() {
        let now = Timestamp(1_700_000_000_000);
        let text_of = |s: i64| words(Timestamp(now.0 - s * 1_000), now);
        assert_eq!(text_of(0), "just now");
        assert_eq!(text_of(59), "59 s ago");
        assert_eq!(text_of(200), "3 min ago");
        assert_eq!(text_of(7_300), "2 h ago");
        assert_eq!(text_of(90_000), "1 day ago");
        assert_eq!(text_of(-90), "in 1 min");
    }
}
