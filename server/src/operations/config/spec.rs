//! The three kinds of objects as one type, so create, edit and delete are written once.

use app::domain::{
    config::{
        balancer::Balancer,
        configuration::{Configuration, Stored, StoredBalancer, StoredGroup, StoredInstance},
        decode::{self, Decoded, Purpose},
        instance::Instance,
        target_group::TargetGroup,
        validate::{Object, resolve_refs},
    },
    ids::{BalancerId, InstanceId, ObjectKind, TargetGroupId},
    timestamp::Timestamp,
};
use serde_json::Value;

use crate::store;

/// The settings of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    /// An instance.
    Instance(Instance),
    /// A target group.
    TargetGroup(TargetGroup),
    /// A balancer.
    Balancer(Balancer),
}

impl Spec {
    /// Decodes a body of this kind.
    pub fn decode(kind: ObjectKind, body: &Value, purpose: Purpose) -> Decoded<Self> {
        match kind {
            ObjectKind::Instance => map(decode::instance(body, purpose), Self::Instance),
            ObjectKind::TargetGroup => map(decode::target_group(body, purpose), Self::TargetGroup),
            ObjectKind::SmartBalancer => map(decode::balancer(body, purpose), Self::Balancer),
        }
    }

    /// The object in the form that validation takes.
    pub fn object(&self) -> Object<'_> {
        match self {
            Self::Instance(it) => Object::Instance(it),
            Self::TargetGroup(it) => Object::TargetGroup(it),
            Self::Balancer(it) => Object::Balancer(it),
        }
    }

    /// The name that people give it.
    pub fn name(&self) -> &str {
        match self {
            Self::Instance(it) => &it.name,
            Self::TargetGroup(it) => &it.name,
            Self::Balancer(it) => &it.name,
        }
    }

    /// Replaces references by name with ids.
    pub fn resolve(&mut self, configuration: &Configuration) {
        if let Self::Balancer(balancer) = self {
            resolve_refs(balancer, configuration);
        }
    }
}

/// An object as it is stored.
#[derive(Clone, Debug)]
pub enum StoredObject {
    /// An instance.
    Instance(StoredInstance),
    /// A target group.
    TargetGroup(StoredGroup),
    /// A balancer.
    Balancer(StoredBalancer),
}

impl StoredObject {
    /// Adds id, revision and times to a spec.
    pub fn new(spec: Spec, id: &str, revision: u64, created_at: Timestamp, updated_at: Timestamp) -> Self {
        match spec {
            Spec::Instance(spec) => {
                Self::Instance(Stored { id: InstanceId::from(id), spec, revision, created_at, updated_at })
            }
            Spec::TargetGroup(spec) => Self::TargetGroup(Stored {
                id: TargetGroupId::from(id),
                spec,
                revision,
                created_at,
                updated_at,
            }),
            Spec::Balancer(spec) => {
                Self::Balancer(Stored { id: BalancerId::from(id), spec, revision, created_at, updated_at })
            }
        }
    }
}

impl<'a> From<&'a StoredObject> for store::ObjectRef<'a> {
    fn from(object: &'a StoredObject) -> Self {
        match object {
            StoredObject::Instance(it) => Self::Instance(it),
            StoredObject::TargetGroup(it) => Self::TargetGroup(it),
            StoredObject::Balancer(it) => Self::Balancer(it),
        }
    }
}

/// The stored object with this kind and id.
pub fn find<'a>(
    configuration: &'a Configuration,
    kind: ObjectKind,
    id: &str,
) -> Option<store::ObjectRef<'a>> {
    match kind {
        ObjectKind::Instance => configuration.instance(id).map(Into::into),
        ObjectKind::TargetGroup => configuration.target_group(id).map(Into::into),
        ObjectKind::SmartBalancer => configuration.balancer(id).map(Into::into),
    }
}

/// Revision and creation time of an object.
pub fn revision_and_created_at(object: store::ObjectRef<'_>) -> (u64, Timestamp) {
    match object {
        store::ObjectRef::Instance(it) => (it.revision, it.created_at),
        store::ObjectRef::TargetGroup(it) => (it.revision, it.created_at),
        store::ObjectRef::Balancer(it) => (it.revision, it.created_at),
    }
}

fn map<T, U>(decoded: Decoded<T>, wrap: impl FnOnce(T) -> U) -> Decoded<U> {
    Decoded {
        value: wrap(decoded.value),
        id: decoded.id,
        revision: decoded.revision,
        key: decoded.key,
        errors: decoded.errors,
    }
}
