//! Model ids: whether one can be sent upstream, and which calls it serves as far as its name says so.

use app::domain::limits;

use super::{
    placeholder::{self, is_placeholder},
    tree::Text,
};

/// What a name says of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ByName {
    /// Nothing: a chat model, as in the other gateways.
    Chat,
    /// It is of a known family of embeddings models.
    Embeddings,
    /// It serves calls that are not served here.
    NotServed,
}

/// What is told of a wildcard.
pub(super) const WILDCARD: &str = "A wildcard has no counterpart; make one balancer for each model.";
/// Words of names that are embeddings models.
const EMBEDDINGS: [&str; 8] = ["embed", "embedding", "embeddings", "bge", "e5", "gte", "minilm", "mxbai"];
/// Words of names that serve neither chat nor embeddings: rerankers, speech, pictures, moderation.
const NOT_SERVED: [&str; 9] =
    ["rerank", "reranker", "whisper", "tts", "transcribe", "transcription", "realtime", "moderation", "dall"];

/// A model id that can be sent upstream, or what to say of one that cannot. Absent is none.
pub(super) fn id(text: Text<'_>) -> Result<Option<&str>, String> {
    match readable(text)? {
        Some(id) if id.chars().count() > limits::MODEL_CHARS => {
            let most = limits::MODEL_CHARS;
            Err(format!("It has more than {most} characters, so nothing was imported from here."))
        }
        id => Ok(id),
    }
}

/// A name that stands in the file itself, or what to say of one that does not. Absent is none.
pub(super) fn readable(text: Text<'_>) -> Result<Option<&str>, String> {
    let Text::Is(text) = text else {
        return match text {
            Text::Mistyped => {
                Err("It is not a text, so nothing was imported from here; write it in quotes.".to_owned())
            }
            _ => Ok(None),
        };
    };
    if text.contains('*') {
        return Err(WILDCARD.to_owned());
    }
    if is_placeholder(text) {
        let what_to_do = "nothing was imported from here, since the name itself is not in the file";
        return Err(placeholder::words(text, what_to_do));
    }
    if text.chars().any(char::is_control) {
        return Err("It holds control characters, so nothing was imported from here.".to_owned());
    }
    Ok(Some(text))
}

/// Judges a model by the words of its name.
pub(super) fn by_name(model: &str) -> ByName {
    let lower = model.to_ascii_lowercase();
    let words: Vec<_> = lower.split(|it: char| !it.is_ascii_alphanumeric()).collect();
    let holds = |known: &[&str]| words.iter().any(|it| known.contains(it));
    if holds(&NOT_SERVED) || words.windows(2).any(|it| it == ["gpt", "image"]) {
        ByName::NotServed
    } else if holds(&EMBEDDINGS) {
        ByName::Embeddings
    } else {
        ByName::Chat
    }
}
