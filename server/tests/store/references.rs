//! ImportFormat keys hold what is in use.

use app::domain::{config::balancer::Destination, ids::ObjectKind};
use server::store::{Store, StoreError};

use super::{
    home::Home,
    samples::{balancer, group, insert, instance, to_group, to_instance, update},
};

async fn delete(store: &Store, kind: ObjectKind, id: &str) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    write.delete(kind, id).await?;
    write.commit().await
}

pub(crate) async fn instances_in_a_group_cannot_be_deleted(home: &Home) {
    let store = home.open().await;
    let (a, b) = (instance("a"), instance("b"));
    insert(&store, &a).await.unwrap();
    insert(&store, &b).await.unwrap();
    insert(&store, &group("pool", &[&a, &a])).await.unwrap();
    assert!(matches!(delete(&store, ObjectKind::Instance, "inst_a").await, Err(StoreError::Referenced)));
    delete(&store, ObjectKind::Instance, "inst_b").await.unwrap();
    assert_eq!(store.load().await.unwrap().configuration.instances, [a]);
}

pub(crate) async fn destinations_of_a_balancer_cannot_be_deleted(home: &Home) {
    let store = home.open().await;
    let (a, b, router) = (instance("a"), instance("b"), instance("router"));
    let pool = group("pool", &[&a]);
    for it in [&a, &b, &router] {
        insert(&store, it).await.unwrap();
    }
    insert(&store, &pool).await.unwrap();
    let mut smart = balancer("smart", "smart", &[to_group(&pool), to_instance(&b)]);
    smart.spec.router_model = Some(to_instance(&router));
    insert(&store, &smart).await.unwrap();
    for (kind, id) in [
        (ObjectKind::Instance, "inst_b"),
        (ObjectKind::Instance, "inst_router"),
        (ObjectKind::TargetGroup, "tg_pool"),
    ] {
        assert!(matches!(delete(&store, kind, id).await, Err(StoreError::Referenced)), "{id}");
    }
}

pub(crate) async fn unreferenced_objects_can_be_deleted(home: &Home) {
    let store = home.open().await;
    let (a, b) = (instance("a"), instance("b"));
    insert(&store, &a).await.unwrap();
    insert(&store, &b).await.unwrap();
    let mut pool = group("pool", &[&a, &b]);
    insert(&store, &pool).await.unwrap();
    let mut smart = balancer("smart", "smart", &[to_group(&pool), to_instance(&b)]);
    insert(&store, &smart).await.unwrap();

    pool.spec.members.pop();
    smart.spec.routes.pop();
    update(&store, &pool).await.unwrap();
    update(&store, &smart).await.unwrap();
    delete(&store, ObjectKind::Instance, "inst_b").await.unwrap();

    delete(&store, ObjectKind::SmartBalancer, "sb_smart").await.unwrap();
    delete(&store, ObjectKind::TargetGroup, "tg_pool").await.unwrap();
    delete(&store, ObjectKind::Instance, "inst_a").await.unwrap();
    let left = store.load().await.unwrap().configuration;
    assert!(left.instances.is_empty() && left.target_groups.is_empty() && left.balancers.is_empty());
}

pub(crate) async fn dangling_references_are_refused(home: &Home) {
    let store = home.open().await;
    let ghost = instance("ghost");
    assert!(matches!(insert(&store, &group("pool", &[&ghost])).await, Err(StoreError::Referenced)));
    let to_ghosts = [to_instance(&ghost), to_group(&group("ghosts", &[])), Destination::default()];
    for destination in to_ghosts {
        let outcome = insert(&store, &balancer("smart", "smart", &[destination])).await;
        assert!(matches!(outcome, Err(StoreError::Referenced)));
    }
    assert!(store.load().await.unwrap().configuration.balancers.is_empty());
}

pub(crate) async fn a_destination_can_be_used_several_times(home: &Home) {
    let store = home.open().await;
    let a = instance("a");
    insert(&store, &a).await.unwrap();
    let mut smart = balancer("smart", "smart", &[to_instance(&a), to_instance(&a)]);
    smart.spec.router_model = Some(to_instance(&a));
    insert(&store, &smart).await.unwrap();
    update(&store, &smart).await.unwrap();
}
