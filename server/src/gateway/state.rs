//! State shared by calls: limits, caches and health, all bounded. It is read and changed without contended
//! locks, and knows nothing of the steps of a call.

pub(crate) mod api_keys;
pub(crate) mod body_budget;
pub(crate) mod breaker;
pub(crate) mod clock;
pub(crate) mod conversations;
pub(crate) mod decision_cache;
pub(crate) mod decision_form;
pub(crate) mod evictions;
pub(crate) mod instance_health;
pub(crate) mod router_limits;
pub(crate) mod shape_memory;
pub(crate) mod stored_responses;
