//! A thousand callers who leave at moments that nobody chose: whatever was done for them ends with them.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use app::domain::routing::health::HealthState;
use fault_upstream::{FaultUpstream, Record};
use futures_util::future::join_all;
use tokio::{io::AsyncWriteExt as _, sync::mpsc, time::sleep};

use super::wire;
use crate::rig::{Rig, SOON, Setup};

const CUTS: usize = 1_000;
const AT_ONCE: usize = 16;
/// Rounds of so many cuts: what a busy machine delays in one, it need not delay in the next.
const ROUNDS: usize = 3;
/// The latest moment at which a caller leaves, in ms after its call.
const LATEST_MS: u64 = 250;

/// What a call waits for when its caller leaves: the balancer, and whether a stream was asked for.
const KINDS: [(&str, bool); 6] = [
    ("head", false),
    ("head", true),
    ("first-event", true),
    ("router", true),
    ("stream", true),
    ("plain", false),
];

/// The same dice in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

struct Cut {
    kind: &'static str,
    at: Instant,
}

/// Calls, waits for a while and leaves, again and again; tells of each cut by its number.
async fn leave(rig: &Rig, numbers: impl Iterator<Item = usize>, mut dice: Dice) -> Vec<(usize, Cut)> {
    let mut cuts = Vec::new();
    for number in numbers {
        let (kind, stream) = KINDS[dice.below(KINDS.len() as u64) as usize];
        let mut socket = wire::connect(rig).await;
        let call = wire::chat(kind, &format!("cut {number}."), stream);
        socket.write_all(call.as_bytes()).await.unwrap();
        // The moment of leaving is what is tried; whatever it meets, nothing may be left.
        sleep(Duration::from_millis(dice.below(LATEST_MS))).await;
        let at = Instant::now();
        drop(socket);
        cuts.push((number, Cut { kind, at }));
    }
    cuts
}

/// The number of the cut that ended this call.
fn number(record: &Record) -> Option<usize> {
    let text = String::from_utf8_lossy(&record.body).into_owned();
    let (_, behind) = text.rsplit_once("cut ")?;
    behind.split_once('.')?.0.parse().ok()
}

/// A round of cuts, and how late the upstreams saw each of them that had reached one, in order.
async fn round(rig: &Rig, router: &FaultUpstream, upstream: &FaultUpstream, round: usize) -> Vec<Duration> {
    let leaving = (0..AT_ONCE).map(|at| {
        let seed = 0x9e37_79b9_7f4a_7c15 + (round * AT_ONCE + at) as u64;
        leave(rig, (round * CUTS + at..(round + 1) * CUTS).step_by(AT_ONCE), Dice(seed))
    });
    let cuts: HashMap<usize, Cut> = join_all(leaving).await.into_iter().flatten().collect();
    assert_eq!(cuts.len(), CUTS);
    let mut late = Vec::new();
    for (server, asked) in [(router, true), (upstream, false)] {
        let log = server.wait_for(|log| log.iter().all(|it| it.ended.is_some()), SOON).await.unwrap();
        for record in log {
            assert!(record.peer_left(), "{record:?}");
            let Some(cut) = number(&record).and_then(|it| cuts.get(&it)) else { continue };
            assert_eq!(cut.kind == "router", asked, "a caller who left is not served any more");
            late.push(record.ended_at.unwrap().saturating_duration_since(cut.at));
        }
    }
    assert!(late.len() > CUTS * 3 / 4, "only {} calls had reached an upstream", late.len());
    late.sort_unstable();
    late
}

/// Whether the upstreams saw the cuts within 250 ms at p99, and within 1 s at most.
fn is_quick(late: &[Duration]) -> bool {
    late[late.len() * 99 / 100] <= Duration::from_millis(250)
        && late[late.len() - 1] <= Duration::from_secs(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_disconnects_cancel_all_work_for_their_calls() {
    let (router, upstream) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let (sender, mut records) = mpsc::channel(CUTS * ROUNDS);
    let rig = Setup { records: Some(sender), ..Setup::new() }
        .chat("router", &router, "hang-headers")
        .chat("head", &upstream, "hang-headers")
        .chat("first-event", &upstream, "hang-first-event")
        .chat("stream", &upstream, "trickle:20+ok@100000")
        .chat("plain", &upstream, "trickle:200")
        .ordered("head", &[("only", "inst_head")])
        .ordered("first-event", &[("only", "inst_first-event")])
        .ordered("stream", &[("only", "inst_stream")])
        .ordered("plain", &[("only", "inst_plain")])
        .classifier("router", "inst_router", &[("code", "inst_head"), ("general", "inst_head")])
        .start()
        .await;

    let (mut made, mut reached) = (0, 0);
    loop {
        let late = round(&rig, &router, &upstream, made).await;
        made += 1;
        reached += late.len();
        if is_quick(&late) {
            break;
        }
        let (p99, longest) = (late[late.len() * 99 / 100], late[late.len() - 1]);
        assert!(made < ROUNDS, "p99 {p99:?}, longest {longest:?}");
    }

    // Nothing is left of them: no call, no connection, no mark against an instance.
    let began = Instant::now();
    let open = || router.counters().open_connections + upstream.counters().open_connections;
    while rig.gateway.stats().calls > 0 || open() > 0 {
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}, {} open", rig.gateway.stats(), open());
        sleep(Duration::from_millis(5)).await;
    }
    let stats = rig.gateway.stats();
    assert_eq!((stats.streams, stats.dropped_records), (0, 0));
    for instance in stats.instances {
        assert_eq!((instance.calls, instance.ejections), (0, 0), "{}", instance.id);
        assert_eq!(instance.health, HealthState::Unknown, "{}", instance.id);
    }
    // A caller may leave before the call is even read; each that reached an upstream has left a record.
    let mut recorded = 0;
    while let Ok(record) = records.try_recv() {
        assert_eq!(record.status, 499);
        recorded += 1;
    }
    assert!((reached..=CUTS * made).contains(&recorded), "{recorded} records of {reached} calls");
}
