//! Creates, edits and deletes instances, target groups and balancers.
//!
//! The store serializes writes, so the configuration that a change is validated against is the one that it is applied
//! to. Unique indexes have the last word.

use app::{
    domain::{
        config::{
            configuration::{Configuration, StoredInstance},
            decode::{self, Purpose},
            instance::{DimensionsEdit, Instance, KeyChange},
            object::{Object, StoredObject},
            revision::patched,
            validate,
        },
        console::draft::Draft,
        field_error::{FieldError, ValidationReport},
        ids::{BalancerId, ObjectKind},
    },
    ports::{Actor, Objects, Role, Saved},
    refusal::{Refusal, Reply},
    web::access,
};
use async_trait::async_trait;
use serde_json::Value;

use super::{
    audit_trail::{Action, Change},
    history::RollBack,
    secrets::replaced_paths,
};
use crate::operations::{Operations, require};
use crate::{
    clock,
    store::{StoreError, TakenField},
};

/// A change of an existing object.
#[derive(Debug)]
pub(in crate::operations) enum Edit {
    /// Replaces the object by the body.
    Replace(Value),
    /// Applies a merge patch.
    Patch(Value),
    /// Restores an earlier revision.
    RollBack(RollBack),
}

#[async_trait]
impl Objects for Operations {
    async fn create(&self, who: &Actor, kind: ObjectKind, body: Value) -> Reply<Saved> {
        self.make(who, kind, body, None).await
    }

    async fn replace(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved> {
        self.edit(who, kind, id, Edit::Replace(body), None).await
    }

    async fn patch(&self, who: &Actor, kind: ObjectKind, id: &str, patch: Value) -> Reply<Saved> {
        self.edit(who, kind, id, Edit::Patch(patch), None).await
    }

    async fn roll_back(&self, who: &Actor, kind: ObjectKind, id: &str, body: Value) -> Reply<Saved> {
        self.edit(who, kind, id, Edit::RollBack(RollBack::parse(&body)?), None).await
    }

    async fn delete(&self, who: &Actor, kind: ObjectKind, id: &str) -> Reply<()> {
        let (who, id) = (who.clone(), id.to_owned());
        self.run_uncancelled(|this| async move {
            may_add_or_delete(&who, kind)?;
            let mut write = this.store.write().await?;
            let before = write.load_knowing(&this.published.load_full()).await?.configuration;
            before.object(kind, &id).ok_or_else(|| not_found(kind, &id))?;
            let used_by = before.used_by(kind, &id);
            if !used_by.is_empty() {
                return Err(Refusal::InUse { used_by });
            }
            if kind == ObjectKind::SmartBalancer {
                write.remove_from_scopes(&BalancerId::from(id.as_str())).await?;
            }
            write.delete(kind, &id).await?;
            let change = Change {
                who: &who,
                action: Action::Delete,
                kind,
                id: &id,
                at: clock::now(),
                with_key: false,
                replaced: &[],
            };
            this.commit_and_publish(write, &before, &[change]).await.map(drop)
        })
        .await
    }

    fn validate(&self, kind: ObjectKind, body: &Value, editing: Option<&str>) -> ValidationReport {
        let purpose = if editing.is_some() { Purpose::Edit } else { Purpose::Create };
        let mut decoded = decode::object(kind, body, purpose);
        self.validation_report(&self.published.load(), &mut decoded, editing)
    }
}

impl Operations {
    /// Saves a new object, and what becomes of the draft that it was typed in, in one transaction.
    pub(in crate::operations) async fn make(
        &self,
        who: &Actor,
        kind: ObjectKind,
        body: Value,
        draft: Option<Draft>,
    ) -> Reply<Saved> {
        let who = who.clone();
        self.run_uncancelled(|this| async move {
            may_add_or_delete(&who, kind)?;
            let refused_name = this.refused_name(kind, &body, None).await;
            let mut write = this.store.write().await?;
            let before = write.load_knowing(&this.published.load_full()).await?.configuration;
            let mut decoded = decode::object(kind, &body, Purpose::Create);
            decoded.errors.extend(refused_name);
            let mut decoded = this.validated(&before, decoded, None)?;
            let (mut headers, mut replaced) = (None, Vec::new());
            if let Object::Instance(new) = &mut decoded.value {
                let change = new.settle_secrets(None, &mut decoded.key, decoded.header_values);
                replaced = replaced_paths(new, &change);
                headers = Some(change.set).filter(|it| !it.is_empty());
            }

            let id =
                decoded.id.unwrap_or_else(|| validate::new_id(&before, kind, decoded.value.as_ref().name()));
            let now = clock::now();
            let stored = StoredObject::new(decoded.value, &id, 1, now, now);
            write.insert(stored.as_ref()).await.map_err(|it| to_refusal(it, kind))?;
            this.seal_key(&mut write, &id, &decoded.key).await?;
            this.seal_headers(&mut write, &id, headers.as_ref()).await?;
            if let Some(draft) = &draft {
                this.settle_draft(&mut write, &who, draft, &id).await?;
            }
            let with_key = matches!(decoded.key, KeyChange::Set(_));
            let change = Change {
                who: &who,
                action: Action::Create,
                kind,
                id: &id,
                at: now,
                with_key,
                replaced: &replaced,
            };
            let after = this.commit_and_publish(write, &before, &[change]).await?;
            this.saved(&after, kind, &id)
        })
        .await
    }

    /// Saves a new revision of an object, and what becomes of the draft that it was typed in, in
    /// one transaction.
    pub(in crate::operations) async fn edit(
        &self,
        who: &Actor,
        kind: ObjectKind,
        id: &str,
        edit: Edit,
        draft: Option<Draft>,
    ) -> Reply<Saved> {
        let (who, id) = (who.clone(), id.to_owned());
        self.run_uncancelled(|this| async move {
            may_edit(&who, kind)?;
            let refused_name = match &edit {
                Edit::Replace(body) | Edit::Patch(body) if who.role >= access::OF_ADDRESSES => {
                    this.refused_name(kind, body, Some(&id)).await
                }
                _ => None,
            };
            let mut write = this.store.write().await?;
            let loaded = write.load_knowing(&this.published.load_full()).await?;
            let (secrets, before) = (this.stored_secrets(&loaded), loaded.configuration);
            let old = before.object(kind, &id).ok_or_else(|| not_found(kind, &id))?;
            let dimensions = dimensions_edit(&edit);
            let action = if matches!(edit, Edit::RollBack(_)) { Action::RollBack } else { Action::Update };
            let body = match edit {
                Edit::Replace(body) => body,
                Edit::RollBack(rollback) => this.body_of_revision(kind, &id, old, rollback).await?,
                Edit::Patch(patch) if patch.is_object() => patched(&this.show(old), &patch),
                Edit::Patch(_) => {
                    let words = "Send a JSON object with the fields to change.";
                    return Err(Refusal::Invalid(vec![FieldError::new("", "type", words)]));
                }
            };
            let mut decoded = decode::object(kind, &body, Purpose::Edit);
            decoded.errors.extend(refused_name);
            if let (Object::Instance(new), Object::Instance(old)) = (&mut decoded.value, old) {
                let is_named = body.get("dimensions").is_some();
                let dimensions = if is_named { dimensions } else { DimensionsEdit::Absent };
                this.keep_or_forget_dimensions(
                    new,
                    dimensions,
                    old,
                    secrets.differ(&id, &decoded.key, &decoded.header_values),
                );
            }
            if decoded.revision.is_some_and(|it| it != old.revision()) {
                return Err(Refusal::Stale { current: Box::new(this.show(old)) });
            }
            let mut decoded = this.validated(&before, decoded, Some(&id))?;
            let (mut headers, mut replaced) = (None, Vec::new());
            if let (Object::Instance(new), Object::Instance(old)) = (&mut decoded.value, old) {
                if new.differs_in_connection(&old.spec) || !decoded.header_values.is_empty() {
                    require(&who, access::OF_ADDRESSES, "Changing the address or a header of an instance")?;
                }
                let change = new.settle_secrets(Some(&old.spec), &mut decoded.key, decoded.header_values);
                replaced = replaced_paths(new, &change);
                headers = secrets.changed_headers(&id, &change, new);
            }

            let now = clock::now();
            let stored = StoredObject::new(decoded.value, &id, old.revision() + 1, old.created_at(), now);
            write.update(stored.as_ref()).await.map_err(|it| to_refusal(it, kind))?;
            this.seal_key(&mut write, &id, &decoded.key).await?;
            this.seal_headers(&mut write, &id, headers.as_ref()).await?;
            if let Some(draft) = &draft {
                this.settle_draft(&mut write, &who, draft, &id).await?;
            }
            let with_key = matches!(decoded.key, KeyChange::Set(_));
            let change = Change { who: &who, action, kind, id: &id, at: now, with_key, replaced: &replaced };
            let after = this.commit_and_publish(write, &before, &[change]).await?;
            this.saved(&after, kind, &id)
        })
        .await
    }

    /// Decides whether an edited instance keeps its learned dimensions of embeddings.
    fn keep_or_forget_dimensions(
        &self,
        new: &mut Instance,
        edit: DimensionsEdit,
        old: &StoredInstance,
        another_key: bool,
    ) {
        let unwritten = || match (edit, old.spec.dimensions) {
            // Views show learned dimensions before they are saved.
            (DimensionsEdit::Echoed, None) => self.gateway.dimensions(&old.id),
            _ => None,
        };
        let learned = old.spec.learned_dimensions().or_else(unwritten);
        let mut was = old.spec.clone();
        if was.demo {
            was.base_url.clone_from(&self.settings.demo_base_url);
        }
        new.resolve_dimensions(edit, learned, another_key || new.differs_in_target(&was));
    }

    /// The object as this change saved it, even if others have saved it since.
    fn saved(&self, after: &Configuration, kind: ObjectKind, id: &str) -> Reply<Saved> {
        let object = after.object(kind, id).ok_or_else(|| not_found(kind, id))?;
        Ok(Saved { id: id.to_owned(), body: self.show(object) })
    }
}

/// How the edit means `dimensions` if its body has the field. A replacement may only repeat what the view showed; a
/// patch and an earlier revision set it.
fn dimensions_edit(edit: &Edit) -> DimensionsEdit {
    match edit {
        Edit::Patch(patch) if patch.get("dimensions").is_none() => DimensionsEdit::Echoed,
        Edit::Replace(_) => DimensionsEdit::Echoed,
        Edit::Patch(_) | Edit::RollBack(_) => DimensionsEdit::Explicit,
    }
}

/// Only admins add and delete instances, because each brings an address that this server calls.
fn may_add_or_delete(who: &Actor, kind: ObjectKind) -> Reply<()> {
    match kind {
        ObjectKind::Instance => {
            require(who, access::of_adding_or_deleting(kind), "Adding or deleting an instance")
        }
        _ => may_edit(who, kind),
    }
}

fn may_edit(who: &Actor, kind: ObjectKind) -> Reply<()> {
    require(who, Role::Editor, &format!("Changing a {}", kind.words()))
}

fn not_found(kind: ObjectKind, id: &str) -> Refusal {
    Refusal::NotFound { kind, id: id.to_owned() }
}

/// The refusal of a name that validation let through but a unique index did not.
pub(super) fn to_refusal(error: StoreError, kind: ObjectKind) -> Refusal {
    let StoreError::Taken(field) = error else { return error.into() };
    let (code, path, what) = match field {
        TakenField::Id => ("id_taken", "id", "id"),
        TakenField::Name => ("name_taken", "name", "name"),
        TakenField::ServingName => ("serving_name_taken", "serving_name", "serving name"),
    };
    Refusal::Taken {
        code: code.to_owned(),
        path: path.to_owned(),
        message: format!("Another {} has this {what}; choose another one.", kind.words()),
    }
}
