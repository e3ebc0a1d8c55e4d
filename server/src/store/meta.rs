//! Single values: set-up tokens, the hash of the admin token, the site's address, and the key check, which identifies
//! the master key. Tokens are stored as SHA-256.

use app::domain::timestamp::Timestamp;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Sha256, Store, StoreError, Write,
    engine::query::{self, Columns as _},
};

const ADMIN_TOKEN: &str = "admin_token";
const KEY_CHECK: &str = "key_check";
const SITE: &str = "site";

/// Maximum number of set-up tokens; those that expire first are deleted.
pub const SETUP_TOKENS: u32 = 1_000;

impl Write {
    /// Stores the set-up token; all others stop working.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_setup_token(
        &mut self,
        sha256: &Sha256,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.delete_setup_token().await?;
        let query = sqlx::query("INSERT INTO setup_tokens (sha256, expires_at) VALUES ($1, $2)")
            .bind(sha256.as_slice())
            .bind(expires_at.0);
        self.run(query).await.map(drop)
    }

    /// Adds a set-up token, up to [`SETUP_TOKENS`] of all replicas. `former` is the caller's own earlier token, which
    /// is deleted, as are those that have expired at `now`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_setup_token(
        &mut self,
        sha256: &Sha256,
        former: Option<&Sha256>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let former = former.map(Sha256::as_slice).unwrap_or_default();
        let over = sqlx::query("DELETE FROM setup_tokens WHERE expires_at <= $1 OR sha256 = $2");
        self.run(over.bind(now.0).bind(former)).await?;
        let crowded = sqlx::query(
            "DELETE FROM setup_tokens WHERE sha256 NOT IN \
             (SELECT sha256 FROM setup_tokens ORDER BY expires_at DESC, sha256 LIMIT $1)",
        );
        self.run(crowded.bind(i64::from(SETUP_TOKENS) - 1)).await?;
        let query = sqlx::query("INSERT INTO setup_tokens (sha256, expires_at) VALUES ($1, $2)")
            .bind(sha256.as_slice())
            .bind(expires_at.0);
        self.run(query).await.map(drop)
    }

    /// Uses up the set-up token and returns whether it was valid at `now`. Only one write ever gets `true`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_setup_token(&mut self, sha256: &Sha256, now: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM setup_tokens WHERE sha256 = $1 AND expires_at > $2")
            .bind(sha256.as_slice())
            .bind(now.0);
        Ok(self.run(query).await? > 0)
    }

    /// Deletes all set-up tokens.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_setup_token(&mut self) -> Result<(), StoreError> {
        self.run(sqlx::query("DELETE FROM setup_tokens")).await.map(drop)
    }

    /// Replaces the hash of the admin token.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_admin_token(&mut self, sha256: &Sha256) -> Result<(), StoreError> {
        self.set_meta(ADMIN_TOKEN, sha256).await
    }

    /// Stores the key check of the master key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_key_check(&mut self, check: &[u8]) -> Result<(), StoreError> {
        self.set_meta(KEY_CHECK, check).await
    }

    /// Stores the address that people use.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_site(&mut self, url: &str) -> Result<(), StoreError> {
        self.set_meta(SITE, url.as_bytes()).await
    }

    /// The key check of the master key; it cannot change until this write ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn key_check(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(KEY_CHECK);
        self.rows(query).await?.first().map(decoded).transpose()
    }

    async fn set_meta(&mut self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(BASE64_STANDARD.encode(value));
        self.run(query).await.map(drop)
    }
}

impl Store {
    /// Whether the set-up token is valid at `now`; does not use it up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_setup_token(&self, sha256: &Sha256, now: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT expires_at FROM setup_tokens WHERE sha256 = $1 AND expires_at > $2")
            .bind(sha256.as_slice())
            .bind(now.0);
        query::exists(&mut *self.reader().await?, query).await
    }

    /// The hash of the admin token, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn admin_token(&self) -> Result<Option<Sha256>, StoreError> {
        let Some(value) = self.meta(ADMIN_TOKEN).await? else { return Ok(None) };
        let sha256 =
            value.try_into().map_err(|_| StoreError::Corrupt("the admin token's hash".to_owned()))?;
        Ok(Some(sha256))
    }

    /// The address that people used when a server was last started on this store; `None` before the first start.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn site(&self) -> Result<Option<String>, StoreError> {
        let Some(value) = self.meta(SITE).await? else { return Ok(None) };
        String::from_utf8(value).map(Some).map_err(|_| StoreError::Corrupt("the site's address".to_owned()))
    }

    /// The key check of the master key; `None` in a new store.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn key_check(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.meta(KEY_CHECK).await
    }

    async fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        meta(&mut *self.reader().await?, key).await
    }
}

/// The key check, as the caller's transaction sees it.
pub(super) async fn key_check(connection: &mut AnyConnection) -> Result<Option<Vec<u8>>, StoreError> {
    meta(connection, KEY_CHECK).await
}

async fn meta(connection: &mut AnyConnection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let query = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(key);
    let Some(row) = query::row(connection, query).await? else { return Ok(None) };
    decoded(&row).map(Some)
}

fn decoded(row: &AnyRow) -> Result<Vec<u8>, StoreError> {
    row.read("value", |text| BASE64_STANDARD.decode(text).ok())
}
