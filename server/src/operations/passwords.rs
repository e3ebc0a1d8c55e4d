//! Password hashing: argon2id, off the async threads, two at a time at most.
//!
//! Each hash takes tens of milliseconds and 19 MiB; without the cap a burst of sign-ins would starve everything.

use std::sync::LazyLock;

use app::{api::refusal::Refusal, domain::secret::Secret};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

static SLOTS: Semaphore = Semaphore::const_new(2);

/// A hash of nobody's password, so that an unknown user name takes as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Hashes a password into a PHC string.
pub async fn hash(password: &Secret) -> Result<Secret, Refusal> {
    let password = password.clone();
    run(move || hash_now(password.reveal())).await?.map(Secret::new).ok_or(Refusal::StoreUnavailable)
}

/// Whether the password belongs to the PHC string; `None` stands for an unknown user and is never right.
pub async fn verify(password: &Secret, stored: Option<Secret>) -> Result<bool, Refusal> {
    let password = password.clone();
    run(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| Secret::new(NOBODY.as_str()));
        let right = PasswordHash::new(stored.reveal())
            .is_ok_and(|hash| Argon2::default().verify_password(password.reveal().as_bytes(), &hash).is_ok());
        known && right
    })
    .await
}

fn hash_now(password: &str) -> Option<String> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let _slot = SLOTS.acquire().await.map_err(|_| Refusal::StoreUnavailable)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::StoreUnavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() -> Result<(), Refusal> {
        let right = Secret::new("correct horse battery");
        let stored = hash(&right).await?;
        assert!(stored.reveal().starts_with("$argon2id$"));
        assert!(verify(&right, Some(stored.clone())).await?);
        assert!(!verify(&Secret::new("wrong"), Some(stored)).await?);
        assert!(!verify(&Secret::new("nobody has this password"), None).await?);
        Ok(())
    }
}
