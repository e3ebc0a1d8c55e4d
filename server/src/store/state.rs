//! Loads everything that the data plane is compiled from.

use app::domain::{
    config::{
        configuration::{Configuration, Stored, StoredBalancer, StoredInstance},
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

/// An earlier configuration that the stored one may be read on top of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier<'a> {
    pub(super) configuration: &'a Configuration,
    /// The version at which the balancers are as in `configuration`, apart from `changed`.
    pub(super) version: u64,
    /// Ids of balancers that have been written, deleted or added since.
    pub(super) changed: &'a [&'a str],
}

/// Reads everything, apart from balancers that are known from an `earlier` configuration. The caller's transaction makes
/// it consistent.
pub(super) async fn load(
    connection: &mut AnyConnection,
    earlier: Option<Earlier<'_>>,
) -> Result<StoredState, StoreError> {
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

    let balancers = match earlier.filter(|it| it.version == version) {
        Some(earlier) => {
            let mut balancers = earlier.configuration.balancers.clone();
            for id in earlier.changed {
                read_again(connection, &mut balancers, id).await?;
            }
            balancers
        }
        None => balancers(connection).await?.into(),
    };

    Ok(StoredState {
        configuration: Configuration { version, instances, target_groups, balancers },
        sealed_keys,
        sealed_headers,
        api_keys: api_keys::all(connection).await?,
        key_check: meta::key_check(connection).await?,
    })
}

async fn balancers(connection: &mut AnyConnection) -> Result<Vec<StoredBalancer>, StoreError> {
    let all = sqlx::query("SELECT id, body, revision, created_at, updated_at FROM balancers ORDER BY id");
    let rows = query::rows(connection, all).await?;
    let balancers = rows.iter().map(|row| stored(row, BalancerId::from));
    let mut balancers = balancers.collect::<Result<Vec<StoredBalancer>, _>>()?;
    // A database may order text by the rules of a language.
    balancers.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(balancers)
}

/// Brings one balancer of a list ordered by id up to date.
async fn read_again(
    connection: &mut AnyConnection,
    balancers: &mut Vec<StoredBalancer>,
    id: &str,
) -> Result<(), StoreError> {
    let one = sqlx::query("SELECT id, body, revision, created_at, updated_at FROM balancers WHERE id = $1");
    let now = query::row(connection, one.bind(id)).await?;
    let now = now.map(|row| stored(&row, BalancerId::from)).transpose()?;
    match (balancers.binary_search_by(|it| it.id.as_str().cmp(id)), now) {
        (Ok(place), Some(now)) => balancers[place] = now,
        (Ok(place), None) => drop(balancers.remove(place)),
        (Err(place), Some(now)) => balancers.insert(place, now),
        (Err(_), None) => {}
    }
    Ok(())
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
