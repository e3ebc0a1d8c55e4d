//! Balancers that lead to each other.

use app::domain::secret::Secret;
use fault_upstream::FaultUpstream;
use server::gateway::{CallRecord, UpstreamKey};
use tokio::sync::mpsc;

use crate::rig::{KEY, Rig, Setup, calls, got};

/// An instance that is another server, opened by its key.
fn towards(setup: Setup, name: &str, other: &Rig) -> Setup {
    let mut setup = setup.instance(name, &other.origin, "open", |_| {});
    setup.keys.insert(format!("inst_{name}").as_str().into(), UpstreamKey::Known(Secret::new(KEY)));
    setup
}

/// A server whose calls are told of.
async fn server(setup: Setup) -> (Rig, mpsc::Receiver<CallRecord>) {
    let (sender, records) = mpsc::channel(1_000);
    (Setup { records: Some(sender), ..setup }.start().await, records)
}

fn served(records: &mut mpsc::Receiver<CallRecord>) -> usize {
    std::iter::from_fn(|| records.try_recv().ok()).count()
}

#[tokio::test]
async fn a_loop_of_two_servers_is_detected_at_the_third_hop() {
    let setup = || Setup::new().ordered("open", &[("only", "inst_other")]);
    let (one, mut of_one) = server(setup()).await;
    let (two, mut of_two) = server(setup()).await;
    one.publish(&towards(setup(), "other", &two));
    two.publish(&towards(setup(), "other", &one));
    for call in [one.chat("open", "hi"), one.stream("open", "hi")] {
        let answer = got(call).await;
        assert_eq!((answer.status, answer.code()), (508, "loop_detected".to_owned()));
        assert_eq!(answer.header("x-should-retry"), "false");
        assert_eq!((served(&mut of_one), served(&mut of_two)), (2, 2), "four times in all, and no more");
    }
}

#[tokio::test]
async fn router_models_that_ask_each_other_end_at_the_default_route() {
    let answering = FaultUpstream::start().await.unwrap();
    let routes = [("code", "inst_real"), ("general", "inst_real")];
    let setup = || Setup::new().chat("real", &answering, "ok").classifier("open", "inst_router", &routes);
    let (one, _) = server(setup()).await;
    let (two, _) = server(setup()).await;
    one.publish(&towards(setup(), "router", &two));
    two.publish(&towards(setup(), "router", &one));
    let answer = got(one.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.header("x-sb-route")), (200, "general"), "{}", answer.text());
    assert!(["invalid_answer", "router_timeout"].contains(&answer.header("x-sb-reason")));
    // Each of three hops may ask twice.
    assert!(calls(&answering) <= 1 + 2 + 4, "{}", calls(&answering));
}
