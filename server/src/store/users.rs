//! People who may sign in. Passwords are stored as argon2 strings; hashing and verifying them is the caller's task.

mod invitations;
pub(super) mod sessions;

use app::{
    domain::{ids::name_key, person::Person, secret::Secret, timestamp::Timestamp},
    ports::Role,
};
use sqlx::any::AnyRow;

use super::{
    Store, StoreError, Write,
    engine::query::{self, Columns as _},
};

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// User name; unique without regard to case.
    pub name: String,
    /// Limits what they may do.
    pub role: Role,
    /// PHC string of the password; `None` until one is set, and they cannot sign in before.
    pub password_hash: Option<Secret>,
    /// Time when they were added.
    pub created_at: Timestamp,
}

impl Write {
    /// Inserts a user.
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
        .bind(stored_hash(user.password_hash.as_ref()))
        .bind(user.created_at.0);
        self.run(query).await.map(drop)
    }

    /// A user by name, without regard to case; they cannot change until this write ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], after which the write can go on.
    pub async fn user(&mut self, name: &str) -> Result<User, StoreError> {
        let rows = self.rows(sqlx::query(BY_NAME).bind(name_key(name))).await?;
        read(rows.first().ok_or(StoreError::NotFound)?)
    }

    /// Changes a user's role.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_role(&mut self, name: &str, role: Role) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE users SET role = $2 WHERE name_key = $1")
            .bind(name_key(name))
            .bind(role.as_str());
        self.run_on_one(query).await
    }

    /// Sets or removes a user's password.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_password(&mut self, name: &str, hash: Option<&Secret>) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE users SET password_hash = $2 WHERE name_key = $1")
            .bind(name_key(name))
            .bind(stored_hash(hash));
        self.run_on_one(query).await
    }

    /// Deletes a user with their sessions, invitation and drafts.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_user(&mut self, name: &str) -> Result<(), StoreError> {
        let drafts =
            sqlx::query("DELETE FROM drafts WHERE user_name IN (SELECT name FROM users WHERE name_key = $1)");
        self.run(drafts.bind(name_key(name))).await?;
        self.run_on_one(sqlx::query("DELETE FROM users WHERE name_key = $1").bind(name_key(name))).await
    }

    /// Whether there is an admin; this cannot change until the write ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_admin(&mut self) -> Result<bool, StoreError> {
        Ok(!self.rows(sqlx::query(FIRST_ADMIN)).await?.is_empty())
    }

    /// Whether an admin other than `name` can sign in; this cannot change until the write ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_other_admin(&mut self, name: &str) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "SELECT name FROM users WHERE role = 'admin' AND password_hash <> '' AND name_key <> $1 LIMIT 1",
        );
        Ok(!self.rows(query.bind(name_key(name))).await?.is_empty())
    }
}

impl Store {
    /// A user by name, without regard to case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let query = sqlx::query(BY_NAME).bind(name_key(name));
        query::row(&mut *self.reader().await?, query).await?.as_ref().map(read).transpose()
    }

    /// All users, ordered by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let query = sqlx::query(
            "SELECT name, role, password_hash, created_at, \
             (SELECT MAX(last_seen_at) FROM sessions WHERE sessions.user_key = users.name_key) AS last_seen_at \
             FROM users ORDER BY name_key",
        );
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        let person = |row: &AnyRow| {
            let User { name, role, password_hash, created_at } = read(row)?;
            let last_seen_at = row.maybe_moment("last_seen_at")?;
            Ok(Person { name, role, invited: password_hash.is_none(), created_at, last_seen_at })
        };
        rows.iter().map(person).collect()
    }

    /// Whether there is an admin.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_admin(&self) -> Result<bool, StoreError> {
        query::exists(&mut *self.reader().await?, sqlx::query(FIRST_ADMIN)).await
    }
}

const BY_NAME: &str = "SELECT name, role, password_hash, created_at FROM users WHERE name_key = $1";
const FIRST_ADMIN: &str = "SELECT name FROM users WHERE role = 'admin' LIMIT 1";

/// A missing password is stored as an empty hash, which matches no password.
fn stored_hash(hash: Option<&Secret>) -> &str {
    hash.map_or("", Secret::reveal)
}

fn read(row: &AnyRow) -> Result<User, StoreError> {
    Ok(User {
        name: row.text("name")?,
        role: row.read("role", Role::parse)?,
        password_hash: Some(row.text("password_hash")?).filter(|it| !it.is_empty()).map(Secret::new),
        created_at: row.moment("created_at")?,
    })
}
