//! Objects to save, as small as they can be.

use app::domain::{
    config::{
        api_key::ApiKeyScope,
        balancer::{Balancer, Destination, DestinationKind, Route},
        configuration::{Stored, StoredBalancer, StoredGroup, StoredInstance},
        instance::Instance,
        object::StoredObjectRef,
        target_group::{Member, TargetGroup},
    },
    ids::{BalancerId, InstanceId, TargetGroupId, slug},
    timestamp::Timestamp,
};
use server::store::{Store, StoreError, StoredApiKey};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_123);

fn stored<I, T>(id: I, spec: T) -> Stored<I, T> {
    Stored { id, spec, revision: 1, created_at: NOW, updated_at: NOW }
}

/// The instance `inst_NAME`.
pub(crate) fn instance(name: &str) -> StoredInstance {
    let spec = Instance {
        name: name.to_owned(),
        base_url: "http://127.0.0.1:8000".to_owned(),
        ..Instance::default()
    };
    stored(InstanceId::from(format!("{}{}", InstanceId::PREFIX, slug(name))), spec)
}

/// The group `tg_NAME` of these instances.
pub(crate) fn group(name: &str, members: &[&StoredInstance]) -> StoredGroup {
    let members =
        members.iter().map(|it| Member { instance_id: it.id.clone(), ..Member::default() }).collect();
    let spec = TargetGroup { name: name.to_owned(), members, ..TargetGroup::default() };
    stored(TargetGroupId::from(format!("{}{}", TargetGroupId::PREFIX, slug(name))), spec)
}

/// The balancer `sb_NAME` with that serving name and one route to each destination.
pub(crate) fn balancer(name: &str, serving_name: &str, destinations: &[Destination]) -> StoredBalancer {
    let routes = destinations.iter().enumerate().map(|(index, destination)| Route {
        name: format!("route-{index}"),
        destination: destination.clone(),
        is_default: index == 0,
        ..Route::default()
    });
    let spec = Balancer {
        name: name.to_owned(),
        serving_name: serving_name.to_owned(),
        routes: routes.collect(),
        ..Balancer::default()
    };
    stored(BalancerId::from(format!("{}{}", BalancerId::PREFIX, slug(name))), spec)
}

pub(crate) fn to_instance(it: &StoredInstance) -> Destination {
    Destination { kind: DestinationKind::Instance, target: it.id.to_string() }
}

pub(crate) fn to_group(it: &StoredGroup) -> Destination {
    Destination { kind: DestinationKind::TargetGroup, target: it.id.to_string() }
}

/// The key `id`, whose hash is all `byte`, for these balancers.
pub(crate) fn api_key(id: &str, byte: u8, balancers: &[&str]) -> StoredApiKey {
    StoredApiKey {
        id: id.to_owned(),
        sha256: [byte; 32],
        scope: ApiKeyScope {
            name: format!("key {id}"),
            balancers: balancers.iter().map(|&it| it.to_owned()).collect(),
            ..ApiKeyScope::default()
        },
        prefix: format!("sb-{id}"),
        made_by: Some("ada".to_owned()),
        created_at: NOW,
        last_used_at: None,
    }
}

/// Saves one new object in a write of its own.
pub(crate) async fn insert(store: &Store, object: impl Into<StoredObjectRef<'_>>) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    write.insert(object).await?;
    write.commit().await
}

/// Saves one changed object in a write of its own.
pub(crate) async fn update(store: &Store, object: impl Into<StoredObjectRef<'_>>) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    write.update(object).await?;
    write.commit().await
}
