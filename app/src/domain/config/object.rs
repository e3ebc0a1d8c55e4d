//! The three kinds of objects as one type, so code that treats them alike is written once.

use serde::Serialize;

use super::{
    balancer::Balancer,
    configuration::{Configuration, Stored, StoredBalancer, StoredGroup, StoredInstance},
    instance::Instance,
    target_group::TargetGroup,
};
use crate::domain::{ids::ObjectKind, timestamp::Timestamp};

/// An instance, a target group or a balancer, in the form given by the parameters. Serialized like its content.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Object<I, G, B> {
    /// An instance.
    Instance(I),
    /// A target group.
    TargetGroup(G),
    /// A balancer.
    Balancer(B),
}

/// The settings of an object.
pub type ObjectSpec = Object<Instance, TargetGroup, Balancer>;
/// Borrowed settings of an object.
pub type ObjectSpecRef<'a> = Object<&'a Instance, &'a TargetGroup, &'a Balancer>;
/// A stored object.
pub type StoredObject = Object<StoredInstance, StoredGroup, StoredBalancer>;
/// A borrowed stored object.
pub type StoredObjectRef<'a> = Object<&'a StoredInstance, &'a StoredGroup, &'a StoredBalancer>;

impl<I, G, B> Object<I, G, B> {
    /// The kind of the object.
    pub fn kind(&self) -> ObjectKind {
        match self {
            Self::Instance(_) => ObjectKind::Instance,
            Self::TargetGroup(_) => ObjectKind::TargetGroup,
            Self::Balancer(_) => ObjectKind::SmartBalancer,
        }
    }

    /// Borrows the object.
    pub fn as_ref(&self) -> Object<&I, &G, &B> {
        match self {
            Self::Instance(it) => Object::Instance(it),
            Self::TargetGroup(it) => Object::TargetGroup(it),
            Self::Balancer(it) => Object::Balancer(it),
        }
    }

    /// Converts the object with the function for its kind.
    pub fn map<I2, G2, B2>(
        self,
        instance: impl FnOnce(I) -> I2,
        group: impl FnOnce(G) -> G2,
        balancer: impl FnOnce(B) -> B2,
    ) -> Object<I2, G2, B2> {
        match self {
            Self::Instance(it) => Object::Instance(instance(it)),
            Self::TargetGroup(it) => Object::TargetGroup(group(it)),
            Self::Balancer(it) => Object::Balancer(balancer(it)),
        }
    }
}

impl<T> Object<T, T, T> {
    /// The value, which has the same type for every kind.
    pub fn into_inner(self) -> T {
        match self {
            Self::Instance(it) | Self::TargetGroup(it) | Self::Balancer(it) => it,
        }
    }
}

impl<'a> ObjectSpecRef<'a> {
    /// The unique name.
    pub fn name(self) -> &'a str {
        self.map(|it| &it.name, |it| &it.name, |it| &it.name).into_inner()
    }

    /// Clones the settings.
    pub fn cloned(self) -> ObjectSpec {
        self.map(Instance::clone, TargetGroup::clone, Balancer::clone)
    }
}

impl StoredObject {
    /// Adds id, revision and times to settings.
    pub fn new(
        spec: ObjectSpec,
        id: &str,
        revision: u64,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> Self {
        spec.map(
            |spec| Stored { id: id.into(), spec, revision, created_at, updated_at },
            |spec| Stored { id: id.into(), spec, revision, created_at, updated_at },
            |spec| Stored { id: id.into(), spec, revision, created_at, updated_at },
        )
    }
}

impl<'a> StoredObjectRef<'a> {
    /// The settings.
    pub fn spec(self) -> ObjectSpecRef<'a> {
        self.map(|it| &it.spec, |it| &it.spec, |it| &it.spec)
    }

    /// The number of the current revision, from 1.
    pub fn revision(self) -> u64 {
        self.map(|it| it.revision, |it| it.revision, |it| it.revision).into_inner()
    }

    /// The time at which the object was created.
    pub fn created_at(self) -> Timestamp {
        self.map(|it| it.created_at, |it| it.created_at, |it| it.created_at).into_inner()
    }
}

impl<'a> From<&'a StoredInstance> for StoredObjectRef<'a> {
    fn from(it: &'a StoredInstance) -> Self {
        Self::Instance(it)
    }
}

impl<'a> From<&'a StoredGroup> for StoredObjectRef<'a> {
    fn from(it: &'a StoredGroup) -> Self {
        Self::TargetGroup(it)
    }
}

impl<'a> From<&'a StoredBalancer> for StoredObjectRef<'a> {
    fn from(it: &'a StoredBalancer) -> Self {
        Self::Balancer(it)
    }
}

impl Configuration {
    /// The object with this kind and id.
    pub fn object(&self, kind: ObjectKind, id: &str) -> Option<StoredObjectRef<'_>> {
        match kind {
            ObjectKind::Instance => self.instance(id).map(Object::Instance),
            ObjectKind::TargetGroup => self.target_group(id).map(Object::TargetGroup),
            ObjectKind::SmartBalancer => self.balancer(id).map(Object::Balancer),
        }
    }
}
