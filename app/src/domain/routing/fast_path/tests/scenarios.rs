//! Streams that the fast path has to stand: steady ones, judges that change their minds or err, and strangers. The tests
//! run them small, the bench in full size.

use super::{
    fast_path::{Embedding, Replay, Source},
    generated::{Generated, Rng, SetKind},
};

/// Counts of replayed calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    calls: usize,
    saved: usize,
    wrong: usize,
}

impl Tally {
    /// Share of the calls that needed no router call.
    pub(super) fn saved(&self) -> f64 {
        self.saved as f64 / self.calls.max(1) as f64
    }

    /// Share of all calls that went where the router model would have sent them.
    pub(super) fn agreement(&self) -> f64 {
        1.0 - self.wrong as f64 / self.calls.max(1) as f64
    }

    /// The same share of the calls that the bank answered.
    pub(super) fn precision(&self) -> f64 {
        1.0 - self.wrong as f64 / self.saved.max(1) as f64
    }

    /// The figures in words.
    pub(super) fn describe(&self) -> String {
        let [saved, agreement, precision] =
            [self.saved(), self.agreement(), self.precision()].map(|it| 100.0 * it);
        format!(
            "{} calls, {saved:.1} % saved, agreement {agreement:.2} % of all, {precision:.2} % of the saved",
            self.calls
        )
    }
}

/// Replays calls of one API key.
pub(super) fn run(replay: &mut Replay, calls: usize, mut next: impl FnMut() -> (Vec<f32>, usize)) -> Tally {
    let mut tally = Tally { calls, ..Tally::default() };
    for _ in 0..calls {
        let (values, label) = next();
        let Some(embedding) = Embedding::of(&values) else { continue };
        let call = replay.call(&embedding, label, 1);
        tally.saved += usize::from(call.source == Source::Bank);
        tally.wrong += usize::from(!call.agreed);
    }
    tally
}

fn replay(kind: SetKind, seed: u64) -> Replay {
    Replay::new(kind.labels, kind.dimensions, seed)
}

/// Share of `calls` texts whose nearest neighbour among `earlier` ones has their label: how hard a set is.
pub(super) fn nearest_neighbour_agreement(kind: SetKind, earlier: usize, calls: usize) -> f64 {
    let mut texts = Generated::new(11, kind);
    let mut text = || {
        let (values, label) = texts.text();
        Embedding::of(&values).map(|it| (it, label))
    };
    let earlier: Vec<(Embedding, usize)> = (0..earlier).filter_map(|_| text()).collect();
    let agrees = |(embedding, label): &(Embedding, usize)| {
        let near = |it: &(Embedding, usize)| it.0.cosine(embedding);
        earlier.iter().max_by(|a, b| near(a).total_cmp(&near(b))).is_some_and(|it| it.1 == *label)
    };
    (0..calls).filter_map(|_| text()).filter(agrees).count() as f64 / calls as f64
}

/// A steady stream, and what is known in the end.
pub(super) fn steady(kind: SetKind, seed: u64, calls: usize) -> (Tally, Replay) {
    let mut texts = Generated::new(seed, kind);
    let mut replay = replay(kind, seed);
    (run(&mut replay, calls, || texts.text()), replay)
}

/// A judge that swaps two routes after `calls`: the next 300 calls, and the 300 after those.
pub(super) fn swap(kind: SetKind, seed: u64, calls: usize) -> [Tally; 2] {
    let mut texts = Generated::new(seed, kind);
    let mut replay = replay(kind, seed);
    run(&mut replay, calls, || texts.text());
    let mut next = || {
        let (values, label) = texts.text();
        (values, if label < 2 { 1 - label } else { label })
    };
    [(); 2].map(|()| run(&mut replay, 300, &mut next))
}

/// The first 200 texts that belong nowhere, after `calls` of which none was `none`.
pub(super) fn strangers(kind: SetKind, seed: u64, calls: usize) -> Tally {
    let mut texts = Generated::new(seed, kind);
    let mut replay = replay(kind, seed);
    let none = kind.labels - 1;
    let mut known = || loop {
        let text = texts.text();
        if text.1 != none {
            return text;
        }
    };
    run(&mut replay, calls, &mut known);
    run(&mut replay, 200, || (texts.stranger(), none))
}

/// A judge that gives a random other label to this share of the texts.
pub(super) fn erring(kind: SetKind, seed: u64, calls: usize, share: f64) -> Tally {
    let mut texts = Generated::new(seed, kind);
    let mut replay = replay(kind, seed);
    let mut rng = Rng::new(seed);
    run(&mut replay, calls, || {
        let (values, label) = texts.text();
        let errs = rng.uniform() < share;
        (values, if errs { (label + 1 + rng.below(kind.labels - 1)) % kind.labels } else { label })
    })
}
