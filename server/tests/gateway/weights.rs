//! Weights at their ends: none at all, and as much as there can be.

use app::domain::config::target_group::SelectionPolicy;
use fault_upstream::FaultUpstream;
use futures_util::future::join_all;

use crate::rig::{Rig, Setup, calls, got};

const POLICIES: [SelectionPolicy; 6] = [
    SelectionPolicy::WeightedRoundRobin,
    SelectionPolicy::WeightedRandom,
    SelectionPolicy::LeastInFlight,
    SelectionPolicy::LowestLatency,
    SelectionPolicy::Priority,
    SelectionPolicy::SessionHash,
];

/// So many calls under each policy, all of which are to end with this status.
async fn call(rig: &Rig, count: usize, status: &[u16]) {
    let calling = (0..POLICIES.len()).map(|policy| async move {
        for session in 0..count {
            let call = rig.chat(&format!("open{policy}"), "hi").header("x-sb-session", session.to_string());
            let answer = got(call).await;
            assert!(status.contains(&answer.status), "{}", answer.text());
        }
    });
    join_all(calling).await;
}

#[tokio::test]
async fn a_member_of_weight_0_is_never_called_under_any_policy() {
    let (good, zero) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new().chat("good", &good, "ok@1").chat("zero", &zero, "ok@1");
    for (at, policy) in POLICIES.into_iter().enumerate() {
        let members = [("zero", 0, 1), ("good", 100, 1)];
        setup = setup
            .group_by(policy, &format!("pool{at}"), &members)
            .ordered(&format!("open{at}"), &[("only", &format!("tg_pool{at}"))]);
    }
    let rig = setup.start().await;
    call(&rig, 200, &[200]).await;
    // The only one with a weight fails, is ejected, is a last resort, cools.
    good.set_fault(Some("500")).unwrap();
    call(&rig, 40, &[502]).await;
    good.set_fault(Some("429@60")).unwrap();
    call(&rig, 40, &[429]).await;
    assert_eq!(zero.counters().connections, 0);
    assert!(calls(&good) >= 1_200);
}

#[tokio::test]
async fn the_largest_weights_are_exact() {
    let upstream = FaultUpstream::start().await.unwrap();
    let large = 1_000_000;
    let rig = Setup::new()
        .chat("a", &upstream, "ok@1")
        .chat("b", &upstream, "ok@1")
        .chat("c", &upstream, "ok@1")
        .chat("d", &upstream, "ok@1")
        .group("pool", &[("a", large, 1), ("b", large, 1), ("c", large / 2, 1), ("d", 1, 1)])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    let mut counts = [0_i32; 4];
    for _ in 0..250 {
        let answer = got(rig.chat("open", "hi")).await;
        let at = ["inst_a", "inst_b", "inst_c", "inst_d"]
            .iter()
            .position(|it| *it == answer.header("x-sb-instance"));
        counts[at.unwrap()] += 1;
    }
    for (count, share) in counts.into_iter().zip([100, 100, 50, 0]) {
        assert!((count - share).abs() <= 1, "{counts:?}");
    }
}
