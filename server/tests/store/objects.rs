//! Saving and reading the three objects.

use app::domain::{
    config::{
        api_key::ApiKeyScope,
        balancer::Stickiness,
        instance::{Timeouts, connection::ApiSupport},
        target_group::SelectionPolicy,
    },
    ids::{InstanceId, ObjectKind},
    timestamp::Timestamp,
};
use server::store::{StoreError, StoredState};

use super::{
    home::Home,
    samples::{NOW, api_key, balancer, group, insert, instance, to_group, to_instance, update},
};

pub(crate) async fn everything_reads_back_as_it_was_written(home: &Home) {
    let store = home.open().await;
    let mut zoe = instance("Zoë's GPU");
    zoe.spec.model = "llama".to_owned();
    zoe.spec.dimensions = Some(768);
    zoe.spec.max_in_flight = 7;
    zoe.spec.auth_header = "api-key".to_owned();
    zoe.spec.headers = ["X-Org", "X-Lost"].into_iter().collect();
    zoe.spec.needs_reentry = vec!["headers.X-Lost".to_owned()];
    zoe.spec.apis.responses = ApiSupport::No;
    zoe.spec.timeouts = Timeouts { connect_ms: 1, first_byte_ms: 2, answer_ms: 5, idle_ms: 3, total_ms: 4 };
    let mut demo = instance("demo");
    demo.spec.demo = true;
    demo.spec.base_url = String::new();
    let mut pool = group("pool", &[&zoe, &demo]);
    pool.spec.selection_policy = SelectionPolicy::LowestLatency;
    pool.spec.members[1].priority = 2;
    let mut smart = balancer("Smart", "smart", &[to_group(&pool), to_instance(&demo)]);
    smart.spec.router_model = Some(to_instance(&demo));
    smart.spec.classifier.stickiness = Stickiness::PerConversation;
    smart.spec.routes[1].examples = vec!["one".to_owned(), "two\nlines".to_owned()];
    let mut key = api_key("k1", 1, &["*"]);
    key.last_used_at = Some(NOW);
    key.scope = ApiKeyScope { rpm: Some(60), expires_at: Some(NOW), force_route: true, ..key.scope };

    let mut write = store.write().await.unwrap();
    for it in [&zoe, &demo] {
        write.insert(it).await.unwrap();
    }
    write.insert(&pool).await.unwrap();
    write.insert(&smart).await.unwrap();
    write.set_sealed_key(&zoe.id, Some(&[0, 255, 7]), Some("wxyz")).await.unwrap();
    write.set_sealed_headers(&zoe.id, Some(&[255, 0])).await.unwrap();
    write.insert_api_key(&key).await.unwrap();
    assert_eq!(write.bump_version().await.unwrap(), 1);
    let inside = write.load().await.unwrap();
    write.commit().await.unwrap();

    zoe.spec.api_key_set = true;
    zoe.spec.api_key_last4 = Some("wxyz".to_owned());
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded, inside);
    let StoredState { configuration, sealed_keys, sealed_headers, api_keys, key_check: _ } = loaded;
    assert_eq!(configuration.version, 1);
    assert_eq!(sealed_keys, [(zoe.id.clone(), vec![0, 255, 7])]);
    assert_eq!(sealed_headers, [(zoe.id.clone(), vec![255, 0])]);
    // By id: `inst_demo` is before `inst_zo-s-gpu`.
    assert_eq!(configuration.instances, [demo, zoe]);
    assert_eq!(configuration.target_groups, [pool]);
    assert_eq!(*configuration.balancers, [smart]);
    assert_eq!(api_keys, [key]);
    store.ping().await.unwrap();
}

pub(crate) async fn an_update_replaces_everything_but_id_and_creation_time(home: &Home) {
    let store = home.open().await;
    let mut a = instance("a");
    let mut pool = group("pool", &[&a]);
    let mut smart = balancer("smart", "smart", &[to_group(&pool)]);
    insert(&store, &a).await.unwrap();
    insert(&store, &pool).await.unwrap();
    insert(&store, &smart).await.unwrap();

    let later = Timestamp(NOW.0 + 5);
    a.spec.name = "A".to_owned();
    pool.spec.name = "pool2".to_owned();
    smart.spec.serving_name = "Smart/2".to_owned();
    (a.revision, a.updated_at) = (2, later);
    (pool.revision, pool.updated_at) = (3, later);
    (smart.revision, smart.updated_at) = (4, later);
    let mut untrue = a.clone();
    untrue.created_at = later;
    update(&store, &untrue).await.unwrap();
    update(&store, &pool).await.unwrap();
    update(&store, &smart).await.unwrap();

    let configuration = store.load().await.unwrap().configuration;
    assert_eq!(configuration.instances, [a]);
    assert_eq!(configuration.target_groups, [pool]);
    assert_eq!(*configuration.balancers, [smart]);
}

pub(crate) async fn unknown_objects_are_not_found(home: &Home) {
    let store = home.open().await;
    let a = instance("a");
    let pool = group("pool", &[]);
    assert!(matches!(update(&store, &a).await, Err(StoreError::NotFound)));
    assert!(matches!(update(&store, &pool).await, Err(StoreError::NotFound)));
    assert!(matches!(update(&store, &balancer("b", "b", &[])).await, Err(StoreError::NotFound)));
    for kind in ObjectKind::ALL {
        let mut write = store.write().await.unwrap();
        assert!(matches!(write.delete(kind, "none").await, Err(StoreError::NotFound)));
    }
    let mut write = store.write().await.unwrap();
    let set = write.set_sealed_key(&InstanceId::from("none"), Some(b"x"), None).await;
    assert!(matches!(set, Err(StoreError::NotFound)));
}

pub(crate) async fn the_key_state_derives_only_from_the_sealed_key(home: &Home) {
    let store = home.open().await;
    let mut a = instance("a");
    a.spec.api_key_set = true;
    a.spec.api_key_last4 = Some("fake".to_owned());
    insert(&store, &a).await.unwrap();
    let told = async || {
        let loaded = store.load().await.unwrap();
        let spec = loaded.configuration.instances[0].spec.clone();
        (spec.api_key_set, spec.api_key_last4, loaded.sealed_keys.len())
    };
    assert_eq!(told().await, (false, None, 0));

    let mut write = store.write().await.unwrap();
    write.set_sealed_key(&a.id, Some(b"sealed"), Some("last")).await.unwrap();
    write.commit().await.unwrap();
    a.spec.api_key_set = false;
    update(&store, &a).await.unwrap();
    assert_eq!(told().await, (true, Some("last".to_owned()), 1), "an update leaves the key alone");

    let mut write = store.write().await.unwrap();
    write.set_sealed_key(&a.id, None, None).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(told().await, (false, None, 0));
}

pub(crate) async fn odd_text_is_stored_unchanged(home: &Home) {
    let store = home.open().await;
    let mut a = instance("a");
    a.spec.model = "'; DROP TABLE instances; -- $1 ? %s \\ \" \u{0} \u{1F980} e\u{301}".to_owned();
    let smart = balancer("b", "A:b/c.d", &[]);
    insert(&store, &a).await.unwrap();
    insert(&store, &smart).await.unwrap();
    let configuration = store.load().await.unwrap().configuration;
    assert_eq!(configuration.instances, [a]);
    assert_eq!(*configuration.balancers, [smart]);
}

pub(crate) async fn what_is_read_over_an_earlier_configuration_is_what_is_stored(home: &Home) {
    let store = home.open().await;
    let [mut a, b, c] = ["a", "b", "c"].map(|name| balancer(name, name, &[]));
    let [d, between] = ["d", "b-2"].map(|name| balancer(name, name, &[]));
    for it in [&a, &b, &c] {
        insert(&store, it).await.unwrap();
    }
    let mut write = store.write().await.unwrap();
    write.bump_version().await.unwrap();
    let before = write.load().await.unwrap().configuration;
    assert_eq!(write.load_knowing(&before).await.unwrap(), write.load().await.unwrap());
    write.commit().await.unwrap();

    // Changed, deleted, and new in the middle and at the end.
    let mut write = store.write().await.unwrap();
    assert_eq!(write.load_knowing(&before).await.unwrap().configuration, before);
    (a.spec.display_name, a.revision) = ("A".to_owned(), 2);
    write.update(&a).await.unwrap();
    write.delete(ObjectKind::SmartBalancer, b.id.as_str()).await.unwrap();
    write.insert(&d).await.unwrap();
    write.insert(&between).await.unwrap();
    write.bump_version().await.unwrap();
    let changed = [&a, &b, &d, &between].map(|it| it.id.as_str());
    let over = write.load_changed(&before, &changed).await.unwrap();
    assert_eq!(*over.configuration.balancers, [a.clone(), between.clone(), c.clone(), d.clone()]);
    assert_eq!(over, write.load().await.unwrap());
    write.commit().await.unwrap();

    // Of another version, nothing is taken over.
    let mut write = store.write().await.unwrap();
    let now = write.load().await.unwrap();
    assert_eq!(write.load_knowing(&before).await.unwrap(), now);
    assert_eq!(write.load_changed(&over.configuration, &[]).await.unwrap(), now);
    let many: Vec<_> = (0..1_000).map(|it| format!("sb_{it}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    write.bump_version().await.unwrap();
    let all = write.load_changed(&over.configuration, &many).await.unwrap();
    assert_eq!(all, write.load().await.unwrap());
}
