//! Loads everything that the data plane is compiled from.

use app::domain::{
    config::{
        configuration::{Configuration, Stored, StoredInstance},
        instance::Instance,
    },
    ids::{BalancerId, InstanceId, TargetGroupId},
};
use serde::de::DeserializeOwned;
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    StoreError, StoredApiKey, api_keys,
    engine::query::{self, Columns as _},
    meta,
};

/// The stored configuration and keys, read in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredState {
    /// The objects. `base_url` of demo instances is empty.
    pub configuration: Configuration,
    /// The sealed upstream keys of instances that have one.
    pub sealed_keys: Vec<(InstanceId, Vec<u8>)>,
    /// The sealed header values of instances that have some.
    pub sealed_headers: Vec<(InstanceId, Vec<u8>)>,
    /// The API keys, ordered by id.
    pub api_keys: Vec<StoredApiKey>,
    /// Identifies the master key that the keys are sealed under; `None` in a new store.
    pub key_check: Option<Vec<u8>>,
}

/// Reads everything. The caller's transaction makes it consistent.
pub(super) async fn load(connection: &mut AnyConnection) -> Result<StoredState, StoreError> {
    let version = version(connection).await?;

    let rows = query::rows(
        connection,
        sqlx::query(
            "SELECT id, body, revision, created_at, updated_at, sealed_key, key_last4, sealed_headers \
             FROM instances ORDER BY id",
        ),
    )
    .await?;
    let mut instances = Vec::with_capacity(rows.len());
    let (mut sealed_keys, mut sealed_headers) = (Vec::new(), Vec::new());
    for row in &rows {
        let (instance, sealed_key) = instance(row)?;
        sealed_keys.extend(sealed_key.map(|key| (instance.id.clone(), key)));
        sealed_headers.extend(row.maybe_bytes("sealed_headers")?.map(|it| (instance.id.clone(), it)));
        instances.push(instance);
    }

    let rows = query::rows(
        connection,
        sqlx::query("SELECT id, body, revision, created_at, updated_at FROM target_groups ORDER BY id"),
    )
    .await?;
    let target_groups = rows.iter().map(|row| stored(row, TargetGroupId::from)).collect::<Result<_, _>>()?;

    let rows = query::rows(
        connection,
        sqlx::query("SELECT id, body, revision, created_at, updated_at FROM balancers ORDER BY id"),
    )
    .await?;
    let balancers = rows.iter().map(|row| stored(row, BalancerId::from)).collect::<Result<_, _>>()?;

    Ok(StoredState {
        configuration: Configuration { version, instances, target_groups, balancers },
        sealed_keys,
        sealed_headers,
        api_keys: api_keys::all(connection).await?,
        key_check: meta::key_check(connection).await?,
    })
}

/// Version of the configuration; each change increments it.
pub(super) async fn version(connection: &mut AnyConnection) -> Result<u64, StoreError> {
    query::row(connection, sqlx::query("SELECT value FROM meta WHERE key = 'version'"))
        .await?
        .ok_or_else(|| StoreError::Corrupt("the version of the configuration is gone".to_owned()))?
        .read("value", |text| text.parse().ok())
}

fn stored<I, T: DeserializeOwned>(
    row: &AnyRow,
    id: impl FnOnce(String) -> I,
) -> Result<Stored<I, T>, StoreError> {
    Ok(Stored {
        id: id(row.text("id")?),
        spec: row.json("body")?,
        revision: row.number("revision")?,
        created_at: row.moment("created_at")?,
        updated_at: row.moment("updated_at")?,
    })
}

/// The view of an instance's key comes from the key's own columns.
fn instance(row: &AnyRow) -> Result<(StoredInstance, Option<Vec<u8>>), StoreError> {
    let sealed_key = row.maybe_bytes("sealed_key")?;
    let mut stored: Stored<InstanceId, Instance> = stored(row, InstanceId::from)?;
    stored.spec.api_key_set = sealed_key.is_some();
    stored.spec.api_key_last4 = row.maybe_text("key_last4")?;
    Ok((stored, sealed_key))
}
