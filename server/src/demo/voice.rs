//! Texts of the chat models. Each says first that it is demo text, then quotes the prompt, then adds a remark.

use app::domain::{excerpt::excerpt, routing::decision::RouterMessage};

use super::{Model, vector::hash};

/// Maximum length of the quote, in characters.
const QUOTE_CHARS: usize = 120;

/// The answer of a chat model to a conversation.
pub(super) fn answer(model: Model, messages: &[RouterMessage]) -> String {
    let prompt = messages.iter().rev().find(|it| it.role == "user").map_or("", |it| it.content.trim());
    let turns = messages.iter().filter(|it| it.role == "user").count();
    let own = remarks(model);
    let place = usize::try_from(hash(prompt.as_bytes())).unwrap_or_default() % own.len().max(1);
    let own = own.get(place).copied().unwrap_or_default();
    let quote = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let quote = excerpt(&quote, QUOTE_CHARS);
    let turn = if turns > 1 { format!(" (turn {turns})") } else { String::new() };
    format!("[Demo text from {}, not a language model.] You wrote{turn}: “{quote}” {own}", model.id())
}

fn remarks(model: Model) -> &'static [&'static str] {
    match model {
        Model::Coder => &[
            "A coding model would answer here with a patch. I only know the ritual: reproduce it in a small test, \
             change one thing, run it again, and commit when it is green.",
            "A coding model would read the code now. I can tell you where it usually hurts: at the edges, in the \
             error paths, and in the line that nobody dared to delete.",
            "A coding model would explain it step by step. My steps are always the same: name things well, keep \
             functions short, and let the compiler complain first.",
        ],
        Model::Editor => &[
            "A writing model would hand you a draft here. I hand you the three oldest rules instead: say it plainly, \
             say it once, and stop.",
            "A writing model would polish this. My red pencil only knows one move: strike the adverb and see whether \
             anybody misses it.",
            "A writing model would find the tone. I have just this one, and it ends where the page does.",
        ],
        _ => &[
            "An assistant would look into this with you. I can only say that your call arrived here, in good order, \
             by the route that the balancer picked.",
            "An assistant would have an answer. I have the counter, the bell and a friendly nod: next in line, please.",
            "An assistant would ask back what exactly happened. I believe you, and pass the call's good wishes on.",
        ],
    }
}
