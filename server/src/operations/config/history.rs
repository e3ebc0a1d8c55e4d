//! Revisions of objects, rollback to one of them, and the audit log.

use app::{
    domain::{
        config::{
            object::StoredObjectRef,
            revision::{AuditEntry, Change, Revision},
        },
        field_error::FieldError,
        ids::ObjectKind,
    },
    ports::{Actor, ChangeHistory, Role},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::operations::{Operations, require};
use crate::store::{RevisionRow, StoreError};

/// A rollback of an object to an earlier revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollBack {
    /// The revision to save again.
    to: u64,
    /// The current revision, as the caller knows it.
    revision: u64,
}

impl RollBack {
    /// Parses `{"to", "revision"}`.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with all errors.
    pub fn parse(body: &Value) -> Reply<Self> {
        let Some(fields) = body.as_object() else {
            let words = "Send an object such as {\"to\": 1, \"revision\": 2}.";
            return Err(Refusal::Invalid(vec![FieldError::new("", "type", words)]));
        };
        let mut errors = Vec::new();
        let mut number = |path: &str| {
            let found = fields.get(path).filter(|it| !it.is_null());
            let number = found.and_then(Value::as_u64).filter(|it| *it > 0 && i64::try_from(*it).is_ok());
            if number.is_none() {
                let code = if found.is_some() { "type" } else { "required" };
                errors.push(FieldError::new(path, code, "Use a revision number of 1 or higher."));
            }
            number.unwrap_or_default()
        };
        let rollback = Self { to: number("to"), revision: number("revision") };
        for name in fields.keys().filter(|it| !["to", "revision"].contains(&it.as_str())) {
            let name: String = name.chars().take(80).collect();
            errors.push(FieldError::new(name, "unknown_field", "Send only the fields `to` and `revision`."));
        }
        if errors.is_empty() { Ok(rollback) } else { Err(Refusal::Invalid(errors)) }
    }
}

#[async_trait]
impl ChangeHistory for Operations {
    async fn revisions(
        &self,
        _who: &Actor,
        kind: ObjectKind,
        id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Reply<Vec<Revision>> {
        if self.published.load().object(kind, id).is_none() {
            return Err(Refusal::NotFound { kind, id: id.to_owned() });
        }
        let rows = self.store.revisions(kind, id, before, limit).await?;
        rows.into_iter()
            .map(|RevisionRow { revision, at, by, diff, .. }| {
                Ok(Revision { revision, at, by, diff: parse_diff(diff)? })
            })
            .collect()
    }

    async fn audit(&self, who: &Actor, before: Option<u64>, limit: u32) -> Reply<Vec<(u64, AuditEntry)>> {
        require(who, Role::Admin, "Reading the audit log")?;
        let rows = self.store.audit(before, limit).await?;
        rows.into_iter()
            .map(|(place, row)| {
                let entry = AuditEntry {
                    at: row.at,
                    by: row.by,
                    ip: row.ip.map(|it| it.to_string()),
                    action: row.action,
                    kind: row.kind,
                    id: row.id,
                    revision: row.revision,
                    diff: parse_diff(row.diff)?,
                };
                Ok((place, entry))
            })
            .collect()
    }
}

impl Operations {
    /// The body of an edit that restores `old` to an earlier revision. It is validated like any other edit.
    pub(super) async fn body_of_revision(
        &self,
        kind: ObjectKind,
        id: &str,
        old: StoredObjectRef<'_>,
        rollback: RollBack,
    ) -> Reply<Value> {
        let revision = old.revision();
        if rollback.revision != revision {
            return Err(Refusal::Stale { current: Box::new(self.show(old)) });
        }
        let found = match rollback.to.checked_add(1).filter(|_| rollback.to < revision) {
            Some(after) => self.store.revisions(kind, id, Some(after), 1).await?,
            None => Vec::new(),
        };
        let Some(row) = found.into_iter().find(|it| it.revision == rollback.to) else {
            let words =
                format!("There is no earlier revision {}; the current revision is {revision}.", rollback.to);
            return Err(Refusal::Invalid(vec![FieldError::new("to", "unknown_value", words)]));
        };
        let mut body = row.body;
        if let Some(fields) = body.as_object_mut() {
            fields.insert("revision".to_owned(), json!(revision));
            // Values that were learned or unknown are not part of the rollback.
            let was_learned = fields.get("dimensions_learned").is_some_and(|it| *it == json!(true));
            if was_learned || fields.get("dimensions").is_some_and(Value::is_null) {
                fields.remove("dimensions");
            }
        }
        Ok(body)
    }
}

/// Parses a stored diff.
fn parse_diff(diff: Value) -> Reply<Vec<Change>> {
    let read = serde_json::from_value(diff);
    read.map_err(|_| StoreError::Corrupt("a revision's diff".to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_two_numbers_and_nothing_else() {
        let rollback = json!({ "to": 1, "revision": 2 });
        assert_eq!(RollBack::parse(&rollback), Ok(RollBack { to: 1, revision: 2 }));
        for (body, paths) in [
            (json!([]), vec![""]),
            (json!({}), vec!["to", "revision"]),
            (json!({ "to": 0, "revision": "2" }), vec!["to", "revision"]),
            (json!({ "to": -1, "revision": u64::MAX }), vec!["to", "revision"]),
            (json!({ "to": 1, "revision": 2, "x": 1 }), vec!["x"]),
        ] {
            let errors = RollBack::parse(&body).err().map(|it| it.errors()).unwrap_or_default();
            assert_eq!(errors.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), paths, "{body}");
        }
    }
}
