//! Texts that many calls share.

use std::collections::{BTreeMap, BTreeSet};

use app::domain::timestamp::Timestamp;
use sha2::{Digest as _, Sha256};

use super::row::{CallRow, CallTexts};
use crate::store::{Store, StoreError, Write, engine::query::Columns as _};

/// Bytes of a digest.
const DIGEST_BYTES: usize = 16;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a text is found by.
pub(super) fn digest(text: &str) -> Vec<u8> {
    let mut digest = Sha256::digest(text).to_vec();
    digest.truncate(DIGEST_BYTES);
    digest
}

impl Store {
    /// Writes the texts of calls that have no numbers yet. It is a change of its own, so that the numbers hold even if
    /// the rows are not written.
    pub(super) async fn write_texts(&self, calls: &[CallRow], now: Timestamp) -> Result<(), StoreError> {
        let is_new = |it: &&CallTexts| it.numbers.get().is_none();
        let new: Vec<&CallTexts> = calls.iter().map(|it| &*it.texts).filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut numbers: BTreeMap<&str, i64> = BTreeMap::new();
        let texts: BTreeSet<&str> = new.iter().flat_map(|it| it.in_order()).flatten().collect();
        let mut write = self.write().await?;
        for text in texts {
            numbers.insert(text, write.write_text(text, now).await?);
        }
        write.commit().await?;
        for texts in new {
            let _ = texts.numbers.set(texts.in_order().map(|it| numbers.get(it?).copied()));
        }
        Ok(())
    }
}

impl Write {
    async fn write_text(&mut self, text: &str, now: Timestamp) -> Result<i64, StoreError> {
        let query = sqlx::query(
            "INSERT INTO call_texts (digest, text, used_day) VALUES ($1, $2, $3) \
             ON CONFLICT (digest) DO UPDATE SET used_day = excluded.used_day RETURNING id",
        )
        .bind(digest(text))
        .bind(text)
        .bind(now.0.div_euclid(DAY_MS));
        let rows = self.rows(query).await?;
        let row = rows.first().ok_or_else(|| StoreError::Corrupt("a text has no number".to_owned()))?;
        i64::try_from(row.number("id")?).map_err(|_| StoreError::Corrupt("a number is too large".to_owned()))
    }

    /// Deletes texts that were last written on a day before that of `since`. Whoever writes calls writes their texts
    /// again each day, so no call that is younger refers to them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_texts_unused_since(&mut self, since: Timestamp) -> Result<u64, StoreError> {
        let query =
            sqlx::query("DELETE FROM call_texts WHERE used_day < $1").bind(since.0.div_euclid(DAY_MS));
        self.run(query).await
    }
}
