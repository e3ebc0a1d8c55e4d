//! Export and import of the configuration as one document; an import is one transaction.

use std::net::SocketAddr;

use app::{
    domain::{
        config::{
            balancer::Balancer,
            configuration::Configuration,
            instance::{Instance, KeyChange},
            object::{Object, ObjectSpec, StoredObject, StoredObjectRef},
            target_group::TargetGroup,
            transfer::{self, Import, ImportAction, ImportReport, Item},
        },
        field_error::FieldError,
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    ports::{Actor, Role, Transfer},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use serde_json::Value;

use super::{
    audit_trail::{Action, Change},
    objects::to_refusal,
    secrets::{StoredSecrets, replaced_paths},
};
use crate::operations::{Operations, require};
use crate::{
    clock,
    egress::{self, EgressRules},
    store::Write,
};

/// The operation, as refusals name it.
const IMPORTING: &str = "Importing a configuration";

#[async_trait]
impl Transfer for Operations {
    fn export(&self) -> Value {
        transfer::export(&self.published.load())
    }

    async fn import(&self, who: &Actor, document: Value, dry_run: bool) -> Reply<ImportReport> {
        if dry_run {
            return self.preview_import(who, &document).await;
        }
        let who = who.clone();
        self.run_uncancelled(|this| async move {
            require(&who, Role::Editor, IMPORTING)?;
            let mut write = this.store.write().await?;
            let loaded = write.load_knowing(&this.published.load_full()).await?;
            let secrets = this.stored_secrets(&loaded);
            let before = loaded.configuration;
            let Import { after, items, report } = this.plan(&before, &document, &secrets);
            if let Some(error) = permission_errors(&who, &before, &after, &items).into_iter().next() {
                return Err(Refusal::Forbidden(error.message));
            }
            if !report.errors.is_empty() {
                return Err(Refusal::Invalid(report.errors));
            }
            if items.is_empty() {
                return Ok(report);
            }
            let at = clock::now();
            release_names(&mut write, &before, &after, &items, at).await?;
            for item in &items {
                let Some(mut stored) = stored_object(&before, &after, item, at) else { continue };
                let headers = match &mut stored {
                    Object::Instance(it) => secrets.changed_headers(&item.id, &item.headers, &mut it.spec),
                    _ => None,
                };
                let written = match item.action {
                    ImportAction::Create => write.insert(stored.as_ref()).await,
                    ImportAction::Update => write.update(stored.as_ref()).await,
                };
                written.map_err(|it| to_refusal(it, item.kind))?;
                if item.key != KeyChange::Keep {
                    this.seal_key(&mut write, &item.id, &item.key).await?;
                }
                this.seal_headers(&mut write, &item.id, headers.as_ref()).await?;
            }
            let mut changes = Vec::with_capacity(items.len());
            let replaced: Vec<_> = items.iter().map(|it| replaced(&after, it)).collect();
            for (Item { kind, id, action, key, .. }, replaced) in items.iter().zip(&replaced) {
                let action = match action {
                    ImportAction::Create => Action::Create,
                    ImportAction::Update => Action::Update,
                };
                let with_key = matches!(key, KeyChange::Set(_));
                changes.push(Change { who: &who, action, kind: *kind, id, at, with_key, replaced });
            }
            this.commit_and_publish(write, &before, &changes).await?;
            Ok(report)
        })
        .await
    }
}

impl Operations {
    /// Reports the changes and errors of an import. It compares with the store only if the document has
    /// secrets.
    async fn preview_import(&self, who: &Actor, document: &Value) -> Reply<ImportReport> {
        require(who, Role::Editor, IMPORTING)?;
        let mut before = self.published.load().as_ref().clone();
        // Demo instances are stored without an address.
        before.instances.iter_mut().filter(|it| it.spec.demo).for_each(|it| it.spec.base_url.clear());
        let secrets = match transfer::holds_secrets(document) {
            true => self.stored_secrets(&self.store.load().await?),
            false => StoredSecrets::default(),
        };
        let import = self.plan(&before, document, &secrets);
        let mut report = import.report;
        report.errors.extend(permission_errors(who, &before, &import.after, &import.items));
        Ok(report)
    }

    fn plan(&self, before: &Configuration, document: &Value, secrets: &StoredSecrets) -> Import {
        plan_import(before, document, &self.settings.listeners, &self.settings.egress, secrets)
    }
}

/// Validates a document over a configuration, by the rules of the domain, the listen addresses and the egress rules. A
/// secret that is already stored is no change.
pub fn plan_import(
    before: &Configuration,
    document: &Value,
    listeners: &[SocketAddr],
    rules: &EgressRules,
    secrets: &StoredSecrets,
) -> Import {
    let mut import = transfer::import(before, document, listeners);
    import.drop_known_secrets(before, |id, header, secret| secrets.holds(id, header, secret));
    let errors = &mut import.report.errors;
    for item in import.items.iter().filter(|it| it.kind == ObjectKind::Instance) {
        let path = format!("instances[{}].base_url", item.place);
        if let Some(instance) = import.after.instance(&item.id).filter(|it| !it.spec.demo)
            && !errors.iter().any(|it| it.path == path)
            && let Err(refused) = egress::check_url(&instance.spec.base_url, rules)
        {
            errors.push(FieldError::new(path, "address_refused", refused.to_string()));
        }
    }
    import
}

/// The paths of headers that get a new value.
fn replaced(after: &Configuration, item: &Item) -> Vec<String> {
    let instance = after.instance(&item.id).filter(|_| item.kind == ObjectKind::Instance);
    instance.map(|it| replaced_paths(&it.spec, &item.headers)).unwrap_or_default()
}

/// Errors for what only admins may import: new instances, changed addresses and headers.
fn permission_errors(
    who: &Actor,
    before: &Configuration,
    after: &Configuration,
    items: &[Item],
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for item in items.iter().filter(|it| it.kind == ObjectKind::Instance) {
        let [old, new] = [before, after].map(|it| it.instance(&item.id).map(|it| &it.spec));
        let what = match (old, new) {
            (Some(old), Some(new)) if !new.differs_in_connection(old) && item.headers.set.is_empty() => {
                continue;
            }
            (Some(_), _) => "Changing the address or a header of an instance",
            (None, _) => "Adding an instance",
        };
        if let Err(Refusal::Forbidden(words)) = require(who, Role::Admin, what) {
            errors.push(FieldError::new(format!("instances[{}]", item.place), "permission_denied", words));
        }
    }
    errors
}

/// Names may change hands within a document. Names that another object takes over are released first, because unique
/// indexes check every statement.
async fn release_names(
    write: &mut Write,
    before: &Configuration,
    after: &Configuration,
    items: &[Item],
    at: Timestamp,
) -> Reply<()> {
    for item in items.iter().filter(|it| it.action == ImportAction::Update) {
        let [old, new] = [before, after].map(|it| it.object(item.kind, &item.id));
        let (Some(old), Some(new)) = (old, new) else {
            continue;
        };
        if unique_names(old) != unique_names(new) {
            let spec = with_reserved_names(old);
            let renamed = StoredObject::new(spec, &item.id, old.revision(), old.created_at(), at);
            write.update(renamed.as_ref()).await.map_err(|it| to_refusal(it, item.kind))?;
        }
    }
    Ok(())
}

/// The unique names of an object.
fn unique_names(object: StoredObjectRef<'_>) -> [&str; 2] {
    match object {
        Object::Instance(it) => [&it.spec.name, ""],
        Object::TargetGroup(it) => [&it.spec.name, ""],
        Object::Balancer(it) => [&it.spec.name, &it.spec.serving_name],
    }
}

/// The object with names that no valid object can have.
fn with_reserved_names(object: StoredObjectRef<'_>) -> ObjectSpec {
    object.map(
        |it| Instance { name: format!("\n{}", it.id), ..it.spec.clone() },
        |it| TargetGroup { name: format!("\n{}", it.id), ..it.spec.clone() },
        |it| {
            let name = format!("\n{}", it.id);
            Balancer { serving_name: name.clone(), name, ..it.spec.clone() }
        },
    )
}

/// The object to store for an item of the document.
fn stored_object(
    before: &Configuration,
    after: &Configuration,
    item: &Item,
    at: Timestamp,
) -> Option<StoredObject> {
    let spec = after.object(item.kind, &item.id)?.spec().cloned();
    let old = before.object(item.kind, &item.id);
    let (last, created_at) = old.map_or((0, at), |it| (it.revision(), it.created_at()));
    Some(StoredObject::new(spec, &item.id, last + 1, created_at, at))
}
