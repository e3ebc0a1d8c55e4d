#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

/// How many of the count, one each `step`, were let through; all of them wrong.
fn wrong(
    throttle: &Throttle,
    account: &str,
    from: Option<IpAddr>,
    at: &mut Instant,
    count: u32,
    step: Duration,
) -> u32 {
    let mut through = 0;
    for _ in 0..count {
        if let Ok(attempt) = throttle.admit(account, from, *at) {
            attempt.fail();
            through += 1;
        }
        *at += step;
    }
    through
}

#[test]
fn the_wait_grows_with_each_wrong_password_and_ends() {
    let throttle = Throttle::default();
    let mut at = Instant::now();
    let home = ip("192.0.2.1");
    assert_eq!(wrong(&throttle, "ada", home, &mut at, 6, Duration::ZERO), 6);
    let mut waits = Vec::new();
    for _ in 0..11 {
        let wait = throttle.admit("ada", home, at).err().unwrap();
        assert!(throttle.admit("ADA ", home, at + Duration::from_millis(wait * 1000 - 10)).is_err());
        at += Duration::from_secs(wait);
        throttle.admit("ada", home, at).ok().unwrap().fail();
        waits.push(wait);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    at += FORGET_AFTER + Duration::from_secs(1);
    assert_eq!(wrong(&throttle, "ada", home, &mut at, 20, Duration::ZERO), 6, "and then it begins anew");
}

#[test]
fn a_right_password_forgets_what_went_wrong() {
    let throttle = Throttle::default();
    let mut at = Instant::now();
    let home = ip("192.0.2.1");
    for _ in 0..50 {
        wrong(&throttle, "ada", home, &mut at, 5, Duration::ZERO);
        throttle.admit("ada", home, at).ok().unwrap().succeed();
    }
}

#[test]
fn a_stranger_does_not_lock_out_somebody_who_was_there_before() {
    let throttle = Throttle::default();
    let mut at = Instant::now();
    let home = ip("192.0.2.1");
    throttle.admit("ada", home, at).ok().unwrap().succeed();
    for n in 0..200 {
        let stranger = ip(&format!("198.51.100.{n}"));
        wrong(&throttle, "ada", stranger, &mut at, 6, Duration::ZERO);
    }
    assert!(throttle.admit("ada", ip("203.0.113.1"), at).is_err(), "the account is under attack");
    assert!(throttle.admit("ada", home, at).is_ok(), "but not from there");
    at += Duration::from_secs(31);
    assert!(throttle.admit("ada", ip("203.0.113.1"), at).is_ok(), "and nobody waits for long");
}

#[test]
fn one_network_waits_whatever_names_it_tries() {
    let throttle = Throttle::default();
    let mut at = Instant::now();
    let through: u32 = (0..1_000)
        .map(|n| {
            // All of one IPv6 subscriber.
            let from = ip(&format!("2001:db8::{n:x}"));
            wrong(&throttle, &format!("user {n}"), from, &mut at, 1, Duration::from_millis(1))
        })
        .sum();
    assert!((30..40).contains(&through), "{through}");
    assert!(throttle.admit("ada", ip("2001:db8:0:1::1"), at).is_ok(), "the neighbour does not");
}

#[test]
fn many_at_once_are_no_way_around_and_what_nobody_looked_at_does_not_count() {
    let throttle = Throttle::default();
    let at = Instant::now();
    let under_way: Vec<_> = (0..50).filter_map(|_| throttle.admit("ada", None, at).ok()).collect();
    assert_eq!(under_way.len(), 6);
    under_way.into_iter().for_each(Attempt::cancel);
    assert_eq!((0..50).filter_map(|_| throttle.admit("ada", None, at).ok()).count(), 6);
}

#[test]
fn the_tables_are_bounded() {
    let throttle = Throttle::default();
    let at = Instant::now();
    for n in 0..100_000_u32 {
        let from = Some(IpAddr::V4(n.into()));
        throttle.admit(&format!("user {n}"), from, at).ok().unwrap().fail();
    }
    let tables = throttle.tables.lock().unwrap();
    for table in [&tables.pairs, &tables.networks, &tables.accounts] {
        assert!(table.len() <= ENTRIES, "{}", table.len());
    }
}
