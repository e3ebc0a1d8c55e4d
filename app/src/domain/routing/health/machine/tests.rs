//! Health rules, one per test.

use proptest::prelude::*;

use super::*;

/// The middle of the range: no jitter.
const EVEN: f64 = 0.5;
const FAIL: Outcome = Outcome::ConnectFailed;
const NO_KEY: Outcome = Outcome::Refused { status: 401, cause: RefusalCause::Key, proof: Proof::Code };
const NO_MODEL: Outcome = Outcome::Refused { status: 404, cause: RefusalCause::Access, proof: Proof::Status };

fn end(began_ms: u64, now_ms: u64, roll: f64) -> CallEnd {
    CallEnd { began_ms, now_ms, roll, ..CallEnd::default() }
}

/// An instance that has answered well.
fn proven() -> Health {
    Health::default().after(&Outcome::Ok, &end(0, 0, EVEN))
}

fn fail(health: Health, at_ms: u64) -> Health {
    health.after(&FAIL, &end(at_ms, at_ms, EVEN))
}

/// Ejected at `at_ms` for the first time.
fn ejected(at_ms: u64) -> Health {
    (0..FAILURES_TO_EJECT).fold(Health::default(), |health, _| fail(health, at_ms))
}

/// The health after a probe at `at_ms`; the model list check before it was inconclusive.
fn probed(health: Health, at_ms: u64, outcome: &Outcome) -> Health {
    let Some(claimed) = health.check_inconclusive(at_ms).claim_probe(at_ms) else { return health };
    claimed.after(outcome, &end(at_ms, at_ms, EVEN))
}

fn limited(retry_after_ms: Option<u64>) -> Outcome {
    Outcome::RateLimited { retry_after_ms }
}

#[test]
fn an_instance_nobody_called_is_unknown_and_available() {
    let health = Health::default();
    assert_eq!(health.availability(0), MemberState::Available);
    assert_eq!(health.view(0, Timestamp(0)), HealthView::default());
    assert_eq!(
        health.after(&Outcome::Ok, &end(0, 1, EVEN)).view(1, Timestamp(0)).state,
        HealthState::Healthy
    );
}

#[test]
fn each_outcome_repeated_has_its_own_effect() {
    let after = |outcome: Outcome| {
        (0..FAILURES_TO_EJECT)
            .fold(Health::default(), |health, _| health.after(&outcome, &end(100, 100, EVEN)))
    };
    for (statuses, expected) in [
        (&[400, 409, 413, 415, 422][..], MemberState::Available),
        (&[302, 408, 500, 502, 503, 504, 529], MemberState::Ejected),
        (&[401, 403, 404], MemberState::Misconfigured),
        (&[429], MemberState::Cooling),
    ] {
        for &status in statuses {
            let health = after(Outcome::from_status(status, None));
            assert_eq!(health.availability(100), expected, "{status}");
        }
    }
    for outcome in [Outcome::Cancelled, Outcome::DeadlineExceeded] {
        assert_eq!(after(outcome).availability(100), MemberState::Available, "{outcome:?}");
    }
}

#[test]
fn three_failures_in_a_row_eject_for_five_seconds() {
    let two = fail(fail(Health::default(), 0), 0);
    assert_eq!(two.availability(0), MemberState::Available);
    let three = fail(two, 100);
    assert_eq!(three.availability(5_099), MemberState::Ejected);
    assert_eq!(three.due_ms(), Some(5_100));
    assert_eq!(three.check_inconclusive(5_100).availability(5_100), MemberState::Probe);
}

#[test]
fn an_answer_between_failures_begins_the_row_anew() {
    for answer in [Outcome::Ok, Outcome::Rejected(400)] {
        let health = fail(fail(Health::default(), 0), 0).after(&answer, &end(0, 0, EVEN));
        assert_eq!(fail(fail(health, 1), 1).availability(1), MemberState::Available);
    }
}

#[test]
fn the_callers_leaving_changes_nothing() {
    for outcome in [Outcome::Cancelled, Outcome::DeadlineExceeded] {
        let two = fail(fail(Health::default(), 0), 0);
        assert_eq!(two.after(&outcome, &end(0, 0, EVEN)), two);
    }
}

#[test]
fn rests_double_up_to_300_seconds() {
    let mut health = ejected(0);
    let mut now_ms = 0;
    for ejection_ms in [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
        assert_eq!(health.due_ms(), Some(now_ms + ejection_ms));
        now_ms += ejection_ms;
        health = probed(health, now_ms, &FAIL);
    }
}

#[test]
fn jitter_moves_a_rest_by_a_fifth_at_most() {
    assert_eq!(ejection_ms(0, 0.0), 4_000);
    assert_eq!(ejection_ms(0, 0.999_999), 5_999);
    assert_eq!(ejection_ms(60, 0.0), 240_000);
    assert_eq!(ejection_ms(u32::MAX, EVEN), 300_000);
}

#[test]
fn one_call_probes_at_a_time() {
    let claimed = ejected(0).check_inconclusive(5_000).claim_probe(5_000);
    let claimed = claimed.as_ref();
    assert_eq!(claimed.map(|it| it.availability(5_000)), Some(MemberState::Ejected));
    assert_eq!(claimed.and_then(|it| it.claim_probe(5_001)), None);
    assert_eq!(ejected(0).claim_probe(4_999), None, "not before the ejection is over");
}

#[test]
fn a_probe_that_nobody_ends_is_given_to_another_call_in_the_end() {
    let claimed = ejected(0).check_inconclusive(5_000).claim_probe(5_000).unwrap_or_default();
    assert_eq!(claimed.availability(5_000 + PROBE_LEASE_MS - 1), MemberState::Ejected);
    assert_eq!(claimed.availability(5_000 + PROBE_LEASE_MS), MemberState::Probe);
}

#[test]
fn a_probe_whose_caller_leaves_is_free_again() {
    let health = probed(ejected(0), 5_000, &Outcome::Cancelled);
    assert_eq!(health.availability(5_000), MemberState::Probe);
}

#[test]
fn a_probe_that_answers_brings_the_instance_back_with_a_clean_slate() {
    let slow_start = probed(probed(ejected(0), 5_000, &FAIL), 15_000, &Outcome::Ok);
    assert_eq!(slow_start.availability(15_000), MemberState::Available);
    let again = (0..3).fold(slow_start, |health, _| fail(health, 20_000));
    assert_eq!(again.due_ms(), Some(25_000), "the next ejection is a first one");
}

#[test]
fn failures_of_calls_begun_before_an_ejection_do_not_lengthen_it() {
    let health = ejected(1_000);
    assert_eq!(health.after(&FAIL, &end(999, 3_000, EVEN)), health);
    assert_eq!(health.after(&FAIL, &end(999, 7_000, EVEN)), health, "nor when they end after it");
}

#[test]
fn failures_of_calls_begun_before_the_return_do_not_eject_again() {
    let slow_start = probed(ejected(0), 5_000, &Outcome::Ok);
    let late = (0..5).fold(slow_start, |health, _| health.after(&FAIL, &end(4_000, 6_000, EVEN)));
    assert_eq!(late, slow_start);
}

#[test]
fn an_answer_to_a_call_begun_before_the_ejection_does_not_end_it() {
    let health = ejected(1_000);
    let answered = health.after(&Outcome::Ok, &end(999, 2_000, EVEN));
    assert_eq!(
        (answered.view(2_000, Timestamp(0)), answered.due_ms()),
        (health.view(2_000, Timestamp(0)), health.due_ms())
    );
}

#[test]
fn a_call_of_last_resort_that_answers_ends_the_ejection_and_one_that_fails_does_not_lengthen_it() {
    let health = ejected(0);
    assert_eq!(
        health.after(&Outcome::Ok, &end(1_000, 1_500, EVEN)).availability(1_500),
        MemberState::Available
    );
    assert_eq!(fail(health, 1_000), health);
}

#[test]
fn a_429_cools_until_its_retry_after_and_no_probe_is_needed_after_it() {
    let health = Health::default().after(&limited(Some(7_000)), &end(0, 1_000, EVEN));
    assert_eq!(health.availability(7_999), MemberState::Cooling);
    assert_eq!(health.availability(8_000), MemberState::Available);
    let view = health.view(1_000, Timestamp(50_000));
    assert_eq!((view.state, view.until), (HealthState::Cooling, Some(Timestamp(57_000))));
}

#[test]
fn a_429_without_a_wait_cools_five_seconds_and_none_more_than_300() {
    assert_eq!(Health::default().after(&limited(None), &end(0, 0, EVEN)).due_ms(), Some(5_000));
    assert_eq!(Health::default().after(&limited(Some(u64::MAX)), &end(0, 0, EVEN)).due_ms(), Some(300_000));
}

#[test]
fn of_several_429_the_longest_wait_counts() {
    let long = Health::default().after(&limited(Some(9_000)), &end(0, 0, EVEN));
    assert_eq!(long.after(&limited(Some(1_000)), &end(0, 10, EVEN)).due_ms(), Some(9_000));
    assert_eq!(long.after(&limited(Some(20_000)), &end(0, 10, EVEN)).due_ms(), Some(20_010));
}

#[test]
fn an_answer_does_not_cut_a_cooling_short() {
    let cooling = Health::default().after(&limited(Some(9_000)), &end(0, 0, EVEN));
    assert_eq!(cooling.after(&Outcome::Ok, &end(0, 10, EVEN)).availability(10), MemberState::Cooling);
}

#[test]
fn any_number_of_429_never_ejects() {
    let health = (0..20).fold(Health::default(), |it, n| it.after(&limited(Some(1)), &end(n, n, EVEN)));
    assert_eq!(health.availability(100), MemberState::Available);
}

#[test]
fn a_refused_key_or_model_marks_misconfigured_at_once_and_one_probe_tries_again() {
    let health = Health::default().after(&NO_KEY, &end(0, 0, EVEN));
    assert_eq!(health.availability(4_999), MemberState::Misconfigured);
    assert_eq!(health.view(0, Timestamp(0)).reason.as_deref(), Some("refused its key (401)"));
    assert_eq!(probed(health, 5_000, &NO_KEY).due_ms(), Some(15_000));
    assert_eq!(probed(health, 5_000, &Outcome::Ok).availability(5_000), MemberState::Available);
}

#[test]
fn a_passing_check_ends_an_ejection_that_is_due_and_never_one_before_its_time() {
    let health = ejected(0);
    assert_eq!(health.check_passed(4_999), health);
    assert_eq!(health.check_passed(5_000).availability(5_000), MemberState::Available);
}

#[test]
fn after_a_passing_check_one_failure_begins_a_longer_rest_and_one_answer_ends_the_trial() {
    let on_trial = ejected(0).check_passed(5_000);
    assert_eq!(fail(on_trial, 6_000).due_ms(), Some(16_000));
    let proven = on_trial.after(&Outcome::Ok, &end(5_500, 6_000, EVEN));
    assert_eq!(fail(proven, 7_000).availability(7_000), MemberState::Available);
    let again = (0..FAILURES_TO_EJECT).fold(proven, |health, _| fail(health, 7_000));
    assert_eq!(again.due_ms(), Some(12_000), "the next ejection is a first one");
}

#[test]
fn calls_wait_for_the_free_check_and_one_check_runs_at_a_time() {
    let due = ejected(0);
    assert_eq!(due.claim_check(4_999), None);
    assert_eq!(due.availability(5_000), MemberState::Ejected);
    let checkable = due.claim_check(5_000).unwrap_or_default();
    assert_eq!(checkable.claim_check(5_001), None);
    assert_eq!(checkable.check_inconclusive(5_100).availability(5_100), MemberState::Probe);
    assert_eq!(due.availability(5_000 + CHECK_LEASE_MS), MemberState::Probe, "nobody checks");
}

#[test]
fn checks_that_fail_keep_calls_away_and_do_not_lengthen_the_rest() {
    let mut health = ejected(0);
    let mut now_ms = 5_000;
    for _ in 1..CHECKS_BEFORE_PROBE {
        health = health.claim_check(now_ms).map(|it| it.check_failed(now_ms)).unwrap_or_default();
        assert_eq!(fail(health, now_ms), health, "nor does a call of last resort");
        now_ms += CHECK_EVERY_MS;
        assert_eq!(health.availability(now_ms), MemberState::Ejected);
    }
    assert_eq!(health.check_passed(now_ms).availability(now_ms), MemberState::Available);
    assert_eq!(
        health.check_failed(now_ms).availability(now_ms),
        MemberState::Probe,
        "a call may know better"
    );
}

#[test]
fn a_passing_check_says_nothing_of_a_misconfiguration_or_a_cooling() {
    for outcome in [NO_MODEL, limited(Some(100))] {
        let health = Health::default().after(&outcome, &end(0, 0, EVEN));
        assert_eq!(health.check_passed(10_000), health);
    }
}

#[test]
fn an_instance_that_is_back_from_a_rest_warms_up_over_ten_seconds() {
    assert_eq!(Health::default().traffic_factor(0), 1.0);
    let slow_start = probed(ejected(1_000), 7_000, &Outcome::Ok);
    assert_eq!(slow_start.traffic_factor(7_000), SLOW_START_FACTOR);
    assert!((slow_start.traffic_factor(12_000) - 0.55).abs() < 1e-9);
    assert_eq!(slow_start.traffic_factor(17_000), 1.0);
    // Answers during a slow start do not restart it.
    assert_eq!(slow_start.after(&Outcome::Ok, &end(9_000, 12_000, EVEN)).traffic_factor(17_000), 1.0);
}

#[test]
fn what_people_see_says_until_when_and_why() {
    let view = ejected(1_000).view(2_000, Timestamp(100_000));
    assert_eq!(view.state, HealthState::Ejected);
    assert_eq!(view.until, Some(Timestamp(104_000)));
    assert_eq!(view.reason.as_deref(), Some("connect_failed"));
    assert_eq!(ejected(1_000).view(6_000, Timestamp(0)).until, None, "due: it waits for its probe");
}

#[test]
fn a_refusal_by_a_code_needs_a_person_at_once_and_says_what_is_refused() {
    let view = |outcome: Outcome| proven().after(&outcome, &end(1, 2, EVEN)).view(2, Timestamp(0));
    assert_eq!(view(NO_KEY).state, HealthState::Misconfigured);
    assert_eq!(view(NO_KEY).reason.as_deref(), Some("refused its key (401)"));
    let unpaid = Outcome::Refused { status: 429, cause: RefusalCause::Credit, proof: Proof::Code };
    assert_eq!(view(unpaid).reason.as_deref(), Some("is out of credit (429)"));
}

#[test]
fn a_refusal_by_words_or_status_is_proof_only_of_an_instance_that_never_answered() {
    let unpaid = Outcome::Refused { status: 402, cause: RefusalCause::Credit, proof: Proof::Words };
    for outcome in [NO_MODEL, unpaid] {
        let fresh = Health::default().after(&outcome, &end(0, 1, EVEN));
        assert_eq!(fresh.availability(1), MemberState::Misconfigured, "{outcome:?}");
        let once = proven().after(&outcome, &end(1, 2, EVEN));
        assert_eq!(once.availability(2), MemberState::Available, "{outcome:?}");
        let thrice = (3..5).fold(once, |it, at_ms| it.after(&outcome, &end(at_ms, at_ms, EVEN)));
        assert_eq!(thrice.availability(5), MemberState::Misconfigured, "{outcome:?}");
    }
}

#[test]
fn a_status_that_refuses_some_calls_is_shown_while_others_succeed() {
    let flagged = proven().after(&NO_MODEL, &end(1, 2, EVEN)).after(&Outcome::Ok, &end(3, 4, EVEN));
    let view = flagged.view(5, Timestamp(0));
    assert_eq!(view.state, HealthState::Healthy);
    assert_eq!(view.reason.as_deref(), Some("refuses some calls: 404"));
    assert_eq!(flagged.view(2 + FLAG_MS, Timestamp(0)).reason, None, "not for ever");
}

#[test]
fn a_failure_in_an_answer_counts_unless_the_request_may_be_to_blame() {
    let failed = |end: CallEnd| {
        (0..10).fold(proven(), |health, _| health.after(&Outcome::Status(500), &end)).availability(2)
    };
    assert_eq!(failed(end(1, 2, EVEN)), MemberState::Ejected, "nobody else was tried");
    assert_eq!(
        failed(CallEnd { request: 7, ..end(1, 2, EVEN) }),
        MemberState::Available,
        "one request, once"
    );
    let shared = CallEnd { may_be_the_request: true, ..end(1, 2, EVEN) };
    assert_eq!(failed(shared), MemberState::Available, "it failed elsewhere too");
    let lost = (0..3).fold(proven(), |health, _| health.after(&FAIL, &shared));
    assert_eq!(lost.availability(2), MemberState::Ejected, "no request breaks a connection");
}

#[test]
fn a_success_forgets_which_requests_failed() {
    let failing = CallEnd { request: 7, ..end(1, 2, EVEN) };
    let mut health = proven();
    for _ in 0..10 {
        health = health.after(&Outcome::Status(500), &failing).after(&Outcome::Ok, &end(1, 2, EVEN));
        assert!(health.is_settled());
    }
    assert_eq!(health.availability(2), MemberState::Available);
}

#[test]
fn a_long_answer_harms_nobody_who_answers_others() {
    let others = CallEnd { others_succeeded: true, ..end(1, 2, EVEN) };
    let after = |end: &CallEnd| {
        (0..5).fold(proven(), |health, _| health.after(&Outcome::AnswerTimeout, end)).availability(2)
    };
    assert_eq!(after(&others), MemberState::Available);
    assert_eq!(after(&end(1, 2, EVEN)), MemberState::Ejected);
}

#[test]
fn rate_limits_without_a_wait_cool_longer_each_time_and_a_success_begins_anew() {
    let mut health = proven();
    let mut now_ms = 0;
    let mut calls = 0;
    while now_ms < 600_000 {
        health = health.after(&limited(None), &end(now_ms, now_ms, EVEN));
        now_ms = health.due_ms().unwrap_or(now_ms);
        calls += 1;
    }
    assert!(calls <= 10, "{calls} calls in ten minutes");
    let again = health
        .after(&Outcome::Ok, &end(now_ms, now_ms, EVEN))
        .after(&limited(None), &end(now_ms, now_ms, EVEN));
    assert_eq!(again.due_ms(), Some(now_ms + COOLING_MS));
}

#[test]
fn calls_from_before_the_cooling_do_not_lengthen_it() {
    let cooling = proven().after(&limited(None), &end(0, 1_000, EVEN));
    let late = (0..20).fold(cooling, |it, at_ms| it.after(&limited(None), &end(900, 1_000 + at_ms, EVEN)));
    assert_eq!(late.due_ms(), cooling.due_ms());
}

#[test]
fn an_answer_to_a_call_from_before_the_cooling_does_not_begin_the_doubling_anew() {
    let cooling = proven().after(&limited(None), &end(1_000, 1_000, EVEN));
    let late = [4_000, 6_000, 6_000]
        .iter()
        .fold(cooling, |it, &at_ms| it.after(&Outcome::Ok, &end(500, at_ms, EVEN)));
    assert_eq!(late.availability(6_000), MemberState::Available);
    let again = late.after(&limited(None), &end(6_000, 6_000, EVEN));
    assert_eq!(again.due_ms(), Some(6_000 + 2 * COOLING_MS));
    let answered = late.after(&Outcome::Ok, &end(6_000, 6_000, EVEN));
    assert_eq!(answered.after(&limited(None), &end(7_000, 7_000, EVEN)).due_ms(), Some(7_000 + COOLING_MS));
}

#[test]
fn an_api_that_is_not_spoken_says_nothing_about_health() {
    let health = proven();
    assert_eq!(health.after(&Outcome::ApiNotSupported(404), &end(1, 2, EVEN)), health);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Ok),
        Just(Outcome::ConnectFailed),
        Just(Outcome::Cancelled),
        Just(NO_KEY),
        Just(Outcome::Rejected(400)),
        prop::option::of(0_u64..400_000).prop_map(|retry_after_ms| Outcome::RateLimited { retry_after_ms }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_an_instance_can_be_called_again_within_the_longest_rest(
        steps in prop::collection::vec((any_outcome(), 0_u64..20_000, 0_u64..30_000, 0.0..1.0_f64), 0..40),
    ) {
        let mut health = Health::default();
        let mut now_ms = 0;
        for (outcome, pause_ms, age_ms, roll) in steps {
            now_ms += pause_ms;
            health = health.claim_probe(now_ms).unwrap_or(health);
            health = health.after(&outcome, &end(now_ms.saturating_sub(age_ms), now_ms, roll));
        }
        let longest = (MAX_EJECTION_MS as f64 * (1.0 + JITTER)) as u64 + PROBE_LEASE_MS;
        let state = health.availability(now_ms + longest);
        prop_assert!(matches!(state, MemberState::Available | MemberState::Probe), "{:?}", health);
        if let Some(due_ms) = health.due_ms() {
            prop_assert!(due_ms <= now_ms + longest);
        }
    }
}
