//! The configuration as one document: written without secrets, read back and put over what is set.
//!
//! What it holds replaces what has its id, or, where it gives no id, its name; the rest is new. What it does not hold is
//! left alone. It says nothing of upstream keys when it is written; when it is read, an `api_key` may stand in it as in
//! any body of an instance.

mod carried;
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

/// What the field `format` of a document says.
pub const FORMAT: &str = "smart-balancer-configuration";
/// The version of the format that is written and read.
pub const VERSION: u64 = 1;

/// What an import would do, or did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// What changes, in the order in which things depend on each other. What is as it was is not told.
    pub changes: Vec<ImportChange>,
    /// What stands in the way; with any of it nothing changes.
    pub errors: Vec<FieldError>,
}

/// What happens to an object of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImportAction {
    /// It is new.
    Create,
    /// It was there and becomes something else.
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

/// One object that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ImportChange {
    /// What happens to it.
    pub action: ImportAction,
    /// What kind of object it is.
    #[serde(rename = "type")]
    pub kind: ObjectKind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is an instance that is made without an upstream key: enter one if its address asks for it.
    pub needs_key: bool,
    /// What differs, as in its history.
    pub diff: Vec<Change>,
}

/// The document of a configuration: what people set, by id, and no key, nor a length of embeddings that was learned. A
/// demo instance has no address; it is answered by whichever server reads the document.
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

/// Whether any instance of a document brings a key.
pub fn holds_keys(document: &Value) -> bool {
    let instances = document.get(ObjectKind::Instance.list_name()).and_then(Value::as_array);
    instances.into_iter().flatten().any(|it| it.get("api_key").is_some_and(Value::is_string))
}

/// One object of the document. Revision, times and what is told of a key belong to the store that it is in.
fn written<I: Serialize, T: Serialize>(stored: &Stored<I, T>) -> Value {
    let mut fields = match serde_json::to_value(stored) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    for own in ["revision", "created_at", "updated_at", "api_key_set", "api_key_last4"] {
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
