//! The configuration changes a hundred times a second, and running streams notice nothing.

use std::{cell::Cell, time::Duration};

use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use tokio::time::interval;

use crate::rig::{Setup, got};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

/// The configurations that take turns: each but the first does to `inst_a`, where streams run, something else.
fn configurations(a: &FaultUpstream, b: &FaultUpstream) -> Vec<Setup> {
    const MODEL: &str = "trickle:10+ok@100";
    let both = || {
        let setup = Setup::new().chat("a", a, MODEL).chat("b", b, MODEL);
        setup.group("pool", &[("a", 1, 1), ("b", 1, 1)]).ordered("open", &[("only", "tg_pool")])
    };
    let changed = |change: &dyn Fn(&mut Setup)| {
        let mut setup = both();
        change(&mut setup);
        setup
    };
    let without = Setup::new().chat("b", b, MODEL).ordered("open", &[("only", "inst_b")]);
    vec![
        both(),
        changed(&|it| it.configuration.instances[0].spec.enabled = false),
        changed(&|it| it.configuration.target_groups[0].spec.members[0].enabled = false),
        changed(&|it| it.configuration.instances[0].spec.base_url = b.base_url()),
        changed(&|it| it.configuration.instances[0].spec.timeouts.connect_ms = 1_000),
        changed(&|it| it.configuration.instances[0].spec.timeouts.idle_ms = 1),
        changed(&|it| drop(it.keys.remove(&"inst_a".into()))),
        // Deleted, and its group with it.
        without,
    ]
}

#[tokio::test]
async fn streams_keep_their_configuration_while_it_changes_a_hundred_times_a_second() {
    let (a, b) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut configurations = configurations(&a, &b);
    // No stream may begin under a timeout that is meant for those that come later.
    configurations[5].configuration.target_groups[0].spec.members[0].enabled = false;
    let rig = configurations[0].clone().start().await;

    let caller = |_| async {
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(got(rig.stream("open", "hi")).await);
        }
        answers
    };
    let versions = Cell::new(0);
    let publishing = async {
        let mut ticks = interval(Duration::from_millis(10));
        for next in configurations.iter().cycle() {
            ticks.tick().await;
            rig.publish(next);
            versions.set(versions.get() + 1);
        }
    };
    let answers = tokio::select! {
        answers = join_all((0..20).map(caller)) => answers,
        () = publishing => panic!("there is always a next configuration"),
    };
    // Three streams of a second each, one after the other.
    assert!(versions.get() > 200, "{versions:?}");

    let log: Vec<_> = [&a, &b].into_iter().flat_map(|it| it.requests()).collect();
    let mut members = std::collections::BTreeSet::new();
    for answer in answers.iter().flatten() {
        assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "1"), "{}", answer.text());
        let id = answer.header("x-request-id");
        let sent = log.iter().find(|it| it.header("x-request-id") == Some(id)).unwrap();
        assert_eq!(sent.answer_sha256.as_deref(), Some(&*sha256(&answer.body)), "byte for byte");
        assert!(answer.text().ends_with("data: [DONE]\n\n"));
        members.insert(answer.header("x-sb-instance").to_owned());
    }
    assert_eq!(members.len(), 2, "new calls saw new configurations");
}
