//! Texts that say enough for an embedding to be a guide.

/// Least number of words.
const WORDS: usize = 3;
/// Least number of characters in scripts without spaces.
const CHARACTERS: usize = 8;

/// Whether a text has 3 words or more, or 8 characters or more of scripts that put no spaces between words.
pub fn is_eligible(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
    let unspaced = text.chars().filter(|it| is_unspaced(*it));
    words.take(WORDS).count() == WORDS || unspaced.take(CHARACTERS).count() == CHARACTERS
}

/// Whether a character belongs to a script without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, and the
/// scripts of Chinese and Japanese.
fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{0e00}'..='\u{0eff}' | '\u{0f00}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}')
        && character.is_alphanumeric()
}
