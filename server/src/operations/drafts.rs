//! Kept forms. Each belongs to the user that made it; nobody else can read it.

use app::{
    domain::{console::draft::Draft, field_error::FieldError},
    ports::{Actor, Drafts},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;

use super::{Operations, access::tokens};
use crate::{clock, store::StoreError};

/// The largest draft, in bytes of JSON; the largest valid balancer stays below it.
const DRAFT_BYTES: usize = 4 * 1024 * 1024;

#[async_trait]
impl Drafts for Operations {
    async fn keep_draft(&self, who: &Actor, mut draft: Draft) -> Reply<String> {
        let who = who.clone();
        self.run_uncancelled(|this| async move {
            if draft.body.to_string().len() > DRAFT_BYTES {
                let words = "This is too much to keep: a draft has at most 4 MiB.";
                return Err(Refusal::Invalid(vec![FieldError::new("", "too_large", words)]));
            }
            if draft.id.is_empty() {
                draft.id = tokens::public_id("draft_").map_err(|_| Refusal::StoreUnavailable)?;
            }
            draft.updated_at = clock::now();
            let mut write = this.store.write().await?;
            write.keep_draft(&who.name, &draft).await.map_err(|error| match error {
                StoreError::NotFound => gone(),
                error => error.into(),
            })?;
            write.commit().await?;
            Ok(draft.id)
        })
        .await
    }

    async fn draft(&self, who: &Actor, id: &str) -> Reply<Draft> {
        self.store.draft(&who.name, id).await?.ok_or_else(gone)
    }

    async fn drafts(&self, who: &Actor) -> Reply<Vec<Draft>> {
        Ok(self.store.drafts(&who.name).await?)
    }

    async fn drop_draft(&self, who: &Actor, id: &str) -> Reply<()> {
        let (who, id) = (who.clone(), id.to_owned());
        self.run_uncancelled(|this| async move {
            let mut write = this.store.write().await?;
            match write.delete_draft(&who.name, &id).await {
                // A draft that is gone already is as wanted.
                Ok(()) | Err(StoreError::NotFound) => Ok(write.commit().await?),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }
}

/// Said of drafts of other people as well, so that nobody learns of them.
fn gone() -> Refusal {
    Refusal::Gone("This draft was saved or thrown away already.".to_owned())
}
