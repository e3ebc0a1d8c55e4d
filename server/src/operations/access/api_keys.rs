//! API keys of the data plane. A key is shown once; only its hash is stored.

use app::{
    domain::{
        config::{
            api_key::{ApiKeyScope, ApiKeyView, NewApiKey},
            configuration::Configuration,
            decode,
            revision::diff,
            validate::check_api_key,
        },
        field_error::ValidationReport,
        secret::Secret,
    },
    ports::{Actor, ApiKeys, Role},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::tokens;
use crate::operations::{Operations, config::audit_trail::Action, require};
use crate::{
    clock,
    store::{AuditRow, StoredApiKey, Write},
};

#[async_trait]
impl ApiKeys for Operations {
    async fn api_keys(&self, _who: &Actor) -> Reply<Vec<ApiKeyView>> {
        let keys = self.store.api_keys().await?;
        Ok(keys.into_iter().map(|key| self.view(key)).collect())
    }

    async fn create_api_key(&self, who: &Actor, body: Value) -> Reply<NewApiKey> {
        let who = who.clone();
        self.run_uncancelled(|this| async move {
            require(&who, Role::Editor, "Creating an API key")?;
            let mut write = this.store.write().await?;
            // Validated inside the write: a balancer that is deleted at this moment must not stay in a scope.
            let before = write.load_knowing(&this.published.load_full()).await?.configuration;
            this.insert_key(write, before, &who, &body).await
        })
        .await
    }

    async fn revoke_api_key(&self, who: &Actor, id: &str) -> Reply<()> {
        let (who, id) = (who.clone(), id.to_owned());
        self.run_uncancelled(|this| async move {
            require(&who, Role::Editor, "Revoking an API key")?;
            let mut write = this.store.write().await?;
            let before = write.load_knowing(&this.published.load_full()).await?;
            let key = before.api_keys.iter().find(|it| it.id == id);
            let key = key.ok_or_else(|| Refusal::Gone(format!("There is no API key with the id “{id}”.")))?;
            if !who.may_revoke(key.made_by.as_deref()) {
                require(&who, Role::Admin, "Revoking another user's API key")?;
            }
            write.delete_api_key(&id).await?;
            write.put_audit(&audit(&who, Action::Delete, &id, Some(&key.scope), None)).await?;
            this.commit_and_publish(write, &before.configuration, &[]).await.map(drop)
        })
        .await
    }
}

impl Operations {
    /// Creates a key if there is none yet; `None` if there is one.
    ///
    /// # Errors
    /// As [`ApiKeys::create_api_key`].
    pub async fn create_first_api_key(&self, who: &Actor, body: &Value) -> Reply<Option<NewApiKey>> {
        require(who, Role::Editor, "Creating an API key")?;
        let mut write = self.store.write().await?;
        // Checked inside the write: of replicas that start at the same time, one creates the key.
        let loaded = write.load_knowing(&self.published.load_full()).await?;
        if !loaded.api_keys.is_empty() {
            return Ok(None);
        }
        self.insert_key(write, loaded.configuration, who, body).await.map(Some)
    }

    async fn insert_key(
        &self,
        mut write: Write,
        before: Configuration,
        who: &Actor,
        body: &Value,
    ) -> Reply<NewApiKey> {
        let decoded = decode::api_key(body);
        let errors = check_api_key(&before, &decoded.value);
        let report = ValidationReport::new(errors, Vec::new()).after_decoding(&decoded.errors);
        if !report.valid {
            return Err(Refusal::Invalid(report.errors));
        }
        let (key, stored) = generate(decoded.value, &who.name).map_err(|error| {
            tracing::error!(%error, "an API key could not be generated");
            Refusal::StoreUnavailable
        })?;
        write.insert_api_key(&stored).await?;
        write.put_audit(&audit(who, Action::Create, &stored.id, None, Some(&stored.scope))).await?;
        self.commit_and_publish(write, &before, &[]).await?;
        Ok(NewApiKey { key: key.reveal().to_owned(), view: self.view(stored) })
    }

    fn view(&self, key: StoredApiKey) -> ApiKeyView {
        let last_used_at = self.gateway.last_used(&key.id).max(key.last_used_at);
        ApiKeyView {
            id: key.id,
            scope: key.scope,
            prefix: key.prefix,
            made_by: key.made_by,
            created_at: key.created_at,
            last_used_at,
        }
    }
}

/// Generates a key, and the row to store for it.
fn generate(scope: ApiKeyScope, made_by: &str) -> Result<(Secret, StoredApiKey), getrandom::Error> {
    let id = tokens::public_id("")?;
    let prefix = format!("sb-{id}");
    let key = Secret::new(format!("{prefix}-{}", tokens::generate()?.reveal()));
    let sha256 = tokens::sha256(&key);
    let made_by = Some(made_by.to_owned());
    Ok((
        key,
        StoredApiKey { id, sha256, scope, prefix, made_by, created_at: clock::now(), last_used_at: None },
    ))
}

fn audit(
    who: &Actor,
    action: Action,
    id: &str,
    from: Option<&ApiKeyScope>,
    to: Option<&ApiKeyScope>,
) -> AuditRow {
    AuditRow {
        at: clock::now(),
        by: who.name.clone(),
        ip: who.ip,
        action: action.as_str().to_owned(),
        kind: "api_key".to_owned(),
        id: id.to_owned(),
        revision: None,
        diff: json!(diff(&json!(from), &json!(to))),
    }
}
