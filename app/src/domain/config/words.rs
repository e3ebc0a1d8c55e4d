//! Normalized words of a text: lower case, without stop words, reduced to their stems.
//!
//! English only and deliberately simple: used for warnings about intents and for the demo router, never for routing
//! real calls.

use std::collections::BTreeSet;

/// Stop words, including those that any intent or request may begin with.
const STOP: &str = "a about after again all also am an and any anything are as ask asked asking asks at be because been \
    before being between both but by can cannot could d did do does doing don each else etc ever every \
    everything few for from get gets getting give given gives go goes going got had handle handles has \
    have having he hello help helping helps her here hey hi him his how i if in into involves involving \
    is it its just kind let like ll m make makes making many may me more most much must my need needs no \
    not now of off on one only or other our out over people person please prompt prompts put re really \
    regarding related request requests s say says see she should so some somebody someone something \
    still such t tell than thank thanks that the their them then there these they this those to too \
    topics try trying until up us use user users uses using ve very want wants was way we were what when \
    where which while who whom whose why will with without would you your";

/// Suffixes to cut, longest first; at least three letters remain.
const ENDINGS: &str = "isations izations isation ization ations ation ising izing iser izer ised ized ating ator \
    ated ings ions ment ness able ible ing ion ise ize ate ers ors ies ed er or es ly s y e";

/// All words in order, in lower case. A trailing `+` or `#` stays, for names of programming languages.
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let tail = (c == '+' || c == '#') && open;
        if c.is_alphanumeric() || tail {
            if !open {
                words.push(String::new());
            }
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        open = c.is_alphanumeric() || tail;
    }
    words
}

/// Whether a lower-case word is a stop word.
pub fn is_stop_word(word: &str) -> bool {
    STOP.split(' ').any(|it| it == word)
}

/// The stem of a lower-case word: without suffix, and without a doubled last letter.
pub fn stem(word: &str) -> String {
    let mut stem = word;
    for _ in 0..3 {
        let Some(rest) = cut(stem) else { break };
        stem = rest;
    }
    let mut letters = stem.chars().rev();
    let doubled = stem.len() > 3 && stem.is_ascii() && letters.next() == letters.next();
    stem[..stem.len() - usize::from(doubled)].to_owned()
}

/// The stems of all words that are not stop words.
pub fn content_stems(text: &str) -> BTreeSet<String> {
    words(text).iter().filter(|word| !is_stop_word(word)).map(|word| stem(word)).collect()
}

fn cut(word: &str) -> Option<&str> {
    if !word.is_ascii() || word.ends_with("ss") || word.ends_with("us") {
        return None;
    }
    ENDINGS.split(' ').filter_map(|ending| word.strip_suffix(ending)).find(|rest| rest.len() >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        for family in [
            ["write", "writing", "writer", "writes"],
            ["translate", "translation", "translated", "translator"],
            ["program", "programming", "programs", "programmer"],
            ["summarise", "summarize", "summarised", "summarizing"],
            ["deliver", "delivery", "delivered", "deliveries"],
            ["bill", "billing", "billed", "bills"],
            ["code", "coding", "coder", "coded"],
        ] {
            let stems: BTreeSet<_> = family.iter().map(|word| stem(word)).collect();
            assert_eq!(stems.len(), 1, "{family:?} {stems:?}");
        }
    }

    #[test]
    fn words_keep_the_names_of_languages() {
        assert_eq!(words("Is C++ (or C#) faster?"), ["is", "c++", "or", "c#", "faster"]);
    }

    #[test]
    fn any_text_has_words_without_a_panic() {
        for text in ["", "été", "日本語のテキスト", "++", "eeee", "ss", "\u{1F600}s"] {
            let _ = content_stems(text);
        }
    }
}
