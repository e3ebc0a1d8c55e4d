//! The fast path on the demo's own prompts, embedded by the demo's embedder and judged by the demo's router.

use app::domain::routing::fast_path::{Embedding, Replay, Source};

use super::*;
use crate::demo::vector;

const BEGINNINGS: [&str; 6] =
    ["", "Please help me: ", "Hi, one question. ", "Quick one: ", "For tomorrow: ", "Hello! "];
const ENDINGS: [&str; 6] =
    ["", " Thanks!", " It is urgent.", " I need it today.", " Keep it short.", " What would you do?"];
/// The embedder knows words and not what they mean, so it saves fewer calls than a real one.
const SEED: u64 = 7;
const CALLS: usize = 1_200;

/// SplitMix64, below `end`.
fn draw(state: &mut u64, end: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
}

#[test]
fn the_fast_path_saves_calls_of_the_demo_and_agrees() {
    let balancer = draft::prefilled();
    let prompts: Vec<&str> = [
        include_str!("../prompts/code.txt"),
        include_str!("../prompts/writing.txt"),
        include_str!("../prompts/support.txt"),
        include_str!("../prompts/general.txt"),
        include_str!("../prompts/none.txt"),
    ]
    .into_iter()
    .flat_map(lines)
    .collect();
    let labels: Vec<String> = Labels::of(&balancer).all().map(str::to_owned).collect();
    let mut replay = Replay::new(labels.len(), vector::DIMENSIONS, SEED);
    let (mut state, mut saved, mut wrong) = (SEED, 0, 0);
    for _ in 0..CALLS {
        let mut of = |texts: &[&'static str]| texts[draw(&mut state, texts.len())];
        let mut text = format!("{}{}{}", of(&BEGINNINGS), of(&prompts), of(&ENDINGS));
        // One call in four is about two things.
        if draw(&mut state, 4) == 0 {
            text = format!("{text} Also: {}", prompts[draw(&mut state, prompts.len())]);
        }
        let label = routed(&balancer, &text);
        let label = labels.iter().position(|it| *it == label).unwrap();
        let embedding = Embedding::of(&vector::of(&text, vector::DIMENSIONS)).unwrap();
        let call = replay.call(&embedding, label, 1);
        saved += usize::from(call.source == Source::Bank);
        wrong += usize::from(!call.agreed);
    }
    let figures = format!("{CALLS} calls, {saved} saved, {wrong} of them not as the router would have");
    assert!(saved * 20 >= CALLS, "some are saved: {figures}");
    assert!(wrong * 100 <= saved * 10, "the saved ones agree: {figures}");
}
