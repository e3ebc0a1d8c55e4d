//! Rules of texts: presence, length, and characters that do not belong.

use crate::domain::{fault::Fault, ids::is_slug, limits};

/// One line that must be there.
pub(super) fn required_line(path: &str, noun: &str, text: &str, max: usize, faults: &mut Vec<Fault>) {
    if is_blank(text) {
        faults.push(missing(path, noun));
    }
    line(path, noun, text, max, faults);
}

/// One line that may be empty.
pub(super) fn line(path: &str, noun: &str, text: &str, max: usize, faults: &mut Vec<Fault>) {
    length(path, noun, text, max, faults);
    if text.chars().any(char::is_control) {
        let message = format!("Remove line breaks and control characters from the {noun}.");
        faults.push(Fault::new(path, "control_character", message));
    }
}

/// Several lines that may be empty.
pub(super) fn lines(path: &str, noun: &str, text: &str, max: usize, faults: &mut Vec<Fault>) {
    length(path, noun, text, max, faults);
    if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        let message = format!("Remove control characters from the {noun}.");
        faults.push(Fault::new(path, "control_character", message));
    }
}

/// A slug that must be there.
pub(super) fn required_slug(path: &str, noun: &str, text: &str, faults: &mut Vec<Fault>) {
    if text.is_empty() {
        faults.push(missing(path, noun));
        return;
    }
    length(path, noun, text, limits::SLUG_CHARS, faults);
    if text.chars().count() <= limits::SLUG_CHARS && !is_slug(text) {
        let message = format!(
            "Use lower-case letters, digits, hyphens and underscores in the {noun}, beginning with a letter or digit."
        );
        faults.push(Fault::new(path, "invalid_slug", message));
    }
}

/// The fault of a text that is missing.
pub(super) fn missing(path: &str, noun: &str) -> Fault {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    Fault::new(path, "required", format!("Enter {article} {noun}."))
}

/// Whether a text shows nothing: white space and characters without width only.
fn is_blank(text: &str) -> bool {
    let is_unseen = |it: char| matches!(it, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars().all(|it| it.is_whitespace() || is_unseen(it))
}

fn length(path: &str, noun: &str, text: &str, max: usize, faults: &mut Vec<Fault>) {
    if text.chars().count() > max {
        faults.push(Fault::new(path, "too_long", format!("Shorten the {noun} to at most {max} characters.")));
    }
}
