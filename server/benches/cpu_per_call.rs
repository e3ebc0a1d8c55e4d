//! CPU time per call of this server, compared with nginx in the same run: `make bench`.
//!
//! Both face the same upstream and get the same calls from the same client, in alternating rounds, so that
//! disturbances of the machine affect both. Measured is the CPU time of their own processes (user and
//! system), not wall time. nginx only passes bytes on: it checks no key, reads no model or stream, and keeps
//! no log.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and ends where anything fails"
)]

#[path = "cpu_per_call/contender.rs"]
mod contender;
#[path = "cpu_per_call/load.rs"]
mod load;
#[path = "cpu_per_call/upstream.rs"]
mod upstream;

use load::Shape;

/// Rounds per contender; the median counts.
const ROUNDS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let upstream = upstream::start().await;
        let contenders = [contender::smart_balancer(&upstream).await, contender::nginx(&upstream).await];
        for shape in [Shape::Plain, Shape::Stream] {
            let mut costs = [const { Vec::new() }; 2];
            for round in 0..=ROUNDS {
                for (contender, costs) in contenders.iter().zip(&mut costs) {
                    let before = contender.cpu();
                    let calls = load::run(contender, shape).await;
                    let cost = (contender.cpu() - before).as_secs_f64() * 1e6 / calls as f64;
                    // The first round warms up.
                    if round > 0 {
                        costs.push(cost);
                    }
                }
            }
            let ratios: Vec<f64> =
                costs[0].iter().zip(&costs[1]).map(|(ours, theirs)| ours / theirs).collect();
            for (contender, costs) in contenders.iter().zip(costs) {
                println!(
                    "{:<7} {:<15} {:>7.1} µs of CPU a call",
                    shape.name(),
                    contender.name,
                    median(costs)
                );
            }
            println!("{:<7} {:<15} {:>7.2}", shape.name(), "ratio", median(ratios));
        }
    });
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
