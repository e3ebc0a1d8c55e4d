//! Edits forget: another address, model or key is another instance behind the same id, and nothing that was learned of the
//! former one holds. Every other edit forgets nothing.

use app::domain::{routing::health::HealthState, secret::Secret};
use fault_upstream::FaultUpstream;
use server::gateway::UpstreamKey;

use crate::rig::{Rig, Setup, calls, got};

type Change = fn(&mut Setup, &FaultUpstream);

/// What leaves the first instance the one that it is.
const SAME: [(&str, Change); 6] = [
    ("nothing", |_, _| {}),
    ("name", |it, _| it.configuration.instances[0].spec.name = "renamed".to_owned()),
    ("limit", |it, _| it.configuration.instances[0].spec.max_in_flight = 500),
    ("timeouts", |it, _| {
        let timeouts = &mut it.configuration.instances[0].spec.timeouts;
        (timeouts.first_byte_ms, timeouts.idle_ms, timeouts.total_ms) = (4_000, 4_000, 9_000);
    }),
    ("connect timeout", |it, _| it.configuration.instances[0].spec.timeouts.connect_ms = 1_000),
    ("another instance", |it, _| it.configuration.instances[1].spec.model = "ok@4".to_owned()),
];

/// What makes it another one.
const ANOTHER: [(&str, Change); 6] = [
    ("model", |it, _| it.configuration.instances[0].spec.model = "500+bom".to_owned()),
    ("address", |it, other| it.configuration.instances[0].spec.base_url = other.base_url()),
    ("key", |it, _| {
        let key = UpstreamKey::Known(Secret::new("another-key"));
        it.keys.insert("inst_a".into(), key);
    }),
    ("auth header", |it, _| it.configuration.instances[0].spec.auth_header = "api-key".to_owned()),
    ("header", |it, _| {
        it.configuration.instances[0].spec.headers = ["X-Org"].into_iter().collect();
        let value = ("x-org".to_owned(), Secret::new("mine"));
        it.headers.insert("inst_a".into(), [value].into());
    }),
    ("no key", |it, _| drop(it.keys.remove(&"inst_a".into()))),
];

fn changed(setup: &Setup, change: Change, other: &FaultUpstream) -> Setup {
    let mut setup = setup.clone();
    change(&mut setup, other);
    setup
}

fn state(rig: &Rig) -> HealthState {
    app::ports::DataPlane::health(&*rig.gateway, "inst_a").state
}

#[tokio::test]
async fn health_stays_with_the_instance_and_goes_with_another_one() {
    let (upstream, other) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let setup = Setup::new()
        .chat("a", &upstream, "500")
        .chat("b", &upstream, "ok@3")
        .ordered("open", &[("only", "inst_a")]);
    for (what, change) in ANOTHER {
        let rig = setup.clone().start().await;
        for number in 0..3 {
            got(rig.chat("open", &format!("call {number}"))).await;
        }
        for (what, change) in SAME {
            assert_eq!(state(&rig), HealthState::Ejected, "before: {what}");
            rig.publish(&changed(&setup, change, &other));
            assert_eq!(state(&rig), HealthState::Ejected, "{what}");
            rig.publish(&setup);
        }
        rig.publish(&changed(&setup, change, &other));
        assert_eq!(state(&rig), HealthState::Unknown, "{what}");
    }
}

#[tokio::test]
async fn the_length_of_embeddings_goes_with_the_instance() {
    let (upstream, other) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let setup = Setup::new().embeddings("a", &upstream, "dim@12").chat("b", &upstream, "ok@3").balancer(
        "open",
        &[("only", "inst_a")],
        |it| {
            it.workload_kind = app::domain::config::instance::WorkloadKind::Embeddings;
        },
    );
    for (what, change) in ANOTHER {
        let rig = setup.clone().start().await;
        assert_eq!(got(rig.embed("open")).await.status, 200);
        for (what, change) in SAME {
            rig.publish(&changed(&setup, change, &other));
            assert_eq!(rig.gateway.learned_dimensions(), [("inst_a".into(), 12)], "{what}");
        }
        rig.publish(&changed(&setup, change, &other));
        assert_eq!(rig.gateway.learned_dimensions(), [], "{what}");
    }
}

/// How a call's route was found.
async fn reason(rig: &Rig) -> String {
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("x-sb-reason").to_owned()
}

/// A classifier `open` over that router model, of which `inst_a` is a part, or all of it.
fn classifier(upstream: &FaultUpstream, router: &str) -> Setup {
    let setup =
        Setup::new().chat("a", upstream, "500").chat("b", upstream, "ok@3").chat("c", upstream, "500");
    let setup = setup.group("routers", &[("a", 1, 1), ("c", 1, 2)]);
    setup.classifier("open", router, &[("code", "inst_b"), ("general", "inst_b")])
}

#[tokio::test]
async fn the_breaker_of_a_router_model_stays_with_its_instances_and_goes_with_another_one() {
    for router in ["inst_a", "tg_routers"] {
        for (what, change) in ANOTHER {
            let (upstream, other) =
                (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
            let setup = classifier(&upstream, router);
            let rig = setup.clone().start().await;
            for _ in 0..5 {
                assert_eq!(reason(&rig).await, "router_error", "{router}");
            }
            for (what, change) in SAME {
                rig.publish(&changed(&setup, change, &other));
                assert_eq!(reason(&rig).await, "router_open", "{router}: {what}");
            }
            let asked = calls(&upstream) + calls(&other);
            rig.publish(&changed(&setup, change, &other));
            assert_eq!(reason(&rig).await, "router_error", "{router}: {what}");
            // The router model was asked before the destination was.
            assert!(calls(&upstream) + calls(&other) > asked + 1, "{router}: {what}");
        }
    }
}

#[tokio::test]
async fn the_breaker_of_a_group_stays_while_its_members_do() {
    let upstream = FaultUpstream::start().await.unwrap();
    let setup = classifier(&upstream, "tg_routers");
    let rig = setup.clone().start().await;
    for _ in 0..5 {
        assert_eq!(reason(&rig).await, "router_error");
    }
    type Edit = fn(&mut Setup);
    let edits: [(&str, Edit); 5] = [
        ("name", |it| it.configuration.target_groups[0].spec.display_name = "Routers".to_owned()),
        ("weight", |it| it.configuration.target_groups[0].spec.members[0].weight = 7),
        ("switched off", |it| it.configuration.target_groups[0].spec.members[0].enabled = false),
        ("instance switched off", |it| it.configuration.instances[2].spec.enabled = false),
        ("taken out", |it| drop(it.configuration.target_groups[0].spec.members.pop())),
    ];
    for (what, edit) in edits {
        let mut edited = setup.clone();
        edit(&mut edited);
        rig.publish(&edited);
        assert_eq!(reason(&rig).await, "router_open", "{what}");
        if what != "taken out" {
            rig.publish(&setup);
            assert_eq!(reason(&rig).await, "router_open", "and back: {what}");
        }
    }
    // Nothing is known of a member that comes in, and it may be the one that answers.
    let mut joined = setup.clone().chat("d", &upstream, "router@code");
    let members = &mut joined.configuration.target_groups[0].spec.members;
    members[0].instance_id = "inst_d".into();
    rig.publish(&joined);
    assert_eq!(reason(&rig).await, "matched");
}
