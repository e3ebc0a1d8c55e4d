//! Who gets how much of the traffic.

use app::domain::config::{balancer::OrderedStrategy, target_group::SelectionPolicy};
use fault_upstream::FaultUpstream;

use crate::rig::{Setup, calls, got};

async fn upstreams<const N: usize>() -> [FaultUpstream; N] {
    let mut started = Vec::new();
    for _ in 0..N {
        started.push(FaultUpstream::start().await.unwrap());
    }
    started.try_into().unwrap()
}

#[tokio::test]
async fn equal_priorities_split_exactly_by_weight_and_two_balancers_share_the_group() {
    let [a, b, c, d] = upstreams().await;
    let mut setup = Setup::new()
        .chat("a", &a, "ok@1")
        .chat("b", &b, "ok@1")
        .chat("c", &c, "ok@1")
        .chat("d", &d, "ok@1")
        .group("pool", &[("a", 50, 1), ("b", 30, 1), ("c", 20, 1), ("d", 0, 1)])
        .ordered("one", &[("only", "tg_pool")])
        .ordered("two", &[("only", "tg_pool")]);
    let rig = setup.clone().start().await;
    for _ in 0..50 {
        assert_eq!(got(rig.chat("one", "hi")).await.status, 200);
        assert_eq!(got(rig.chat("two", "hi")).await.status, 200);
    }
    assert_eq!([&a, &b, &c, &d].map(calls), [50, 30, 20, 0]);
    // A member is taken out of the group: both follow, and neither was edited.
    setup.configuration.target_groups[0].spec.members[0].enabled = false;
    rig.publish(&setup);
    for _ in 0..25 {
        got(rig.chat("one", "hi")).await;
        got(rig.chat("two", "hi")).await;
    }
    assert_eq!([&a, &b, &c, &d].map(calls), [50, 60, 40, 0]);
}

#[tokio::test]
async fn a_lower_tier_is_used_only_if_the_upper_one_is_down() {
    let [a, b, c] = upstreams().await;
    let rig = Setup::new()
        .chat("a", &a, "ok@1")
        .chat("b", &b, "ok@1")
        .chat("c", &c, "ok@1")
        .group("pool", &[("a", 1, 1), ("b", 1, 1), ("c", 1, 2)])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    for _ in 0..10 {
        got(rig.chat("open", "hi")).await;
    }
    assert_eq!([&a, &b, &c].map(calls), [5, 5, 0]);
    let shares = app::ports::DataPlane::shares(&*rig.gateway, "tg_pool");
    assert_eq!(shares, [0.5, 0.5, 0.0]);
    a.stop().await;
    b.stop().await;
    for _ in 0..8 {
        assert_eq!(got(rig.chat("open", "hi")).await.status, 200);
    }
    assert_eq!(calls(&c), 8);
    assert_eq!(app::ports::DataPlane::shares(&*rig.gateway, "tg_pool"), [0.0, 0.0, 1.0]);
}

#[tokio::test]
async fn routes_go_in_order_or_by_weight() {
    let [a, b] = upstreams().await;
    let rig = Setup::new()
        .chat("a", &a, "ok@1")
        .chat("b", &b, "ok@1")
        .ordered("ordered", &[("first", "inst_a"), ("second", "inst_b")])
        .balancer("weighted", &[("first", "inst_a"), ("second", "inst_b")], |it| {
            it.ordered_strategy = OrderedStrategy::Weighted;
            it.routes[0].weight = 3;
            it.routes[1].weight = 1;
        })
        .start()
        .await;
    for _ in 0..8 {
        let answer = got(rig.chat("weighted", "hi")).await;
        assert_eq!(answer.header("x-sb-reason"), "weighted");
    }
    assert_eq!([&a, &b].map(calls), [6, 2]);
    a.set_fault(Some("500")).unwrap();
    let answer = got(rig.chat("ordered", "hi")).await;
    assert_eq!((answer.header("x-sb-route"), answer.header("x-sb-reason")), ("second", "failover"));
    assert_eq!(answer.header("x-sb-attempts"), "2");
}

#[tokio::test]
async fn sessions_stick_to_their_member() {
    let [a, b] = upstreams().await;
    let rig = Setup::new()
        .chat("a", &a, "ok@1")
        .chat("b", &b, "ok@1")
        .group_by(SelectionPolicy::SessionHash, "pool", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    let mut both = std::collections::BTreeSet::new();
    for session in 0..16 {
        let call = || rig.chat("open", "hi").header("x-sb-session", session.to_string());
        let member = got(call()).await.header("x-sb-instance").to_owned();
        for _ in 0..3 {
            assert_eq!(got(call()).await.header("x-sb-instance"), member);
        }
        both.insert(member);
    }
    assert_eq!(both.len(), 2);
}

#[tokio::test]
async fn a_full_member_gets_no_more_calls_and_none_waits() {
    let [a, b] = upstreams().await;
    let rig = Setup::new()
        .instance("a", &a.base_url(), "slow:300", |it| it.max_in_flight = 1)
        .chat("b", &b, "ok@1")
        .group_by(SelectionPolicy::Priority, "pool", &[("a", 1, 1), ("b", 1, 2)])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    let answers = futures_util::future::join_all((0..5).map(|_| got(rig.chat("open", "hi")))).await;
    assert!(answers.iter().all(|it| it.status == 200 && it.header("x-sb-attempts") == "1"));
    assert_eq!([&a, &b].map(calls), [1, 4]);
}
