//! Registry of the sealed columns. A rotation of the master key seals all of them again, so every sealed column must be
//! listed in [`SEALED`].

use super::{StoreError, Write, engine::query::Columns as _};
use crate::seal::Place;

/// Table, id column and sealed column. A test compares it with the schema's binary columns.
pub const SEALED: [(&str, &str, &str); 3] = [
    ("flash_messages", "id", "sealed_body"),
    ("instances", "id", "sealed_headers"),
    ("instances", "id", "sealed_key"),
];

/// A sealed secret and its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// Index into [`SEALED`].
    column: usize,
    /// The row's id.
    id: String,
    /// The sealed secret.
    pub blob: Vec<u8>,
}

impl SealedRow {
    /// The place that the blob is bound to.
    pub fn place(&self) -> Place<'_> {
        let (table, _, column) = SEALED[self.column];
        Place { table, id: &self.id, column }
    }

    /// The same location with another blob.
    pub fn with_blob(self, blob: Vec<u8>) -> Self {
        Self { blob, ..self }
    }
}

impl Write {
    /// All sealed secrets.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn sealed(&mut self) -> Result<Vec<SealedRow>, StoreError> {
        let mut found = Vec::new();
        for (column, (table, id, name)) in SEALED.into_iter().enumerate() {
            let sql = format!(
                "SELECT {id} AS id, {name} AS blob FROM {table} WHERE {name} IS NOT NULL ORDER BY {id}"
            );
            for row in self.rows(sqlx::query(sqlx::AssertSqlSafe(sql))).await? {
                let blob = row.maybe_bytes("blob")?.unwrap_or_default();
                found.push(SealedRow { column, id: row.text("id")?, blob });
            }
        }
        Ok(found)
    }

    /// Replaces the blob of a sealed secret.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn replace_sealed(&mut self, row: &SealedRow) -> Result<(), StoreError> {
        let (table, id, name) = SEALED[row.column];
        let sql = format!("UPDATE {table} SET {name} = $2 WHERE {id} = $1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(row.id.as_str()).bind(row.blob.as_slice());
        self.run_on_one(query).await
    }
}
