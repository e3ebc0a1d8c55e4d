//! One of the three objects, so that create, edit and delete are written once.

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

/// What somebody sets.
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
    /// Reads a body of that kind.
    pub fn decode(kind: ObjectKind, body: &Value, purpose: Purpose) -> Decoded<Self> {
        match kind {
            ObjectKind::Instance => map(decode::instance(body, purpose), Self::Instance),
            ObjectKind::TargetGroup => map(decode::target_group(body, purpose), Self::TargetGroup),
            ObjectKind::SmartBalancer => map(decode::balancer(body, purpose), Self::Balancer),
        }
    }

    /// For validation.
    pub fn object(&self) -> Object<'_> {
        match self {
            Self::Instance(it) => Object::Instance(it),
            Self::TargetGroup(it) => Object::TargetGroup(it),
            Self::Balancer(it) => Object::Balancer(it),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Instance(it) => &it.name,
            Self::TargetGroup(it) => &it.name,
            Self::Balancer(it) => &it.name,
        }
    }

    /// Rewrites references by name into ids.
    pub fn resolve(&mut self, configuration: &Configuration) {
        if let Self::Balancer(balancer) = self {
            resolve_refs(balancer, configuration);
        }
    }
}

/// An object on its way into the store.
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
    /// `spec` with what stands around it.
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

impl<'a> From<&'a StoredObject> for store::Object<'a> {
    fn from(object: &'a StoredObject) -> Self {
        match object {
            StoredObject::Instance(it) => Self::Instance(it),
            StoredObject::TargetGroup(it) => Self::TargetGroup(it),
            StoredObject::Balancer(it) => Self::Balancer(it),
        }
    }
}

/// The stored object of that kind and id.
pub fn find<'a>(configuration: &'a Configuration, kind: ObjectKind, id: &str) -> Option<store::Object<'a>> {
    match kind {
        ObjectKind::Instance => configuration.instance(id).map(Into::into),
        ObjectKind::TargetGroup => configuration.target_group(id).map(Into::into),
        ObjectKind::SmartBalancer => configuration.balancer(id).map(Into::into),
    }
}

/// How often an object was saved, and when it was made.
pub fn revision_and_birth(object: store::Object<'_>) -> (u64, Timestamp) {
    match object {
        store::Object::Instance(it) => (it.revision, it.created_at),
        store::Object::TargetGroup(it) => (it.revision, it.created_at),
        store::Object::Balancer(it) => (it.revision, it.created_at),
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
