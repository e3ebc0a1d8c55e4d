//! Export and import of the configuration as one document without secrets.
//!
//! An object of the document replaces the stored object with its id or, if it has no id, its name; other objects are
//! new. Stored objects that are not in the document stay. An exported document contains no keys and no values of headers;
//! an imported one may contain both.

mod document_object;
mod merge;
#[cfg(test)]
mod tests;

pub use merge::{Import, Item, import};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    configuration::{Configuration, Stored},
    revision::Change,
};
use crate::domain::{field_error::FieldError, ids::ObjectKind};

/// Value of a document's `format` field.
pub const FORMAT: &str = "smart-balancer-configuration";
/// The supported version of the format.
pub const VERSION: u64 = 1;

/// Result of an import or of its dry run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// Changed objects, dependencies first. Unchanged objects are not listed.
    pub changes: Vec<ImportChange>,
    /// If there are any, nothing is changed.
    pub errors: Vec<FieldError>,
}

/// The effect of an import on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImportAction {
    /// The object is new.
    Create,
    /// The object replaces a stored one.
    Update,
}

impl ImportAction {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

/// An object that the import creates or updates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ImportChange {
    /// The effect on the object.
    pub action: ImportAction,
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: ObjectKind,
    /// Id of the object.
    pub id: String,
    /// Name of the object.
    pub name: String,
    /// Whether this is a new instance without an upstream key; one must be entered if its API requires it.
    pub needs_key: bool,
    /// Changed fields, as in the history.
    pub diff: Vec<Change>,
}

/// Exports a configuration: the user's settings with ids, without keys and learned dimensions. Demo instances have
/// no address, because each server serves its own demo.
pub fn export(configuration: &Configuration) -> Value {
    let Configuration { instances, target_groups, balancers, .. } = configuration;
    json!({
        "format": FORMAT,
        "version": VERSION,
        "instances": instances.iter().map(written).collect::<Vec<_>>(),
        "target_groups": target_groups.iter().map(written).collect::<Vec<_>>(),
        "balancers": balancers.iter().map(written).collect::<Vec<_>>(),
    })
}

/// Whether any instance of a document has a key or the value of a header.
pub fn holds_secrets(document: &Value) -> bool {
    let instances = document.get(ObjectKind::Instance.list_name()).and_then(Value::as_array);
    instances.into_iter().flatten().any(|it| {
        let headers = it.get("headers").and_then(Value::as_object);
        it.get("api_key").is_some_and(Value::is_string)
            || headers.is_some_and(|it| it.values().any(Value::is_string))
    })
}

/// An object in export form, without revision, times and key details, which belong to the store.
fn written<I: Serialize, T: Serialize>(stored: &Stored<I, T>) -> Value {
    let mut fields = match serde_json::to_value(stored) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    for own in ["revision", "created_at", "updated_at", "api_key_set", "api_key_last4", "needs_reentry"] {
        fields.remove(own);
    }
    if fields.remove("dimensions_learned").is_some_and(|it| it == Value::Bool(true)) {
        fields.remove("dimensions");
    }
    if fields.get("demo").is_some_and(|it| *it == Value::Bool(true)) {
        fields.remove("base_url");
    } else {
        fields.remove("demo");
    }
    Value::Object(fields)
}
