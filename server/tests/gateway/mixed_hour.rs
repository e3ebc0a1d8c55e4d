//! An hour of calls of several APIs to a pool in which only one instance speaks them all.

use std::time::Duration;

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use serde_json::json;

use super::stopped_clock::StoppedClock;
use crate::rig::{Setup, got};

#[tokio::test]
async fn an_hour_of_mixed_calls_uses_each_instance_for_what_it_speaks_and_ejects_nobody() {
    for (status, seconds) in [(404, 3_600), (405, 640), (501, 640)] {
        let clock = StoppedClock::start();
        let [chat_only, both] =
            [FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap()];
        let rig = Setup::new()
            .chat("chat_only", &chat_only, &format!("ok@3+no-responses@{status}"))
            .chat("both", &both, "ok@3")
            .group("pool", &[("chat_only", 1, 1), ("both", 1, 1)])
            .ordered("open", &[("only", "tg_pool")])
            .start()
            .await;
        for second in 0..seconds {
            let is_chat = second % 2 == 0;
            // Two calls of each kind are plain, then two are streams.
            let stream = second % 4 >= 2;
            let prompt = format!("call {second}");
            let answer = if is_chat {
                let messages = [json!({ "role": "user", "content": prompt })];
                let body = json!({ "model": "open", "stream": stream, "messages": messages });
                got(rig.post("/v1/chat/completions", body.to_string())).await
            } else {
                let body = json!({ "model": "open", "stream": stream, "input": prompt });
                got(rig.post("/v1/responses", body.to_string())).await
            };
            assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "1"), "{second}");
            if !is_chat {
                assert_eq!(answer.header("x-sb-instance"), "inst_both", "{second}");
            }
            let states = ["inst_chat_only", "inst_both"].map(|it| rig.gateway.health(it).state);
            let well = |it: &HealthState| matches!(it, HealthState::Healthy | HealthState::Unknown);
            assert!(states.iter().all(well), "{second}: {states:?}");
            clock.advance(Duration::from_secs(1)).await;
        }
        let on = |upstream: &FaultUpstream, path: &str| {
            upstream.requests().iter().filter(|it| it.path.ends_with(path)).count()
        };
        let each = seconds / 2;
        assert_eq!([on(&chat_only, "/chat/completions"), on(&both, "/chat/completions")], [each / 2; 2]);
        assert_eq!(on(&both, "/responses"), each);
        // The first call comes at second 1; after ten minutes the next one that would be its turn asks again.
        let asked = on(&chat_only, "/responses");
        assert_eq!(asked, seconds.div_ceil(600), "once in ten minutes");
        tokio::time::resume();
    }
}
