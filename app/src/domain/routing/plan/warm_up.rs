//! Members that are fresh from a rest sit some turns out, so that no stampede falls on a server that has just come
//! up. A turn that a member sits out goes to the others as if it were not there, to the next tier where its own has
//! nobody else; in failover it still comes, after them.

use crate::domain::{
    config::target_group::SelectionPolicy,
    routing::select::{self, Seat, Turn},
};

/// The seats in the order in which they would be tried, by their index. Each comes with its warmth.
pub(super) fn order(policy: SelectionPolicy, seats: &[(Seat, f64)], turn: &Turn) -> Vec<usize> {
    let (taking_part, sitting_out) = split(seats, turn.warm_roll);
    let arranged = |part: Vec<usize>| {
        let order = select::order(policy, &seats_of(seats, &part), turn);
        order.into_iter().map(move |at| part[at])
    };
    arranged(taking_part).chain(arranged(sitting_out)).collect()
}

/// The part of the traffic that each seat gets now, by its index, over all rolls.
pub(super) fn shares(policy: SelectionPolicy, seats: &[(Seat, f64)]) -> Vec<f64> {
    let mut shares = vec![0.0; seats.len()];
    // Who takes part changes only where the roll passes a warmth.
    let mut edges: Vec<f64> = seats.iter().map(|&(_, warmth)| warmth).filter(|&it| it < 1.0).collect();
    edges.sort_by(f64::total_cmp);
    edges.push(1.0);
    let mut from = 0.0;
    for to in edges {
        let (mut part, sitting_out) = split(seats, from);
        if !part.iter().any(|&at| seats[at].0.weight > 0) {
            part = sitting_out;
        }
        for (&at, share) in part.iter().zip(select::shares(policy, &seats_of(seats, &part))) {
            shares[at] += (to - from) * share;
        }
        from = to;
    }
    shares
}

/// Who takes part at that roll, and who does not.
fn split(seats: &[(Seat, f64)], roll: f64) -> (Vec<usize>, Vec<usize>) {
    (0..seats.len()).partition(|&at| seats[at].1 > roll)
}

fn seats_of(seats: &[(Seat, f64)], places: &[usize]) -> Vec<Seat> {
    places.iter().map(|&at| seats[at].0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: SelectionPolicy = SelectionPolicy::WeightedRoundRobin;

    fn seat(tier: u64, warmth: f64) -> (Seat, f64) {
        (Seat { weight: 100, tier, ..Seat::default() }, warmth)
    }

    fn at(warm_roll: f64) -> Turn {
        Turn { warm_roll, ..Turn::default() }
    }

    #[test]
    fn a_turn_that_is_sat_out_goes_to_the_next_tier_and_failover_still_knows_the_member() {
        let seats = [seat(1, 0.25), seat(2, 1.0)];
        assert_eq!(order(POLICY, &seats, &at(0.2)), [0, 1]);
        assert_eq!(order(POLICY, &seats, &at(0.3)), [1, 0]);
        assert_eq!(shares(POLICY, &seats), [0.25, 0.75]);
    }

    #[test]
    fn who_is_alone_takes_everything_however_fresh() {
        assert_eq!(order(POLICY, &[seat(1, 0.1)], &at(0.9)), [0]);
        assert_eq!(shares(POLICY, &[seat(1, 0.1)]), [1.0]);
    }

    #[test]
    fn the_shares_are_those_of_the_orders() {
        let seats = [seat(1, 0.1), seat(1, 0.5), seat(1, 1.0), seat(2, 1.0)];
        let told = shares(POLICY, &seats);
        let mut counted = [0.0; 4];
        for roll in 0..100 {
            for count in 0..6 {
                let turn = Turn { count, ..at(f64::from(roll) / 100.0) };
                counted[order(POLICY, &seats, &turn)[0]] += 1.0 / 600.0;
            }
        }
        for (told, counted) in told.iter().zip(counted) {
            assert!((told - counted).abs() < 1e-9, "{told} {counted}");
        }
    }
}
