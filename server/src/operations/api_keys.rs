//! Keys of the data plane: made, listed and revoked. A key is shown once; what is stored cannot be turned back.

use app::{
    api::{
        ports::{Actor, Role},
        refusal::{Refusal, Reply},
    },
    domain::{
        api_key::{ApiKeyScope, ApiKeyView, NewApiKey},
        decode,
        secret::Secret,
        validate::check_api_key,
    },
};
use serde_json::{Value, json};

use super::{Operations, require, tokens};
use crate::{
    clock,
    store::{AuditRow, StoreError, StoredApiKey},
};

impl Operations {
    /// All keys, ordered by id.
    pub async fn list_api_keys(&self, _who: &Actor) -> Reply<Vec<ApiKeyView>> {
        let loaded = self.store.load().await?;
        Ok(loaded.api_keys.into_iter().map(|key| self.view(key)).collect())
    }

    pub(super) async fn make_api_key(&self, who: &Actor, body: &Value) -> Reply<NewApiKey> {
        let decoded = decode::api_key(body);
        let mut faults = decoded.faults;
        faults.extend(check_api_key(&self.published.load(), &decoded.value));
        if !faults.is_empty() {
            return Err(Refusal::Invalid(faults));
        }
        self.issue_api_key(who, decoded.value).await
    }

    /// Makes a key of that scope.
    pub async fn issue_api_key(&self, who: &Actor, scope: ApiKeyScope) -> Reply<NewApiKey> {
        require(who, Role::Editor, "Making an API key")?;
        let no_randomness = |_| Refusal::StoreUnavailable;
        let id = tokens::public_id("").map_err(no_randomness)?;
        let secret = tokens::fresh().map_err(no_randomness)?;
        let key = Secret::new(format!("sb-{id}-{}", secret.reveal()));
        let stored = StoredApiKey {
            prefix: format!("sb-{id}"),
            sha256: tokens::sha256(&key),
            scope,
            created_at: clock::now(),
            last_used_at: None,
            id,
        };
        let mut write = self.store.write().await?;
        write.insert_api_key(&stored).await?;
        write
            .put_audit(&audit(
                who,
                "create",
                &stored.id,
                json!([{ "path": "name", "from": null, "to": stored.scope.name }]),
            ))
            .await?;
        write.bump_version().await?;
        write.commit().await?;
        self.publish().await?;
        Ok(NewApiKey { key: key.reveal().to_owned(), view: self.view(stored) })
    }

    pub(super) async fn revoke_key(&self, who: &Actor, id: &str) -> Reply<()> {
        require(who, Role::Admin, "Revoking an API key")?;
        let mut write = self.store.write().await?;
        write.delete_api_key(id).await.map_err(|error| match error {
            StoreError::NotFound => Refusal::Gone("There is no API key with this id.".to_owned()),
            error => error.into(),
        })?;
        write.put_audit(&audit(who, "delete", id, json!([]))).await?;
        write.bump_version().await?;
        write.commit().await?;
        self.publish().await
    }

    fn view(&self, key: StoredApiKey) -> ApiKeyView {
        let last_used_at = self.gateway.last_used(&key.id).max(key.last_used_at);
        ApiKeyView {
            id: key.id,
            scope: key.scope,
            prefix: key.prefix,
            created_at: key.created_at,
            last_used_at,
        }
    }
}

fn audit(who: &Actor, action: &str, id: &str, diff: Value) -> AuditRow {
    AuditRow {
        at: clock::now(),
        by: who.name.clone(),
        ip: who.ip,
        action: action.to_owned(),
        kind: "api_key".to_owned(),
        id: id.to_owned(),
        revision: None,
        diff,
    }
}
