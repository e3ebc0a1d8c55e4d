//! Labels that stand alone on the first or last line.

use super::{Answer, alone};
use crate::domain::routing::classify::Labels;

/// The label of the first or last line; [`Answer::Invalid`] if they differ.
pub(super) fn read(text: &str, labels: &Labels) -> Option<Answer> {
    // Lines without a letter only separate.
    let mut lines = text.lines().filter(|line| line.contains(char::is_alphanumeric));
    let first = alone(lines.next()?, labels);
    let last = lines.next_back().and_then(|line| alone(line, labels));
    match (first, last) {
        (Some(first), Some(last)) if first != last => Some(Answer::Invalid),
        (first, last) => first.or(last),
    }
}
