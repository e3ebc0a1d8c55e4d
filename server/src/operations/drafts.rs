//! Kept forms. Each belongs to the user that made it; nobody else can read it.

use app::{
    api::{
        ports::Actor,
        refusal::{Refusal, Reply},
    },
    domain::{draft::Draft, fault::Fault},
};

use super::{Operations, tokens};
use crate::clock;

/// The largest draft, in bytes of JSON; the largest valid balancer stays below it.
const DRAFT_BYTES: usize = 4 * 1024 * 1024;

impl Operations {
    pub(super) async fn keep(&self, who: &Actor, mut draft: Draft) -> Reply<String> {
        if draft.body.to_string().len() > DRAFT_BYTES {
            return Err(Refusal::Invalid(vec![Fault::new(
                "",
                "too_large",
                "A draft may have 4 MiB at most.",
            )]));
        }
        if draft.id.is_empty() {
            draft.id = tokens::public_id("draft_").map_err(|_| Refusal::StoreUnavailable)?;
        }
        draft.updated_at = clock::now();
        self.store.put_draft(&who.name, &draft).await?;
        Ok(draft.id)
    }

    pub(super) async fn kept(&self, who: &Actor, id: &str) -> Reply<Draft> {
        let gone = || Refusal::Gone("This draft was saved or thrown away already.".to_owned());
        self.store.draft(&who.name, id).await?.ok_or_else(gone)
    }
}
