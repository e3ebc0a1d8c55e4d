//! Unique indexes are the judge of names.

use app::domain::ids::{BalancerId, InstanceId, ObjectKind, TargetGroupId};
use server::store::{StoreError, TakenField};
use tokio::task::JoinSet;

use super::{
    home::Home,
    samples::{api_key, balancer, group, insert, instance, update},
};

/// What was taken, where the outcome is that.
fn taken(outcome: Result<(), StoreError>) -> TakenField {
    match outcome {
        Err(StoreError::Taken(field)) => field,
        other => panic!("expected something to be taken, got {other:?}"),
    }
}

pub(crate) async fn names_are_unique(home: &Home) {
    let store = home.open().await;
    insert(&store, &instance("Größe A")).await.unwrap();
    insert(&store, &group("pool", &[])).await.unwrap();
    insert(&store, &balancer("Smart", "one", &[])).await.unwrap();

    let mut other = instance(" GRÖSSE a ".replace("SS", "ß").as_str());
    other.id = InstanceId::from("inst_other");
    assert_eq!(taken(insert(&store, &other).await), TakenField::Name);
    let mut other = group("pool", &[]);
    other.id = TargetGroupId::from("tg_other");
    assert_eq!(taken(insert(&store, &other).await), TakenField::Name);
    let mut other = balancer("sMART", "two", &[]);
    other.id = BalancerId::from("sb_other");
    assert_eq!(taken(insert(&store, &other).await), TakenField::Name);

    // Names of different kinds do not meet.
    insert(&store, &instance("pool")).await.unwrap();
    insert(&store, &balancer("pool", "three", &[])).await.unwrap();
}

pub(crate) async fn serving_names_are_unique(home: &Home) {
    let store = home.open().await;
    insert(&store, &balancer("a", "Team/Smart", &[])).await.unwrap();
    assert_eq!(taken(insert(&store, &balancer("b", "team/SMART", &[])).await), TakenField::ServingName);
    insert(&store, &balancer("b", "team-smart", &[])).await.unwrap();
    assert_eq!(store.load().await.unwrap().configuration.balancers[0].spec.serving_name, "Team/Smart");
}

pub(crate) async fn ids_are_unique(home: &Home) {
    let store = home.open().await;
    let a = instance("a");
    let pool = group("pool", &[]);
    let smart = balancer("smart", "smart", &[]);
    insert(&store, &a).await.unwrap();
    insert(&store, &pool).await.unwrap();
    insert(&store, &smart).await.unwrap();
    let mut write = store.write().await.unwrap();
    write.insert_api_key(&api_key("k", 1, &["*"])).await.unwrap();
    write.commit().await.unwrap();

    let (mut b, mut pool2, mut smart2) =
        (instance("b"), group("pool2", &[]), balancer("smart2", "smart2", &[]));
    (b.id, pool2.id, smart2.id) = (a.id, pool.id, smart.id);
    assert_eq!(taken(insert(&store, &b).await), TakenField::Id);
    assert_eq!(taken(insert(&store, &pool2).await), TakenField::Id);
    assert_eq!(taken(insert(&store, &smart2).await), TakenField::Id);
    for key in [api_key("k", 2, &[]), api_key("l", 1, &[])] {
        let mut write = store.write().await.unwrap();
        assert_eq!(taken(write.insert_api_key(&key).await), TakenField::Id);
    }
}

pub(crate) async fn a_taken_name_is_reported_before_a_taken_id(home: &Home) {
    let store = home.open().await;
    let (a, pool, smart) = (instance("a"), group("pool", &[]), balancer("smart", "smart", &[]));
    insert(&store, &a).await.unwrap();
    insert(&store, &pool).await.unwrap();
    insert(&store, &smart).await.unwrap();

    assert_eq!(taken(insert(&store, &a).await), TakenField::Name);
    assert_eq!(taken(insert(&store, &pool).await), TakenField::Name);
    assert_eq!(taken(insert(&store, &smart).await), TakenField::Name);
    let mut renamed = smart.clone();
    renamed.spec.name = "other".to_owned();
    assert_eq!(taken(insert(&store, &renamed).await), TakenField::ServingName);
}

pub(crate) async fn a_change_to_a_taken_name_is_refused(home: &Home) {
    let store = home.open().await;
    insert(&store, &balancer("a", "a", &[])).await.unwrap();
    let mut b = balancer("b", "b", &[]);
    insert(&store, &b).await.unwrap();
    b.spec.serving_name = "A".to_owned();
    assert_eq!(taken(update(&store, &b).await), TakenField::ServingName);
    b.spec.name = "A".to_owned();
    assert_eq!(taken(update(&store, &b).await), TakenField::Name);
    (b.spec.name, b.spec.serving_name) = ("B".to_owned(), "B".to_owned());
    update(&store, &b).await.unwrap();
}

pub(crate) async fn a_freed_name_can_be_taken_again(home: &Home) {
    let store = home.open().await;
    let smart = balancer("smart", "smart", &[]);
    insert(&store, &smart).await.unwrap();
    let mut write = store.write().await.unwrap();
    write.delete(ObjectKind::SmartBalancer, smart.id.as_str()).await.unwrap();
    write.insert(&smart).await.unwrap();
    write.commit().await.unwrap();
}

pub(crate) async fn one_of_200_parallel_inserts_of_a_serving_name_succeeds(home: &Home) {
    let store = home.open().await;
    let mut tasks = JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        let serving_name = if number % 2 == 0 { "Wanted" } else { "wanted" };
        tasks.spawn(async move { insert(&store, &balancer(&format!("b{number}"), serving_name, &[])).await });
    }
    let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert_eq!(lost.len(), 199);
    for outcome in lost {
        assert_eq!(taken(outcome), TakenField::ServingName);
    }
    assert_eq!(store.load().await.unwrap().configuration.balancers.len(), 1);
}
