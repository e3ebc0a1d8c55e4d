//! People who may sign in. Passwords are known by their argon2 strings alone; making and checking those is the
//! caller's.

use app::{
    api::ports::Role,
    domain::{ids::name_key, secret::Secret, timestamp::Timestamp},
};

use super::{
    Store, StoreError, Write,
    query::{self, Columns as _},
};

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their name; unique without regard to case.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The PHC string of their password.
    pub password_hash: Secret,
    /// When they were added.
    pub created_at: Timestamp,
}

impl Write {
    /// Adds somebody.
    ///
    /// # Errors
    /// [`StoreError::Taken`] with [`super::TakenField::Name`].
    pub async fn insert_user(&mut self, user: &User) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO users (name_key, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(name_key(&user.name))
        .bind(user.name.as_str())
        .bind(user.role.as_str())
        .bind(user.password_hash.reveal())
        .bind(user.created_at.0);
        self.run(query).await.map(drop)
    }

    /// Whether there is an admin; it stays true or false until this write ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_admin(&mut self) -> Result<bool, StoreError> {
        Ok(!self.rows(sqlx::query(FIRST_ADMIN)).await?.is_empty())
    }
}

impl Store {
    /// Somebody by their name, without regard to case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let query =
            sqlx::query("SELECT name, role, password_hash, created_at FROM users WHERE name_key = $1")
                .bind(name_key(name));
        let Some(row) = query::row(&mut *self.reader().await?, query).await? else { return Ok(None) };
        Ok(Some(User {
            name: row.text("name")?,
            role: row.read("role", Role::parse)?,
            password_hash: Secret::new(row.text("password_hash")?),
            created_at: row.moment("created_at")?,
        }))
    }

    /// Whether there is an admin.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_admin(&self) -> Result<bool, StoreError> {
        query::exists(&mut *self.reader().await?, sqlx::query(FIRST_ADMIN)).await
    }
}

const FIRST_ADMIN: &str = "SELECT name FROM users WHERE role = 'admin' LIMIT 1";
