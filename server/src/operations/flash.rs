//! Flash messages: results that outlive a redirect, on whichever replica the next request lands. Each belongs to the user
//! it was made for and is gone after ten minutes.

use app::{
    domain::{secret::Secret, timestamp::Timestamp},
    ports::FlashMessages,
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Operations, access::tokens};
use crate::{clock, seal::Place, store::SealedFlash};

/// How long a message can be fetched, in milliseconds.
const LIFE_MS: i64 = 10 * 60 * 1_000;
/// The longest text that is sealed into an address, in bytes: browsers and proxies cut longer addresses.
const ADDRESS_BYTES: usize = 2 * 1024;

/// Where a text is sealed that travels in an address. The time is sealed with it.
const IN_ADDRESS: Place<'_> = Place { table: "", id: "", column: "address" };

#[async_trait]
impl FlashMessages for Operations {
    async fn put(&self, user: &str, body: Secret) -> Reply<String> {
        let user = user.to_owned();
        self.run_uncancelled(|this| async move { this.put_flash(&user, &body).await }).await
    }

    async fn peek(&self, user: &str, id: &str) -> Reply<Option<Secret>> {
        let found = self.store.flash(user, id, expiry()).await?;
        Ok(found.and_then(|it| self.open_flash(&it)))
    }

    async fn take(&self, user: &str, id: &str) -> Reply<Option<Secret>> {
        // An address that is opened again is common, and costs no write.
        if self.store.flash(user, id, expiry()).await?.is_none() {
            return Ok(None);
        }
        let (user, id) = (user.to_owned(), id.to_owned());
        self.run_uncancelled(|this| async move { this.take_flash(&user, &id).await }).await
    }

    fn seal(&self, text: &str) -> Option<String> {
        if text.len() > ADDRESS_BYTES {
            return None;
        }
        let dated = Secret::new(format!("{}\n{text}", clock::now().0));
        let sealed = self.keeper.sealer().seal(IN_ADDRESS, &dated).ok()?;
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    fn unseal(&self, sealed: &str) -> Option<String> {
        let dated = self.keeper.sealer().open(IN_ADDRESS, &URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()?;
        let (at, text) = dated.reveal().split_once('\n')?;
        (at.parse::<i64>().ok()? >= expiry().0).then(|| text.to_owned())
    }
}

impl Operations {
    async fn put_flash(&self, user: &str, body: &Secret) -> Reply<String> {
        let id = tokens::public_id("flash_").map_err(|_| Refusal::StoreUnavailable)?;
        let sealed = self.keeper.sealer().seal(Place::flash(&id), body);
        let flash = SealedFlash { id, sealed_body: sealed.map_err(|_| Refusal::StoreUnavailable)? };
        let mut write = self.store.write().await?;
        write.put_flash(user, &flash, clock::now()).await?;
        write.commit().await?;
        Ok(flash.id)
    }

    /// The message, for whoever removed it: of several that ask at once, one.
    async fn take_flash(&self, user: &str, id: &str) -> Reply<Option<Secret>> {
        let mut write = self.store.write().await?;
        let taken = write.take_flash(user, id, expiry()).await?;
        write.commit().await?;
        Ok(taken.and_then(|it| self.open_flash(&it)))
    }

    /// What a message says. Another replica may have rotated the master key since; then it is as good as gone.
    fn open_flash(&self, flash: &SealedFlash) -> Option<Secret> {
        self.keeper.sealer().open(Place::flash(&flash.id), &flash.sealed_body).ok()
    }

    /// Deletes messages whose time is over.
    pub(super) async fn delete_old_flash(&self) -> Reply<()> {
        if !self.store.has_old_flash(expiry()).await? {
            return Ok(());
        }
        let mut write = self.store.write().await?;
        write.delete_old_flash(expiry()).await?;
        Ok(write.commit().await?)
    }
}

/// When a message must have been kept to be there still.
fn expiry() -> Timestamp {
    Timestamp(clock::now().0 - LIFE_MS)
}
