//! Answers of a router model: whatever it says, it names a label of the closed set or nothing, and a label counts
//! only where it was said.

use app::domain::{
    config::balancer::{Balancer, Route},
    routing::classify::{Answer, Labels, parse},
};

/// Sets of routes with something difficult about each: names within names, a route called `none`, marks at the ends.
const SETS: [&[&str]; 4] = [
    &["code", "code-review", "legal", "general"],
    &["none", "none_of_these", "a"],
    &["a-", "a", "0", "a_b"],
    &["x"],
];

/// Checks one answer against each set.
pub(crate) fn holds(bytes: &[u8]) {
    let said = String::from_utf8_lossy(bytes);
    for names in SETS {
        let (balancer, labels) = set(names);
        let answer = parse(&said, &labels);
        match answer {
            Answer::Route(at) => {
                let route = balancer.routes.get(at);
                assert!(route.is_some_and(|it| it.enabled), "{answer:?} is no label of {names:?}");
                assert!(route.is_some_and(|it| occurs(&it.name, &said)), "{answer:?} was never said");
            }
            // "No route fits" and `null` say it in other words.
            Answer::None => {
                let words = [labels.none.as_str(), "none", "null", "no", "nothing", "n't", "n’t"];
                assert!(words.iter().any(|it| occurs(it, &said)), "nobody said none");
            }
            Answer::Invalid => {}
        }
        assert_eq!(parse(&said.to_ascii_uppercase(), &labels), answer, "case counts");
        assert_eq!(parse(&format!("\r\n {said}\n\t"), &labels), answer, "white space around it counts");
        let thought = format!("<think>{} or {}?</think>{said}", names[0], labels.none);
        assert_eq!(parse(&thought, &labels), answer, "reasoning counts");
    }
}

/// A balancer of these routes, the last of them off where there is more than one, and its labels.
fn set(names: &[&str]) -> (Balancer, Labels) {
    let route = |(at, name): (usize, &&str)| Route {
        name: (*name).to_owned(),
        enabled: at == 0 || at + 1 < names.len(),
        ..Route::default()
    };
    let balancer = Balancer { routes: names.iter().enumerate().map(route).collect(), ..Balancer::default() };
    let labels = Labels::of(&balancer);
    (balancer, labels)
}

/// Whether the words of the label stand in the text in their order; an escape may spell it in JSON, and underscores may
/// be escaped.
fn occurs(label: &str, said: &str) -> bool {
    let fold = |text: &str| text.to_ascii_lowercase().replace([' ', '\t', '_', '-', '\n', '\\'], "");
    fold(said).contains(&fold(label)) || said.contains("\\u") || said.contains("\\U")
}
