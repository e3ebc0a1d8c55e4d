//! Lenient decoding of request bodies of the control plane, field by field, so all errors are reported at once.
//!
//! Decoding never stops at an error: unreadable fields get defaults, so validation can add its own errors (see
//! [`crate::domain::field_error::ValidationReport::after_decoding`]). Only presence and JSON type are checked here;
//! values are checked by [`super::validate`].

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
pub use instance::{connection, instance};
pub use target_group::target_group;

use serde_json::Value;

use super::{
    instance::{KeyChange, secrets::HeaderValues},
    object::{Object, ObjectSpec},
};
use crate::domain::{field_error::FieldError, ids::ObjectKind, range};
pub(super) use fields::Fields;

/// Intended use of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new object: `id` is optional, `revision` is ignored.
    Create,
    /// A change of a stored object: `revision` is required, `id` is ignored.
    Edit,
}

/// A decoded body.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// The decoded object, with defaults for unreadable fields.
    pub value: T,
    /// The requested id; only for [`Purpose::Create`].
    pub id: Option<String>,
    /// The revision that the change is based on; only for [`Purpose::Edit`].
    pub revision: Option<u64>,
    /// The change of the upstream key; only for instances.
    pub key: KeyChange,
    /// New values of additional headers; only for instances.
    pub header_values: HeaderValues,
    /// Errors of all unreadable fields.
    pub errors: Vec<FieldError>,
}

impl<T> Decoded<T> {
    fn map<U>(self, convert: impl FnOnce(T) -> U) -> Decoded<U> {
        let Self { value, id, revision, key, header_values, errors } = self;
        Decoded { value: convert(value), id, revision, key, header_values, errors }
    }
}

/// Decodes an object of this kind.
pub fn object(kind: ObjectKind, body: &Value, purpose: Purpose) -> Decoded<ObjectSpec> {
    match kind {
        ObjectKind::Instance => instance(body, purpose).map(Object::Instance),
        ObjectKind::TargetGroup => target_group(body, purpose).map(Object::TargetGroup),
        ObjectKind::SmartBalancer => balancer(body, purpose).map(Object::Balancer),
    }
}

/// The fields that all objects share: id, revision, and read-only times.
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

    fn into_decoded<T>(self, value: T, key: KeyChange, fields: Fields<'_>) -> Decoded<T> {
        Decoded {
            value,
            id: self.id,
            revision: self.revision,
            key,
            header_values: HeaderValues::new(),
            errors: fields.finish(),
        }
    }
}
