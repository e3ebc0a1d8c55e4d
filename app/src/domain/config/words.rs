//! Words of a text, made comparable: lower case, without those that every request has, cut to their stems.
//!
//! English only, small and crude on purpose: it serves hints about intents and the demo's router, never the routing
//! of real calls.

use std::collections::BTreeSet;

/// Words that tell nothing about what a text is about, those included that any intent or request may begin with.
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

/// Endings that are cut, longer ones first; at least three letters stay.
const ENDINGS: &str = "isations izations isation ization ations ation ising izing iser izer ised ized ating ator \
    ated ings ions ment ness able ible ing ion ise ize ate ers ors ies ed er or es ly s y e";

/// All words in order, in lower case. `+` and `#` stay at the end of a word, so that languages keep their names.
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

/// Whether a word, in lower case, tells nothing about what a text is about.
pub fn is_stop_word(word: &str) -> bool {
    STOP.split(' ').any(|it| it == word)
}

/// The stem of a word in lower case: endings cut, a doubled letter at the end made single.
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

/// The stems of all telling words.
pub fn telling(text: &str) -> BTreeSet<String> {
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
            let _ = telling(text);
        }
    }
}
