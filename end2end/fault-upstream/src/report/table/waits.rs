//! 429s that say when to try again, in every form, and some that do not.

use super::super::{
    expectation::Expectation::{Fails, FailsForNow, FailsOver, Refuses, Skips},
    row::{Row, Step, chat, plain, stream},
};

/// Cools for longer than two seconds.
const COOLS: &[Step] = &[plain(FailsOver), stream(Skips), plain(Skips).after(2_000)];

pub(super) const ROWS: &[Row] = &[
    chat("429@60", &[plain(FailsOver), stream(Skips)]),
    chat("429@0.5", &[plain(FailsOver), stream(Skips), plain(FailsOver).after(1_300)]),
    chat("429@-1", COOLS),
    chat("429@86400", &[stream(FailsOver), plain(Skips)]),
    chat("429-date@60", &[stream(FailsOver), plain(Skips)]),
    chat("429-date@-60", COOLS),
    chat("429-escalating@1", &[plain(FailsOver), plain(FailsOver).after(1_300), plain(Skips).after(1_300)]),
    chat("429-ms@3000", &[plain(FailsOver), stream(Skips).after(1_500), plain(FailsOver).after(2_000)]),
    chat("429-retry-info@3", &[plain(FailsOver), stream(Skips).after(1_500), plain(FailsOver).after(2_000)]),
    chat("429-reset@60", &[plain(FailsOver), stream(Skips)]),
    chat("429-bare", COOLS),
    chat("429@30", &[plain(Fails(429)), stream(Refuses(429))]).named("429 alone").without_fallback(),
    chat("429@86400+ok", &[plain(FailsForNow(&[429]))]).named("429 for a day alone").without_fallback(),
    chat("429-bare+ok", &[plain(FailsForNow(&[429]))]).named("429-bare alone").without_fallback(),
];
