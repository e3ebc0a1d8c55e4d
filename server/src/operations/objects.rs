//! Create, edit and delete, the same for instances, target groups and balancers.
//!
//! Writes are serialised by the store, so that what is judged is what is written; unique indexes have the last word.

use app::{
    api::{
        ports::{Actor, Role, Saved},
        refusal::{Refusal, Reply},
    },
    domain::{
        configuration::Configuration,
        decode::{Decoded, Purpose},
        fault::{Fault, Report},
        ids::{BalancerId, InstanceId, ObjectKind},
        instance::{Instance, KeyChange},
        revision::{diff, patched},
        timestamp::Timestamp,
        validate::{self, Candidate, is_conflict},
    },
};
use serde_json::{Value, json};

use super::{
    Operations, require,
    spec::{Spec, StoredObject},
};
use crate::{
    clock, egress,
    seal::Place,
    store::{AuditRow, RevisionRow, StoreError, TakenField, Write},
};

/// How an object is changed.
#[derive(Debug)]
pub enum Edit {
    /// The body is the whole object.
    Replace(Value),
    /// The body is a merge patch.
    Patch(Value),
}

/// Who did what to which object, for the revision and audit rows.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    /// Who.
    pub who: &'a Actor,
    /// To what kind of object.
    pub kind: ObjectKind,
    /// To which.
    pub id: &'a str,
    /// When.
    pub at: Timestamp,
    /// `create`, `update` or `delete`.
    pub action: &'static str,
}

impl Operations {
    pub(super) async fn create_object(&self, who: &Actor, kind: ObjectKind, body: &Value) -> Reply<Saved> {
        may_write(who, kind)?;
        let mut write = self.store.write().await?;
        let configuration = self.at_home(write.load().await?.configuration);
        let mut decoded = Spec::decode(kind, body, Purpose::Create);
        self.settle(&configuration, &decoded, None)?;
        decoded.value.resolve(&configuration);

        let id = decoded
            .id
            .clone()
            .unwrap_or_else(|| validate::new_id(&configuration, kind, decoded.value.name()));
        let now = clock::now();
        let stored = StoredObject::new(decoded.value, &id, 1, now, now);
        write.insert(&stored).await.map_err(|it| taken(it, kind))?;
        self.seal_key(&mut write, &id, &decoded.key).await?;
        write.bump_version().await?;
        let after = self.at_home(write.load().await?.configuration);
        let body = self.render_in(&after, kind, &id).unwrap_or_default();
        let trace = Trace { who, kind, id: &id, at: now, action: "create" };
        self.leave_trace(&mut write, trace, 1, None, Some(&body)).await?;
        write.commit().await?;
        self.publish().await?;
        Ok(Saved { body: self.render(kind, &id).unwrap_or(body), id })
    }

    pub(super) async fn edit_object(
        &self,
        who: &Actor,
        kind: ObjectKind,
        id: &str,
        edit: Edit,
    ) -> Reply<Saved> {
        may_write_some(who, kind)?;
        let mut write = self.store.write().await?;
        let configuration = self.at_home(write.load().await?.configuration);
        let before = self
            .render_in(&configuration, kind, id)
            .ok_or_else(|| Refusal::NotFound { kind, id: id.to_owned() })?;
        let body = match edit {
            Edit::Replace(body) => body,
            Edit::Patch(patch) if patch.is_object() => patched(&before, &patch),
            Edit::Patch(_) => {
                return Err(Refusal::Invalid(vec![Fault::new(
                    "",
                    "type",
                    "A merge patch is a JSON object.",
                )]));
            }
        };
        let mut decoded = Spec::decode(kind, &body, Purpose::Edit);
        let revision = before["revision"].as_u64().unwrap_or_default();
        if decoded.revision.is_some_and(|it| it != revision) {
            return Err(Refusal::Stale { current: Box::new(before) });
        }
        let old = configuration.instance(id).filter(|_| kind == ObjectKind::Instance).map(|it| &it.spec);
        if let (Spec::Instance(new), Some(old)) = (&mut decoded.value, old) {
            keep_fixed_parts(who, new, old)?;
        }
        self.settle(&configuration, &decoded, Some(id))?;
        decoded.value.resolve(&configuration);

        let now = clock::now();
        let created_at = created_at(&configuration, kind, id).unwrap_or(now);
        let stored = StoredObject::new(decoded.value, id, revision + 1, created_at, now);
        write.update(&stored).await.map_err(|it| taken(it, kind))?;
        self.seal_key(&mut write, id, &decoded.key).await?;
        write.bump_version().await?;
        let after = self.at_home(write.load().await?.configuration);
        let after = self.render_in(&after, kind, id).unwrap_or_default();
        let trace = Trace { who, kind, id, at: now, action: "update" };
        self.leave_trace(&mut write, trace, revision + 1, Some(&before), Some(&after)).await?;
        write.commit().await?;
        self.publish().await?;
        Ok(Saved { id: id.to_owned(), body: self.render(kind, id).unwrap_or(after) })
    }

    pub(super) async fn delete_object(&self, who: &Actor, kind: ObjectKind, id: &str) -> Reply<()> {
        may_write(who, kind)?;
        let mut write = self.store.write().await?;
        let configuration = self.at_home(write.load().await?.configuration);
        let before = self
            .render_in(&configuration, kind, id)
            .ok_or_else(|| Refusal::NotFound { kind, id: id.to_owned() })?;
        let used_by = configuration.used_by(kind, id);
        if !used_by.is_empty() {
            return Err(Refusal::InUse { used_by });
        }
        if kind == ObjectKind::SmartBalancer {
            write.remove_from_scopes(&BalancerId::from(id)).await?;
        }
        write.delete(kind, id).await?;
        let revision = before["revision"].as_u64().unwrap_or_default() + 1;
        let trace = Trace { who, kind, id, at: clock::now(), action: "delete" };
        self.leave_trace(&mut write, trace, revision, Some(&before), None).await?;
        write.bump_version().await?;
        write.commit().await?;
        self.publish().await
    }

    /// Judges a body as saving it now would, without the store.
    pub(super) fn judge(&self, kind: ObjectKind, body: &Value, editing: Option<&str>) -> Report {
        let configuration = self.published.load();
        let purpose = if editing.is_some() { Purpose::Edit } else { Purpose::Create };
        self.report(&configuration, &Spec::decode(kind, body, purpose), editing)
    }

    fn report(
        &self,
        configuration: &Configuration,
        decoded: &Decoded<Spec>,
        editing: Option<&str>,
    ) -> Report {
        let candidate = Candidate { editing, id: decoded.id.as_deref(), object: decoded.value.object() };
        let report = validate::check(configuration, candidate, &self.surroundings.listeners);
        let mut errors = decoded.faults.clone();
        // A field that could not be read holds a default; what the rules say of that default helps nobody.
        errors.extend(
            report.errors.into_iter().filter(|it| !decoded.faults.iter().any(|read| read.path == it.path)),
        );
        if let Spec::Instance(instance) = &decoded.value
            && !instance.demo
            && !errors.iter().any(|it| it.path == "base_url")
            && let Err(refused) = egress::judge_url(&instance.base_url, &self.surroundings.egress)
        {
            errors.push(Fault::new("base_url", "address_refused", refused.to_string()));
        }
        Report::new(errors, report.warnings)
    }

    fn settle(
        &self,
        configuration: &Configuration,
        decoded: &Decoded<Spec>,
        editing: Option<&str>,
    ) -> Reply<()> {
        let faults = self.report(configuration, decoded, editing).errors;
        match faults.first() {
            None => Ok(()),
            Some(first) if faults.iter().all(is_conflict) => Err(Refusal::Taken {
                code: first.code.clone(),
                path: first.path.clone(),
                message: first.message.clone(),
            }),
            Some(_) => Err(Refusal::Invalid(faults)),
        }
    }

    async fn seal_key(&self, write: &mut Write, id: &str, key: &KeyChange) -> Reply<()> {
        match key {
            KeyChange::Keep => {}
            KeyChange::Remove => write.set_sealed_key(&InstanceId::from(id), None, None).await?,
            KeyChange::Set(secret) => {
                let sealed = self.sealer.seal(Place::instance_key(id), secret).map_err(|error| {
                    tracing::error!(%error, "an upstream key could not be sealed");
                    Refusal::StoreUnavailable
                })?;
                write.set_sealed_key(&InstanceId::from(id), Some(&sealed), secret.last4().as_deref()).await?;
            }
        }
        Ok(())
    }

    /// Writes the revision and the audit row of a change into its transaction.
    pub(super) async fn leave_trace(
        &self,
        write: &mut Write,
        trace: Trace<'_>,
        revision: u64,
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> Reply<()> {
        let strip = |body: &Value| {
            let mut body = body.clone();
            // Health is of the moment, not of the configuration.
            if let Some(fields) = body.as_object_mut() {
                fields.remove("health");
            }
            for member in
                body["members"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut)
            {
                member.remove("health");
                member.remove("share");
            }
            body
        };
        let before = before.map_or(json!({}), strip);
        let body = after.map(strip);
        let changes = json!(diff(&before, body.as_ref().unwrap_or(&json!({}))));
        // A deleted object's history goes with it; the audit row stays.
        if let Some(body) = body {
            let row = RevisionRow {
                kind: trace.kind,
                id: trace.id.to_owned(),
                revision,
                at: trace.at,
                by: trace.who.name.clone(),
                diff: changes.clone(),
                body,
            };
            write.put_revision(&row).await?;
        }
        write
            .put_audit(&AuditRow {
                at: trace.at,
                by: trace.who.name.clone(),
                ip: trace.who.ip,
                action: trace.action.to_owned(),
                kind: trace.kind.as_str().to_owned(),
                id: trace.id.to_owned(),
                revision: Some(revision),
                diff: changes,
            })
            .await?;
        Ok(())
    }
}

fn may_write(who: &Actor, kind: ObjectKind) -> Reply<()> {
    match kind {
        ObjectKind::Instance => require(who, Role::Admin, "Adding or deleting an instance"),
        _ => may_write_some(who, kind),
    }
}

fn may_write_some(who: &Actor, kind: ObjectKind) -> Reply<()> {
    require(who, Role::Editor, &format!("Changing a {}", kind.words()))
}

/// Keeps what an edit of an instance cannot change: the demo mark with its address, and for editors any address.
fn keep_fixed_parts(who: &Actor, new: &mut Instance, old: &Instance) -> Reply<()> {
    if old.demo {
        new.demo = true;
        if new.base_url != old.base_url {
            let words = "A demo instance is answered by this server; its address cannot be changed.";
            return Err(Refusal::Invalid(vec![Fault::new("base_url", "read_only", words)]));
        }
    }
    if new.base_url != old.base_url {
        require(who, Role::Admin, "Changing the address of an instance")?;
    }
    Ok(())
}

fn created_at(configuration: &Configuration, kind: ObjectKind, id: &str) -> Option<Timestamp> {
    match kind {
        ObjectKind::Instance => configuration.instance(id).map(|it| it.created_at),
        ObjectKind::TargetGroup => configuration.target_group(id).map(|it| it.created_at),
        ObjectKind::SmartBalancer => configuration.balancer(id).map(|it| it.created_at),
    }
}

/// The unique indexes' word on a name, in case two writers came at once.
fn taken(error: StoreError, kind: ObjectKind) -> Refusal {
    let StoreError::Taken(field) = error else { return error.into() };
    let (code, path, what) = match field {
        TakenField::Id => ("id_taken", "id", "id"),
        TakenField::Name => ("name_taken", "name", "name"),
        TakenField::ServingName => ("serving_name_taken", "serving_name", "serving name"),
    };
    Refusal::Taken {
        code: code.to_owned(),
        path: path.to_owned(),
        message: format!("Another {} has this {what}. Choose another one.", kind.words()),
    }
}
