//! What routing needs from a call: user turns, whether it ends in tool results, and its conversation. The APIs read it
//! from their bodies through a [`TextReader`]. Reading never fails: what cannot be read is absent, and a call without
//! text goes to the default route.

use std::{
    borrow::Cow,
    collections::VecDeque,
    hash::{BuildHasher as _, DefaultHasher, Hash, Hasher},
};

use foldhash::quality::{FixedState, FoldHasher as FixedHasher};

use crate::domain::{
    excerpt::excerpt,
    limits::{CLASSIFY_MAX_CHARS, CONTEXT_TURNS},
    wire::raw_json,
};

/// Maximum number of user turns: the last one and the context for the router model.
const TURNS_KEPT: usize = CONTEXT_TURNS as usize + 1;
/// A user turn of fewer words may only make sense together with what it answers, such as "yes please".
const SHORT_TURN_WORDS: usize = 6;
/// Characters that count as three words in scripts without spaces.
const CHARS_OF_THREE_WORDS: usize = 8;

/// The parts of a call that matter for routing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallText {
    /// Texts of the last user turns, oldest first; a turn without text is empty. At most eleven, each shortened to
    /// 100 000 characters.
    pub user_turns: Vec<String>,
    /// Text of the assistant's last turn before the last user turn, shortened likewise. Absent if the last user turn
    /// can be understood without it.
    pub assistant_turn: Option<String>,
    /// Whether the last message is a tool result.
    pub ends_in_tool: bool,
    /// Hash of the beginning of the conversation: system text and first user message, or the input. The same in
    /// every process of one build.
    pub opening: u64,
    /// Keyed hash of the roles and texts up to and including the last user message. A continuation by tool results
    /// has the same hash as the call it continues.
    pub turn: u64,
}

impl CallText {
    /// A call with a single user turn, for samples and dry runs.
    pub fn of(prompt: &str) -> Self {
        Self { user_turns: vec![prompt.to_owned()], ..Self::default() }
    }

    /// A call whose raw prompt is a string, or a list whose first string is its text. Lists of tokens have none.
    pub fn of_first_text(prompt: &str) -> Self {
        let text =
            raw_json::text(prompt).or_else(|| raw_json::elements(prompt).next().and_then(raw_json::text));
        Self {
            user_turns: text.iter().map(|text| bounded(text)).collect(),
            opening: FixedState::default().hash_one(prompt),
            ..Self::default()
        }
    }

    /// The text to classify: the last user turn. `None` if it has no text.
    pub fn latest(&self) -> Option<&str> {
        self.user_turns.last().map(String::as_str).filter(|text| !text.trim().is_empty())
    }
}

/// Reads the messages of a call one by one, in their order. Contents are raw: a string, or a list of parts.
pub struct TextReader<'a> {
    opening: FixedHasher<'static>,
    turns: FixedHasher<'static>,
    turn: u64,
    has_system: bool,
    has_user: bool,
    users: VecDeque<&'a str>,
    assistant: Option<&'a str>,
    before_user: Option<&'a str>,
    ends_in_tool: bool,
}

impl<'a> TextReader<'a> {
    /// A reader without messages yet. `key` is the key of the turn's hash.
    pub fn new(key: u64) -> Self {
        let turns = FixedState::with_seed(key).build_hasher();
        Self {
            opening: FixedState::default().build_hasher(),
            turn: turns.finish(),
            turns,
            has_system: false,
            has_user: false,
            users: VecDeque::with_capacity(TURNS_KEPT),
            assistant: None,
            before_user: None,
            ends_in_tool: false,
        }
    }

    /// Reads a system text.
    pub fn system(&mut self, role: &str, content: &'a str) {
        if !std::mem::replace(&mut self.has_system, true) {
            hash_message(role, content, &mut self.opening);
        }
        self.other(role, content);
    }

    /// Reads a turn of the user.
    pub fn user(&mut self, content: &'a str) {
        if !std::mem::replace(&mut self.has_user, true) {
            hash_message("user", content, &mut self.opening);
        }
        self.other("user", content);
        self.turn = self.turns.finish();
        if self.users.len() == TURNS_KEPT {
            self.users.pop_front();
        }
        self.users.push_back(content);
        self.before_user = self.assistant;
    }

    /// Reads the result of a tool.
    pub fn tool_result(&mut self, role: &str, content: &'a str) {
        self.other(role, content);
        self.ends_in_tool = true;
    }

    /// Reads any other message.
    pub fn other(&mut self, role: &str, content: &'a str) {
        hash_message(role, content, &mut self.turns);
        self.ends_in_tool = false;
        if role == "assistant" && has_text(content) {
            self.assistant = Some(content);
        }
    }

    /// The text of the messages read.
    pub fn finish(self) -> CallText {
        let user_turns: Vec<String> =
            self.users.into_iter().map(|content| bounded(&content_text(content))).collect();
        let is_short = user_turns.last().is_some_and(|it| is_short(it));
        CallText {
            user_turns,
            assistant_turn: self.before_user.filter(|_| is_short).map(|it| bounded(&content_text(it))),
            ends_in_tool: self.ends_in_tool,
            opening: self.opening.finish(),
            turn: self.turn,
        }
    }
}

/// Hashes role and text of a message. A string and a single text part hash alike, because clients convert one into
/// the other when they move cache marks.
fn hash_message(role: &str, content: &str, hasher: &mut impl Hasher) {
    role.hash(hasher);
    if is_text(content) {
        content.trim().hash(hasher);
    } else {
        text_parts(content).for_each(|text| text.trim().hash(hasher));
    }
}

/// Key of a call's conversation within its API key and balancer: the session named by the caller or, failing that,
/// the conversation's beginning ([`CallText::opening`]). Valid in processes of the same build only, so it must not
/// be stored.
pub fn conversation_key(session: Option<&str>, api_key_id: &str, balancer_id: &str, opening: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (api_key_id, balancer_id).hash(&mut hasher);
    match session {
        Some(session) => (true, session).hash(&mut hasher),
        None => (false, opening).hash(&mut hasher),
    }
    hasher.finish()
}

/// Key of a call's turn within its conversation, from [`CallText::turn`]. Valid in this process only.
pub fn turn_key(conversation: u64, turn: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (conversation, turn).hash(&mut hasher);
    hasher.finish()
}

/// The session named in a call's body: `conversation` (an id, or an object with one), else `metadata.session_id`.
pub fn session_in_body<'a>(conversation: Option<&'a str>, metadata: Option<&'a str>) -> Option<Cow<'a, str>> {
    let id = |value: &'a str| raw_json::text(value).filter(|id| !id.trim().is_empty());
    let conversation = conversation.and_then(|it| id(it).or_else(|| raw_json::member(it, "id").and_then(id)));
    conversation.or_else(|| raw_json::member(metadata?, "session_id").and_then(id))
}

/// The text of a message's content: a string, or the text parts of a list, separated by line breaks.
fn content_text(content: &str) -> Cow<'_, str> {
    if let Some(text) = raw_json::text(content) {
        return text;
    }
    let mut whole = Cow::Borrowed("");
    for text in text_parts(content).filter_map(raw_json::text) {
        if whole.is_empty() {
            whole = text;
        } else {
            let whole = whole.to_mut();
            whole.push('\n');
            whole.push_str(&text);
        }
    }
    whole
}

/// Whether a turn has fewer than [`SHORT_TURN_WORDS`] words.
fn is_short(turn: &str) -> bool {
    let is_unspaced = |c: &char| matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    let words = turn.split_whitespace().map(|word| {
        let unspaced = word.chars().take(CHARS_OF_THREE_WORDS * SHORT_TURN_WORDS).filter(is_unspaced).count();
        (unspaced * 3 / CHARS_OF_THREE_WORDS).max(1)
    });
    words.take(SHORT_TURN_WORDS).sum::<usize>() < SHORT_TURN_WORDS
}

/// Whether a message's content has a text that isn't empty.
fn has_text(content: &str) -> bool {
    let is_filled = |raw: &str| is_text(raw) && raw.trim() != "\"\"";
    if is_text(content) { is_filled(content) } else { text_parts(content).any(is_filled) }
}

fn is_text(value: &str) -> bool {
    value.trim_start().starts_with('"')
}

/// The raw texts of a list of content parts.
fn text_parts(content: &str) -> impl Iterator<Item = &str> {
    raw_json::elements(content).filter_map(|part| {
        let kind = raw_json::member(part, "type").and_then(raw_json::text);
        matches!(kind.as_deref(), Some("text" | "input_text" | "output_text"))
            .then(|| raw_json::member(part, "text").filter(|it| is_text(it)))?
    })
}

fn bounded(text: &str) -> String {
    excerpt(text, usize::try_from(CLASSIFY_MAX_CHARS).unwrap_or(usize::MAX)).into_owned()
}

#[cfg(test)]
mod tests;
