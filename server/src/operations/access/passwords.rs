//! Password hashing: argon2id, off the async threads, two at a time at most, and a bounded line before them.
//!
//! Each hash takes tens of milliseconds and 19 MiB; without the cap a burst of sign-ins would starve everything, and
//! without the bound of the line it would fill the memory with people who wait.

use std::sync::LazyLock;

use app::{domain::secret::Secret, refusal::Refusal};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

/// Hashes at a time.
static SLOTS: Semaphore = Semaphore::const_new(2);
/// Hashes at a time and those that wait for their turn; a second or two of work.
static LINE: Semaphore = Semaphore::const_new(64);

/// A hash of nobody's password, so that an unknown user name takes as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Makes what checking needs, so that the first unknown user name takes no longer than the next.
pub fn warm_up() {
    tokio::task::spawn_blocking(|| LazyLock::force(&NOBODY).len());
}

/// Hashes a password into a PHC string.
///
/// # Errors
/// [`Refusal::Busy`] where too many wait already.
pub async fn hash(password: &Secret) -> Result<Secret, Refusal> {
    let password = password.clone();
    run(move || hash_now(password.reveal())).await?.map(Secret::new).ok_or(Refusal::StoreUnavailable)
}

/// Whether the password belongs to the PHC string; `None` stands for an unknown user and is never right.
///
/// # Errors
/// [`Refusal::Busy`] where too many wait already.
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
    let _place = LINE.try_acquire().map_err(|_| Refusal::Busy)?;
    let slot = SLOTS.acquire().await.map_err(|_| Refusal::StoreUnavailable)?;
    // The work cannot be called back, so the slot goes with it: somebody who leaves makes room for nobody before its end.
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(slot);
        done
    })
    .await
    .map_err(|_| Refusal::StoreUnavailable)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use futures_util::{StreamExt as _, stream::FuturesUnordered};

    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() -> Result<(), Refusal> {
        let right = Secret::new("correct horse battery");
        let stored = hash(&right).await?;
        assert!(stored.reveal().starts_with("$argon2id$"));
        assert!(verify(&right, Some(stored.clone())).await?);
        assert!(!verify(&Secret::new("wrong"), Some(stored)).await?);
        assert!(!verify(&Secret::new("nobody has this password"), None).await?);

        // The line is the process', so the crowd comes in the same test.
        let open = Arc::new(OnceLock::new());
        let mut crowd: FuturesUnordered<_> = (0..200)
            .map(|_| {
                let open = Arc::clone(&open);
                run(move || *open.wait())
            })
            .collect();
        for _ in 64..200 {
            assert_eq!(crowd.next().await, Some(Err(Refusal::Busy)));
        }
        assert_eq!(open.set(()), Ok(()));
        while let Some(done) = crowd.next().await {
            assert_eq!(done, Ok(()));
        }
        assert!(hash(&right).await.is_ok(), "and then there is room again");
        Ok(())
    }
}
