//! Model ids: whether one can be sent upstream, and the workload that its name implies.

use app::domain::limits;

use super::{
    placeholder::{self, is_placeholder},
    tree::Text,
};

/// The workload that a name implies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NameHint {
    /// None: a chat model, as in the other gateways.
    Chat,
    /// A known family of embeddings models.
    Embeddings,
    /// A model for calls that are not supported here.
    NotServed,
}

/// The message for a wildcard.
pub(super) const WILDCARD: &str = "A wildcard has no counterpart; make one balancer for each model.";
/// Words in names of embeddings models.
const EMBEDDINGS: [&str; 11] =
    ["embed", "bge", "e5", "gte", "labse", "m3e", "minilm", "mpnet", "mxbai", "nomic", "voyage"];
/// Words in names of models that serve neither chat nor embeddings: rerankers, speech, images, moderation.
const NOT_SERVED: [&str; 14] = [
    "rerank",
    "reranker",
    "whisper",
    "tts",
    "stt",
    "asr",
    "transcribe",
    "transcription",
    "realtime",
    "moderation",
    "dall",
    "dalle",
    "imagen",
    "diffusion",
];

/// A model id that can be sent upstream, or a message. `None` if absent.
pub(super) fn id(text: Text<'_>) -> Result<Option<&str>, String> {
    match readable(text)? {
        Some(id) if id.chars().count() > limits::MODEL_CHARS => {
            let most = limits::MODEL_CHARS;
            Err(format!("It has more than {most} characters, so nothing was imported from here."))
        }
        id => Ok(id),
    }
}

/// A literal name, or a message if it is a reference. `None` if absent.
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
    if text.starts_with('!') {
        return Err(
            "It is not a plain text, so nothing was imported from here; write it in quotes.".to_owned()
        );
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

/// Classifies a model by the words of its name.
pub(super) fn name_hint(model: &str) -> NameHint {
    let lower = model.to_ascii_lowercase();
    let words: Vec<_> = lower.split(|it: char| !it.is_ascii_alphanumeric()).collect();
    let holds = |known: &[&str]| words.iter().any(|it| known.contains(it));
    if holds(&NOT_SERVED) || words.windows(2).any(|it| it == ["gpt", "image"]) {
        NameHint::NotServed
    } else if holds(&EMBEDDINGS) || words.iter().any(|it| is_embedding_word(it)) {
        NameHint::Embeddings
    } else {
        NameHint::Chat
    }
}

/// Whether it is a form of “embedding”, such as `embeddings`, `embed2` or `embeddinggemma`; `embedded` is none.
fn is_embedding_word(word: &str) -> bool {
    let numbered = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    word.starts_with("embedding") || word.strip_prefix("embed").is_some_and(numbered)
}
