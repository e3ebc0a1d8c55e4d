//! Validation of texts: presence, length, and characters.

use crate::domain::{field_error::FieldError, ids::is_slug, limits};

/// A required single line.
pub(super) fn required_line(path: &str, noun: &str, text: &str, max: usize, errors: &mut Vec<FieldError>) {
    if is_blank(text) {
        errors.push(missing(path, noun));
    }
    line(path, noun, text, max, errors);
}

/// An optional single line.
pub(super) fn line(path: &str, noun: &str, text: &str, max: usize, errors: &mut Vec<FieldError>) {
    length(path, noun, text, max, errors);
    if text.chars().any(char::is_control) {
        let message = format!("Remove line breaks and control characters from the {noun}.");
        errors.push(FieldError::new(path, "control_character", message));
    }
}

/// An optional multi-line text.
pub(super) fn lines(path: &str, noun: &str, text: &str, max: usize, errors: &mut Vec<FieldError>) {
    length(path, noun, text, max, errors);
    if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        let message = format!("Remove control characters from the {noun}.");
        errors.push(FieldError::new(path, "control_character", message));
    }
}

/// A required slug.
pub(super) fn required_slug(path: &str, noun: &str, text: &str, errors: &mut Vec<FieldError>) {
    if text.is_empty() {
        errors.push(missing(path, noun));
        return;
    }
    length(path, noun, text, limits::SLUG_CHARS, errors);
    if text.chars().count() <= limits::SLUG_CHARS && !is_slug(text) {
        let message = format!(
            "Use lower-case letters, digits, hyphens and underscores in the {noun}, beginning with a letter or digit."
        );
        errors.push(FieldError::new(path, "invalid_slug", message));
    }
}

/// The error of a missing text.
pub(super) fn missing(path: &str, noun: &str) -> FieldError {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    FieldError::new(path, "required", format!("Enter {article} {noun}."))
}

/// Whether a text has no visible characters.
fn is_blank(text: &str) -> bool {
    let is_unseen = |it: char| matches!(it, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars().all(|it| it.is_whitespace() || is_unseen(it))
}

fn length(path: &str, noun: &str, text: &str, max: usize, errors: &mut Vec<FieldError>) {
    if text.chars().count() > max {
        errors.push(FieldError::new(
            path,
            "too_long",
            format!("Shorten the {noun} to at most {max} characters."),
        ));
    }
}
