//! Kept forms. Each belongs to the user that made it; nobody else can read it.

use app::{
    domain::{console::draft::Draft, field_error::FieldError, ids::ObjectKind},
    ports::{Actor, Drafts, KeptDraft, Saved},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;

use serde_json::Value;

use super::{Operations, access::tokens, config::objects::Edit};
use crate::{
    clock,
    store::{StoreError, Write},
};

/// The largest draft, in bytes of JSON; the largest valid balancer stays below it.
const DRAFT_BYTES: usize = 4 * 1024 * 1024;

#[async_trait]
impl Drafts for Operations {
    async fn keep_draft(&self, who: &Actor, mut draft: Draft) -> Reply<KeptDraft> {
        let who = who.clone();
        self.run_uncancelled(|this| async move {
            if draft.body.to_string().len() > DRAFT_BYTES {
                let words = "This is too much to keep: a draft has at most 4 MiB.";
                return Err(Refusal::Invalid(vec![FieldError::new("", "too_large", words)]));
            }
            if draft.id.is_empty() {
                draft.id = tokens::public_id("draft_").map_err(|_| Refusal::StoreUnavailable)?;
                draft.revision = 0;
            }
            draft.updated_at = clock::now();
            let mut write = this.store.write().await?;
            let revision = write.keep_draft(&who.name, &draft).await.map_err(|error| match error {
                StoreError::NotFound => gone(),
                StoreError::Changed => Refusal::Stale { current: Box::new(draft.body.clone()) },
                error => error.into(),
            })?;
            write.commit().await?;
            Ok(KeptDraft { id: draft.id, revision })
        })
        .await
    }

    async fn save_draft(&self, who: &Actor, draft: Draft, body: Value) -> Reply<Saved> {
        let (kind, editing) = (draft.kind, draft.editing.clone());
        match editing {
            Some(editing) => self.edit(who, kind, &editing.id, Edit::Replace(body), Some(draft)).await,
            None => self.make(who, kind, body, Some(draft)).await,
        }
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

impl Operations {
    /// Lets a draft become the object `id`, within the write that saves the object: a new balancer takes over its
    /// evaluations, and the draft is deleted. A draft that is gone already is as wanted.
    pub(super) async fn settle_draft(
        &self,
        write: &mut Write,
        who: &Actor,
        draft: &Draft,
        id: &str,
    ) -> Reply<()> {
        if draft.id.is_empty() {
            return Ok(());
        }
        let deleted = match draft.revision {
            0 => write.delete_draft(&who.name, &draft.id).await,
            revision => write.delete_draft_at(&who.name, &draft.id, revision).await,
        };
        match deleted {
            Ok(()) if draft.kind == ObjectKind::SmartBalancer && draft.editing.is_none() => {
                Ok(write.move_evaluations(&draft.id, id).await?)
            }
            Ok(()) | Err(StoreError::NotFound) => Ok(()),
            Err(StoreError::Changed) => Err(Refusal::Stale { current: Box::new(draft.body.clone()) }),
            Err(error) => Err(error.into()),
        }
    }
}

/// Said of drafts of other people as well, so that nobody learns of them.
fn gone() -> Refusal {
    Refusal::Gone("This draft was saved or thrown away already.".to_owned())
}
