//! The plan of a call: every route that may answer, in order, each with its reason and its instances in order.
//!
//! It is made once, before the first attempt. Failover only walks it ([`Plan::walk`]), and the dry run, the
//! playground and the log print it. It reads the standing of instances through [`Board`] and changes nothing but
//! the turn of the pool that the call begins at.

mod pool;
mod routes;
mod verdict;
mod walk;
mod warm_up;

use std::borrow::Borrow;

pub use pool::{Pool, PoolMember};
pub use routes::order_routes;
pub use verdict::Verdict;
pub use walk::{Step, Walk};

use super::{
    decision::{Candidate, CandidateMember, MemberState, Reason},
    select::Turn,
};
use crate::domain::{config::balancer::Balancer, ids::InstanceId};

/// How an instance stands now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// `Available`, `Probe`, `Ejected`, `Cooling`, `Misconfigured` from its health, or `Full`.
    pub state: MemberState,
    /// Calls on it now.
    pub in_flight: u64,
    /// Moving average of its time to first byte, in milliseconds; `None` before its first sample.
    pub latency_ms: Option<f64>,
    /// When its rest or cooling ends, in monotonic milliseconds; `None` where there is none.
    pub due_ms: Option<u64>,
    /// The part of its usual traffic that it may take, up to 1.0; less while it is fresh from a rest.
    pub warmth: f64,
}

impl Default for Standing {
    fn default() -> Self {
        Self { state: MemberState::Available, in_flight: 0, latency_ms: None, due_ms: None, warmth: 1.0 }
    }
}

/// What a plan needs to know of the running system.
pub trait Board {
    /// How the instance stands.
    fn standing(&self, instance: &InstanceId) -> Standing;
    /// The turn of the next call of a pool (or, by its id, of a balancer's weighted routes); each is given once.
    fn next_turn(&self, pool_id: &str) -> Turn;
    /// The same without taking it.
    fn peek_turn(&self, pool_id: &str) -> Turn;
}

/// What was decided before the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This route, by its place in the balancer, and why. The default follows it, unless it was forced.
    Route(usize, Reason),
    /// The routes in the order of `ordered`.
    InOrder,
}

/// What a plan is made for. `P` is whatever holds a pool: `&Pool`, `Arc<Pool>`.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a, P> {
    /// The balancer's id.
    pub balancer_id: &'a str,
    /// The balancer.
    pub balancer: &'a Balancer,
    /// The pool of each route's destination, by the route's place.
    pub pools: &'a [P],
    /// What was decided.
    pub choice: Choice,
    /// The hash of the session.
    pub session: u64,
    /// A dry run takes no turn.
    pub dry: bool,
}

/// Every route that may answer, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The routes, the chosen one first, as decisions show them.
    pub candidates: Vec<Candidate>,
    /// The place of each candidate's route in the balancer.
    routes: Vec<usize>,
    /// The candidate that is the default route.
    default: Option<usize>,
    /// When each member that rests or cools is due, in the shape of `candidates`.
    due_ms: Vec<Vec<Option<u64>>>,
}

impl Plan {
    /// The place in the balancer of a candidate's route.
    pub fn route(&self, candidate: usize) -> Option<usize> {
        self.routes.get(candidate).copied()
    }

    /// Whether some member would be tried without need.
    pub fn has_available(&self) -> bool {
        self.candidates.iter().flat_map(|it| &it.members).any(is_usable)
    }
}

/// Makes the plan of a call.
pub fn plan<P: Borrow<Pool>>(request: &Request<'_, P>, board: &impl Board) -> Plan {
    let routes = chosen_routes(request, board);
    let mut plan = Plan {
        candidates: Vec::with_capacity(routes.len()),
        routes: Vec::with_capacity(routes.len()),
        default: None,
        due_ms: Vec::with_capacity(routes.len()),
    };
    // Only the pool at which the call begins spends a turn: were later ones to spend theirs unused, their shares
    // would no longer be exact.
    let mut dry = request.dry;
    for (at, reason) in routes {
        let Some(route) = request.balancer.routes.get(at) else { continue };
        let (members, due_ms) = match request.pools.get(at) {
            Some(pool) => pool.borrow().members_in_order(board, request.session, dry),
            None => (Vec::new(), Vec::new()),
        };
        dry |= members.iter().any(is_usable);
        if route.is_default {
            plan.default = Some(plan.candidates.len());
        }
        plan.candidates.push(Candidate {
            route: route.name.clone(),
            destination: route.destination.clone(),
            reason,
            members,
        });
        plan.routes.push(at);
        plan.due_ms.push(due_ms);
    }
    plan
}

fn chosen_routes<P>(request: &Request<'_, P>, board: &impl Board) -> Vec<(usize, Reason)> {
    let balancer = request.balancer;
    match request.choice {
        Choice::InOrder => {
            let id = request.balancer_id;
            let turn = if request.dry { board.peek_turn(id) } else { board.next_turn(id) };
            order_routes(balancer, &turn)
        }
        Choice::Route(at, reason) => {
            let mut routes = vec![(at, reason)];
            let default = balancer.routes.iter().position(|route| route.is_default);
            if let Some(default) = default.filter(|&it| it != at && reason != Reason::Forced) {
                routes.push((default, Reason::DestinationUnavailable));
            }
            routes
        }
    }
}

fn is_usable(member: &CandidateMember) -> bool {
    matches!(member.state, MemberState::Available | MemberState::Probe)
}

#[cfg(test)]
mod tests;
