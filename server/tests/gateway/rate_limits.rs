//! Instances that ask to be left alone for a while, in either form of `Retry-After`.

use std::time::Duration;

use app::domain::routing::health::HealthState;
use fault_upstream::FaultUpstream;
use tokio::time::{Instant, sleep};

use crate::rig::{Rig, Setup, calls, got};

async fn pair(fault: &str) -> (FaultUpstream, FaultUpstream, Rig) {
    let (limited, free) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("limited", &limited, fault)
        .chat("free", &free, "ok@3")
        .group("pair", &[("limited", 1, 1), ("free", 1, 2)])
        .ordered("open", &[("only", "tg_pair")])
        .ordered("alone", &[("only", "inst_limited")])
        .start()
        .await;
    (limited, free, rig)
}

/// Calls until the limited instance was asked so many times, and says when it was. No call may fail meanwhile, and
/// each that is not asked of it is one attempt.
async fn asked(times: usize, limited: &FaultUpstream, rig: &Rig) -> Vec<std::time::Instant> {
    let began = Instant::now();
    while calls(limited) < times {
        let before = calls(limited);
        let answer = got(rig.chat("open", "hi")).await;
        let attempts = (calls(limited) - before + 1).to_string();
        assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, attempts.as_str()));
        assert!(began.elapsed() < Duration::from_secs(20), "it is not asked again");
        sleep(Duration::from_millis(20)).await;
    }
    limited.requests().iter().map(|it| it.started).collect()
}

#[tokio::test]
async fn a_growing_retry_after_is_respected_each_time() {
    let (limited, _free, rig) = pair("429-escalating@1").await;
    let at = asked(3, &limited, &rig).await;
    for (wait, pair) in [1, 2].into_iter().zip(at.windows(2)) {
        let waited = pair[1] - pair[0];
        // Whole milliseconds are counted.
        assert!(
            waited + Duration::from_millis(1) >= Duration::from_secs(wait),
            "{waited:?} instead of {wait} s"
        );
        assert!(waited < Duration::from_secs(wait + 2), "{waited:?} instead of {wait} s");
    }
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_limited");
    assert_eq!(health.state, HealthState::Cooling, "any number of 429 ejects nobody");
}

#[tokio::test]
async fn a_retry_after_date_is_respected() {
    let (limited, _free, rig) = pair("429-date@3").await;
    let at = asked(2, &limited, &rig).await;
    let waited = at[1] - at[0];
    // A date names a whole second.
    assert!((Duration::from_secs(2)..Duration::from_secs(5)).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn a_retry_after_is_capped_at_five_minutes() {
    for fault in ["429@86400", "429-date@86400"] {
        let (limited, _free, rig) = pair(fault).await;
        for attempts in ["1", "0"] {
            let answer = got(rig.chat("alone", "hi")).await;
            assert_eq!((answer.status, answer.code()), (429, "rate_limited".to_owned()), "{fault}");
            assert_eq!(answer.header("x-sb-attempts"), attempts, "{fault}");
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((295..=300).contains(&wait), "{fault}: {wait}");
        }
        assert_eq!(calls(&limited), 1, "{fault}");
    }
}
