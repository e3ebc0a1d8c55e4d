//! More calls than there is room for: what fits is served, the rest is told at once when to come back.

use std::time::{Duration, Instant};

use fault_upstream::FaultUpstream;
use futures_util::future::join_all;

use crate::rig::{Got, Rig, SOON, Setup, calls, got};

/// A balancer over two members that take four calls at once each.
async fn full(fault: &str) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("a", &upstream.base_url(), fault, |it| it.max_in_flight = 4)
        .instance("b", &upstream.base_url(), fault, |it| it.max_in_flight = 4)
        .group("pool", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    (upstream, rig)
}

fn is_shed(answer: &Got) -> bool {
    let wait = answer.header("retry-after").parse::<u64>();
    answer.status == 503
        && answer.code() == "no_available_destination"
        && wait.is_ok_and(|it| it > 0)
        && answer.header("x-should-retry").is_empty()
}

#[tokio::test]
async fn at_three_times_capacity_the_excess_is_refused_with_retry_after() {
    let (upstream, rig) = full("slow:1500").await;
    let timed = (0..24).map(|_| async {
        let began = Instant::now();
        (got(rig.chat("open", "hi")).await, began.elapsed())
    });
    let answers = join_all(timed).await;
    let (served, shed): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(it, _)| it.status == 200);
    assert_eq!((served.len(), shed.len(), calls(&upstream)), (8, 16, 8));
    assert!(shed.iter().all(|(it, _)| is_shed(it)));
    let longest = shed.iter().map(|it| it.1).max().unwrap();
    assert!(longest < Duration::from_millis(1_500), "nobody was kept waiting: {longest:?}");
}

#[tokio::test]
async fn excess_calls_are_refused_within_fifty_milliseconds() {
    let (upstream, rig) = full("hang-headers").await;
    let calling = join_all((0..8).map(|_| rig.chat("open", "hi").timeout(SOON).send()));
    let shedding = async {
        upstream.wait_for(|log| log.len() == 8, SOON).await.unwrap();
        let mut quickest = Duration::MAX;
        // A busy machine is late now and then; one quick answer shows that nothing is waited for.
        for _ in 0..10 {
            let began = Instant::now();
            assert!(is_shed(&got(rig.chat("open", "hi")).await));
            quickest = quickest.min(began.elapsed());
        }
        assert!(quickest < Duration::from_millis(50), "{quickest:?}");
        assert_eq!(calls(&upstream), 8);
    };
    tokio::select! {
        _ = calling => panic!("an instance that hangs has answered"),
        () = shedding => {}
    }
}

#[tokio::test]
async fn errors_say_whether_and_when_to_retry() {
    for (fault, status, final_one, wait) in [
        ("500", 502, true, None),
        ("401", 502, true, None),
        ("503", 502, false, Some("5")),
        ("rst-on-accept", 502, false, Some("5")),
        ("429@7", 429, false, Some("7")),
        ("hang-headers", 504, true, None),
    ] {
        let upstream = FaultUpstream::start().await.unwrap();
        let rig = Setup::new()
            .instance("a", &upstream.base_url(), fault, |it| it.timeouts.answer_ms = 300)
            .ordered("open", &[("only", "inst_a")])
            .start()
            .await;
        let answer = got(rig.chat("open", "hi")).await;
        assert_eq!(answer.status, status, "{fault}");
        assert_eq!(answer.header("x-should-retry"), if final_one { "false" } else { "" }, "{fault}");
        assert_eq!(answer.header("retry-after"), wait.unwrap_or_default(), "{fault}");
        assert_eq!(calls(&upstream), 1, "{fault}");
    }
}
