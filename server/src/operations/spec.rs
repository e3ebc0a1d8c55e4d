//! One of the three objects, so that create, edit and delete are written once.

use app::domain::{
    balancer::Balancer,
    configuration::Configuration,
    decode::{self, Decoded, Purpose},
    ids::ObjectKind,
    instance::Instance,
    target_group::TargetGroup,
    validate::{Object, resolve_refs},
};
use serde_json::Value;

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

fn map<T, U>(decoded: Decoded<T>, wrap: impl FnOnce(T) -> U) -> Decoded<U> {
    Decoded {
        value: wrap(decoded.value),
        id: decoded.id,
        revision: decoded.revision,
        key: decoded.key,
        faults: decoded.faults,
    }
}
