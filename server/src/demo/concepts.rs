//! A small table of synonyms for the demo's router. A real router model needs none of this.

use std::{collections::HashMap, sync::LazyLock};

use app::domain::config::words;

/// One concept per line: its name and its words. Underscores join phrases, which are compared literally; single words
/// are compared by their stems.
const TABLE: &str = include_str!("concepts/table.txt");

/// Words in requests of any kind, which say little about their topic.
const LIGHT: &str = "write read fix make explain find show create check review change update new old short long small \
                     large big simple quick good best better nice generate provide add remove work test";

/// Maximum number of words of a phrase.
const PHRASE_WORDS: usize = 4;

struct Concepts {
    stems: HashMap<String, Vec<&'static str>>,
    /// Words such as "hello", which mean nothing beyond their concept.
    stop_words: HashMap<&'static str, Vec<&'static str>>,
    phrases: HashMap<&'static str, Vec<&'static str>>,
    light: Vec<String>,
}

static CONCEPTS: LazyLock<Concepts> = LazyLock::new(|| {
    let mut concepts = Concepts {
        stems: HashMap::new(),
        stop_words: HashMap::new(),
        phrases: HashMap::new(),
        light: LIGHT.split_whitespace().map(words::stem).collect(),
    };
    for (name, list) in TABLE.lines().filter_map(|line| line.split_once(": ")) {
        for word in list.split_whitespace() {
            let meanings = if word.contains('_') {
                concepts.phrases.entry(word).or_default()
            } else if words::is_stop_word(word) {
                concepts.stop_words.entry(word).or_default()
            } else {
                concepts.stems.entry(words::stem(word)).or_default()
            };
            if !meanings.contains(&name) {
                meanings.push(name);
            }
        }
    }
    concepts
});

/// The concepts of a word with this stem.
pub(super) fn of_word(word: &str, stem: &str) -> &'static [&'static str] {
    let meanings =
        if words::is_stop_word(word) { CONCEPTS.stop_words.get(word) } else { CONCEPTS.stems.get(stem) };
    meanings.map_or(&[], Vec::as_slice)
}

/// The concepts of the longest phrase that `words` begin with, and its number of words.
pub(super) fn of_phrase(words: &[String]) -> Option<(usize, &'static [&'static str])> {
    (2..=PHRASE_WORDS.min(words.len())).rev().find_map(|length| {
        let phrase = words.get(..length)?.join("_");
        CONCEPTS.phrases.get(phrase.as_str()).map(|meanings| (length, meanings.as_slice()))
    })
}

/// Whether a stem says little about the topic.
pub(super) fn is_light(stem: &str) -> bool {
    CONCEPTS.light.iter().any(|it| it == stem)
}

/// The concepts of a prompt's form, regardless of its words: program code or a question.
pub(super) fn of_form(text: &str, words: &[String]) -> impl Iterator<Item = &'static str> {
    let code = looks_like_code(text).then_some("code");
    let question = is_question(text, words).then_some("trivia");
    code.into_iter().chain(question)
}

fn looks_like_code(text: &str) -> bool {
    const SIGNS: [&str; 24] = [
        "```", "();", "('", "(\"", ");", "){", ") {", "=>", "->", "==", "!=", "&&", "||", "#include", "fn ",
        "def ", "</", "/>", "::", "const ", "[0]", "console.", "System.", "SELECT ",
    ];
    let named = |word: &str| {
        let letters = word.trim_matches(|c: char| !c.is_alphanumeric());
        let camel =
            letters.chars().zip(letters.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
        let snake = letters.contains('_') && letters.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        camel || snake || word.contains("()")
    };
    SIGNS.iter().any(|it| text.contains(it)) || text.split_whitespace().any(named)
}

/// Whether it asks about the world rather than for something to be done.
fn is_question(text: &str, words: &[String]) -> bool {
    const ASKING: [&str; 16] = [
        "what", "who", "whom", "whose", "when", "where", "why", "which", "how", "is", "are", "was", "were",
        "do", "does", "did",
    ];
    let first = words.first().map(String::as_str).unwrap_or_default();
    let asks =
        |word: &str, sure: bool| ASKING.iter().position(|it| *it == word).is_some_and(|at| sure || at < 9);
    asks(first, text.contains('?'))
}
