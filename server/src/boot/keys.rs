//! Checks of secrets at start: the master key and the admin token. Also stores the site's address.

use app::domain::secret::Secret;

use super::BootError;
use crate::{operations::access::tokens, seal::Sealer, store::Store};

/// The shortest admin token, in characters.
const ADMIN_TOKEN_CHARS: usize = 32;

/// Detects a changed master key. Secrets that were sealed under another one stay stored, in case it returns; their
/// instances fail closed until the keys are entered again.
pub(crate) async fn check_master_key(store: &Store, sealer: &Sealer) -> Result<(), BootError> {
    if store.key_check().await?.is_some_and(|check| sealer.recognises(&check)) {
        return Ok(());
    }
    let mut write = store.write().await?;
    // Read again: another replica may have started at the same moment.
    match write.key_check().await? {
        Some(check) if sealer.recognises(&check) => return Ok(()),
        Some(_) => tracing::warn!(
            "the master key has changed: upstream keys that were stored under the old one must be entered again"
        ),
        None => {}
    }
    write.set_key_check(&sealer.key_check()?).await?;
    Ok(write.commit().await?)
}

/// Refuses an admin token that is too short.
pub(crate) fn check_admin_token(token: &Secret) -> Result<(), BootError> {
    if token.reveal().chars().count() < ADMIN_TOKEN_CHARS {
        let words = format!("SMART_BALANCER_ADMIN_TOKEN must have {ADMIN_TOKEN_CHARS} characters or more");
        return Err(BootError::Setting(words));
    }
    Ok(())
}

/// Stores the address that people use, for the links that `admin` prints. A failure does not keep the server from
/// starting.
pub(super) async fn store_site_url(store: &Store, url: &str) -> Result<(), BootError> {
    if store.site().await?.as_deref() == Some(url) {
        return Ok(());
    }
    let written = async {
        let mut write = store.write().await?;
        write.set_site(url).await?;
        write.commit().await
    };
    if let Err(error) = written.await {
        tracing::warn!(%error, "the server's address could not be stored");
    }
    Ok(())
}

/// Returns the hash that REST tokens are compared with. The token from the environment is stored, so a later start
/// without it still accepts it; a new one replaces it.
pub(super) async fn store_admin_token(
    store: &Store,
    token: Option<&Secret>,
) -> Result<Option<[u8; 32]>, BootError> {
    let known = store.admin_token().await?;
    let Some(token) = token else { return Ok(known) };
    check_admin_token(token)?;
    let given = tokens::sha256(token);
    if known != Some(given) {
        let mut write = store.write().await?;
        write.set_admin_token(&given).await?;
        write.commit().await?;
    }
    Ok(Some(given))
}
