//! API keys of the data plane: their scopes and the SHA-256 of each key, never the keys themselves.

use app::domain::{config::api_key::ApiKeyScope, ids::BalancerId, timestamp::Timestamp};
use sqlx::AnyConnection;

use super::{
    Sha256, StoreError, Write,
    engine::{
        Engine,
        query::{self, Columns as _, json},
    },
};

/// A stored API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredApiKey {
    /// The public part of the key.
    pub id: String,
    /// SHA-256 of the whole key.
    pub sha256: Sha256,
    /// Its permissions and limits.
    pub scope: ApiKeyScope,
    /// The beginning of the key, enough to recognise it.
    pub prefix: String,
    /// The user who created it, if known.
    pub made_by: Option<String>,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the last use.
    pub last_used_at: Option<Timestamp>,
}

impl Write {
    /// Inserts a key.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the id or hash exists.
    pub async fn insert_api_key(&mut self, key: &StoredApiKey) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO api_keys (id, sha256, scope, prefix, created_at, last_used_at, made_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(key.id.as_str())
        .bind(key.sha256.as_slice())
        .bind(json(&key.scope)?)
        .bind(key.prefix.as_str())
        .bind(key.created_at.0)
        .bind(key.last_used_at.map(|it| it.0))
        .bind(key.made_by.as_deref());
        self.run(query).await.map(drop)
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_api_key(&mut self, id: &str) -> Result<(), StoreError> {
        self.run_on_one(sqlx::query("DELETE FROM api_keys WHERE id = $1").bind(id)).await
    }

    /// Removes a balancer from every scope that names it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove_from_scopes(&mut self, balancer: &BalancerId) -> Result<(), StoreError> {
        for row in self.rows(sqlx::query("SELECT id, scope FROM api_keys ORDER BY id")).await? {
            let mut scope: ApiKeyScope = row.json("scope")?;
            let before = scope.balancers.len();
            scope.balancers.retain(|it| it != balancer.as_str());
            if scope.balancers.len() < before {
                let query = sqlx::query("UPDATE api_keys SET scope = $2 WHERE id = $1")
                    .bind(row.text("id")?)
                    .bind(json(&scope)?);
                self.run(query).await?;
            }
        }
        Ok(())
    }

    /// Saves the last uses of keys, in one statement. Unknown keys are ignored, and a later use that is already stored
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn touch_api_keys(&mut self, uses: &[(String, Timestamp)]) -> Result<(), StoreError> {
        let touch = match self.engine() {
            Engine::Sqlite => {
                "UPDATE api_keys SET last_used_at = used.at FROM ( \
                     SELECT json_extract(value, '$[0]') AS id, MAX(json_extract(value, '$[1]')) AS at \
                     FROM json_each($1) GROUP BY 1 \
                 ) AS used WHERE used.id = api_keys.id AND used.at > COALESCE(api_keys.last_used_at, 0)"
            }
            Engine::Postgres => {
                "UPDATE api_keys SET last_used_at = used.at FROM ( \
                     SELECT value ->> 0 AS id, MAX((value ->> 1)::BIGINT) AS at \
                     FROM json_array_elements($1::JSON) GROUP BY 1 \
                 ) AS used WHERE used.id = api_keys.id AND used.at > COALESCE(api_keys.last_used_at, 0)"
            }
        };
        let uses: Vec<_> = uses.iter().map(|(id, at)| (id, at.0)).collect();
        self.run(sqlx::query(touch).bind(json(&uses)?)).await.map(drop)
    }
}

/// All keys, ordered by id.
pub(super) async fn all(connection: &mut AnyConnection) -> Result<Vec<StoredApiKey>, StoreError> {
    let rows = query::rows(
        connection,
        sqlx::query(
            "SELECT id, sha256, scope, prefix, created_at, last_used_at, made_by FROM api_keys ORDER BY id",
        ),
    )
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredApiKey {
                id: row.text("id")?,
                sha256: row.sha256("sha256")?,
                scope: row.json("scope")?,
                prefix: row.text("prefix")?,
                made_by: row.maybe_text("made_by")?,
                created_at: row.moment("created_at")?,
                last_used_at: row.maybe_moment("last_used_at")?,
            })
        })
        .collect()
}
