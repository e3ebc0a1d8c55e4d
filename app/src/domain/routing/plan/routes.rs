//! The order of routes in `ordered`.

use crate::domain::{
    config::{
        balancer::{Balancer, OrderedStrategy},
        target_group::SelectionPolicy,
    },
    routing::{
        decision::Reason,
        select::{self, EligibleMember, SelectionInput},
    },
};

/// The enabled routes in the order in which `ordered` tries them, by index in the balancer, each with its reason.
pub fn order_routes(balancer: &Balancer, input: &SelectionInput) -> Vec<(usize, Reason)> {
    let (order, first) = match balancer.ordered_strategy {
        OrderedStrategy::Failover => (in_priority_order(balancer), Reason::Ordered),
        OrderedStrategy::Weighted => (by_weight(balancer, input), Reason::Weighted),
    };
    let reasons = std::iter::once(first).chain(std::iter::repeat(Reason::Failover));
    order.into_iter().zip(reasons).collect()
}

fn in_priority_order(balancer: &Balancer) -> Vec<usize> {
    let mut order: Vec<usize> = enabled(balancer).collect();
    order.sort_by_key(|&at| balancer.routes[at].priority);
    order
}

/// The route picked by weight, then the others by weight, then the default. Routes of weight 0 are left out, except
/// that the default stays the last resort.
fn by_weight(balancer: &Balancer, input: &SelectionInput) -> Vec<usize> {
    let places: Vec<usize> = enabled(balancer).collect();
    let eligible: Vec<EligibleMember> = places
        .iter()
        .map(|&at| EligibleMember {
            weight: balancer.routes[at].weight,
            key: at as u64,
            ..EligibleMember::default()
        })
        .collect();
    let drawn = select::order(SelectionPolicy::WeightedRoundRobin, &eligible, input);
    let mut order: Vec<usize> = drawn.into_iter().map(|at| places[at]).collect();
    let default = enabled(balancer).find(|&at| balancer.routes[at].is_default);
    if let Some(default) = default.filter(|default| order.first() != Some(default)) {
        order.retain(|&at| at != default);
        order.push(default);
    }
    order
}

fn enabled(balancer: &Balancer) -> impl Iterator<Item = usize> {
    balancer.routes.iter().enumerate().filter(|(_, route)| route.enabled).map(|(at, _)| at)
}
