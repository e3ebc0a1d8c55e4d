//! The plan of a call: all routes that may answer, in order, each with its reason and its instances in order.
//!
//! A plan is made once, before the first attempt. Failover follows it ([`Plan::attempts`]), and the dry run, the
//! playground and the log show it. Planning reads the state of instances through [`LiveState`] and changes nothing
//! but the counter of the first pool.

mod attempts;
mod pool;
mod routes;
mod slow_start;
mod verdict;

use std::borrow::Borrow;

pub use attempts::{Attempts, PlannedAttempt};
pub use pool::{Pool, PoolMember};
pub use routes::order_routes;
pub use verdict::Verdict;

use super::{
    decision::{Candidate, CandidateMember, MemberState, Reason},
    select::SelectionInput,
};
use crate::domain::{config::balancer::Balancer, ids::InstanceId};

/// The current status of an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InstanceStatus {
    /// From its health: `Available`, `Probe`, `Ejected`, `Cooling` or `Misconfigured`; or `Full`.
    pub state: MemberState,
    /// Calls in flight.
    pub in_flight: u64,
    /// Moving average of the time to first byte, in milliseconds; `None` before the first sample.
    pub latency_ms: Option<f64>,
    /// End of the ejection or cooling, in monotonic milliseconds; `None` if there is none.
    pub due_ms: Option<u64>,
    /// The fraction of its usual traffic that it may take, up to 1.0; less during a slow start.
    pub traffic_factor: f64,
}

impl Default for InstanceStatus {
    fn default() -> Self {
        Self {
            state: MemberState::Available,
            in_flight: 0,
            latency_ms: None,
            due_ms: None,
            traffic_factor: 1.0,
        }
    }
}

/// State of the running system that a plan depends on.
pub trait LiveState {
    /// The current status of an instance.
    fn status(&self, instance: &InstanceId) -> InstanceStatus;
    /// The input of the next call of a pool (or, by its id, of a balancer's weighted routes); each is given once.
    fn next_input(&self, pool_id: &str) -> SelectionInput;
    /// The input that [`Self::next_input`] would return, without counting a call.
    fn peek_input(&self, pool_id: &str) -> SelectionInput;
}

/// The order of routes that a plan starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteOrder {
    /// The route at this index, for this reason. The default route follows it, unless it was forced.
    Chosen(usize, Reason),
    /// The routes in the order of `ordered`.
    Ordered,
}

/// The input of a plan. `P` holds a pool: `&Pool` or `Arc<Pool>`.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a, P> {
    /// Id of the balancer.
    pub balancer_id: &'a str,
    /// The balancer.
    pub balancer: &'a Balancer,
    /// The pool of each route's destination, by the route's index.
    pub pools: &'a [P],
    /// The routing decision.
    pub order: RouteOrder,
    /// The only instance that may answer, because the call continues what it made.
    pub only: Option<&'a InstanceId>,
    /// Hash of the session.
    pub session: u64,
    /// A dry run takes no input.
    pub dry: bool,
}

/// All routes that may answer, in order. It refers to the balancer and the pools that it was made from by index;
/// [`Plan::candidates`] shows it with their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The routes, the chosen one first.
    pub routes: Vec<PlannedRoute>,
    /// Index in `routes` of the default route.
    default: Option<usize>,
}

/// One route of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRoute {
    /// Index of the route in the balancer.
    pub route: usize,
    /// Reason for its position in the plan.
    pub reason: Reason,
    /// Instances of the destination in the order in which they would be tried; unusable ones come last.
    pub members: Vec<PlannedMember>,
}

/// An instance of a planned route.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedMember {
    /// The instance.
    pub instance_id: InstanceId,
    /// Index of the member in the pool.
    pub place: usize,
    /// Whether it would be tried now.
    pub state: MemberState,
    /// End of its ejection or cooling, in monotonic milliseconds.
    pub due_ms: Option<u64>,
}

impl Plan {
    /// Whether any member is available.
    pub fn has_available(&self) -> bool {
        self.members().any(is_usable)
    }

    /// The reason for the chosen route.
    pub fn reason(&self) -> Reason {
        self.routes.first().map_or(Reason::NoMatch, |it| it.reason)
    }

    /// All members of all routes.
    pub fn members(&self) -> impl Iterator<Item = &PlannedMember> {
        self.routes.iter().flat_map(|it| &it.members)
    }

    /// The plan as decisions show it. Balancer and pools are those that it was made from.
    pub fn candidates<P: Borrow<Pool>>(&self, balancer: &Balancer, pools: &[P]) -> Vec<Candidate> {
        let candidate = |planned: &PlannedRoute| {
            let route = balancer.routes.get(planned.route)?;
            let pool = pools.get(planned.route).map(Borrow::borrow);
            let member = |it: &PlannedMember| {
                let member = pool?.members.get(it.place)?;
                Some(CandidateMember {
                    instance_id: it.instance_id.clone(),
                    priority: member.tier,
                    weight: member.weight,
                    state: it.state,
                })
            };
            Some(Candidate {
                route: route.name.clone(),
                destination: route.destination.clone(),
                reason: planned.reason,
                members: planned.members.iter().filter_map(member).collect(),
            })
        };
        self.routes.iter().filter_map(candidate).collect()
    }
}

/// Plans a call.
pub fn plan<P: Borrow<Pool>>(request: &PlanRequest<'_, P>, live: &impl LiveState) -> Plan {
    let routes = chosen_routes(request, live);
    let mut plan = Plan { routes: Vec::with_capacity(routes.len()), default: None };
    // Only the first pool counts the call. If later pools counted calls that they never get, their shares would no
    // longer be exact.
    let mut dry = request.dry || request.only.is_some();
    for (at, reason) in routes {
        let Some(route) = request.balancer.routes.get(at) else { continue };
        let mut members = match request.pools.get(at) {
            Some(pool) => pool.borrow().members_in_order(live, request.session, dry),
            None => Vec::new(),
        };
        if let Some(only) = request.only {
            members.retain(|it| it.instance_id == *only);
        }
        dry |= members.iter().any(is_usable);
        if route.is_default {
            plan.default = Some(plan.routes.len());
        }
        plan.routes.push(PlannedRoute { route: at, reason, members });
    }
    plan
}

fn chosen_routes<P>(request: &PlanRequest<'_, P>, live: &impl LiveState) -> Vec<(usize, Reason)> {
    let balancer = request.balancer;
    match request.order {
        RouteOrder::Ordered => {
            let id = request.balancer_id;
            let input = if request.dry { live.peek_input(id) } else { live.next_input(id) };
            order_routes(balancer, &input)
        }
        RouteOrder::Chosen(at, reason) => {
            let mut routes = vec![(at, reason)];
            let default = balancer.routes.iter().position(|route| route.is_default);
            let default = default.filter(|_| request.only.is_none());
            if let Some(default) = default.filter(|&it| it != at && reason != Reason::Forced) {
                routes.push((default, Reason::DestinationUnavailable));
            }
            routes
        }
    }
}

fn is_usable(member: &PlannedMember) -> bool {
    matches!(member.state, MemberState::Available | MemberState::Probe)
}

#[cfg(test)]
mod tests;
