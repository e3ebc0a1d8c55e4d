//! The order of routes in `ordered`.

use crate::domain::{
    config::{
        balancer::{Balancer, OrderedStrategy},
        target_group::SelectionPolicy,
    },
    routing::{
        decision::Reason,
        select::{self, Seat, Turn},
    },
};

/// The enabled routes in the order in which `ordered` tries them, by their place in the balancer, each with its
/// reason; the default is last wherever it has no place of its own.
pub fn order_routes(balancer: &Balancer, turn: &Turn) -> Vec<(usize, Reason)> {
    let (order, first) = match balancer.ordered_strategy {
        OrderedStrategy::Failover => (in_priority_order(balancer), Reason::Ordered),
        OrderedStrategy::Weighted => (by_weight(balancer, turn), Reason::Weighted),
    };
    let reasons = std::iter::once(first).chain(std::iter::repeat(Reason::Failover));
    order.into_iter().zip(reasons).collect()
}

fn in_priority_order(balancer: &Balancer) -> Vec<usize> {
    let mut order: Vec<usize> = enabled(balancer).collect();
    order.sort_by_key(|&at| balancer.routes[at].priority);
    order
}

/// The route whose turn it is, then the others by weight, the default last. Routes of weight 0 have no part in it,
/// except that the default stays the last resort.
fn by_weight(balancer: &Balancer, turn: &Turn) -> Vec<usize> {
    let places: Vec<usize> = enabled(balancer).collect();
    let seats: Vec<Seat> = places
        .iter()
        .map(|&at| Seat { weight: balancer.routes[at].weight, key: at as u64, ..Seat::default() })
        .collect();
    let drawn = select::order(SelectionPolicy::WeightedRoundRobin, &seats, turn);
    let mut order: Vec<usize> = drawn.into_iter().map(|seat| places[seat]).collect();
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
