//! Password hashing with argon2id, off the async threads, at most two at a time, with a bounded queue.
//!
//! Each hash takes tens of milliseconds and 19 MiB. Without the limit a burst of sign-ins would starve everything else;
//! without a bounded queue the waiting requests would fill the memory.

use std::sync::LazyLock;

use app::{domain::secret::Secret, refusal::Refusal};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

/// Concurrent hashes.
static SLOTS: Semaphore = Semaphore::const_new(2);
/// Running and waiting hashes; a second or two of work.
static QUEUE: Semaphore = Semaphore::const_new(64);

/// The hash of no user's password, so an unknown user name takes as long as a wrong password.
static DUMMY_HASH: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Computes the dummy hash, so the first unknown user name takes no longer than the next.
pub fn warm_up() {
    tokio::task::spawn_blocking(|| LazyLock::force(&DUMMY_HASH).len());
}

/// Hashes a password into a PHC string.
///
/// # Errors
/// [`Refusal::Busy`] if the queue is full.
pub async fn hash(password: &Secret) -> Result<Secret, Refusal> {
    let password = password.clone();
    run(move || hash_now(password.reveal())).await?.map(Secret::new).ok_or(Refusal::StoreUnavailable)
}

/// Verifies a password against a PHC string; `None` stands for an unknown user and never matches.
///
/// # Errors
/// [`Refusal::Busy`] if the queue is full.
pub async fn verify(password: &Secret, stored: Option<Secret>) -> Result<bool, Refusal> {
    let password = password.clone();
    run(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| Secret::new(DUMMY_HASH.as_str()));
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
    let _permit = QUEUE.try_acquire().map_err(|_| Refusal::Busy)?;
    let slot = SLOTS.acquire().await.map_err(|_| Refusal::StoreUnavailable)?;
    // Blocking work cannot be cancelled, so it keeps its permit: a client that disconnects frees no slot before the
    // work ends.
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

        // The queue is shared by the process, so the burst is part of this test.
        let open = Arc::new(OnceLock::new());
        let mut burst: FuturesUnordered<_> = (0..200)
            .map(|_| {
                let open = Arc::clone(&open);
                run(move || *open.wait())
            })
            .collect();
        for _ in 64..200 {
            assert_eq!(burst.next().await, Some(Err(Refusal::Busy)));
        }
        assert_eq!(open.set(()), Ok(()));
        while let Some(done) = burst.next().await {
            assert_eq!(done, Ok(()));
        }
        assert!(hash(&right).await.is_ok(), "and then there is room again");
        Ok(())
    }
}
