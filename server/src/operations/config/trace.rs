//! What a change leaves behind: a revision and an audit row, in the transaction of the change itself.

use app::{
    domain::{
        config::{
            configuration::Configuration,
            revision::{Change as Difference, diff},
        },
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    ports::Actor,
};
use serde_json::{Value, json};

use super::spec::{find, revision_and_birth};
use crate::store::{AuditRow, Object, RevisionRow, StoreError, Write};

/// What can happen to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was made.
    Create,
    /// It was saved again.
    Update,
    /// It was saved again as it was before.
    RollBack,
    /// It is gone.
    Delete,
    /// A person's password was taken away.
    Reset,
    /// A person set their own password.
    SetPassword,
    /// Sessions were ended by the person that they belong to.
    EndSessions,
    /// Everything that is sealed was sealed under another master key.
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

/// Who did what to which object, and when.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Who.
    pub who: &'a Actor,
    /// What.
    pub action: Action,
    /// To what kind of object.
    pub kind: ObjectKind,
    /// To which.
    pub id: &'a str,
    /// When.
    pub at: Timestamp,
    /// Whether an upstream key came with it.
    pub with_key: bool,
}

/// Writes the revision and the audit row of a change that led from one configuration to the other. A deleted object's
/// revisions are gone with it; the audit row stays.
pub(super) async fn leave(
    write: &mut Write,
    change: &Change<'_>,
    before: &Configuration,
    after: &Configuration,
) -> Result<(), StoreError> {
    let Change { who, action, kind, id, at, with_key } = *change;
    let (old, new) = (find(before, kind, id), find(after, kind, id));
    let last = old.map_or(0, |it| revision_and_birth(it).0);
    let revision = new.map_or(last + 1, |it| revision_and_birth(it).0);
    let body = new.map(stored);
    let mut differences = diff(&old.map(stored).unwrap_or_default(), body.as_ref().unwrap_or(&Value::Null));
    if with_key && !differences.iter().any(|it| it.path.starts_with("api_key_")) {
        // Its last characters are the same, and nothing else of it may be told.
        let [from, to] = ["hidden", "replaced"].map(Value::from);
        differences.push(Difference { path: "api_key".to_owned(), from, to });
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

/// An object as it is stored: without health, and without the address of a demo instance.
fn stored(object: Object<'_>) -> Value {
    let body = match object {
        Object::Instance(it) => serde_json::to_value(it),
        Object::TargetGroup(it) => serde_json::to_value(it),
        Object::Balancer(it) => serde_json::to_value(it),
    };
    body.unwrap_or_default()
}
