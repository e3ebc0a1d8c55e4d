//! Similarity of a text to each route: common words and synonyms, weighted by how few routes have them.

use std::collections::HashMap;

use app::domain::{config::words, routing::classify::PromptRoute};

use super::concepts;

/// Weight of a synonym, compared to a word itself.
const CONCEPT: f64 = 0.7;
/// Weight of words in requests of any kind, such as "write" or "fix".
const LIGHT: f64 = 0.3;
/// Weight of the concepts of such words.
const LIGHT_CONCEPT: f64 = 0.5;
/// Bonus for each further word of one concept, and how many words get it.
const AGAIN: f64 = 0.25;
const AGAIN_MOST: u32 = 4;
/// Weight of words in a route's sample prompts, compared to words of its intent.
const EXAMPLE_WORDS: f64 = 0.5;
/// Weight of the similarity to a whole sample prompt.
const EXAMPLE_LIKENESS: f64 = 1.5;

/// Weighted features of a text: stems, and concepts after a colon.
type Features = HashMap<String, f64>;

/// The role of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextRole {
    /// The name of a route: each word was chosen deliberately.
    Label,
    /// An intent or a sample prompt.
    Intent,
    /// The prompt to classify. Its form counts too, and more words of one concept make it more certain.
    Prompt,
}

/// The similarity of `text` to each route, in their order; 0 is none, a good match is about 1 or more.
pub(super) fn of(routes: &[PromptRoute], text: &str) -> Vec<f64> {
    let sides: Vec<_> = routes.iter().map(route_features).collect();
    let prompt = features(text, TextRole::Prompt);
    // A feature of all routes distinguishes nothing, one of a single route everything.
    let rarity = |feature: &str| {
        let bearers = sides.iter().filter_map(|it| it.get(feature)).sum::<f64>().max(1.0);
        (1.0 + count(routes.len()) / bearers).ln() / (1.0 + count(routes.len())).ln()
    };
    let own = sides.iter().map(|side| -> f64 {
        let shared =
            prompt.iter().filter_map(|(feature, weight)| Some((feature, weight * side.get(feature)?)));
        shared.map(|(feature, weight)| weight * rarity(feature)).sum()
    });
    own.zip(routes).map(|(own, route)| own + EXAMPLE_LIKENESS * nearest_example(route, &prompt)).collect()
}

fn route_features(route: &PromptRoute) -> Features {
    let mut all = features(&route.label.replace(['-', '_'], " "), TextRole::Label);
    let examples = route.examples.iter().flat_map(|it| features(it, TextRole::Intent));
    let examples = examples.map(|(feature, weight)| (feature, weight * EXAMPLE_WORDS));
    for (feature, weight) in features(&route.intent, TextRole::Intent).into_iter().chain(examples) {
        let most = all.entry(feature).or_default();
        *most = most.max(weight);
    }
    all
}

/// The cosine similarity of the most similar sample prompt.
fn nearest_example(route: &PromptRoute, prompt: &Features) -> f64 {
    let length = |side: &Features| side.values().map(|it| it * it).sum::<f64>().sqrt();
    let cosine = |example: &String| {
        let example = features(example, TextRole::Intent);
        let dot: f64 =
            prompt.iter().filter_map(|(feature, weight)| Some(weight * example.get(feature)?)).sum();
        let lengths = length(prompt) * length(&example);
        if lengths > 0.0 { dot / lengths } else { 0.0 }
    };
    route.examples.iter().map(cosine).fold(0.0, f64::max)
}

fn features(text: &str, place: TextRole) -> Features {
    let mut features = Features::new();
    let mut meant: HashMap<&'static str, (f64, u32)> = HashMap::new();
    let mut mean = |concept: &'static str, weight: f64| {
        let (most, times) = meant.entry(concept).or_default();
        *most = most.max(weight);
        *times += 1;
    };
    let words = words::words(text);
    let mut rest = words.as_slice();
    while let Some((word, after)) = rest.split_first() {
        if let Some((length, concepts)) = concepts::of_phrase(rest) {
            concepts.iter().for_each(|concept| mean(concept, 1.0));
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        rest = after;
        let stem = words::stem(word);
        let (own, meaning) = match concepts::is_light(&stem) {
            true if place != TextRole::Label => (LIGHT, LIGHT_CONCEPT),
            _ => (1.0, 1.0),
        };
        concepts::of_word(word, &stem).iter().for_each(|concept| mean(concept, meaning));
        if !words::is_stop_word(word) {
            features.insert(stem, own);
        }
    }
    if place == TextRole::Prompt {
        concepts::of_form(text, &words).for_each(|concept| mean(concept, 1.0));
    }
    for (concept, (most, times)) in meant {
        let again = 1.0 + f64::from((times - 1).min(AGAIN_MOST)) * AGAIN;
        let weight = if place == TextRole::Prompt { CONCEPT * most * again } else { most };
        features.insert(format!(":{concept}"), weight);
    }
    features
}

#[expect(clippy::cast_precision_loss, reason = "a balancer has at most 64 routes")]
fn count(number: usize) -> f64 {
    number as f64
}
