//! The records that calls leave behind, as whoever receives them sees it.

use std::time::Duration;

use fault_upstream::FaultUpstream;
use server::gateway::CallRecord;
use tokio::{sync::mpsc, time::timeout};

use crate::rig::{Rig, SOON, Setup, got};

/// A rig whose records come here; at most `waiting` may wait.
async fn rig(waiting: usize) -> (FaultUpstream, Rig, mpsc::Receiver<CallRecord>) {
    let upstream = FaultUpstream::start().await.unwrap();
    let (sender, records) = mpsc::channel(waiting);
    let setup = Setup { records: Some(sender), ..Setup::new() };
    let rig = setup.chat("a", &upstream, "ok@5").ordered("open", &[("only", "inst_a")]).start().await;
    (upstream, rig, records)
}

#[tokio::test]
async fn every_call_leaves_one_record() {
    let (_upstream, rig, mut records) = rig(100).await;
    let models = rig.client.get(format!("{}/v1/models", rig.origin)).bearer_auth(crate::rig::KEY);
    let nothing = rig.client.get(format!("{}/v1/nothing", rig.origin));
    for (request, status, serving_name) in [
        (rig.chat("open", "hi"), 200, Some("open")),
        (rig.stream("OPEN", "hi"), 200, Some("open")),
        (rig.chat("none", "hi"), 404, None),
        (rig.embed("open"), 400, Some("open")),
        (rig.post("/v1/chat/completions", "{"), 400, None),
        (models, 200, None),
        (nothing, 401, None),
    ] {
        let answer = got(request).await;
        let record = timeout(SOON, records.recv()).await.unwrap().unwrap();
        assert_eq!((record.status, record.serving_name.as_deref()), (status, serving_name), "{record:?}");
        assert_eq!((answer.status, answer.header("x-request-id")), (status, record.id.as_str()));
        assert_eq!(record.decision.is_some(), status == 200 && serving_name.is_some());
    }
    let stats = rig.gateway.stats();
    assert_eq!((stats.calls, stats.streams, stats.dropped_records), (0, 0, 0));
    // Nothing more comes until the last one who could send is gone.
    drop(rig);
    let second = timeout(SOON, records.recv()).await.unwrap();
    assert!(second.is_none(), "and none leaves two: {second:?}");
}

#[tokio::test]
async fn a_full_or_closed_receiver_loses_records_but_no_calls() {
    let (_upstream, rig, mut records) = rig(2).await;
    for _ in 0..20 {
        let answer = timeout(Duration::from_secs(2), got(rig.chat("open", "hi"))).await.unwrap();
        assert_eq!(answer.status, 200);
    }
    assert_eq!(rig.gateway.stats().dropped_records, 18);
    assert!(records.recv().await.is_some() && records.recv().await.is_some());
    drop(records);
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200);
    assert_eq!(rig.gateway.stats().dropped_records, 19);
}
