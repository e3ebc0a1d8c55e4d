//! Common interface of the three kinds of objects in a document.

use serde::Serialize;
use serde_json::Value;

use crate::domain::{
    config::{
        balancer::Balancer,
        configuration::{Configuration, Stored},
        decode::{self, Decoded, Purpose},
        instance::{
            DimensionsEdit, Instance, KeyChange,
            secrets::{HeaderChange, HeaderValues},
        },
        target_group::TargetGroup,
    },
    field_error::FieldError,
    ids::{BalancerId, InstanceId, ObjectKind, TargetGroupId, has_name_key},
    limits,
};

/// An object that a document can contain.
pub(super) trait DocumentObject: Clone + PartialEq + Serialize {
    /// The id type.
    type Id: Clone + Ord + Serialize + std::fmt::Display + for<'t> From<&'t str>;
    /// The kind of object.
    const KIND: ObjectKind;

    /// Decodes one object.
    fn decode(body: &Value) -> Decoded<Self>;
    /// The unique name.
    fn name(&self) -> &str;
    /// The list of a configuration with these objects.
    fn list(configuration: &Configuration) -> &Vec<Stored<Self::Id, Self>>;
    /// The same list, mutable.
    fn list_mut(configuration: &mut Configuration) -> &mut Vec<Stored<Self::Id, Self>>;

    /// Fills in fields that users do not set. `old` is the replaced object.
    fn fill_derived(&mut self, _body: &Value, _old: Option<&Self>, _errors: &mut Vec<FieldError>) {}
    /// Settles what becomes of stored secrets. `old` is the replaced object.
    fn settle_secrets(
        &mut self,
        _old: Option<&Self>,
        _key: &mut KeyChange,
        _values: HeaderValues,
    ) -> HeaderChange {
        HeaderChange::default()
    }
    /// Updates the read-only key fields, and forgets what was learned with other secrets.
    fn apply_secrets(&mut self, _key: &KeyChange, _headers: &HeaderChange) {}
    /// Whether a key may be required but none is stored.
    fn lacks_key(&self) -> bool {
        false
    }

    /// Whether the name has this comparison key.
    fn has_name(&self, key: &str) -> bool {
        has_name_key(self.name(), key)
    }
}

impl DocumentObject for Instance {
    type Id = InstanceId;
    const KIND: ObjectKind = ObjectKind::Instance;

    fn decode(body: &Value) -> Decoded<Self> {
        decode::instance(body, Purpose::Create)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn list(configuration: &Configuration) -> &Vec<Stored<InstanceId, Self>> {
        &configuration.instances
    }

    fn list_mut(configuration: &mut Configuration) -> &mut Vec<Stored<InstanceId, Self>> {
        &mut configuration.instances
    }

    /// Demo instances have no address of their own. An import cannot turn an instance into a demo instance or back.
    fn fill_derived(&mut self, body: &Value, old: Option<&Self>, errors: &mut Vec<FieldError>) {
        let marked = body.get("demo").and_then(Value::as_bool).unwrap_or_default();
        self.demo = old.map_or(marked, |old| old.demo);
        if marked && !self.demo {
            let words = "Remove “demo”; this server does not serve this instance itself.";
            errors.push(FieldError::new("demo", "read_only", words));
        }
        if self.demo {
            if !marked && !self.base_url.is_empty() {
                let words = "Remove the address; this server serves its demo instances itself.";
                errors.push(FieldError::new("base_url", "read_only", words));
            }
            self.base_url.clear();
            errors.retain(|it| it.path != "base_url" || it.code != "required");
        }
        if let Some(old) = old {
            self.api_key_set = old.api_key_set;
            self.api_key_last4.clone_from(&old.api_key_last4);
            let edit = match body.get("dimensions") {
                None => DimensionsEdit::Absent,
                Some(_) => DimensionsEdit::Echoed,
            };
            self.resolve_dimensions(edit, old.learned_dimensions(), self.differs_in_target(old));
        }
    }

    fn settle_secrets(
        &mut self,
        old: Option<&Self>,
        key: &mut KeyChange,
        values: HeaderValues,
    ) -> HeaderChange {
        Self::settle_secrets(self, old, key, values)
    }

    fn apply_secrets(&mut self, key: &KeyChange, headers: &HeaderChange) {
        if (*key != KeyChange::Keep || !headers.is_empty()) && self.dimensions_learned {
            (self.dimensions, self.dimensions_learned) = (None, false);
        }
        match key {
            KeyChange::Keep => {}
            KeyChange::Remove => (self.api_key_set, self.api_key_last4) = (false, None),
            KeyChange::Set(secret) => (self.api_key_set, self.api_key_last4) = (true, secret.last4()),
        }
    }

    fn lacks_key(&self) -> bool {
        !self.demo && !self.api_key_set
    }
}

impl DocumentObject for TargetGroup {
    type Id = TargetGroupId;
    const KIND: ObjectKind = ObjectKind::TargetGroup;

    fn decode(body: &Value) -> Decoded<Self> {
        decode::target_group(body, Purpose::Create)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn list(configuration: &Configuration) -> &Vec<Stored<TargetGroupId, Self>> {
        &configuration.target_groups
    }

    fn list_mut(configuration: &mut Configuration) -> &mut Vec<Stored<TargetGroupId, Self>> {
        &mut configuration.target_groups
    }
}

impl DocumentObject for Balancer {
    type Id = BalancerId;
    const KIND: ObjectKind = ObjectKind::SmartBalancer;

    fn decode(body: &Value) -> Decoded<Self> {
        decode::balancer(body, Purpose::Create)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn list(configuration: &Configuration) -> &Vec<Stored<BalancerId, Self>> {
        &configuration.balancers
    }

    fn list_mut(configuration: &mut Configuration) -> &mut Vec<Stored<BalancerId, Self>> {
        &mut configuration.balancers
    }
}

/// The error of a list with too many objects. Decoding one more than the limit is enough to detect it.
pub(super) fn too_many(kind: ObjectKind, count: usize) -> Option<FieldError> {
    let message = format!("Import at most {} objects of one kind at once.", limits::IMPORT_OBJECTS);
    (count > limits::IMPORT_OBJECTS).then(|| FieldError::new(kind.list_name(), "too_long", message))
}
