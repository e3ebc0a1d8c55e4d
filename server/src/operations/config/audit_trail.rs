//! Records each change as a revision and an audit row, in the transaction of the change.

use app::{
    domain::{
        config::{
            configuration::Configuration,
            object::StoredObjectRef,
            revision::{Change as Difference, diff},
        },
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    ports::Actor,
};
use serde_json::{Value, json};

use crate::store::{AuditRow, RevisionRow, StoreError, Write};

/// An action in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An object was created.
    Create,
    /// An object was edited.
    Update,
    /// An object was restored to an earlier revision.
    RollBack,
    /// An object was deleted.
    Delete,
    /// A person's password was reset.
    Reset,
    /// A person set their own password.
    SetPassword,
    /// A person ended their own sessions.
    EndSessions,
    /// The master key was rotated.
    Rotate,
}

impl Action {
    /// The name in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::RollBack => "roll_back",
            Self::Delete => "delete",
            Self::Reset => "reset",
            Self::SetPassword => "set_password",
            Self::EndSessions => "end_sessions",
            Self::Rotate => "rotate",
        }
    }
}

/// A change of one object.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The user or program that made the change.
    pub who: &'a Actor,
    /// The kind of change.
    pub action: Action,
    /// The kind of the object.
    pub kind: ObjectKind,
    /// The object's id.
    pub id: &'a str,
    /// The time of the change.
    pub at: Timestamp,
    /// Whether the change set an upstream key.
    pub with_key: bool,
    /// Paths of headers that the change gave a new value.
    pub replaced: &'a [String],
}

/// Writes the revision and the audit row of a change from one configuration to the other. Revisions of a deleted object
/// are deleted with it; the audit row stays.
pub(super) async fn record(
    write: &mut Write,
    change: &Change<'_>,
    before: &Configuration,
    after: &Configuration,
) -> Result<(), StoreError> {
    let Change { who, action, kind, id, at, with_key, replaced } = *change;
    let (old, new) = (before.object(kind, id), after.object(kind, id));
    let last = old.map_or(0, StoredObjectRef::revision);
    let revision = new.map_or(last + 1, StoredObjectRef::revision);
    let body = new.map(stored);
    let mut differences = diff(&old.map(stored).unwrap_or_default(), body.as_ref().unwrap_or(&Value::Null));
    // The key's last characters may be the same, and nothing else of a secret may be shown.
    let is_hidden = with_key && !differences.iter().any(|it| it.path.starts_with("api_key_"));
    for path in is_hidden.then_some("api_key").into_iter().chain(replaced.iter().map(String::as_str)) {
        if !differences.iter().any(|it| it.path == path) {
            let [from, to] = ["hidden", "replaced"].map(Value::from);
            differences.push(Difference { path: path.to_owned(), from, to });
        }
    }
    let differences = json!(differences);
    if let Some(body) = body {
        let by = who.name.clone();
        let row = RevisionRow { kind, id: id.to_owned(), revision, at, by, diff: differences.clone(), body };
        write.put_revision(&row).await?;
    }
    let row = AuditRow {
        at,
        by: who.name.clone(),
        ip: who.ip,
        action: action.as_str().to_owned(),
        kind: kind.as_str().to_owned(),
        id: id.to_owned(),
        revision: Some(revision),
        diff: differences,
    };
    write.put_audit(&row).await
}

/// The stored form of an object: without health, and without the address of a demo instance.
fn stored(object: StoredObjectRef<'_>) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}
