//! What is left when members are switched off, when all are ill, and how they come back.

use std::{net::SocketAddr, time::Duration};

use app::domain::routing::health::{HealthState, HealthView};
use fault_upstream::{FaultUpstream, Options};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::rig::{Got, Rig, Setup, calls, got};

fn health(rig: &Rig, instance: &str) -> HealthView {
    app::ports::DataPlane::health(&*rig.gateway, instance)
}

async fn revived(address: SocketAddr) -> FaultUpstream {
    FaultUpstream::start_with(Options { listen: address, ..Options::default() }).await.unwrap()
}

/// Two members of these tiers.
async fn pair(tiers: [u64; 2]) -> (FaultUpstream, FaultUpstream, Rig) {
    let (a, b) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("a", &a, "ok@3")
        .chat("b", &b, "ok@3")
        .group("pool", &[("a", 1, tiers[0]), ("b", 1, tiers[1])])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    (a, b, rig)
}

#[tokio::test]
async fn a_disabled_group_gets_no_call_and_the_default_route_answers() {
    let (off, on) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new()
        .chat("a", &off, "ok")
        .chat("b", &on, "ok")
        .group("off", &[("a", 1, 1)])
        .ordered("alone", &[("only", "tg_off")])
        .ordered("open", &[("first", "tg_off"), ("general", "inst_b")]);
    setup.configuration.target_groups[0].spec.enabled = false;
    let rig = setup.start().await;
    for _ in 0..5 {
        let alone = got(rig.chat("alone", "hi")).await;
        assert_eq!((alone.status, alone.code()), (503, "no_available_destination".to_owned()));
        assert!(alone.header("retry-after").parse::<u64>().unwrap() > 0);
        let open = got(rig.chat("open", "hi")).await;
        assert_eq!(
            (open.status, open.header("x-sb-route"), open.header("x-sb-attempts")),
            (200, "general", "1")
        );
    }
    assert_eq!((calls(&off), calls(&on)), (0, 5));
}

/// Calls until the instance is in that state.
async fn call_until(rig: &Rig, instances: &[&str], state: HealthState) -> Vec<Got> {
    let began = Instant::now();
    let mut answers = Vec::new();
    while instances.iter().any(|it| health(rig, it).state != state) {
        assert!(began.elapsed() < Duration::from_secs(10), "{instances:?} do not become {state:?}");
        answers.push(got(rig.chat("open", "hi")).await);
    }
    answers
}

#[tokio::test]
async fn if_all_members_are_ejected_the_one_due_first_is_tried() {
    let (a, b, rig) = pair([1, 1]).await;
    let addresses = [a.address(), b.address()];
    a.stop().await;
    b.stop().await;
    let names = ["inst_a", "inst_b"];
    call_until(&rig, &names, HealthState::Ejected).await;
    for _ in 0..5 {
        let down = got(rig.chat("open", "hi")).await;
        assert_eq!((down.status, down.header("x-sb-attempts")), (502, "1"), "one try and no more");
    }
    let due = |it: &usize| health(&rig, names[*it]).until.map(|it| it.0);
    let first = (0..2).min_by_key(due).unwrap();
    let _first = revived(addresses[first]).await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!(
        (answer.status, answer.header("x-sb-instance")),
        (200, names[first]),
        "before its rest is over"
    );
    // The other one is back soon too.
    let _other = revived(addresses[1 - first]).await;
    let began = Instant::now();
    while got(rig.chat("open", "hi")).await.header("x-sb-instance") != names[1 - first] {
        assert!(began.elapsed() < Duration::from_secs(10), "it does not come back");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_revived_member_regains_its_share_gradually() {
    let (a, _b, rig) = pair([1, 2]).await;
    assert_eq!(got(rig.chat("open", "hi")).await.header("x-sb-instance"), "inst_a");
    let address = a.address();
    a.stop().await;
    let during = call_until(&rig, &["inst_a"], HealthState::Ejected).await;
    assert!(during.iter().all(|it| it.status == 200 && it.header("x-sb-instance") == "inst_b"));
    assert_eq!(during.len(), 3, "three failed attempts eject");
    let _a = revived(address).await;

    let revived = Instant::now();
    let mut back = None;
    let mut ticks = interval(Duration::from_millis(10));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // By seconds since the return: how many calls there were, and how many of them the member got.
    let mut seconds = [(0_u32, 0_u32); 12];
    loop {
        ticks.tick().await;
        let answer = got(rig.chat("open", "hi")).await;
        assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "1"), "nobody pays for the return");
        let its = answer.header("x-sb-instance") == "inst_a";
        if its && back.is_none() {
            assert!(revived.elapsed() < Duration::from_secs(10), "back after {:?}", revived.elapsed());
            let shares = app::ports::DataPlane::shares(&*rig.gateway, "tg_pool");
            assert!(shares[0] > 0.0 && shares[0] < 0.5, "{shares:?}");
            back = Some(Instant::now());
        }
        let Some(back) = back else {
            assert!(revived.elapsed() < Duration::from_secs(10), "it does not come back");
            continue;
        };
        let Some(second) = seconds.get_mut(back.elapsed().as_secs() as usize) else { break };
        second.0 += 1;
        second.1 += u32::from(its);
    }
    let share = |range: std::ops::Range<usize>| {
        let (all, its) = seconds[range].iter().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        f64::from(its) / f64::from(all)
    };
    let [early, middle, late] = [share(0..2), share(4..6), share(10..12)];
    assert!(early < 0.5 && early < middle && middle < 0.9, "{seconds:?}");
    assert!(late > 0.999, "{seconds:?}");
}
