//! Secrets at start: whether the master key is the one that the store was sealed under, and which admin token counts.

use app::domain::secret::Secret;

use super::BootError;
use crate::{operations::access::tokens, seal::Sealer, store::Store};

/// The shortest admin token, in characters.
const ADMIN_TOKEN_CHARS: usize = 32;

/// Notices a changed master key. What was sealed under another one stays as it is, in case that one comes back; those
/// instances fail closed until their keys are entered again.
pub(crate) async fn recognise_key(store: &Store, sealer: &Sealer) -> Result<(), BootError> {
    if store.key_check().await?.is_some_and(|check| sealer.recognises(&check)) {
        return Ok(());
    }
    let mut write = store.write().await?;
    // Read once more: another replica may have started at the same moment.
    match write.key_check().await? {
        Some(check) if sealer.recognises(&check) => return Ok(()),
        Some(_) => tracing::warn!(
            "the master key has changed: upstream keys that were stored under the old one need to be entered again"
        ),
        None => {}
    }
    write.set_key_check(&sealer.key_check()?).await?;
    Ok(write.commit().await?)
}

/// Refuses an admin token that is too short to be one.
pub(crate) fn check_token(token: &Secret) -> Result<(), BootError> {
    if token.reveal().chars().count() < ADMIN_TOKEN_CHARS {
        let words = format!("SMART_BALANCER_ADMIN_TOKEN must have {ADMIN_TOKEN_CHARS} characters or more");
        return Err(BootError::Setting(words));
    }
    Ok(())
}

/// Remembers the address that people use, for the links that `admin` prints. A store that cannot be written now stops no
/// server from starting.
pub(super) async fn remember_site(store: &Store, url: &str) -> Result<(), BootError> {
    if store.site().await?.as_deref() == Some(url) {
        return Ok(());
    }
    let written = async {
        let mut write = store.write().await?;
        write.set_site(url).await?;
        write.commit().await
    };
    if let Err(error) = written.await {
        tracing::warn!(%error, "the server's address could not be remembered");
    }
    Ok(())
}

/// The hash that REST tokens are compared with. The environment's token is remembered, so that a later start without
/// it knows it too; a new one replaces it.
pub(super) async fn remember_token(
    store: &Store,
    token: Option<&Secret>,
) -> Result<Option<[u8; 32]>, BootError> {
    let known = store.admin_token().await?;
    let Some(token) = token else { return Ok(known) };
    check_token(token)?;
    let given = tokens::sha256(token);
    if known != Some(given) {
        let mut write = store.write().await?;
        write.set_admin_token(&given).await?;
        write.commit().await?;
    }
    Ok(Some(given))
}
