//! The three kinds of object as a document carries them, so that reading and matching are written once.

use serde::Serialize;
use serde_json::Value;

use crate::domain::{
    config::{
        balancer::Balancer,
        configuration::{Configuration, Stored},
        decode::{self, Decoded, Purpose},
        instance::{DimensionsEdit, Instance, KeyChange},
        target_group::TargetGroup,
    },
    field_error::FieldError,
    ids::{BalancerId, InstanceId, ObjectKind, TargetGroupId, has_key},
    limits,
};

/// What a document carries.
pub(super) trait Carried: Clone + PartialEq + Serialize {
    /// Names one of them.
    type Id: Clone + Ord + Serialize + std::fmt::Display + for<'t> From<&'t str>;
    /// Which kind it is.
    const KIND: ObjectKind;

    /// Reads one.
    fn decode(body: &Value) -> Decoded<Self>;
    /// What it is called.
    fn name(&self) -> &str;
    /// All of a configuration.
    fn list(configuration: &Configuration) -> &Vec<Stored<Self::Id, Self>>;
    /// The same to change.
    fn list_mut(configuration: &mut Configuration) -> &mut Vec<Stored<Self::Id, Self>>;

    /// Fills in what people do not set. `old` is what it replaces.
    fn settle(&mut self, _body: &Value, _old: Option<&Self>, _errors: &mut Vec<FieldError>) {}
    /// Tells of itself what becomes of its key, and forgets what was learned under another one.
    fn tell_of(&mut self, _key: &KeyChange) {}
    /// Whether it has no key where it may need one.
    fn lacks_key(&self) -> bool {
        false
    }

    /// Whether its name is compared by that key.
    fn is_called(&self, key: &str) -> bool {
        has_key(self.name(), key)
    }
}

impl Carried for Instance {
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

    /// A demo instance has no address of its own, and none becomes one or stops to be one.
    fn settle(&mut self, body: &Value, old: Option<&Self>, errors: &mut Vec<FieldError>) {
        let marked = body.get("demo").and_then(Value::as_bool).unwrap_or_default();
        self.demo = old.map_or(marked, |old| old.demo);
        if marked && !self.demo {
            let words = "Leave the mark “demo” out; this instance is not answered by this server itself.";
            errors.push(FieldError::new("demo", "read_only", words));
        }
        if self.demo {
            if !marked && !self.base_url.is_empty() {
                let words = "Leave the address out; a demo instance is answered by this server itself.";
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
            self.settle_dimensions(edit, old.learned_dimensions(), self.is_another_than(old));
        }
    }

    fn tell_of(&mut self, key: &KeyChange) {
        if *key != KeyChange::Keep && self.dimensions_learned {
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

impl Carried for TargetGroup {
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

impl Carried for Balancer {
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

/// The objects of a list that are read; one more than may be is enough to know that there are too many.
pub(super) fn too_many(kind: ObjectKind, count: usize) -> Option<FieldError> {
    let message = format!("Import at most {} of them at once.", limits::IMPORT_OBJECTS);
    (count > limits::IMPORT_OBJECTS).then(|| FieldError::new(kind.list_name(), "too_long", message))
}
