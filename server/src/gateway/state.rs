//! What calls share: the compiled configuration, and the bounded memories and limits beside it. Each of these is read and
//! changed without a lock that others wait for; none of them knows the steps of a call.

pub(crate) mod api_keys;
pub(crate) mod body_budget;
pub(crate) mod breaker;
pub(crate) mod clock;
pub(crate) mod conversations;
pub(crate) mod decision_cache;
pub(crate) mod evictions;
pub(crate) mod instance_health;
pub(crate) mod router_limits;
