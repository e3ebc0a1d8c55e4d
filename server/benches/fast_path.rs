//! The fast path: time of a search, and quality on generated streams of a fixed seed.
//!
//! `cargo bench -p smart-balancer --bench fast_path`. The tests of the domain assert the same of smaller sets.

#![expect(clippy::print_stdout, reason = "a bench prints")]

#[path = "../../app/src/domain/routing/fast_path/tests/generated.rs"]
mod generated;
#[path = "../../app/src/domain/routing/fast_path/tests/scenarios.rs"]
mod scenarios;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use app::domain::routing::fast_path::{self, Embedding, Judged, LABEL_VECTORS, Learner};

use generated::{Rng, SetKind};

/// Searches of which the fastest and the median are printed.
const SEARCHES: usize = 2_000;
const CALLS: usize = 6_000;
const SEEDS: [u64; 3] = [1, 2, 3];

fn main() {
    for (labels, dimensions) in [(7, 384), (5, 384), (7, 768), (7, 1_536)] {
        search(labels, dimensions);
    }
    let set = |noise, between| SetKind { labels: 7, dimensions: 384, noise, between };
    for (name, kind) in [("clear", set(1.6, 0.25)), ("realistic", set(2.0, 0.5)), ("hard", set(2.4, 0.6))] {
        quality(name, kind);
    }
}

/// The time of a search in a full bank.
fn search(labels: usize, dimensions: usize) {
    let mut rng = Rng::new(1);
    let mut text = || Embedding::of(&rng.direction(dimensions));
    let mut learner = Learner::new(labels, dimensions);
    let capacity = learner.snapshot().bank().capacity();
    for at in 0..labels * capacity {
        let Some(embedding) = text() else { continue };
        let judged = Judged { embedding, label: at % labels, caller: 1, vote: None, explored: false };
        learner.learn(&judged, 0.5);
    }
    let snapshot = learner.snapshot();
    let mut times: Vec<Duration> = Vec::with_capacity(SEARCHES);
    for _ in 0..SEARCHES {
        let Some(embedding) = text() else { continue };
        let began = Instant::now();
        black_box(snapshot.vote(black_box(&embedding)));
        times.push(began.elapsed());
    }
    times.sort();
    let micros = |at: usize| times.get(at).map_or(0.0, |it| it.as_secs_f64() * 1e6);
    println!(
        "search: {labels} labels of {capacity} vectors (of {LABEL_VECTORS}) at {dimensions} dimensions: fastest \
         {:.1} µs, median {:.1} µs, p99 {:.1} µs",
        micros(0),
        micros(SEARCHES / 2),
        micros(SEARCHES * 99 / 100)
    );
}

fn quality(name: &str, kind: SetKind) {
    let near = scenarios::nearest_neighbour_agreement(kind, 2_000, 500);
    println!("\n{name}: the nearest neighbour agrees for {:.1} %", 100.0 * near);
    for seed in SEEDS {
        let (steady, replay) = scenarios::steady(kind, seed, CALLS);
        let (explored, agreement, bound) = replay.learner().explored();
        println!("seed {seed}, steady: {}", steady.describe());
        println!(
            "  explored {explored}, of which agreed {:.1} %, bound {:.1} %",
            100.0 * agreement,
            100.0 * bound
        );
        let [first, later] = scenarios::swap(kind, seed, CALLS);
        println!("  two routes swapped: {}; then {}", first.describe(), later.describe());
        println!("  strangers: {}", scenarios::strangers(kind, seed, CALLS).describe());
        println!("  5 % random errors: {}", scenarios::erring(kind, seed, CALLS, 0.05).describe());
        println!("  random labels: {}", scenarios::erring(kind, seed, CALLS, 0.8).describe());
    }
}
