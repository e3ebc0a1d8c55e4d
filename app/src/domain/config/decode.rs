//! Bodies of the control plane, read field by field and leniently, so that every error is told at once.
//!
//! Reading never stops at an error: the value is always whole, with defaults in the place of what could not be read,
//! so that validation can go on and its errors stand beside these (see [`crate::domain::field_error::ValidationReport::after_decoding`]).
//! What a field may hold is judged by [`super::validate`]; here only its presence and its JSON type are.

mod api_key;
mod balancer;
mod completed;
mod fields;
mod instance;
mod target_group;
#[cfg(test)]
mod tests;

pub use api_key::api_key;
pub use balancer::balancer;
pub use completed::completed;
pub use instance::instance;
pub use target_group::target_group;

use serde_json::Value;

use super::{
    instance::KeyChange,
    object::{Object, ObjectSpec},
};
use crate::domain::{field_error::FieldError, ids::ObjectKind, range};
pub(super) use fields::Fields;

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new object: `id` may be given, `revision` is ignored.
    Create,
    /// A change of a saved object: `revision` is required, `id` is ignored.
    Edit,
}

/// A body that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// What it says, with defaults where it says nothing that could be read.
    pub value: T,
    /// The id that the caller wants; only for [`Purpose::Create`].
    pub id: Option<String>,
    /// The revision that a change was made from; only for [`Purpose::Edit`].
    pub revision: Option<u64>,
    /// What happens to the upstream key; only for instances.
    pub key: KeyChange,
    /// Everything that could not be read.
    pub errors: Vec<FieldError>,
}

impl<T> Decoded<T> {
    fn map<U>(self, convert: impl FnOnce(T) -> U) -> Decoded<U> {
        let Self { value, id, revision, key, errors } = self;
        Decoded { value: convert(value), id, revision, key, errors }
    }
}

/// Reads an object of this kind.
pub fn object(kind: ObjectKind, body: &Value, purpose: Purpose) -> Decoded<ObjectSpec> {
    match kind {
        ObjectKind::Instance => instance(body, purpose).map(Object::Instance),
        ObjectKind::TargetGroup => target_group(body, purpose).map(Object::TargetGroup),
        ObjectKind::SmartBalancer => balancer(body, purpose).map(Object::Balancer),
    }
}

/// What stands around every object: its id, its revision, and what only reading shows.
struct Envelope {
    id: Option<String>,
    revision: Option<u64>,
}

impl Envelope {
    fn read(fields: &mut Fields<'_>, purpose: Purpose) -> Self {
        fields.ignore(&["created_at", "updated_at"]);
        match purpose {
            Purpose::Create => {
                fields.ignore(&["revision"]);
                Self { id: fields.optional_text("id"), revision: None }
            }
            Purpose::Edit => {
                fields.ignore(&["id"]);
                Self { id: None, revision: fields.required_number("revision", range::REVISION) }
            }
        }
    }

    fn around<T>(self, value: T, key: KeyChange, fields: Fields<'_>) -> Decoded<T> {
        Decoded { value, id: self.id, revision: self.revision, key, errors: fields.finish() }
    }
}
