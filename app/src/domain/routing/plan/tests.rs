//! Rules of plans and of the attempts that they allow.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::prelude::*;

use super::*;
use crate::domain::{
    config::{
        balancer::{OrderedStrategy, Route},
        target_group::SelectionPolicy,
    },
    routing::outcome::Outcome,
};

/// Fixed statuses, and counters of calls by pool.
#[derive(Default)]
struct Fixed {
    statuses: BTreeMap<String, InstanceStatus>,
    calls: RefCell<BTreeMap<String, u64>>,
}

impl Fixed {
    fn with(states: &[(&str, MemberState, Option<u64>)]) -> Self {
        let status = |state, due_ms| InstanceStatus { state, due_ms, ..InstanceStatus::default() };
        let statuses =
            states.iter().map(|&(id, state, due_ms)| (id.to_owned(), status(state, due_ms))).collect();
        Self { statuses, ..Self::default() }
    }

    fn calls(&self, id: &str) -> u64 {
        self.calls.borrow().get(id).copied().unwrap_or(0)
    }
}

impl LiveState for Fixed {
    fn status(&self, instance: &InstanceId) -> InstanceStatus {
        self.statuses.get(instance.as_str()).copied().unwrap_or_default()
    }

    fn next_input(&self, pool_id: &str) -> SelectionInput {
        let input = self.peek_input(pool_id);
        *self.calls.borrow_mut().entry(pool_id.to_owned()).or_insert(0) += 1;
        input
    }

    fn peek_input(&self, pool_id: &str) -> SelectionInput {
        SelectionInput { count: self.calls(pool_id), ..SelectionInput::default() }
    }
}

fn pool(id: &str, members: &[(&str, u64, u64)]) -> Pool {
    let member = |&(id, weight, tier): &(&str, u64, u64)| PoolMember::new(id.into(), weight, tier, true);
    Pool {
        id: id.to_owned(),
        policy: SelectionPolicy::WeightedRoundRobin,
        members: members.iter().map(member).collect(),
    }
}

/// A balancer with these routes, each with priority and weight; the last is the default.
fn balancer(routes: &[(&str, u64, u64)]) -> Balancer {
    let last = routes.len() - 1;
    let route = |(at, &(name, priority, weight)): (usize, &(&str, u64, u64))| Route {
        name: name.to_owned(),
        priority,
        weight,
        is_default: at == last,
        ..Route::default()
    };
    Balancer { routes: routes.iter().enumerate().map(route).collect(), ..Balancer::default() }
}

fn planned(balancer: &Balancer, pools: &[Pool], order: RouteOrder, live: &Fixed) -> Plan {
    plan(&PlanRequest { balancer_id: "sb", balancer, pools, order, only: None, session: 0, dry: false }, live)
}

fn names(plan: &Plan, max_attempts: u64) -> Vec<&str> {
    plan.attempts(max_attempts)
        .filter_map(|step| plan.at(step))
        .map(|(_, it)| it.instance_id.as_str())
        .collect()
}

fn routes<'a>(plan: &Plan, balancer: &'a Balancer) -> Vec<(&'a str, Reason)> {
    plan.routes.iter().map(|it| (balancer.routes[it.route].name.as_str(), it.reason)).collect()
}

const MATCHED: RouteOrder = RouteOrder::Chosen(0, Reason::Matched);

/// A route to three instances, and a default to one.
fn three_and_default() -> (Balancer, [Pool; 2]) {
    let pools = [pool("tg", &[("a", 1, 1), ("b", 1, 1), ("c", 1, 2)]), pool("inst_d", &[("d", 1, 1)])];
    (balancer(&[("chosen", 1, 1), ("default", 2, 1)]), pools)
}

#[test]
fn the_chosen_route_is_followed_by_the_default_and_never_by_a_sibling() {
    let balancer = balancer(&[("a", 1, 1), ("b", 2, 1), ("c", 3, 1)]);
    let pools = [pool("1", &[("a", 1, 1)]), pool("2", &[("b", 1, 1)]), pool("3", &[("c", 1, 1)])];
    let plan = planned(&balancer, &pools, MATCHED, &Fixed::default());
    assert_eq!(routes(&plan, &balancer), [("a", Reason::Matched), ("c", Reason::DestinationUnavailable)]);
    let shown = plan.candidates(&balancer, &pools);
    assert_eq!(shown.iter().map(|it| it.route.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(shown[1].members[0].instance_id.as_str(), "c");
    let default = planned(&balancer, &pools, RouteOrder::Chosen(2, Reason::NoMatch), &Fixed::default());
    assert_eq!(routes(&default, &balancer), [("c", Reason::NoMatch)]);
}

#[test]
fn a_forced_route_has_no_default_behind_it() {
    let (balancer, pools) = three_and_default();
    let plan = planned(&balancer, &pools, RouteOrder::Chosen(0, Reason::Forced), &Fixed::default());
    assert_eq!(routes(&plan, &balancer), [("chosen", Reason::Forced)]);
    assert_eq!(names(&plan, 3), ["a", "b", "c"]);
}

#[test]
fn the_last_attempt_is_kept_for_the_default_from_two_attempts_on() {
    let (balancer, pools) = three_and_default();
    let plan = planned(&balancer, &pools, MATCHED, &Fixed::default());
    assert_eq!(names(&plan, 1), ["a"]);
    assert_eq!(names(&plan, 2), ["a", "d"]);
    assert_eq!(names(&plan, 3), ["a", "b", "d"]);
    assert_eq!(names(&plan, 10), ["a", "b", "c", "d"], "all siblings of a tier before the next tier");
}

#[test]
fn no_attempt_is_kept_for_a_default_that_has_nothing_new_to_offer() {
    let (balancer, pools) = three_and_default();
    let shared = [pools[0].clone(), pool("inst_a", &[("a", 1, 1)])];
    let plan = planned(&balancer, &shared, MATCHED, &Fixed::default());
    assert_eq!(names(&plan, 2), ["a", "b"], "no instance is tried twice");
    let down = Fixed::with(&[("d", MemberState::Ejected, Some(9))]);
    assert_eq!(names(&planned(&balancer, &pools, MATCHED, &down), 2), ["a", "b"]);
}

#[test]
fn a_route_that_cannot_answer_leaves_its_attempts_to_the_default() {
    let (balancer, mut pools) = three_and_default();
    pools[0].members.iter_mut().for_each(|it| it.enabled = false);
    let plan = planned(&balancer, &pools, MATCHED, &Fixed::default());
    assert_eq!(names(&plan, 1), ["d"]);
    assert!(plan.routes[0].members.iter().all(|it| it.state == MemberState::Disabled));
}

#[test]
fn members_that_would_not_be_tried_come_last_with_their_reason() {
    let (balancer, mut pools) = three_and_default();
    pools[0].members[1].weight = 0;
    let plan = planned(&balancer, &pools, MATCHED, &Fixed::with(&[("a", MemberState::Full, None)]));
    let states: Vec<_> =
        plan.routes[0].members.iter().map(|it| (it.instance_id.as_str(), it.state)).collect();
    let expected = [("c", MemberState::Available), ("a", MemberState::Full), ("b", MemberState::NoWeight)];
    assert_eq!(states, expected);
}

#[test]
fn when_nothing_is_available_the_one_due_first_is_tried_once() {
    let (balancer, pools) = three_and_default();
    let live = Fixed::with(&[
        ("a", MemberState::Ejected, Some(900)),
        ("b", MemberState::Ejected, Some(700)),
        ("c", MemberState::Cooling, Some(100)),
        ("d", MemberState::Misconfigured, Some(800)),
    ]);
    let plan = planned(&balancer, &pools, MATCHED, &live);
    assert_eq!(names(&plan, 3), ["b"]);
    assert!(plan.attempts(3).all(|step| step.last_resort));
}

#[test]
fn what_cannot_be_called_at_all_does_not_stand_before_the_last_resort() {
    let (balancer, pools) = three_and_default();
    let live = Fixed::with(&[
        // The key is lost, so it is never due.
        ("a", MemberState::Misconfigured, None),
        ("b", MemberState::Ejected, Some(700)),
        ("c", MemberState::Cooling, Some(100)),
        ("d", MemberState::Misconfigured, None),
    ]);
    assert_eq!(names(&planned(&balancer, &pools, MATCHED, &live), 3), ["b"]);
}

#[test]
fn neither_cooling_nor_disabled_nor_weightless_members_are_a_last_resort() {
    let (balancer, mut pools) = three_and_default();
    pools[0].members[0].enabled = false;
    pools[0].members[1].weight = 0;
    let live = Fixed::with(&[
        ("a", MemberState::Ejected, Some(1)),
        ("b", MemberState::Ejected, Some(1)),
        ("c", MemberState::Cooling, Some(100)),
        ("d", MemberState::Cooling, Some(100)),
    ]);
    assert!(names(&planned(&balancer, &pools, MATCHED, &live), 3).is_empty());
}

#[test]
fn a_step_given_back_is_no_attempt() {
    let (balancer, pools) = three_and_default();
    let plan = planned(&balancer, &pools, MATCHED, &Fixed::default());
    let mut attempts = plan.attempts(2);
    if let Some(step) = attempts.next() {
        attempts.return_unused(step);
    }
    let rest: Vec<&str> =
        attempts.filter_map(|step| plan.at(step)).map(|(_, it)| it.instance_id.as_str()).collect();
    assert_eq!(rest, ["b", "d"]);
}

#[test]
fn one_attempt_given_back_is_still_the_chosen_routes_own() {
    let (balancer, pools) = three_and_default();
    let plan = planned(&balancer, &pools, MATCHED, &Fixed::default());
    let mut attempts = plan.attempts(1);
    if let Some(step) = attempts.next() {
        attempts.return_unused(step);
    }
    assert_eq!(
        attempts.next().and_then(|step| plan.at(step)).map(|(_, it)| it.instance_id.as_str()),
        Some("b")
    );
    assert_eq!(attempts.next(), None);
}

#[test]
fn an_instance_whose_probe_another_call_took_is_tried_where_nothing_else_is_left() {
    let balancer = balancer(&[("default", 1, 1)]);
    let pools = [pool("inst_a", &[("a", 1, 1)])];
    let live = Fixed::with(&[("a", MemberState::Probe, Some(5))]);
    let plan = planned(&balancer, &pools, RouteOrder::Chosen(0, Reason::NoMatch), &live);
    let mut attempts = plan.attempts(3);
    let first = attempts.next();
    assert!(first.is_some_and(|step| !step.last_resort));
    first.into_iter().for_each(|step| attempts.return_unused(step));
    let second = attempts.next();
    assert!(second.is_some_and(|step| step.last_resort));
    second.into_iter().for_each(|step| attempts.return_unused(step));
    assert_eq!(attempts.next(), None);
}

#[test]
fn only_the_pool_at_which_a_call_begins_spends_a_turn() {
    let (balancer, pools) = three_and_default();
    let live = Fixed::default();
    planned(&balancer, &pools, MATCHED, &live);
    assert_eq!((live.calls("tg"), live.calls("inst_d")), (1, 0));
    plan(
        &PlanRequest {
            balancer_id: "sb",
            balancer: &balancer,
            pools: &pools,
            order: MATCHED,
            only: None,
            session: 0,
            dry: true,
        },
        &live,
    );
    assert_eq!(live.calls("tg"), 1, "a dry run spends none");
}

#[test]
fn two_balancers_on_one_group_share_its_turns() {
    let (balancer, pools) = three_and_default();
    let live = Fixed::default();
    let first = |plan: &Plan| plan.routes[0].members[0].instance_id.to_string();
    let one = planned(&balancer, &pools, MATCHED, &live);
    let other = planned(&balancer, &pools, MATCHED, &live);
    assert_eq!((first(&one), first(&other)), ("a".to_owned(), "b".to_owned()));
}

#[test]
fn ordered_failover_goes_by_priority_and_the_default_runs_in_its_place() {
    let mut balancer = balancer(&[("third", 3, 1), ("off", 1, 1), ("first", 1, 0), ("second", 2, 1)]);
    balancer.routes[1].enabled = false;
    let order = order_routes(&balancer, &SelectionInput::default());
    assert_eq!(order, [(2, Reason::Ordered), (3, Reason::Failover), (0, Reason::Failover)]);
}

#[test]
fn in_ordered_failover_the_last_attempt_is_the_defaults_where_its_place_is_not_reached() {
    let balancer = balancer(&[("a", 1, 1), ("b", 2, 1), ("c", 3, 1), ("d", 4, 1)]);
    let pools = ["a", "b", "c", "d"].map(|id| pool(id, &[(id, 1, 1)]));
    let plan = planned(&balancer, &pools, RouteOrder::Ordered, &Fixed::default());
    assert_eq!(names(&plan, 3), ["a", "b", "d"]);
    assert_eq!(names(&plan, 4), ["a", "b", "c", "d"]);
}

#[test]
fn ordered_by_weight_is_exact_and_the_default_comes_last_on_failure() {
    let mut balancer = balancer(&[("a", 1, 3), ("never", 1, 0), ("b", 1, 1), ("default", 1, 1)]);
    balancer.ordered_strategy = OrderedStrategy::Weighted;
    let mut counts = [0; 4];
    for count in 0..50 {
        let order = order_routes(&balancer, &SelectionInput { count, ..SelectionInput::default() });
        counts[order[0].0] += 1;
        assert_eq!(order[0].1, Reason::Weighted);
        assert!(order[1..].iter().all(|(_, reason)| *reason == Reason::Failover));
        assert!(order[0].0 == 3 || order[2].0 == 3, "{order:?}");
    }
    assert_eq!(counts, [30, 0, 10, 10]);
}

#[test]
fn a_default_of_weight_0_gets_no_share_and_is_the_last_resort() {
    let mut balancer = balancer(&[("a", 1, 1), ("b", 1, 1), ("default", 1, 0)]);
    balancer.ordered_strategy = OrderedStrategy::Weighted;
    for count in 0..10 {
        let order = order_routes(&balancer, &SelectionInput { count, ..SelectionInput::default() });
        assert_eq!(order.last(), Some(&(2, Reason::Failover)));
        assert_eq!(order.len(), 3);
    }
}

#[test]
fn the_seeds_sample_group_serves_by_its_first_member_and_keeps_the_second_as_standby() {
    let group = pool("tg_tech-support-pool", &[("inst_a", 100, 1), ("inst_b", 100, 2)]);
    assert_eq!(group.shares(&Fixed::default()), [1.0, 0.0]);
    let down = Fixed::with(&[("inst_a", MemberState::Ejected, Some(1))]);
    assert_eq!(group.shares(&down), [0.0, 1.0]);
}

#[test]
fn all_members_on_429_is_a_rate_limit_with_the_smallest_wait() {
    let (balancer, pools) = three_and_default();
    let cooling = |id, due| (id, MemberState::Cooling, Some(due));
    let live =
        Fixed::with(&[cooling("a", 9_000), cooling("b", 4_000), cooling("c", 6_000), cooling("d", 8_000)]);
    let plan = planned(&balancer, &pools, MATCHED, &live);
    assert_eq!(plan.verdict(&[], 1_000), Verdict::RateLimited { retry_after_ms: 3_000 });

    let live = Fixed::with(&[cooling("a", 9_000), cooling("c", 6_000), cooling("d", 8_000)]);
    let plan = planned(&balancer, &pools, MATCHED, &live);
    let now = [("b".into(), Outcome::RateLimited { retry_after_ms: Some(2_000) })];
    assert_eq!(plan.verdict(&now, 1_000), Verdict::RateLimited { retry_after_ms: 2_000 });
    let failed = [("b".into(), Outcome::Reset)];
    assert_eq!(plan.verdict(&failed, 1_000), Verdict::Failed);
}

#[test]
fn without_an_attempt_the_verdict_says_when_to_come_back_if_anything_is_due() {
    let (balancer, mut pools) = three_and_default();
    for member in pools.iter_mut().flat_map(|it| &mut it.members) {
        member.enabled = false;
    }
    let plan = planned(&balancer, &pools, MATCHED, &Fixed::default());
    assert_eq!(plan.verdict(&[], 0), Verdict::Unavailable { retry_after_ms: None });

    let (_, pools) = three_and_default();
    let all = ["a", "b", "d"].map(|id| (id, MemberState::Full, None));
    let live = Fixed::with(&[all[0], all[1], all[2], ("c", MemberState::Cooling, Some(700))]);
    let plan = planned(&balancer, &pools, MATCHED, &live);
    assert_eq!(plan.verdict(&[], 200), Verdict::Unavailable { retry_after_ms: Some(500) });
}

fn any_state() -> impl Strategy<Value = MemberState> {
    use MemberState::{Available, Cooling, Ejected, Full, Misconfigured, Probe};
    prop::sample::select(vec![Available, Available, Available, Probe, Ejected, Cooling, Misconfigured, Full])
}

/// Up to four routes over up to eight instances that they may share.
fn any_pools() -> impl Strategy<Value = Vec<Pool>> {
    let member = (0_usize..8, prop_oneof![Just(0), 1_u64..100, 1_u64..=1_000_000], 1_u64..4, any::<bool>());
    let policy = prop::sample::select(SelectionPolicy::ALL.to_vec());
    let pool = (policy, prop::collection::vec(member, 0..8)).prop_map(|(policy, members)| {
        let mut unique = BTreeMap::new();
        for (id, weight, tier, enabled) in members {
            unique.insert(id, PoolMember::new(format!("i{id}").as_str().into(), weight, tier, enabled));
        }
        Pool { id: "pool".to_owned(), policy, members: unique.into_values().collect() }
    });
    prop::collection::vec(pool, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_walk_tries_only_whom_it_may_each_once_and_misses_nobody(
        pools in any_pools(),
        states in prop::collection::vec(any_state(), 8),
        chosen in any::<prop::sample::Index>(),
        in_order in any::<bool>(),
        max_attempts in 1_u64..=10,
    ) {
        let names = ["r0", "r1", "r2", "r3"];
        let specs: Vec<(&str, u64, u64)> = names[..pools.len()].iter().map(|name| (*name, 1, 1)).collect();
        let balancer = balancer(&specs);
        let due = |at: usize| Some(at as u64 * 10);
        let ids: Vec<String> = (0..8).map(|at| format!("i{at}")).collect();
        let statuses: Vec<_> = (0..8).map(|at| (ids[at].as_str(), states[at], due(at))).collect();
        let live = Fixed::with(&statuses);
        let order =
            if in_order { RouteOrder::Ordered } else { RouteOrder::Chosen(chosen.index(pools.len()), Reason::Matched) };
        let plan = planned(&balancer, &pools, order, &live);
        let steps: Vec<PlannedAttempt> = plan.attempts(max_attempts).collect();

        // The naive model: all members that are enabled, have weight and are available, over all candidates.
        let state_of = |id: &str| statuses.iter().find(|it| it.0 == id).map(|it| it.1);
        let may = |it: &&PoolMember| {
            it.enabled && it.weight > 0
                && matches!(state_of(it.instance_id.as_str()), Some(MemberState::Available | MemberState::Probe))
        };
        let mut allowed: Vec<&str> = plan.routes.iter()
            .flat_map(|it| pools[it.route].members.iter().filter(may))
            .map(|it| it.instance_id.as_str())
            .collect();
        allowed.sort_unstable();
        allowed.dedup();

        let mut tried: Vec<&str> =
            steps.iter().filter_map(|step| plan.at(*step)).map(|(_, it)| it.instance_id.as_str()).collect();
        tried.sort_unstable();
        if allowed.is_empty() {
            prop_assert!(tried.len() <= 1);
            for (route, member) in steps.iter().filter_map(|step| plan.at(*step)) {
                prop_assert!(matches!(member.state, MemberState::Ejected | MemberState::Misconfigured));
                prop_assert!(pools[route.route].members[member.place].weight > 0);
            }
        } else {
            let bound = usize::try_from(max_attempts).unwrap_or_default();
            prop_assert_eq!(tried.len(), allowed.len().min(bound));
            prop_assert!(tried.iter().all(|it| allowed.contains(it)));
            let mut once = tried.clone();
            once.dedup();
            prop_assert_eq!(once.len(), tried.len(), "no instance twice");
        }
        if max_attempts > 1 && !allowed.is_empty() {
            // The default is tried if it has a member that no other route has used up.
            let default = balancer.routes.iter().position(|it| it.is_default);
            let of_default = plan.routes.iter().position(|it| Some(it.route) == default);
            let reached = steps.iter().any(|step| Some(step.route) == of_default);
            let others: Vec<&str> = steps
                .iter()
                .filter(|step| Some(step.route) != of_default)
                .filter_map(|step| plan.at(*step))
                .map(|(_, it)| it.instance_id.as_str())
                .collect();
            let waits = default.is_some_and(|at| {
                pools[at].members.iter().filter(may).any(|it| !others.contains(&it.instance_id.as_str()))
            });
            prop_assert!(reached || !waits);
        }
    }
}
