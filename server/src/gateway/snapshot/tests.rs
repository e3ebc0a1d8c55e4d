//! What a new snapshot takes over.

use app::domain::{
    config::{
        balancer::{DestinationKind, Route},
        configuration::{Stored, StoredInstance},
        instance::Instance,
    },
    ids::BalancerId,
    timestamp::Timestamp,
};

use super::*;
use crate::gateway::{Gateway, GatewaySettings};

fn stored<I, T>(id: I, spec: T) -> Stored<I, T> {
    Stored { id, spec, revision: 1, created_at: Timestamp(0), updated_at: Timestamp(0) }
}

fn balancer(id: &str) -> StoredBalancer {
    let destination = Destination { kind: DestinationKind::Instance, target: "inst_a".to_owned() };
    let route = Route { name: "all".to_owned(), destination, is_default: true, ..Route::default() };
    let spec = Balancer {
        name: id.to_owned(),
        serving_name: id.to_owned(),
        routes: vec![route],
        ..Balancer::default()
    };
    stored(BalancerId::from(id), spec)
}

fn instance() -> StoredInstance {
    let spec = Instance {
        name: "a".to_owned(),
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        ..Instance::default()
    };
    stored(InstanceId::from("inst_a"), spec)
}

#[tokio::test]
async fn only_what_has_changed_is_compiled_again() {
    let gateway = Gateway::new(GatewaySettings::default());
    let mut configuration = Configuration {
        instances: vec![instance()],
        balancers: vec![balancer("sb_a"), balancer("sb_b")].into(),
        ..Configuration::default()
    };
    let publish = |configuration: &Configuration| {
        let secrets = HashMap::from([(InstanceId::from("inst_a"), UpstreamSecrets::default())]);
        gateway.publish(&Arc::new(configuration.clone()), secrets, Vec::new());
        let snapshot = gateway.snapshot.load_full();
        ["sb_a", "sb_b"].map(|id| snapshot.balancer(id).cloned())
    };
    let same = |a: &Option<Arc<CompiledBalancer>>, b: &Option<Arc<CompiledBalancer>>| {
        a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
    };
    let first = publish(&configuration);

    configuration.balancers[0].spec.routes[0].name = "renamed".to_owned();
    let second = publish(&configuration);
    assert!(!same(&first[0], &second[0]) && same(&first[1], &second[1]));
    assert_eq!(second[0].as_ref().and_then(|it| it.route_index("renamed")), Some(0));

    // The pools of all balancers are made from the instances, and what they share from what is learned of these.
    configuration.instances[0].spec.enabled = false;
    let third = publish(&configuration);
    assert!(!same(&second[0], &third[0]) && !same(&second[1], &third[1]));
    assert!(
        third.iter().flatten().flat_map(|it| &it.pools).all(|it| it.members.iter().all(|it| !it.enabled))
    );

    configuration.instances[0].spec.base_url = "http://127.0.0.1:10/v1".to_owned();
    let fourth = publish(&configuration);
    assert!(!same(&third[1], &fourth[1]));
}
